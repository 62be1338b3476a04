"""Opting out and in, the ledger behind it, and what can not undo it."""

from __future__ import annotations

from outreach.consent import commands, queries
from tests.patients import make


def test_smoke(uow):
    make.organization(uow)
    sender = make.sender(uow)
    team_id = make.team(uow, sender_id=sender)
    maria = make.patient(uow, team_id=team_id)
    phone_id = make.phone(uow, patient_id=maria)

    def stand():
        return queries.standing(uow, phone_id=phone_id, sender_id=sender, patient_id=maria, purpose="care")

    assert stand().reason == "no_basis"
    commands.record_basis(uow, patient_id=maria, phone_id=phone_id, purposes=["care"], how="registration")
    assert stand().allowed
    assert commands.opt_out(uow, phone_id=phone_id, how="text", receipt_id=uow.new_id(), evidence="STOP")
    assert stand().reason == "opted_out"
    assert (
        commands.opt_in(uow, phone_id=phone_id, how="text", receipt_id=uow.new_id(), evidence="YES") is False
    )
    assert commands.opt_in(uow, phone_id=phone_id, how="text", receipt_id=uow.new_id(), evidence="Start")
    assert stand().basis == "opt_in_text"
    assert commands.block_by_provider(uow, phone_id=phone_id, sender_id=sender)
    assert stand().provider_blocked
    assert commands.wrong_person(uow, phone_id=phone_id, receipt_id=uow.new_id())
    before = queries.ledger(uow, phone_id=phone_id)
    commands.rebuild(uow, phone_id=phone_id)
    assert before == queries.ledger(uow, phone_id=phone_id)
