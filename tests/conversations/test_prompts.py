"""One open question per phone and sender; the others wait, and a late answer still counts."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from outreach.conversations import commands, queries, rules
from outreach.kernel.clock import FrozenClock
from outreach.services import Services
from tests.inbound.desk import LETTERED, MOOD, Desk


@pytest.fixture
def desk(services: Services) -> Desk:
    return Desk(services)


def ask(desk: Desk, patient_id: UUID, *, source: UUID | None = None, hours: int = 24) -> UUID | None:
    with desk.begin() as uow:
        return commands.open_prompt(
            uow,
            phone_id=desk.phone_id(),
            sender_id=desk.sender_id,
            patient_id=patient_id,
            source_kind="program",
            source_id=source or uuid4(),
            message_id=None,
            question=MOOD,
            expires_at=uow.now + timedelta(hours=hours),
        )


def test_a_second_question_waits(desk: Desk) -> None:
    ana = desk.patient()

    assert ask(desk, ana) is not None
    assert ask(desk, ana) is None


def test_the_same_question_again_is_the_same(desk: Desk) -> None:
    ana, source = desk.patient(), uuid4()

    assert ask(desk, ana, source=source) == ask(desk, ana, source=source)


def test_past_its_time_it_makes_way_and_whoever_asked_is_told(desk: Desk, clock: FrozenClock) -> None:
    ana, source = desk.patient(), uuid4()
    first = ask(desk, ana, source=source)
    clock.move(hours=25)

    second = ask(desk, ana)

    assert second is not None
    [row] = desk.rows("SELECT id, state FROM prompt WHERE source_id = :id", id=source)
    assert (row.id, row.state) == (first, "expired")


def test_the_sweep_expires_what_nobody_answered_once(desk: Desk, clock: FrozenClock) -> None:
    ask(desk, desk.patient())
    clock.move(hours=25)

    with desk.begin() as uow:
        assert commands.expire_prompts(uow) == 1
        assert [fact.name for fact in uow.facts] == ["PromptExpired"]
    with desk.begin() as uow:
        assert commands.expire_prompts(uow) == 0


def test_an_answered_question_takes_no_second_text(desk: Desk) -> None:
    ana = desk.patient()
    prompt_id = ask(desk, ana)
    desk.says("3")
    desk.says("hello again, question")
    messages = [row.id for row in desk.rows("SELECT id FROM message ORDER BY at, id")]

    with desk.begin() as uow, pytest.raises(commands.AnsweredAlready):
        commands.bind_answer(
            uow, prompt_id=prompt_id, message_id=messages[1], value={"choice": "1"}, by="patient", late=False
        )

    assert desk.answers() == [("3", "patient", False)]


def test_the_answer_says_what_it_means(desk: Desk) -> None:
    ask(desk, desk.patient())
    desk.says("3")

    with desk.begin() as uow:
        row = desk.rows("SELECT id FROM answer")[0]
        found = queries.answer(uow, answer_id=row.id)

    assert found is not None
    assert (found.question_key, found.word, found.means, found.late) == ("mood", "3", "worse", False)
    assert b"choice".hex() not in desk.scalar("SELECT answer::text FROM answer")


@pytest.mark.parametrize(
    ("taken", "count", "words"),
    [
        ((), 3, ("1", "2", "3")),
        ((("1", "2", "3"),), 3, ("A", "B", "C")),
        ((("A", "B"),), 2, ("1", "2")),
        ((("A", "B"), ("1", "2")), 4, ("1", "2", "3", "4")),
        (((),), 2, ("1", "2")),
    ],
)
def test_two_live_questions_share_no_reply_words(
    taken: tuple[tuple[str, ...], ...], count: int, words: tuple[str, ...]
) -> None:
    chosen = rules.choose_words(taken, count=count)

    assert chosen == words
    assert not taken or not set(chosen) & set(taken[0])


def test_no_reply_word_is_one_the_provider_acts_on() -> None:
    from outreach.triage.rules import exact_help, exact_opt_in, exact_opt_out, lifts_provider_block

    for word in (*rules.DIGITS, *rules.LETTERS):
        assert not any(test(word) for test in (exact_help, exact_opt_in, exact_opt_out, lifts_provider_block))


def test_words_come_from_the_options() -> None:
    assert rules.words_of(LETTERED) == ("A", "B", "C")
    assert rules.meaning_of(LETTERED, "C") == "worse"
    assert rules.meaning_of(LETTERED, "D") is None
