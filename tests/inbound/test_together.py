"""Texts understood by the handful become what they become alone, and cost hardly more than one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outreach.inbound import commands
from outreach.kernel.relay import Relay
from tests.inbound.desk import MOOD, VISIT, Desk
from tests.statements import counted

SAID: tuple[tuple[str, dict[str, Any] | None, bool], ...] = (
    # words, the question that is open, whether we know them
    ("2", MOOD, True),
    ("worse, and can I eat eggs?", MOOD, True),
    ("3", VISIT, True),
    ("I can't breathe", MOOD, True),
    ("please stop texting me", None, True),
    ("STOP", MOOD, True),
    ("HELP", None, True),
    ("who is this, wrong number", None, True),
    ("thanks so much", None, True),
    ("can I take a bath?", None, True),
    ("me siento mejor, gracias", MOOD, True),
    ("", None, True),
    ("is this the clinic?", None, False),
    ("my chest hurts and I feel faint", None, False),
    ("START", None, False),
)


def number(area: int, place: int) -> str:
    return f"+1{area}55501{place:02d}"


def arrive(desk: Desk, area: int) -> None:
    for place, (body, question, known) in enumerate(SAID):
        origin = number(area, place)
        if known:
            patient_id = desk.patient(origin, name=f"Ana {area} {place}")
            if question:
                desk.asks(patient_id, question, e164=origin)
        desk.arrives(body, origin=origin)
    # The second text of a phone is understood after, and in the light of, the first.
    desk.arrives("sorry, 3", origin=number(area, 0))


def outcome(desk: Desk, origin: str) -> dict[str, Any]:
    """What has become of the texts of one phone, without ids and times."""
    phone_id = desk.phone_id(origin)
    asked = {
        "thread": "SELECT state, unread, waiting_since IS NULL, flags, last_direction FROM conversation "
        "WHERE phone_id = :id",
        "texts": "SELECT direction, kind, author_kind, language, conversation_id IS NULL FROM message "
        "WHERE phone_id = :id ORDER BY direction, kind",
        "answers": "SELECT a.by, a.late FROM answer a JOIN message m ON m.id = a.message_id "
        "WHERE m.phone_id = :id",
        "prompts": "SELECT state FROM prompt WHERE phone_id = :id ORDER BY opened_at, id",
        "consent": "SELECT kind, how FROM consent_event WHERE phone_id = :id ORDER BY at, id",
        "escalations": "SELECT tier, topic, safety_text FROM escalation WHERE phone_id = :id",
        "tasks": "SELECT t.kind FROM task t JOIN conversation c ON c.id = t.conversation_id "
        "WHERE c.phone_id = :id ORDER BY t.kind",
        "words": "SELECT count(*) FROM message_word w JOIN message m ON m.id = w.message_id "
        "WHERE m.phone_id = :id",
        "receipts": "SELECT interpreted_at IS NULL, safety_read_at IS NULL FROM inbound_receipt r "
        "JOIN message m ON m.id = r.message_id WHERE m.phone_id = :id",
    }
    return {name: [tuple(row) for row in desk.rows(sql, id=phone_id)] for name, sql in asked.items()}


def test_a_handful_of_texts_becomes_what_each_becomes_alone(desk: Desk) -> None:
    alone = replace(desk.services.relay, together={})
    arrive(desk, 202)
    alone.drain(seconds=30)

    arrive(desk, 312)
    desk.turn()

    for place, (body, _, _) in enumerate(SAID):
        assert outcome(desk, number(312, place)) == outcome(desk, number(202, place)), body
    assert outcome(desk, number(312, 3))["escalations"], "danger was seen"


def test_sixteen_texts_take_as_many_statements_as_two(desk: Desk) -> None:
    def understood(first: int, many: int) -> int:
        for place in range(first, first + many):
            desk.arrives("can I take a bath?", origin=number(202, place))
        with counted(desk.services.transactions.engine) as seen:
            desk.turn()
        return len(seen)

    understood(0, 2)
    assert understood(2, 2) == understood(10, 16) <= 36


def test_one_that_fails_leaves_its_neighbors_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from outreach.inbound.commands import understanding

    record = understanding.messaging.record_all_inbound

    def fails(uow: Any, incoming: Any) -> Any:
        if any(one.body == "poison" for one in incoming):
            raise ValueError("always")
        return record(uow, incoming)

    monkeypatch.setattr(understanding.messaging, "record_all_inbound", fails)
    for place, body in enumerate(("hello?", "poison", "is this the clinic?")):
        desk.arrives(body, origin=number(202, place))

    desk.services.relay.drain(seconds=0.5)

    assert [outcome(desk, number(202, place))["receipts"] for place in range(3)] == [
        [(False, False)],
        [],
        [(False, False)],
    ]
    assert desk.scalar("SELECT count(*) FROM outbox") == 1


def test_danger_among_others_has_a_transaction_of_its_own(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes wrong with a neighbor can't take its safety text back."""
    left: list[int] = []
    together = desk.services.relay.together["inbound.read_safety"]

    def noted(uow: Any, facts: Any) -> Any:
        found = together(uow, facts)
        left.append(len(found))
        return found

    relay = replace(
        desk.services.relay, together={**desk.services.relay.together, "inbound.read_safety": noted}
    )
    for place, body in enumerate(("hello?", "I can't breathe", "thank you", "I want to die")):
        desk.arrives(body, origin=number(202, place))

    Relay.drain(relay, seconds=30)

    assert left == [2]
    assert desk.scalar("SELECT count(*) FROM escalation WHERE tier = 'red'") == 2
    assert [kind for kind, _ in desk.texts_out()].count("safety") == 2


def test_of_two_texts_of_one_phone_the_first_is_understood_and_the_next_left(desk: Desk) -> None:
    desk.arrives("2", sid="SM" + "a" * 32)
    desk.arrives("3", sid="SM" + "b" * 32)
    ids = {row.sid[2]: row.id for row in desk.rows("SELECT id, sid FROM inbound_receipt")}

    with desk.begin() as uow:
        left = commands.interpret_all(uow, receipt_ids=[ids["a"], ids["b"]])

    assert left == [ids["b"]]
