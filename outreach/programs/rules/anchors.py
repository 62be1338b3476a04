"""What programs count from, and how the record tells: births, procedures, codes of the common systems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

SYSTEMS = {
    "http://snomed.info/sct": "snomed",
    "urn:oid:2.16.840.1.113883.6.96": "snomed",
    "http://hl7.org/fhir/sid/icd-10-cm": "icd10",
    "http://hl7.org/fhir/sid/icd-10": "icd10",
    "urn:oid:2.16.840.1.113883.6.90": "icd10",
    "http://www.cms.gov/Medicare/Coding/ICD10": "icd10pcs",
    "http://hl7.org/fhir/sid/icd-10-pcs": "icd10pcs",
    "urn:oid:2.16.840.1.113883.6.4": "icd10pcs",
    "http://www.ama-assn.org/go/cpt": "cpt",
    "urn:oid:2.16.840.1.113883.6.12": "cpt",
}
"""Code systems by URI and OID (https://terminology.hl7.org/external_terminologies.html) -> our short name."""

BIRTH_CODES = (
    *("snomed:177184002", "snomed:236973005", "snomed:236974004", "snomed:66348005", "snomed:11466000"),
    *("icd10pcs:10E0XZZ", "icd10pcs:10D00Z", "icd10pcs:10D07Z"),
    *("cpt:59400", "cpt:59409", "cpt:59410", "cpt:59510", "cpt:59514", "cpt:59515"),
    *("cpt:59610", "cpt:59612", "cpt:59614", "cpt:59618", "cpt:59620", "cpt:59622"),
)
"""Procedures that are births: SNOMED CT (delivery, normal, instrumental, childbirth, cesarean), ICD-10-PCS
sections 10E0 and 10D0, CPT of obstetric delivery. From general knowledge; for review by the site's coders."""
BIRTH_WORDS = ("childbirth", "cesarean section", "caesarean section", "vaginal delivery")
BIRTH_OUTCOME = "icd10:Z37"
"""ICD-10-CM Z37, outcome of delivery: a diagnosis on the mother's record that says there was a birth."""

BIRTH_COUNTS_FOR = timedelta(days=84)
"""Twelve weeks: how long the longest program after a birth runs."""
VOID = ("entered-in-error", "not-done", "stopped")
"""FHIR R4 EventStatus of a procedure that was not done."""
DONE = ("completed", "in-progress", "unknown", "")
PLANNED = ("preparation", "on-hold")
LIVE_CONDITION = ("active", "recurrence", "relapse", "unknown", "")
"""FHIR R4 clinical status of a condition somebody has now."""


@dataclass(frozen=True, kw_only=True)
class Noted:
    """An entry of the record, as far as anchors care."""

    status: str
    at: datetime | None
    text: str
    codes: tuple[str, ...]


def noted(*, status: str, detail: Mapping[str, Any], at: datetime | None = None) -> Noted:
    """Return an entry's words in lower case and its codes in short."""
    return Noted(
        status=status,
        at=at,
        text=str(detail.get("text") or "").lower(),
        codes=short(detail.get("codes") or ()),
    )


def short(codes: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return codes like "snomed:84114007"; those of systems we don't know are left out."""
    return tuple(
        f"{SYSTEMS[str(one.get('system'))]}:{one.get('code')}"
        for one in codes
        if str(one.get("system")) in SYSTEMS
    )


def has(conditions: Sequence[Noted]) -> tuple[Noted, ...]:
    """Return the conditions somebody has now."""
    return tuple(one for one in conditions if one.status in LIVE_CONDITION)


def is_birth(procedure: Noted) -> bool:
    """Return whether a procedure that was done is a birth."""
    if procedure.status not in DONE:
        return False
    return any(code.startswith(BIRTH_CODES) for code in procedure.codes) or any(
        words in procedure.text for words in BIRTH_WORDS
    )


def birth_at(procedures: Sequence[Noted], *, until: datetime) -> datetime | None:
    """Return when the latest birth within twelve weeks before a moment was, None if none is on record."""
    found = [
        one.at
        for one in procedures
        if one.at is not None and is_birth(one) and until - BIRTH_COUNTS_FOR <= one.at <= until
    ]
    return max(found, default=None)


def told_of_birth(conditions: Sequence[Noted]) -> bool:
    """Return whether a diagnosis says there was a birth, without saying when."""
    return any(code.startswith(BIRTH_OUTCOME) for one in has(conditions) for code in one.codes)
