"""What is due together goes together: one text, one question, in the phone's own language. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outreach.kernel.segments import count_segments
from outreach.policy.rules import Contacted, Facts
from outreach.reminders.rules import saying
from outreach.touchpoints.rules import asking, together, wording
from outreach.touchpoints.rules.wording import Composed, fill

NOW = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)
FIELDS = {"clinic": "Riverside", "callback": "(202) 555-0101", "name": "Maria"}
MOOD = "{clinic}: [{name}, ]how are you today? 1 Better 2 Same 3 Worse. Emergency? Call 911"
ANIMO = "{clinic}: [{name}, ]¿le va mejor hoy? 1 Mejor 2 Igual 3 Peor. ¿Emergencia? Llame al 911"
MEDICINES = "{clinic}: [{name}, ]do you have all your medicines? Reply 1 if you do, 2 if you don't."
HELLO = "{clinic} here: [{name}, ]we check on you by text. Text STOP to end. Emergency? Call 911"


@dataclass(frozen=True)
class Booked:
    starts_at: datetime = NOW + timedelta(days=1)
    status: str = "booked"
    start_version: int = 1


def question(count: int) -> dict[str, Any]:
    return {
        "key": "q",
        "kind": "choice",
        "options": [{"word": str(n + 1), "means": f"m{n}"} for n in range(count)],
    }


def composed(template: str, *, asks: int = 0, language: str = "en", **more: Any) -> Composed:
    return Composed(
        text=fill(template, FIELDS),
        template=template,
        fields=FIELDS,
        language=language,
        purpose="care",
        kind="program",
        question=question(asks) if asks else None,
        **more,
    )


def visit(step: str, language: str = "en") -> Composed:
    found = saying.appointment(
        Booked(), step=step, anchor_version=1, now=NOW, language=language, zone=None, fields=FIELDS
    )
    assert isinstance(found, Composed)
    return found


@dataclass
class Door:
    """A phone in memory: what left, what waits."""

    now: datetime = NOW
    spent: int = 0
    sent: list[together.Bundle] = field(default_factory=list)
    held: dict[str, datetime] = field(default_factory=dict)
    asked: list[asking.Live] = field(default_factory=list)
    contacts: tuple[Contacted, ...] = ()
    next_at: datetime | None = None

    def live(self) -> list[asking.Live]:
        return self.asked

    def facts(self, one: together.Ready, *, merge_into: str | None = None) -> Facts:
        spent = self.spent and not one.composed.cadence_reserved
        return Facts(
            now=self.now,
            kind=one.composed.kind,
            consent_allowed=True,
            zone="America/New_York",
            per_day=0 if spent else 9,
            merge_into=merge_into,
            contacts=self.contacts,
            not_after=one.not_after,
        )

    def soonest(self, taking: Sequence[together.Ready]) -> datetime | None:
        del taking
        return self.next_at

    def hold(self, one: together.Ready, *, until: datetime, reason: str) -> None:
        del reason
        self.held[one.id] = until

    def send(self, bundle: together.Bundle) -> None:
        self.sent.append(bundle)
        if bundle.asks is not None and bundle.composed.question is not None:
            words = tuple(one["word"] for one in bundle.composed.question["options"])
            self.asked = [live(words, opened=self.now)]


def live(words: tuple[str, ...], *, opened: datetime, hours: int = 24, kind: str = "choice") -> asking.Live:
    until = opened + timedelta(hours=hours)
    return asking.Live(id="open", kind=kind, words=words, opened_at=opened, expires_at=until, is_open=True)


def ready(name: str, what: Composed, kind: str = "program", hours: int = 34) -> together.Ready:
    return together.Ready(
        id=name,
        key=name,
        source_kind=kind,
        patient="maria",
        due_at=NOW,
        not_after=NOW + timedelta(hours=hours),
        composed=what,
    )


def go(*due: together.Ready, **more: Any) -> Door:
    door = Door(**more)
    together.take_turns(due, door)
    return door


def test_a_reminder_and_a_check_in_are_one_text_with_the_question_last() -> None:
    door = go(ready("mood", composed(MOOD, asks=3)), ready("visit", visit("tomorrow"), "appointment"))

    (bundle,) = door.sent
    assert (bundle.lead.id, [one.id for one in bundle.riders]) == ("visit", ["mood"])
    assert bundle.composed.text == (
        "Riverside: Maria, 2 things: (1) See you Wednesday, March 11 at 10:00 AM. If plans changed, "
        "call (202) 555-0101. (2) How are you today? 1 Better 2 Same 3 Worse. Emergency? Call 911"
    )
    assert bundle.asks is not None and bundle.asks.id == "mood"


def test_it_is_merged_in_spanish_and_stays_in_its_letters() -> None:
    door = go(
        ready("animo", composed(ANIMO, asks=3, language="es")),
        ready("visit", visit("tomorrow", "es"), "appointment"),
    )

    body = door.sent[0].composed.text
    assert body.startswith("Riverside: Maria, 2 cosas: (1) Le esperamos el ")
    assert body.endswith("(2) ¿Le va mejor hoy? 1 Mejor 2 Igual 3 Peor. ¿Emergencia? Llame al 911")
    assert (count_segments(body).encoding, count_segments(body).segments) == ("GSM-7", 2)


def test_two_languages_never_share_a_text() -> None:
    door = go(ready("hello", composed(HELLO)), ready("visit", visit("tomorrow", "es"), "appointment"))

    assert [len(one.riders) for one in door.sent] == [0, 0]


def test_what_makes_it_longer_than_two_parts_goes_by_itself() -> None:
    long = "{clinic}: " + "a very long instruction " * 12
    door = go(ready("long", composed(long)), ready("visit", visit("tomorrow"), "appointment"))

    assert [(one.lead.id, len(one.riders)) for one in door.sent] == [("visit", 0), ("long", 0)]
    assert all(count_segments(one.composed.text).segments <= 2 for one in door.sent)


def test_of_two_questions_one_is_asked_and_the_other_waits_for_it() -> None:
    door = go(ready("mood", composed(MOOD, asks=3)), ready("visit", visit("ask"), "appointment"))

    assert [one.lead.id for one in door.sent] == ["visit"]
    assert door.held == {"mood": NOW + timedelta(hours=24)}


def test_a_reserved_rhythm_carries_what_the_budget_has_no_room_for() -> None:
    door = go(
        ready("mood", composed(MOOD, asks=3, cadence_reserved=True)),
        ready("visit", visit("tomorrow"), "appointment"),
        spent=1,
    )

    (bundle,) = door.sent
    assert (bundle.lead.id, [one.id for one in bundle.riders]) == ("mood", ["visit"])


def test_what_follows_an_answer_goes_first_and_alone() -> None:
    door = go(
        ready("visit", visit("tomorrow"), "appointment"), ready("then", composed(MOOD, asks=3, free=True))
    )

    assert [one.lead.id for one in door.sent] == ["then", "visit"]


HEARD_OUT = NOW + asking.HEARD_OUT


@pytest.mark.parametrize(
    ("opened_ago", "open_hours", "lasts", "presses", "verdict", "until"),
    [
        (0, 24, 34, False, "wait", NOW + timedelta(hours=24)),  # it can wait, so it does
        (0, 72, 34, False, "wait", HEARD_OUT),  # waiting would lose it
        (3, 72, 34, False, "ask", None),
        (0, 24, 34, True, "wait", HEARD_OUT),  # a visit is near
        (3, 24, 34, True, "ask", None),
        (0, 72, 1, False, "ask", None),  # even hearing out would lose it
    ],
)
def test_no_question_is_lost_because_of_another(
    opened_ago: int, open_hours: int, lasts: int, presses: bool, verdict: str, until: datetime | None
) -> None:
    opened = NOW - timedelta(hours=opened_ago)
    found = asking.turn(
        question(2),
        [live(("1", "2", "3"), opened=opened, hours=open_hours)],
        now=NOW,
        not_after=NOW + timedelta(hours=lasts),
        presses=presses,
    )

    assert (found.verdict, found.until) == (verdict, until)
    assert found.words == (("A", "B") if verdict == "ask" else None)


@pytest.mark.parametrize(
    ("other", "kind", "words"),
    [
        (("A", "B"), "choice", None),
        ((), "pain", ("A", "B")),
        ((), "weight", None),
        (("1",), "choice", ("A", "B")),
    ],
)
def test_two_questions_that_could_be_answered_at_once_share_no_reply_word(
    other: tuple[str, ...], kind: str, words: tuple[str, ...] | None
) -> None:
    found = asking.turn(
        question(2),
        [live(other, opened=NOW, kind=kind)],
        now=NOW,
        not_after=NOW + timedelta(hours=34),
        follows=True,
    )

    assert (found.verdict, found.words) == ("ask", words)


def test_other_reply_words_stand_in_the_text_and_in_the_question() -> None:
    found = wording.with_words(composed(MEDICINES, asks=2), ("A", "B"))

    assert found is not None and found.question is not None
    assert (
        found.text == "Riverside: Maria, do you have all your medicines? Reply A if you do, B if you don't."
    )
    assert [one["word"] for one in found.question["options"]] == ["A", "B"]
    assert [one["means"] for one in found.question["options"]] == ["m0", "m1"]


def test_a_text_that_has_a_reply_word_twice_is_left_as_it_is() -> None:
    assert wording.with_words(composed("{clinic}: 1 of 2? 1 Yes 2 No", asks=2), ("A", "B")) is None


SILENCE = "{clinic}: We have not heard from you, so we asked our staff to call. Doing fine? Text us OK."


def silence(**more: Any) -> together.Ready:
    return ready("silence", composed(SILENCE, yields=True, **more), hours=72)


def texted(at: datetime, source: str) -> Contacted:
    return Contacted(at=at, local_day=at.date(), counts=0, source=source)


def test_a_text_after_silence_and_the_questions_of_that_minute_are_one() -> None:
    (bundle,) = go(ready("mood", composed(MOOD, asks=3)), silence()).sent

    assert [one.id for one in bundle.riders] == ["silence"]
    assert bundle.composed.text == (
        "Riverside: Maria, 2 things: (1) We have not heard from you, so we asked our staff to call. "
        "Doing fine? Text us OK. (2) How are you today? 1 Better 2 Same 3 Worse. Emergency? Call 911"
    )


NINE = datetime(2026, 3, 11, 13, 0, tzinfo=UTC)
"""The next morning at 9:00 where Maria is."""


@pytest.mark.parametrize(
    ("sent", "next_at", "until"),
    [
        ((), None, None),
        (
            (),
            NOW + timedelta(seconds=5),
            NOW + timedelta(seconds=5),
        ),  # a question waits for the last one's end
        ((), NOW + timedelta(hours=5), NOW + timedelta(hours=5)),  # the same day
        ((), NOW - timedelta(seconds=1), NOW),  # another worker has it in hand
        ((), NOW + timedelta(days=1), None),
        (("program",), None, NINE),
        (("reminder",), NOW + timedelta(hours=1), NINE),
        (("staff", "safety", "reply"), None, None),  # somebody waited for those
    ],
)
def test_it_waits_for_the_days_other_text_or_for_a_day_without(
    sent: tuple[str, ...], next_at: datetime | None, until: datetime | None
) -> None:
    door = go(silence(), contacts=tuple(texted(NOW, one) for one in sent), next_at=next_at)

    assert door.held.get("silence") == until
    assert len(door.sent) == (until is None)


def test_it_goes_by_itself_rather_than_never() -> None:
    last_minute = ready("silence", composed(SILENCE, yields=True), hours=2)
    door = go(last_minute, contacts=(texted(NOW, "program"),))

    assert [one.lead.id for one in door.sent] == ["silence"]
