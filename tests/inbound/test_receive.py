"""Storing a text: once, with its facts, and with an exact opt-out applied before the webhook is answered."""

from __future__ import annotations

import psycopg
import pytest

from outreach.inbound.commands import NotAText
from tests.inbound.desk import ANA, Desk


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement the driver is given, SQLAlchemy's and those that go past it."""
    seen: list[str] = []
    execute = psycopg.Cursor.execute

    def noted(self: psycopg.Cursor, query: str, *given: object, **how: object) -> psycopg.Cursor:
        seen.append(query)
        return execute(self, query, *given, **how)

    monkeypatch.setattr(psycopg.Cursor, "execute", noted)
    return seen


def test_an_ordinary_text_takes_one_statement(desk: Desk, statements: list[str]) -> None:
    desk.arrives("How long do I keep the bandage on?")

    assert len(statements) == 1


def test_it_is_kept_with_its_two_facts(desk: Desk) -> None:
    desk.arrives("Hello")

    streams = [row.stream.split(":")[0] for row in desk.rows("SELECT stream FROM outbox ORDER BY stream")]
    assert streams == ["inbound", "safety"]
    assert desk.scalar("SELECT count(*) FROM inbound_receipt WHERE interpreted_at IS NULL") == 1


def test_its_words_and_number_are_nowhere_in_clear(desk: Desk) -> None:
    desk.arrives("Xylophone in the garden")

    row = desk.rows("SELECT inbound_receipt::text AS all FROM inbound_receipt")[0].all
    outbox = str(desk.rows("SELECT outbox::text FROM outbox"))
    assert "ylophone" not in row and "2025550143" not in row + outbox
    assert b"ylophone".hex() not in row and b"2025550143".hex() not in row


@pytest.mark.parametrize("body", ["Hello", "STOP", "START"])
def test_the_same_sid_twice_is_one_text(desk: Desk, body: str) -> None:
    sid = "SM" + "a" * 32

    assert desk.arrives(body, sid=sid) is True
    assert desk.arrives(body, sid=sid) is False

    assert desk.scalar("SELECT count(*) FROM inbound_receipt") == 1
    assert desk.scalar("SELECT count(*) FROM outbox WHERE handler = 'inbound.interpret'") == 1


@pytest.mark.parametrize("body", ["STOP", "stop.", "Unsubscribe", "opt out", "ALTO", "Parar", "STOP ALL"])
def test_an_exact_opt_out_counts_before_anybody_reads(desk: Desk, body: str) -> None:
    desk.patient()

    desk.arrives(body)

    assert desk.opted_out()


def test_the_provider_may_have_named_it_a_stop(desk: Desk) -> None:
    desk.patient()

    desk.arrives("adios", OptOutType="STOP")

    assert desk.opted_out()
    assert desk.scalar("SELECT count(*) FROM provider_block WHERE blocked_at IS NOT NULL") == 1


@pytest.mark.parametrize("body", ["Please don't stop", "stop by at 3", "I stopped the pills", "No"])
def test_other_words_do_not(desk: Desk, body: str) -> None:
    desk.patient()

    desk.arrives(body)

    assert desk.scalar("SELECT count(*) FROM phone_opt_out") == 0


def test_a_stop_that_comes_twice_does_not_undo_a_start_in_between(desk: Desk) -> None:
    desk.patient()
    desk.arrives("STOP", sid="SM" + "b" * 32)
    desk.arrives("START")

    again = desk.arrives("STOP", sid="SM" + "b" * 32)

    assert again is False
    assert not desk.opted_out()


@pytest.mark.parametrize(("sid", "origin"), [("", ANA), ("SM1", ""), ("SM1", "9" * 65)])
def test_what_is_no_text_is_refused(desk: Desk, sid: str, origin: str) -> None:
    from outreach.inbound import commands as inbound

    with desk.begin() as uow, pytest.raises(NotAText):
        inbound.receive(uow, sid=sid, account_sid="AC1", params={"From": origin, "Body": "x"}, how="webhook")


def test_1600_emoji_are_kept_whole(desk: Desk) -> None:
    desk.patient()
    body = "😀" * 1600

    desk.says(body)

    assert desk.thread().items[0].body == body
