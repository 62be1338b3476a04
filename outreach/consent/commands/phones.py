"""What a phone's holder, staff or the provider say about texting it."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from outreach.consent import events, models, rules
from outreach.consent.commands.ledger import (
    NeedsEvidence,
    Said,
    Told,
    is_opted_out,
    prefer,
    upsert,
    write,
    written_already,
)
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import commands as patients
from outreach.patients import queries as people


def opt_out(uow: UnitOfWork, *, phone_id: UUID, patient_id: UUID | None = None, **told: Unpack[Told]) -> bool:
    """Stop all texts to a phone, from every sender and for every purpose; return whether that was new.

    Takes the phone's lock. The person it belongs to (`patient_id`, or the only patient whose own phone it
    is) is then also not texted at another number. Said twice, it stands twice in the ledger, unless by the
    same inbound text. Publishes OptedOut when it was new. Raise NoSuchPhone.
    """
    said = Said(**told)
    locked = patients.lock_phone(uow, phone_id=phone_id)
    if said.receipt_id and written_already(uow, phone_id, said.receipt_id, "opt_out"):
        return False
    person = patient_id or people.sole_patient(uow, phone_id=phone_id)
    written = write(uow, locked, "opt_out", said, patient_id=person)
    prefer(uow, person, written, state="refused", basis="registration", overrules=True)
    if not _set_opted_out(uow, locked, written.id):
        return False
    uow.publish(
        events.OptedOut(
            phone_id=phone_id, sender_id=said.sender_id, event_id=written.id, receipt_id=said.receipt_id
        )
    )
    return True


def _set_opted_out(uow: UnitOfWork, locked: patients.LockedPhone, event_id: UUID) -> bool:
    row = models.PhoneOptOut
    changed = uow.session.scalar(
        insert(row)
        .values(phone_id=locked.id, epoch=locked.epoch, opted_out_at=uow.now, event_id=event_id)
        .on_conflict_do_update(
            index_elements=["phone_id", "epoch"],
            set_={"opted_out_at": uow.now, "event_id": event_id, "confirmed_at": None},
            where=row.opted_out_at.is_(None),
        )
        .returning(row.event_id)
    )
    return changed is not None


def opt_in(uow: UnitOfWork, *, phone_id: UUID, patient_id: UUID | None = None, **told: Unpack[Told]) -> bool:
    """Allow texts to a phone again; return whether anything changed.

    Only two things do that: the holder's own START (how="text", with its receipt and the text as evidence;
    any other word changes nothing) and evidence that staff wrote down (how="staff", by_staff_id, evidence).
    START also lifts the provider's block of the sender it was sent to, as the provider does.
    Raise NeedsEvidence.
    """
    said = Said(**told)
    documented = said.how == "staff" and said.by_staff_id is not None and bool((said.evidence or "").strip())
    if not documented and not (said.how == "text" and said.receipt_id is not None):
        raise NeedsEvidence
    if said.how == "text" and not rules.is_start(said.evidence or ""):
        return False
    locked = patients.lock_phone(uow, phone_id=phone_id)
    if said.receipt_id and written_already(uow, phone_id, said.receipt_id, "opt_in"):
        return False
    return _opt_in(uow, locked, said, patient_id or people.sole_patient(uow, phone_id=phone_id))


def _opt_in(uow: UnitOfWork, locked: patients.LockedPhone, said: Said, person: UUID | None) -> bool:
    written = write(uow, locked, "opt_in", said, patient_id=person)
    prefer(uow, person, written, state="allowed", basis=rules.basis_of(said.how), overrules=True)
    was_out = is_opted_out(uow, locked)
    values = {"opted_out_at": None, "event_id": written.id, "confirmed_at": None}
    uow.session.execute(
        insert(models.PhoneOptOut)
        .values(phone_id=locked.id, epoch=locked.epoch, **values)
        .on_conflict_do_update(index_elements=["phone_id", "epoch"], set_=values)
    )
    unblocked = said.how == "text" and said.sender_id is not None and _unblock(uow, locked, said)
    if was_out:
        uow.publish(
            events.OptedIn(
                phone_id=locked.id, sender_id=said.sender_id, event_id=written.id, receipt_id=said.receipt_id
            )
        )
    return was_out or unblocked


def block_by_provider(
    uow: UnitOfWork, *, phone_id: UUID, sender_id: UUID, receipt_id: UUID | None = None
) -> bool:
    """Record that the provider refuses this pair (error 21610); return whether that was new.

    Somebody told the carrier to stop, so the phone counts as opted out for all our senders.
    """
    locked = patients.lock_phone(uow, phone_id=phone_id)
    row = models.ProviderBlock
    known = uow.session.scalar(
        select(row.blocked_at).where(row.phone_id == phone_id, row.sender_id == sender_id)
    )
    if known is not None:
        return False
    said = Said(how="provider", sender_id=sender_id, receipt_id=receipt_id)
    written = write(uow, locked, "provider_block", said)
    _set_block(uow, locked, sender_id, blocked_at=uow.now, event_id=written.id)
    if not is_opted_out(uow, locked):
        opt_out(uow, phone_id=phone_id, how="provider", sender_id=sender_id)
    return True


def unblock_by_provider(uow: UnitOfWork, *, phone_id: UUID, sender_id: UUID) -> bool:
    """Record that the provider carries texts for this pair again (it heard START or YES); return whether new.

    That alone never reverses an opt-out of ours.
    """
    locked = patients.lock_phone(uow, phone_id=phone_id)
    return _unblock(uow, locked, Said(how="provider", sender_id=sender_id))


def claim_confirmation(uow: UnitOfWork, *, phone_id: UUID) -> bool:
    """Take the one confirmation an opt-out may have; return whether it was still there to take.

    Also called when the provider has sent its own, so that ours is not a second one.
    """
    locked = patients.lock_phone(uow, phone_id=phone_id)
    row = models.PhoneOptOut
    taken = uow.session.scalar(
        update(row)
        .where(
            row.phone_id == phone_id,
            row.epoch == locked.epoch,
            row.opted_out_at.is_not(None),
            row.confirmed_at.is_(None),
        )
        .values(confirmed_at=uow.now)
        .returning(row.epoch)
        .execution_options(synchronize_session=False)
    )
    if taken is None:
        return False
    write(uow, locked, "confirmed", Said(how="text"))
    return True


def _unblock(uow: UnitOfWork, locked: patients.LockedPhone, said: Said) -> bool:
    row = models.ProviderBlock
    query = select(row.blocked_at).where(row.phone_id == locked.id, row.sender_id == said.sender_id)
    if said.sender_id is None or uow.session.scalar(query) is None:
        return False
    written = write(uow, locked, "provider_unblock", said)
    _set_block(uow, locked, said.sender_id, blocked_at=None, event_id=written.id)
    return True


def _set_block(
    uow: UnitOfWork,
    locked: patients.LockedPhone,
    sender_id: UUID,
    *,
    blocked_at: datetime | None,
    event_id: UUID,
) -> None:
    values = {"blocked_at": blocked_at, "event_id": event_id}
    upsert(uow, models.ProviderBlock, {"phone_id": locked.id, "sender_id": sender_id}, values)
