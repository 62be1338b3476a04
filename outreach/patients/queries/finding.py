"""Finding people by the beginnings of their names and by record number, over encrypted columns.

Blind numbers (kernel/words.py) lead to candidates, which are decrypted; false hits are dropped unseen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from outreach.kernel import words
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients.models import Patient, PatientIdentifier, PatientPhone
from outreach.patients.queries.people import identifier_key

PAGE = 10
BATCH = 60
OF_NUMBER = 160
"""Candidates that are looked at for a record number that nobody has letter by letter as it was typed: in a
team of 80,000 patients about a hundred beginnings of names share its blind number by chance, and whoever has
it must be among those shown. As it was typed it is looked up under its whole index, which nobody shares.
"""
SURE = PAGE + 2
"""Candidates that are looked at where more than one number says that they fit: hardly any is a false hit."""
SCANNED = 20_000
NOBODY = UUID(int=0)

_SYSTEMS = text(
    """
    WITH RECURSIVE known (system) AS (
        SELECT min(system) FROM patient_identifier
        UNION ALL
        SELECT (SELECT min(i.system) FROM patient_identifier i WHERE i.system > known.system)
        FROM known WHERE known.system IS NOT NULL
    )
    SELECT system FROM known WHERE system IS NOT NULL
    """
)
"""Whose record numbers there are: one step down the index for each."""

_CANDIDATES = text(
    """
    WITH exact AS (
        SELECT i.patient_id
        FROM unnest(cast(:systems AS text[]), cast(:indexes AS bytea[])) AS typed (system, value_index)
        JOIN patient_identifier i
        ON i.system = typed.system AND i.kind = 'mrn' AND i.value_index = typed.value_index
        JOIN patient p ON p.id = i.patient_id AND p.team_id = ANY(cast(:team_ids AS uuid[]))
        WHERE i.patient_id > :after
    )
    SELECT patient_id FROM exact
    UNION
    SELECT found.patient_id
    FROM unnest(cast(:groups AS int[]), cast(:drivers AS int[])) AS driver (place, bucket)
    CROSS JOIN LATERAL (
        SELECT near.patient_id
        FROM (
            SELECT w.patient_id FROM patient_word w
            WHERE w.bucket = driver.bucket AND w.patient_id > :after
            ORDER BY w.patient_id LIMIT :scanned
        ) AS near
        WHERE NOT EXISTS (
            SELECT FROM unnest(cast(:other_groups AS int[]), cast(:others AS int[])) AS other (place, bucket)
            WHERE other.place = driver.place AND NOT EXISTS (
                SELECT FROM patient_word x WHERE x.bucket = other.bucket AND x.patient_id = near.patient_id
            )
        )
        LIMIT :batch
    ) AS found
    WHERE driver.place <> ALL(cast(:of_number AS int[])) OR NOT EXISTS (SELECT FROM exact)
    ORDER BY patient_id LIMIT :batch
    """
)
"""One team and key after the other walks its longest beginning; a candidate stands under the others, too.

Where somebody has a number as it was typed, nobody is looked for who might have it.
"""


_CAREGIVERS = (
    select(
        func.jsonb_agg(
            func.jsonb_build_array(PatientPhone.id, func.encode(PatientPhone.holder_name_enc, "hex"))
        )
    )
    .where(
        PatientPhone.patient_id == Patient.id,
        PatientPhone.holder_name_enc.is_not(None),
        PatientPhone.ended_at.is_(None),
    )
    .correlate(Patient)
    .scalar_subquery()
    .label("caregivers")
)
_NUMBERS = (
    select(
        func.jsonb_agg(
            func.jsonb_build_array(PatientIdentifier.id, func.encode(PatientIdentifier.value_enc, "hex"))
        )
    )
    .where(PatientIdentifier.patient_id == Patient.id, PatientIdentifier.kind == "mrn")
    .correlate(Patient)
    .scalar_subquery()
    .label("numbers")
)


@dataclass(frozen=True, kw_only=True)
class Findable:
    """What a patient is found by."""

    patient_id: UUID
    team_id: UUID
    names: tuple[str, ...] = field(repr=False)
    """Their own, what they go by, and their caregivers'."""
    numbers: tuple[str, ...] = field(repr=False)
    """Record numbers."""


@dataclass(frozen=True, kw_only=True)
class PeoplePage:
    """Some people who were found, and where to go on looking."""

    people: tuple[Findable, ...]
    next: UUID | None


