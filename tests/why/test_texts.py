"""Why a text that nobody planned is what it is: a reply, a safety text, an answer of ours."""

from __future__ import annotations

from datetime import timedelta

import pytest

from outreach.conversations import commands as conversations
from outreach.kernel.clock import FrozenClock
from outreach.services import Services
from outreach.why.answer import why
from tests.inbound.desk import Desk
from tests.staff import make


@pytest.fixture
def desk(services: Services) -> Desk:
    return Desk(services)


def told(desk: Desk, message_id) -> str:
    with desk.begin() as uow:
        parts = why(uow, subject_id=message_id).parts
    return " ".join(
        str(one) for part in parts for one in part.sentences if part.heading == "What the rules said"
    )


def texts(desk: Desk, kind: str) -> list:
    return [
        row.id for row in desk.rows("SELECT id FROM message WHERE kind = :kind ORDER BY at, id", kind=kind)
    ]


def test_a_safety_text_says_what_the_rules_said(desk: Desk) -> None:
    desk.patient()
    desk.says("I can't breathe")

    (safety,) = texts(desk, "safety")

    assert "No rule had to be asked" not in told(desk, safety)
    assert "UTC:" in told(desk, safety)


def test_each_reply_of_a_colleague_has_a_receipt_of_its_own(desk: Desk, clock: FrozenClock) -> None:
    desk.patient()
    desk.says("can I take a bath?")
    with desk.begin() as uow:
        nora = make.person(uow, team_id=desk.team_id)
    conversation_id = desk.thread().conversation_id
    for number in range(2):
        with desk.begin() as uow:
            conversations.reply(
                uow,
                conversation_id=conversation_id,
                staff_id=nora,
                body=f"Yes, {number} days after.",
                draft_key=str(number),
            )
        clock.at += timedelta(hours=1)

    first, second = (told(desk, one) for one in texts(desk, "staff"))

    assert first != second
    assert len(desk.rows("SELECT DISTINCT decision_id FROM message WHERE kind = 'staff'")) == 2
