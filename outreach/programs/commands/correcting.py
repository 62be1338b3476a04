"""A stay that was corrected after the discharge was told: its plan moves, or ends."""

from __future__ import annotations

from uuid import UUID

from outreach.care import queries as record
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.programs import queries
from outreach.programs.commands import enroll, joining
from outreach.touchpoints import commands as touchpoints

VOID = ("cancelled", "entered-in-error")
KIND = "encounter"


def after_correction(uow: UnitOfWork, *, encounter_id: UUID) -> int:
    """Move the plans that count from a stay to its corrected end; return how many moved or ended.

    One that never ended, or was entered in error, ends its plans. Nothing happens before the first discharge.
    """
    before = {one.id: one.anchor_at for one in _running(uow, encounter_id)}
    if not before:
        return 0
    stay = record.encounter(uow, encounter_id=encounter_id)
    if stay.ended_at is None or stay.status in VOID:
        return enroll.end_anchored(uow, anchor_kind=KIND, anchor_id=encounter_id, reason="called_off")
    if stay.ended_at in set(before.values()):
        return 0
    joining.after_discharge(uow, encounter_id=encounter_id)
    for one in _running(uow, encounter_id):
        touchpoints.drop_repeated(uow, patient_id=one.patient_id, enrollment_id=one.id)
    stale = [
        one for one in _running(uow, encounter_id) if before.get(one.id) == one.anchor_at != stay.ended_at
    ]
    for one in stale:
        # The corrected end is so long ago, or so different a stay, that no plan follows from it.
        enroll.end(uow, enrollment_id=one.id, reason="called_off")
    return len(before)


def _running(uow: UnitOfWork, encounter_id: UUID) -> list[queries.EnrollmentView]:
    """Return what counts from the end of a stay; a birth's programs count from another moment of it."""
    return [
        one
        for one in queries.anchored(uow, anchor_kind=KIND, anchor_id=encounter_id)
        if one.state == "active" and queries.program_of(uow, version_id=one.version_id).anchor == "discharge"
    ]