def find_people(
    uow: UnitOfWork, *, team_ids: Collection[UUID], wanted: str, after: UUID | None = None, limit: int = PAGE
) -> PeoplePage:
    """Return patients of some teams whose names begin with all the words, or whose record number it is.

    Two statements, whatever the teams hold; three for what may be a number. Nothing is put on the record
    here: whoever shows what was found does that.
    """
    parts = words.fold(wanted)
    if not parts:
        return PeoplePage(people=(), next=None)
    beginnings = _beginnings(parts)
    batch = OF_NUMBER if _may_be_number(wanted) else SURE if len(beginnings) > 1 else BATCH
    ids = _candidates(uow, team_ids, wanted, beginnings, after or NOBODY, batch)
    found = [
        known
        for known in findable_by(uow, patient_ids=ids)
        if known.team_id in team_ids and _fits(known, wanted, parts)
    ]
    if len(found) > limit:
        return PeoplePage(people=tuple(found[:limit]), next=found[limit - 1].patient_id)
    return PeoplePage(people=tuple(found), next=ids[-1] if len(ids) == batch else None)


def findable_by(uow: UnitOfWork, *, patient_ids: Collection[UUID]) -> tuple[Findable, ...]:
    """Return what these patients are found by, in the order of their ids. One statement."""
    if not patient_ids:
        return ()
    rows = uow.session.execute(
        select(
            Patient.id, Patient.team_id, Patient.name_enc, Patient.preferred_name_enc, _CAREGIVERS, _NUMBERS
        )
        .where(Patient.id.in_(patient_ids))
        .order_by(Patient.id)
    )
    return tuple(
        Findable(
            patient_id=row.id,
            team_id=row.team_id,
            names=(
                uow.vault.open("patient.name", row.id, row.name_enc),
                uow.vault.open_or("patient.preferred_name", row.id, row.preferred_name_enc),
                *_opened(uow, "patient_phone.holder_name", row.caregivers),
            ),
            numbers=_opened(uow, "patient_identifier.value", row.numbers),
        )
        for row in rows
    )


def _opened(uow: UnitOfWork, column: str, found: list[list[str]] | None) -> tuple[str, ...]:
    return tuple(uow.vault.open(column, row_id, bytes.fromhex(sealed)) for row_id, sealed in found or ())


def _candidates(
    uow: UnitOfWork, team_ids: Collection[UUID], wanted: str, beginnings: list[str], after: UUID, batch: int
) -> list[UUID]:
    ways = list(_ways(uow, team_ids, wanted, beginnings))
    others = [(place, bucket) for place, (_, buckets) in enumerate(ways) for bucket in buckets[1:]]
    values = {
        "team_ids": list(team_ids),
        "groups": list(range(len(ways))),
        "drivers": [buckets[0] for _, buckets in ways],
        "of_number": [place for place, (what, _) in enumerate(ways) if what == "mrn"],
        "other_groups": [place for place, _ in others],
        "others": [bucket for _, bucket in others],
        "after": after,
        "scanned": SCANNED,
        "batch": batch,
        **_typed(uow, wanted),
    }
    return list(uow.session.scalars(_CANDIDATES, values))


def _typed(uow: UnitOfWork, wanted: str) -> dict[str, list[Any]]:
    """The whole indexes of a record number as it was typed, one for each system and key."""
    if not _may_be_number(wanted):
        return {"systems": [], "indexes": []}
    found = [
        (system, index)
        for system in uow.session.scalars(_SYSTEMS)
        for index in uow.vault.all_indexes(
            "identifier", identifier_key(system=system, kind="mrn", value=wanted)
        )
    ]
    return {"systems": [system for system, _ in found], "indexes": [index for _, index in found]}


def _beginnings(parts: Collection[str]) -> list[str]:
    """All beginnings of some words, the longest first: most likely it is the rarest.

    Whose name begins with a word stands under each beginning of it, and who shares one number by chance
    hardly shares the next.
    """
    return sorted(words.name_beginnings(parts), key=len, reverse=True)


def _ways(
    uow: UnitOfWork, team_ids: Collection[UUID], wanted: str, beginnings: list[str]
) -> Iterator[tuple[str, list[int]]]:
    """The ways to look: in each team, under each key, for all beginnings together, or for the number."""
    for team_id in team_ids:
        for key in words.team_keys(uow.vault, team_id):
            yield "name", [words.bucket(key, "name", one) for one in beginnings]
            if _may_be_number(wanted):
                yield "mrn", [words.bucket(key, "mrn", words.whole(wanted))]


def _may_be_number(wanted: str) -> bool:
    return any(one.isdigit() for one in wanted)


def _fits(known: Findable, wanted: str, parts: list[str]) -> bool:
    return words.begins(known.names, parts) or words.whole(wanted) in map(words.whole, known.numbers)
