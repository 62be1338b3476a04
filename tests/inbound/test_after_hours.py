"""A text that waits for a person while nobody is there gets one true answer a night."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from outreach.inbound.rules import words
from outreach.kernel.clock import FrozenClock
from outreach.kernel.segments import count_segments
from outreach.services import Services
from outreach.staff import commands as staff
from outreach.staff import rules
from tests.inbound.desk import STRANGER, Desk

OFFICE = [{"days": [0, 1, 2, 3, 4], "from": "08:00", "to": "17:00"}]
NEW_YORK = ZoneInfo("America/New_York")
QUESTION = "Can I take the bandage off before I shower?"


def at(day: int, clock: str) -> datetime:
    hour, minute = clock.split(":")
    return datetime(2026, 3, day, int(hour), int(minute), tzinfo=NEW_YORK).astimezone(UTC)


@pytest.fixture
def desk(services: Services, clock: FrozenClock) -> Desk:
    """Monday evening; open again on Tuesday at eight."""
    clock.at = at(9, "22:00")
    found = Desk(services)
    found.patient()
    with found.begin() as uow:
        staff.set_hours(uow, team_id=found.team_id, opening_hours=OFFICE)
    return found


def said(desk: Desk) -> list[str]:
    return [body for kind, body in desk.texts_out() if kind == "reply"]


def test_it_says_until_when_and_whom_to_call(desk: Desk) -> None:
    desk.says(QUESTION)

    assert said(desk) == [
        (
            "Riverside: Nobody is here to read texts now, until Tuesday 8:00 am. Can't wait? Call "
            "(202) 555-0101. Emergency? Call 911."
        )
    ]


def test_once_a_night_and_again_the_next(desk: Desk, clock: FrozenClock) -> None:
    desk.says(QUESTION)
    clock.at = at(10, "3:00")
    desk.says("And can I drive with it?")
    assert len(said(desk)) == 1

    clock.at = at(10, "12:00")
    desk.says("Still wondering about the bandage")
    assert len(said(desk)) == 1, "somebody is there"

    clock.at = at(10, "20:00")
    desk.says("Nobody told me about the bandage")
    assert len(said(desk)) == 2


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ("I can't breathe", ["safety"]),
        ("STOP", []),
        ("stop texting me please", ["confirmation"]),
        ("AYUDA", ["reply"]),
        ("thank you", []),
        ("wrong number, who is this", []),
    ],
)
def test_nothing_is_added_to_what_has_its_own_answer(desk: Desk, body: str, kinds: list[str]) -> None:
    desk.says(body)

    assert [kind for kind, _ in desk.texts_out()] == kinds
    assert not any("Nobody is here to read" in text for _, text in desk.texts_out())


def test_in_spanish_with_words_of_ones_own_or_not_at_all(desk: Desk, clock: FrozenClock) -> None:
    desk.says("¿Puedo quitarme la venda antes de bañarme?")
    assert "hasta el martes 8:00 am" in said(desk)[-1]

    with desk.begin() as uow:
        staff.set_after_hours(uow, team_id=desk.team_id, on=True, words={"en": "Closed. Emergency: 911."})
    clock.at = at(10, "22:00")
    desk.says(QUESTION)
    assert said(desk)[-1] == "Closed. Emergency: 911."

    with desk.begin() as uow:
        staff.set_after_hours(uow, team_id=desk.team_id, on=False, words={})
    clock.at = at(11, "22:00")
    desk.says("And the stitches, when do they come out?")
    assert len(said(desk)) == 2


def test_who_opted_out_gets_none_and_still_waits_for_a_person(desk: Desk) -> None:
    desk.says("STOP")
    desk.says(QUESTION)

    assert said(desk) == []
    assert desk.thread().waiting_since is not None


def test_an_unknown_sender_is_told_too(desk: Desk) -> None:
    desk.says("Is this the clinic? My dad needs a new walker", origin=STRANGER)

    assert len(said(desk)) <= 1
    assert desk.thread(STRANGER).waiting_since is not None


@pytest.mark.parametrize("moment", [None, datetime(2026, 3, 11, 12, 30, tzinfo=UTC)])
@pytest.mark.parametrize("language", ["en", "es"])
def test_it_fits_one_segment(language: str, moment: datetime | None) -> None:
    opens = words.opening(moment, zone="America/New_York", language=language)
    fields = {"clinic": "Riverside", "callback": "(202) 555-0101", "emergency": "911", "opens": opens}

    body, used = words.reply_text("after_hours", language=language, fields=fields)

    assert (used, count_segments(body).segments) == (language, 1)


@pytest.mark.parametrize(
    ("own", "error"),
    [
        ("We are closed.", rules.AfterHoursUnsafe),
        ("Call 911. {clinic}", rules.AfterHoursUnsafe),
        ("911 " * 80, rules.AfterHoursTooLong),
    ],
)
def test_own_words_that_would_harm_are_refused(desk: Desk, own: str, error: Any) -> None:
    with pytest.raises(error), desk.begin() as uow:
        staff.set_after_hours(uow, team_id=desk.team_id, on=True, words={"en": own})


# -- whose work is whose


@pytest.fixture
def pharmacy(desk: Desk) -> UUID:
    """A team that takes over refills and help with medicines."""
    with desk.begin() as uow:
        found = staff.create_team(uow, name="Pharmacy", sender_id=desk.sender_id, zone="America/New_York")
        staff.set_routes(uow, team_id=desk.team_id, routes={"refill": found, "medicines": found})
    return found


@pytest.mark.parametrize(
    ("kind", "routed"), [("refill", True), ("appointment_change", False), ("tcm_call", False)]
)
def test_a_task_goes_to_whose_work_it_is(desk: Desk, pharmacy: UUID, kind: str, routed: bool) -> None:
    from outreach.escalations import commands

    desk.says("Hello there, a question")
    with desk.begin() as uow:
        commands.add_task(
            uow, team_id=desk.team_id, kind=kind, source_kind="inbound", source_id=uow.new_id(),
            conversation_id=desk.thread().conversation_id,
        )  # fmt: skip

    row = desk.rows(
        "SELECT t.team_id, c.team_id AS talk FROM task t JOIN conversation c ON c.id = t.conversation_id"
    )[0]
    assert row.team_id == row.talk == (pharmacy if routed else desk.team_id)


@pytest.mark.parametrize(
    ("tier", "topic", "routed"),
    [("yellow", "medicines", True), ("yellow", "worse", False), ("red", "medicines", False),
     ("orange", "medicines", False)],
)  # fmt: skip
def test_danger_is_never_given_away(desk: Desk, pharmacy: UUID, tier: str, topic: str, routed: bool) -> None:
    from outreach.escalations import commands

    with desk.begin() as uow:
        commands.raise_(
            uow, team_id=desk.team_id, tier=tier, topic=topic, source_kind="answer", source_id=uow.new_id(),
            conversation_id=None, patient_id=None, phone_id=desk.phone_id(),
        )  # fmt: skip
    row = desk.rows(
        "SELECT e.team_id, c.team_id AS talk FROM escalation e JOIN conversation c "
        "ON c.id = e.conversation_id"
    )[0]

    assert row.team_id == row.talk == (pharmacy if routed else desk.team_id)


def test_only_everyday_work_can_be_routed(desk: Desk, pharmacy: UUID) -> None:
    with pytest.raises(rules.NotRoutable), desk.begin() as uow:
        staff.set_routes(uow, team_id=desk.team_id, routes={"chest_pain": pharmacy})
