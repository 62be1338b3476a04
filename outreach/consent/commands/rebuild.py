"""The states written anew from the ledger."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete

from outreach.consent import models, queries, rules
from outreach.consent.commands.ledger import (
    upsert,
)
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import commands as patients


def rebuild(uow: UnitOfWork, *, phone_id: UUID) -> rules.States:
    """Write the states anew from the ledger, for a phone and everyone named in its ledger; return them.

    Takes the phone's lock.
    """
    patients.lock_phone(uow, phone_id=phone_id)
    states = rules.derive(queries.entries(uow, phone_id=phone_id))
    for (one, epoch), (since, event_id) in states.opt_outs.items():
        if one != phone_id:
            continue
        values: dict[str, Any] = {
            "opted_out_at": since,
            "event_id": event_id,
            "confirmed_at": states.confirmed.get((one, epoch)),
        }
        upsert(uow, models.PhoneOptOut, {"phone_id": one, "epoch": epoch}, values)
    for (one, sender_id), (since, event_id) in states.blocks.items():
        if one != phone_id:
            continue
        values = {"blocked_at": since, "event_id": event_id}
        upsert(uow, models.ProviderBlock, {"phone_id": one, "sender_id": sender_id}, values)
    for (patient_id, purpose), wish in states.preferences.items():
        values = {
            "state": wish.state,
            "basis": wish.basis,
            "event_id": wish.event_id,
            "warned_at": states.warned.get(patient_id),
        }
        upsert(uow, models.ContactPreference, {"patient_id": patient_id, "purpose": purpose}, values)
    _drop_underived(uow, phone_id, states)
    return states


def _drop_underived(uow: UnitOfWork, phone_id: UUID, states: rules.States) -> None:
    epochs = [epoch for one, epoch in states.opt_outs if one == phone_id]
    senders = [sender for one, sender in states.blocks if one == phone_id]
    out, block = models.PhoneOptOut, models.ProviderBlock
    uow.session.execute(delete(out).where(out.phone_id == phone_id, out.epoch.not_in(epochs)))
    uow.session.execute(delete(block).where(block.phone_id == phone_id, block.sender_id.not_in(senders)))
