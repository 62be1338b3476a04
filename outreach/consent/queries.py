"""Questions about consent: one statement each, because each text asks them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, text

from outreach.consent import models, rules
from outreach.kernel.asking import Question, Spelled, answer
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.patients.rules import CHOSEN

Standing = rules.Standing

STANDING = """
        f.epoch, f.state AS phone_state, o.opted_out_at, o.confirmed_at,
        EXISTS (SELECT FROM provider_block b WHERE b.phone_id = f.id AND b.sender_id = :sender_id
            AND b.blocked_at IS NOT NULL) AS provider_blocked,
        EXISTS (SELECT FROM patient_phone l WHERE l.phone_id = f.id AND l.ended_at IS NULL
            AND l.patient_id IN (SELECT id FROM family)) AS linked,
        ARRAY(SELECT c.state || ':' || c.basis FROM contact_preference c
            JOIN consent_event v ON v.id = c.event_id
            WHERE c.purpose = :purpose AND c.patient_id IN (SELECT id FROM family)
            ORDER BY v.no) AS preferences,
        (SELECT settings FROM organization LIMIT 1) AS settings
"""
"""What `weigh` reads, for a statement that has `family`, a phone `f` and its opt-out `o` at hand."""

_STANDING = text(
    patients.FAMILY  # noqa: S608 - constants of our own
    + """
    SELECT """
    + STANDING
    + """
    FROM phone f LEFT JOIN phone_opt_out o ON o.phone_id = f.id AND o.epoch = f.epoch
    WHERE f.id = :phone_id
    """
)


@dataclass(frozen=True, kw_only=True)
class LedgerLine:
    """One line of a phone's ledger, for the staff page and the record's export."""

    id: UUID
    epoch: int
    patient_id: UUID | None
    sender_id: UUID | None
    purpose: str
    kind: str
    how: str
    setting: str | None
    """The deployment's basis when it was written; None for lines of the first two releases."""
    by_staff_id: UUID | None
    inbound_receipt_id: UUID | None
    wording_version: str | None
    language: str | None
    evidence: str | None
    at: datetime


def standing(
    uow: UnitOfWork, *, phone_id: UUID, sender_id: UUID | None, patient_id: UUID | None, purpose: str
) -> Standing:
    """Return whether this phone may be texted about this patient for this purpose, and why.

    A patient who is not (or not any more) linked to the phone gives no permission for it. Raise NoSuchPhone.
    """
    row = uow.session.execute(
        _STANDING,
        {"phone_id": phone_id, "sender_id": sender_id, "patient_id": patient_id, "purpose": purpose},
    ).one_or_none()
    if row is None:
        raise patients.NoSuchPhone
    return weigh(row, purpose=purpose)


@dataclass(frozen=True, kw_only=True)
class Destination:
    """The phone that an automated text goes to, and why this one."""

    phone_id: UUID
    link_id: UUID
    how: str
    """own | chosen | stands_in"""
    language: str | None
    """What a caregiver reads there, None for the patient's own language."""
    passed_over: UUID | None = None
    """Link of a caregiver who was chosen for the topic and may not be texted."""


def destination(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    topic: str | None,
    purpose: str,
    sender_id: UUID | None,
    answered_on: UUID | None = None,
) -> Destination | None:
    """Return where a text about a topic goes: to whom the patient chose for it, else as without a topic.

    What follows an answer stays on the phone it was given on, if that may still be texted. A caregiver who
    opted out is passed over. Whether the phone that is left may be texted is policy's to judge: this never
    goes around the patient's own opt-out. None if there is nobody to text.
    """
    links = patients.texting_links(uow, patient_id=patient_id, topic=topic)
    chosen = [one for one in links if one.how == CHOSEN]
    asked = [one for one in links if one.phone_id == answered_on] + chosen
    best = next((one for one in asked if _allowed(uow, one, sender_id, patient_id, purpose)), None)
    best = best or next((one for one in links if one.how != CHOSEN), None) or next(iter(links), None)
    if best is None:
        return None
    return Destination(
        phone_id=best.phone_id,
        link_id=best.link_id,
        how=best.how,
        language=best.language,
        passed_over=_passed_over(chosen, best, answered_on),
    )


