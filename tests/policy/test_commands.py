"""Receipts, the contact ledger and pauses, on the real database."""

from __future__ import annotations

import pytest

from outreach.consent import commands as consent
from outreach.policy import commands, queries, rules
from tests.patients import make


@pytest.fixture
def maria(uow):
    """A patient in Chicago who may be texted, with her phone, team and sender."""
    make.organization(uow)
    sender_id = make.sender(uow)
    team_id = make.team(uow, sender_id=sender_id)
    patient_id = make.patient(uow, team_id=team_id, zone="America/Chicago", us_state="IL")
    phone_id = make.phone(uow, patient_id=patient_id)
    consent.record_basis(
        uow, patient_id=patient_id, phone_id=phone_id, purposes=["care", "reminders"], how="registration"
    )
    return {"phone_id": phone_id, "sender_id": sender_id, "team_id": team_id, "patient_id": patient_id}


def facts(uow, maria, **more):
    return queries.facts_for(uow, **maria, **{"purpose": "care", "kind": "program", **more})


def test_a_text_that_may_go_is_sent_and_its_receipt_says_so(uow, maria):
    touchpoint = uow.new_id()

    stored = commands.decide(
        uow,
        subject_kind="touchpoint",
        subject_id=touchpoint,
        phone_id=maria["phone_id"],
        facts=facts(uow, maria),
    )

    (receipt,) = queries.receipts(uow, subject_kind="touchpoint", subject_id=touchpoint)
    assert stored.decision.outcome == "send"
    assert receipt.decision == stored.decision == rules.judge(receipt.facts)
    assert receipt == queries.receipt(uow, decision_id=stored.id)
    assert rules.explain(receipt) == ["Sent: no rule spoke against it."]
