"""Planned contacts on the real database: who waits for whom, and what becomes of those that can't be sent."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from outreach.kernel.clock import FrozenClock
from outreach.patients import commands as patients
from outreach.policy import queries as policy
from outreach.staff import commands as house
from outreach.staff import queries as staff
from outreach.touchpoints import commands, queries
from outreach.touchpoints.models import Touchpoint
from outreach.touchpoints.rules import wording
from outreach.touchpoints.rules.timing import Late, PlannedItem
from outreach.touchpoints.rules.wording import Composed, fill
from outreach.why import now
from tests.inbound.desk import MOOD, Desk
from tests.touchpoints.turning import happen, run_until

SOURCE = UUID(int=77)
FRIDAY_EVENING = datetime(2026, 3, 13, 23, 30, tzinfo=UTC)


def planned(desk: Desk, ana: UUID, step: str, *, at: datetime, hours: int = 34, version: int = 1) -> UUID:
    with desk.begin() as uow:
        commands.plan(
            uow,
            patient_id=ana,
            team_id=desk.team_id,
            anchor_version=version,
            plans=[
                commands.Plan(
                    source_kind="program",
                    source_id=SOURCE,
                    items=(
                        PlannedItem(
                            step=step,
                            local_day=at.date(),
                            local_time=time(10, 0),
                            due_at=at,
                            not_after=at + timedelta(hours=hours),
                            late=Late.NEXT_WINDOW,
                            why={"asks": "mood"},
                        ),
                    ),
                )
            ],
        )
        found = queries.for_source(uow, source_kind="program", source_id=SOURCE)
    return next(one.id for one in found if one.step == step and one.anchor_version == version)


def due_at(desk: Desk, touchpoint_id: UUID) -> datetime:
    with desk.begin() as uow:
        found = queries.touchpoint(uow, touchpoint_id=touchpoint_id)
    assert found is not None
    return found.due_at


def send(desk: Desk, touchpoint_id: UUID, *, asks: bool = True, clinical: bool = False) -> str | None:
    template = "{clinic}: how are you? 1 better 2 same 3 worse"
    composed = Composed(
        text=fill(template, {"clinic": "Riverside"}),
        template=template,
        fields={"clinic": "Riverside"},
        language="en",
        purpose="care",
        kind="program",
        question=MOOD if asks else None,
        question_lasts_hours=24,
        cadence_reserved=True,
        needs_staff=clinical,
    )
    with desk.begin() as uow:
        claimed = commands.claim(uow, touchpoint_id=touchpoint_id)
        if claimed is None:
            return None
        commands.send(uow, ready=[(claimed, composed)])
        # No program stands behind these: nobody else acts on their answers.
        uow.session.execute(text("UPDATE prompt SET source_kind = 'test'"))
        found = queries.touchpoint(uow, touchpoint_id=touchpoint_id)
        return found.state if found else None


def state(desk: Desk, touchpoint_id: UUID) -> tuple[str, str | None]:
    with desk.begin() as uow:
        found = queries.touchpoint(uow, touchpoint_id=touchpoint_id)
    assert found is not None
    return found.state, found.reason


def test_a_second_question_waits_until_the_first_is_over(desk: Desk, ana: UUID, clock: FrozenClock) -> None:
    first = planned(desk, ana, "one", at=clock.at)
    second = planned(desk, ana, "two", at=clock.at)
    assert send(desk, first) == "sent"

    assert send(desk, second) == "held"

    assert state(desk, second) == ("held", "another_question_is_open")
    assert send(desk, second) is None  # not due before the first one's time is over
    clock.move(hours=24)
    assert send(desk, second) == "sent"
    assert "It waited from Tuesday, March 10, 10:00: another question was open" in " ".join(
        told(desk, second)
    )


def told(desk: Desk, touchpoint_id: UUID) -> list[str]:
    """Why a contact came when it did, as its page says it."""
    with desk.begin() as uow:
        one = queries.touchpoint(uow, touchpoint_id=touchpoint_id)
        assert one is not None
        receipts = policy.receipts(uow, subject_kind="touchpoint", subject_id=one.id)
    zone = "America/New_York"
    return [str(line) for line in now.told(one, zone=zone, zone_source="address", receipts=receipts)]


def test_a_contact_that_could_go_late_only_says_so(desk: Desk, ana: UUID, clock: FrozenClock) -> None:
    late = "Its hour was over when it could first go"
    hours = {"one": 2, "two": 0}
    for step, ago in hours.items():
        at = clock.at - timedelta(hours=ago)
        contact = planned(desk, ana, step, at=at, hours=30)
        with desk.begin() as uow:
            row = uow.session.get_one(Touchpoint, contact)
            row.why = {**row.why, "late": "next_window"}
            row.local_time = f"{at.astimezone(ZoneInfo('America/New_York')):%H:%M}"
        assert send(desk, contact, asks=False) == "sent"

        assert (late in " ".join(told(desk, contact))) == (ago > 0)


def test_a_question_that_would_be_lost_is_asked_over_the_other_in_other_reply_words(
    desk: Desk, ana: UUID, clock: FrozenClock
) -> None:
    first = planned(desk, ana, "one", at=clock.at)
    send(desk, first)
    second = planned(desk, ana, "two", at=clock.at, hours=20)
    assert send(desk, second) == "held"  # the first is heard out
    clock.move(hours=2)

    assert send(desk, second) == "sent"

    assert [body for _, body in desk.texts_out()][-1] == "Riverside: how are you? A better B same C worse"
    for says in ("3", "B"):
        desk.says(says)
    asked = desk.rows(
        "SELECT p.source_id, p.state FROM answer a JOIN prompt p ON p.id = a.prompt_id ORDER BY a.at, a.id"
    )
    assert [tuple(row) for row in asked] == [(first, "answered"), (second, "answered")]
    assert desk.answers() == [("3", "patient", False), ("B", "patient", False)]
    with desk.begin() as uow:
        contacts = [queries.touchpoint(uow, touchpoint_id=one) for one in (first, second)]
    assert [wording.REWORDED in one.why for one in contacts if one] == [False, True]


def test_what_waits_has_its_turn_as_soon_as_the_question_is_answered(
    desk: Desk, ana: UUID, clock: FrozenClock
) -> None:
    send(desk, planned(desk, ana, "one", at=clock.at))
    second = planned(desk, ana, "two", at=clock.at)
    assert send(desk, second) == "held"
    clock.move(minutes=7)
    desk.says("2")

    assert send(desk, second) == "sent"


def test_what_asks_nothing_does_not_wait_for_a_question(desk: Desk, ana: UUID, clock: FrozenClock) -> None:
    send(desk, planned(desk, ana, "one", at=clock.at))

    assert send(desk, planned(desk, ana, "two", at=clock.at), asks=False) == "sent"


def test_a_clinical_question_waits_for_the_next_shift_and_no_longer_than_needed(
    desk: Desk, ana: UUID, clock: FrozenClock
) -> None:
    clock.at = datetime(2026, 3, 13, 22, 0, tzinfo=UTC)  # Friday, 6 p.m. in New York: the office is closed
    monday = datetime(2026, 3, 16, 13, 0, tzinfo=UTC)
    with desk.begin() as uow:
        office = {"days": [0, 1, 2, 3, 4], "from": "08:00", "to": "17:00"}
        house.set_hours(uow, team_id=desk.team_id, opening_hours=[office])
    long = planned(desk, ana, "long", at=clock.at, hours=90)
    short = planned(desk, ana, "short", at=clock.at, hours=34)
    assert (send(desk, long, clinical=True), send(desk, short, clinical=True)) == ("held", "suppressed")
    assert due_at(desk, long) == monday

    saturday, shift = clock.at + timedelta(hours=16), timedelta(hours=4)
    with desk.begin() as uow:
        nurse = staff.members(uow, team_ids=[desk.team_id])[0].id
        house.add_shift(
            uow, team_id=desk.team_id, staff_id=nurse, starts_at=saturday, ends_at=saturday + shift
        )
    desk.services.relay.drain(seconds=30)
    assert due_at(desk, long) == clock.at
    assert send(desk, long, clinical=True) == "held"
    assert due_at(desk, long) == saturday


def test_what_is_planned_moves_with_the_patient_to_their_new_zone_and_says_so(
    desk: Desk, ana: UUID, clock: FrozenClock
) -> None:
    day = clock.at.replace(hour=14, minute=0)  # 10 a.m. in New York
    tomorrow = planned(desk, ana, "tomorrow", at=day + timedelta(days=1), hours=34)
    sent = planned(desk, ana, "sent", at=clock.at)
    assert send(desk, sent) == "sent"
    with desk.begin() as uow:
        patients.update(uow, patient_id=ana, zone="America/Los_Angeles", zone_source="stated")
    desk.services.relay.drain(seconds=30)

    assert due_at(desk, tomorrow) == day + timedelta(days=1, hours=3)
    with desk.begin() as uow:
        moved = queries.touchpoint(uow, touchpoint_id=tomorrow)
        untouched = queries.touchpoint(uow, touchpoint_id=sent)
    assert moved is not None
    assert untouched is not None
    assert "zone_was" not in untouched.why
    told = [
        str(one) for one in now.told(moved, zone="America/Los_Angeles", zone_source="stated", receipts=())
    ]
    assert "It had been planned in the time of America/New_York." in told[1]

    # Back east at 11:00 there, 10:00 is over: it goes at once.
    clock.at = day + timedelta(days=1, hours=1)
    with desk.begin() as uow:
        patients.update(uow, patient_id=ana, zone="America/New_York", zone_source="stated")
    desk.services.relay.drain(seconds=30)
    assert due_at(desk, tomorrow) == clock.at


def test_a_contact_nobody_got_to_in_time_is_let_go_visibly(desk: Desk, ana: UUID, clock: FrozenClock) -> None:
    late = planned(desk, ana, "one", at=clock.at, hours=2)
    clock.move(hours=3)

    assert send(desk, late) is None

    assert state(desk, late) == ("expired", "too_late")


def test_a_contact_is_claimed_by_one_worker_only(desk: Desk, ana: UUID, clock: FrozenClock) -> None:
    one = planned(desk, ana, "one", at=clock.at)
    with desk.begin() as first, desk.begin() as second:
        assert commands.claim(first, touchpoint_id=one) is not None
        assert commands.claim(second, touchpoint_id=one) is None


def test_somebody_without_a_phone_gets_a_call_instead(desk: Desk, ana: UUID, clock: FrozenClock) -> None:
    clock.at = FRIDAY_EVENING
    one = planned(desk, ana, "one", at=clock.at)
    with desk.begin() as uow:
        uow.session.execute(text("UPDATE patient_phone SET ended_at = now()"))
        weekdays = {"days": [0, 1, 2, 3, 4], "from": "08:00", "to": "17:00"}
        house.set_hours(uow, team_id=desk.team_id, opening_hours=[weekdays])

    assert send(desk, one) == "suppressed"

    assert state(desk, one) == ("suppressed", "no_phone")
    [task] = desk.rows("SELECT kind, due_at FROM task")
    assert task.kind == "live_call"
    assert task.due_at.astimezone(UTC).strftime("%a") in ("Mon", "Tue"), "no clock runs out on a weekend"


def test_a_newer_plan_takes_the_place_of_what_was_not_sent_and_a_repeat_changes_nothing(
    desk: Desk, ana: UUID, clock: FrozenClock
) -> None:
    sent = planned(desk, ana, "one", at=clock.at)
    send(desk, sent)
    with desk.begin() as uow:
        uow.session.execute(text("UPDATE message SET state = 'sending'"))
    waiting = planned(desk, ana, "two", at=clock.at + timedelta(days=1))

    newer = planned(desk, ana, "two", at=clock.at + timedelta(days=2), version=2)
    again = planned(desk, ana, "two", at=clock.at + timedelta(days=2), version=2)

    assert newer == again
    assert state(desk, sent)[0] == "sent"
    assert state(desk, waiting) == ("skipped", "anchor_moved")
    assert state(desk, newer) == ("planned", None)


def test_a_question_on_another_persons_phone_does_not_wait(desk: Desk, ana: UUID, clock: FrozenClock) -> None:
    send(desk, planned(desk, ana, "one", at=clock.at))
    luis = desk.patient("+12025550144", name="Luis Vega", preferred="Luis")

    with desk.begin() as uow:
        commands.plan(
            uow,
            patient_id=luis,
            team_id=desk.team_id,
            anchor_version=1,
            plans=[
                commands.Plan(
                    source_kind="program",
                    source_id=UUID(int=78),
                    items=(
                        PlannedItem(
                            step="one",
                            local_day=clock.at.date(),
                            local_time=time(10, 0),
                            due_at=clock.at,
                            not_after=clock.at + timedelta(hours=5),
                            late=Late.NEXT_WINDOW,
                            why={"asks": "mood"},
                        ),
                    ),
                )
            ],
        )
        (theirs,) = queries.for_source(uow, source_kind="program", source_id=UUID(int=78))
    assert send(desk, theirs.id) == "sent"


def test_the_plan_comes_to_rest(desk: Desk, ana: UUID, clock: FrozenClock) -> None:
    """A contact of an enrollment that isn't there is a failure of ours: five tries, then a person."""
    one = planned(desk, ana, "one", at=clock.at)
    with desk.begin() as uow:
        uow.session.execute(text("UPDATE touchpoint SET why = '{}'"))

    happen(desk)
    run_until(desk, clock, clock.at + timedelta(days=3))

    assert state(desk, one) == ("suppressed", "KeyError")
