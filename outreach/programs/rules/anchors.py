"""What programs count from, and how the record tells: births, procedures, codes of the common systems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

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
    told_at: datetime | None = None
    """Since when we know it; None for longer than anybody asks."""


@dataclass(frozen=True, kw_only=True)
class Birth:
    """A birth as the record tells of it."""

    at: datetime | None
    """When it was; None where a diagnosis says only that there was one."""
    told_at: datetime | None = None
    """As of an entry."""


class Born(NamedTuple):
    """What conditions may ask about a birth: `birth` and `birth_dated`."""

    recorded: bool = False
    dated: bool = False


def noted(
    *,
    status: str,
    detail: Mapping[str, Any],
    at: datetime | None = None,
    told_at: datetime | None = None,
) -> Noted:
    """Return an entry's words in lower case and its codes in short."""
    return Noted(
        status=status,
        at=at,
        told_at=told_at,
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


def births(procedures: Iterable[Noted], conditions: Sequence[Noted]) -> tuple[Birth, ...]:
    """List the births that a record tells of; a procedure without a day tells of none."""
    done = [one for one in procedures if one.at is not None and is_birth(one)]
    said = [one for one in has(conditions) if any(code.startswith(BIRTH_OUTCOME) for code in one.codes)]
    return (
        *(Birth(at=one.at, told_at=one.told_at) for one in done),
        *(Birth(at=None, told_at=one.told_at) for one in said),
    )


def birth_at(found: Iterable[Birth], *, until: datetime) -> datetime | None:
    """Return when the latest birth within twelve weeks before a moment was, None if none is dated."""
    days = [one.at for one in found if one.at is not None]
    return max((at for at in days if until - BIRTH_COUNTS_FOR <= at <= until), default=None)


def born(found: Iterable[Birth], *, until: datetime, told_by: datetime | None = None) -> Born:
    """Return what is known of a birth within twelve weeks before a moment.

    `told_by` leaves out what we heard of later.
    """
    known = [one for one in found if told_by is None or one.told_at is None or one.told_at <= told_by]
    dated = birth_at(known, until=until) is not None
    return Born(recorded=dated or any(one.at is None for one in known), dated=dated)
