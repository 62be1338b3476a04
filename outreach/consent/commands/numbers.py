"""Numbers that turn out to be somebody else's."""

from __future__ import annotations

from uuid import UUID

from outreach.audit import commands as audit
from outreach.consent import events
from outreach.consent.commands.ledger import (
    NeedsEvidence,
    Said,
    write,
)
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import commands as patients
from outreach.patients import queries as people


def wrong_person(
    uow: UnitOfWork,
    *,
    phone_id: UUID,
    receipt_id: UUID | None = None,
    sender_id: UUID | None = None,
    how: str = "text",
    by_staff_id: UUID | None = None,
    language: str | None = None,
    evidence: str | None = None,
) -> bool:
    """Quarantine a number that turned out to be somebody else's; return whether that was new.

    Nothing is sent to it, by anybody, until a human has found out. For each patient linked to it the record
    gets a disclosure (45 CFR 164.528: texts about them reached a stranger). Publishes WrongPerson.
    """
    locked = patients.lock_phone(uow, phone_id=phone_id)
    if locked.state == "wrong_person":
        return False
    said = Said(
        how=how,
        sender_id=sender_id,
        receipt_id=receipt_id,
        by_staff_id=by_staff_id,
        language=language,
        evidence=evidence,
    )
    written = write(uow, locked, "wrong_person", said)
    patients.mark_phone(uow, phone_id=phone_id, state="wrong_person", reason=f"said_by_{how}")
    _disclose(uow, phone_id, written.id, how=how)
    uow.publish(
        events.WrongPerson(phone_id=phone_id, sender_id=sender_id, event_id=written.id, receipt_id=receipt_id)
    )
    return True


TO = "whoever holds this number, who says they are not the patient"
TO_NEW_HOLDER = "whoever got this number after it was switched off"


def _disclose(uow: UnitOfWork, phone_id: UUID, event_id: UUID, *, how: str) -> None:
    for holder in people.holders(uow, phone_id=phone_id):
        audit.record(
            uow,
            action="disclosed",
            subject_kind="phone",
            subject_id=phone_id,
            patient_id=holder.patient_id,
            team_id=holder.team_id,
            detail={
                "to": TO_NEW_HOLDER if how == "database" else TO,
                "what": "texts sent to it until now",
                "purpose": "treatment, sent to a wrong number",
                "consent_event": str(event_id),
            },
        )


def right_person(uow: UnitOfWork, *, phone_id: UUID, by_staff_id: UUID, evidence: str) -> bool:
    """Let a number be texted again that a human found to be right, and to work; return whether that is new.

    It was somebody else's (wrong_person), refused by the provider (invalid) or switched off (deactivated). An
    opt-out of the phone stays. Raise NeedsEvidence.
    """
    if not evidence.strip():
        raise NeedsEvidence
    locked = patients.lock_phone(uow, phone_id=phone_id)
    if locked.state == "usable":
        return False
    write(uow, locked, "right_person", Said(how="staff", by_staff_id=by_staff_id, evidence=evidence))
    return patients.mark_phone(uow, phone_id=phone_id, state="usable", reason="checked_by_staff")