def _passed_over(
    chosen: Sequence[patients.TextingLink], best: patients.TextingLink, answered_on: UUID | None
) -> UUID | None:
    if not chosen or best.link_id == chosen[0].link_id or best.phone_id == answered_on:
        return None
    return chosen[0].link_id


def _allowed(
    uow: UnitOfWork, one: patients.TextingLink, sender_id: UUID | None, patient_id: UUID, purpose: str
) -> bool:
    found = standing(uow, phone_id=one.phone_id, sender_id=sender_id, patient_id=patient_id, purpose=purpose)
    return found.allowed


def weigh(row: Any, *, purpose: str) -> Standing:
    """Return the standing that a row with the columns of the statement above amounts to."""
    wish = rules.of_one_person(tuple(one.split(":", 1)) for one in row.preferences)
    return rules.stand(
        purpose=purpose,
        opted_out_at=row.opted_out_at,
        provider_blocked=row.provider_blocked,
        linked=row.linked,
        refused=wish == "refused",
        basis=None if wish == "refused" else wish,
        settings=row.settings or {},
        epoch=row.epoch,
        phone_state=row.phone_state,
        confirmed_at=row.confirmed_at,
    )


def ledger(uow: UnitOfWork, *, phone_id: UUID) -> tuple[LedgerLine, ...]:
    """Return everything ever said about texting this phone, oldest first, with its evidence opened."""
    return answer(uow, ledger_of(phone_id))


def ledger_of(phone_id: UUID) -> Question[tuple[LedgerLine, ...]]:
    """Return the question for everything ever said about texting this phone, oldest first."""
    return Question(_ledger(), {"phone_id": phone_id}, _lines)


@cache
def _ledger() -> Spelled:
    line = models.ConsentEvent
    wanted = select(*line.__table__.c).where(line.phone_id == bindparam("phone_id"))
    return Spelled(wanted.order_by(line.no))


def _lines(uow: UnitOfWork, rows: Sequence[Any]) -> tuple[LedgerLine, ...]:
    return tuple(
        LedgerLine(
            id=row.id,
            epoch=row.epoch,
            patient_id=row.patient_id,
            sender_id=row.sender_id,
            purpose=row.purpose,
            kind=row.kind,
            how=row.how,
            setting=row.setting,
            by_staff_id=row.by_staff_id,
            inbound_receipt_id=row.inbound_receipt_id,
            wording_version=row.wording_version,
            language=row.language,
            evidence=uow.vault.open("consent_event.evidence", row.id, row.evidence_enc)
            if row.evidence_enc is not None
            else None,
            at=row.at,
        )
        for row in rows
    )


_WARNED = text(
    patients.FAMILY  # noqa: S608 - constants of our own
    + """
    SELECT e.at, e.wording_version, e.language, e.how FROM consent_event e
    WHERE e.kind = 'warned' AND e.patient_id IN (SELECT id FROM family) ORDER BY e.no DESC LIMIT 1
    """
)


@dataclass(frozen=True, kw_only=True)
class Warned:
    """When and how a person was last told that texts are not encrypted."""

    at: datetime
    wording_version: str
    language: str
    how: str


def warned(uow: UnitOfWork, *, patient_id: UUID) -> Warned | None:
    """Return when a person was last told that texts are not encrypted; None if nobody wrote that down."""
    row = uow.session.execute(_WARNED, {"patient_id": patient_id}).one_or_none()
    if row is None:
        return None
    return Warned(
        at=row.at, wording_version=row.wording_version or "", language=row.language or "", how=row.how
    )


def entries(uow: UnitOfWork, *, phone_id: UUID) -> tuple[rules.Entry, ...]:
    """Return the ledger that a phone's states, and those of everyone named in it, follow from."""
    people = select(models.ConsentEvent.patient_id).where(
        models.ConsentEvent.phone_id == phone_id, models.ConsentEvent.patient_id.is_not(None)
    )
    query = select(models.ConsentEvent).where(
        (models.ConsentEvent.phone_id == phone_id) | models.ConsentEvent.patient_id.in_(people)
    )
    return tuple(
        rules.Entry(
            id=row.id,
            kind=row.kind,
            purpose=row.purpose,
            how=row.how,
            phone_id=row.phone_id,
            epoch=row.epoch,
            patient_id=row.patient_id,
            sender_id=row.sender_id,
            at=row.at,
        )
        for row in uow.session.scalars(query.order_by(models.ConsentEvent.no))
    )
