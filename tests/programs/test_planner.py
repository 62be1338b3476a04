"""When the steps of a program fall, as tables: clock changes, leap days, zones, late joiners, holidays."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from outreach.escalations import rules as escalations
from outreach.policy import rules as policy
from outreach.programs import files
from outreach.programs.rules import plan
from outreach.touchpoints.rules.timing import PlannedItem, settle_late

LIBRARY = {read.program.key: read.program for read in files.library()}
NEW_YORK, LOS_ANGELES, PHOENIX, HONOLULU = (
    "America/New_York",
    "America/Los_Angeles",
    "America/Phoenix",
    "Pacific/Honolulu",
)


def moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC)


def planned(key: str, anchor: str, zone: str | None) -> tuple[PlannedItem, ...]:
    return plan.items(LIBRARY[key], anchor_at=moment(anchor), zone=zone, why={})


def due(key: str, anchor: str, zone: str | None, step: str, day: int) -> str:
    (found,) = [one for one in planned(key, anchor, zone) if (one.step, one.occurrence) == (step, day)]
    return found.due_at.strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize(
    ("why", "anchor", "zone", "step", "day", "expected"),
    [
        ("before the clocks go forward", "2026-03-06T20:00", NEW_YORK, "intro", 0, "2026-03-06T15:00"),
        (
            "after: still ten",
            "2026-03-06T20:00",
            NEW_YORK,
            "first-check",
            2,
            "2026-03-08T14:00",
        ),
        ("before the clocks go back", "2026-10-30T20:00", NEW_YORK, "intro", 0, "2026-10-30T14:00"),
        ("after: still ten", "2026-10-30T20:00", NEW_YORK, "first-check", 2, "2026-11-01T15:00"),
        ("Arizona keeps its time", "2026-03-06T20:00", PHOENIX, "first-check", 2, "2026-03-08T17:00"),
        ("Hawaii too", "2026-10-30T22:00", HONOLULU, "visit-check", 4, "2026-11-03T20:00"),
        ("a leap day counts", "2028-02-27T20:00", NEW_YORK, "first-check", 2, "2028-02-29T15:00"),
        ("and the day after it", "2028-02-26T20:00", NEW_YORK, "visit-check", 4, "2028-03-01T15:00"),
        ("no leap day", "2027-02-27T20:00", NEW_YORK, "first-check", 2, "2027-03-01T15:00"),
        ("over the new year", "2026-12-29T20:00", NEW_YORK, "visit-check", 4, "2027-01-02T15:00"),
        ("zone unknown: Eastern", "2026-06-01T20:00", None, "first-check", 2, "2026-06-03T14:00"),
        ("day 0 is their day, not London's", "2026-06-02T03:00", LOS_ANGELES, "intro", 0, "2026-06-01T17:00"),
        ("nor New York's", "2026-06-02T05:30", LOS_ANGELES, "first-check", 2, "2026-06-03T17:00"),
    ],
)
def test_a_step_is_at_its_wall_clock_time_where_the_patient_is(
    why: str, anchor: str, zone: str | None, step: str, day: int, expected: str
) -> None:
    assert due("generic-medical", anchor, zone, step, day) == expected, why


def test_a_time_that_the_spring_change_skips_is_an_hour_later_and_one_that_repeats_is_the_first() -> None:
    from datetime import date, time

    from outreach.touchpoints.rules.timing import local_moment

    assert local_moment(date(2026, 3, 8), time(2, 30), NEW_YORK) == moment("2026-03-08T07:30")
    assert local_moment(date(2026, 11, 1), time(1, 30), NEW_YORK) == moment("2026-11-01T05:30")


@pytest.mark.parametrize(
    ("zone_now", "at", "outcome", "until"),
    [
        (NEW_YORK, "2026-06-03T14:00", "send", None),
        (LOS_ANGELES, "2026-06-03T14:00", "defer", "2026-06-03T16:00"),
        (HONOLULU, "2026-06-03T14:00", "defer", "2026-06-03T19:00"),
        ("Europe/London", "2026-06-03T14:00", "send", None),
        ("Asia/Manila", "2026-06-03T14:00", "defer", "2026-06-04T01:00"),
        (None, "2026-06-03T14:00", "defer", "2026-06-03T16:00"),
    ],
)
def test_somebody_who_travels_is_texted_by_day_where_they_are_now(
    zone_now: str | None, at: str, outcome: str, until: str | None
) -> None:
    facts = policy.Facts(
        now=moment(at), kind="program", consent_allowed=True, consent_basis="registration", zone=zone_now
    )
    found = policy.judge(facts)

    assert (found.outcome, found.until) == (outcome, moment(until) if until else None)


@pytest.mark.parametrize(
    ("key", "hours_late", "past", "now", "to_come"),
    [
        ("generic-medical", 1, 0, 1, 11),
        ("generic-medical", 47, 0, 3, 9),
        ("generic-medical", 49, 2, 2, 8),
        ("generic-medical", 10 * 24, 6, 1, 5),
        ("generic-medical", 29 * 24 + 20, 11, 0, 1),
        ("ed-discharge", 30, 0, 1, 2),
        ("ed-discharge", 5 * 24 - 6, 2, 0, 1),
        ("heart-failure", 15 * 24, 20, 0, 18),
        ("maternity-blood-pressure", 3 * 24, 5, 3, 16),
        ("missed-visit", 8 * 24, 2, 0, 1),
    ],
)
def test_a_late_joiner_sees_each_past_step_follow_its_rule(
    key: str, hours_late: int, past: int, now: int, to_come: int
) -> None:
    """`past` are shown as skipped, `now` go out at the next window, the others at their time."""
    anchor = moment("2026-06-01T13:30")
    joined = anchor + timedelta(hours=hours_late)
    counts: Counter[str] = Counter()
    for one in plan.items(LIBRARY[key], anchor_at=anchor, zone=NEW_YORK, why={}):
        kept = settle_late(one, now=joined)
        counts["past" if kept is None else "now" if kept.due_at == joined else "to_come"] += 1

    assert (counts["past"], counts["now"], counts["to_come"]) == (past, now, to_come)


def test_before_a_procedure_the_days_count_backwards() -> None:
    steps = [(one.step, one.occurrence) for one in planned("joint-replacement", "2026-06-15T13:00", NEW_YORK)]

    assert steps[:4] == [("intro", -14), ("get-ready", -7), ("ready", -3), ("day-before", -1)]
    assert due("joint-replacement", "2026-06-15T13:00", NEW_YORK, "ready", -3) == "2026-06-12T14:00"


def test_a_step_of_certain_weekdays_has_no_others() -> None:
    days = {
        one.local_day.weekday()
        for one in planned("copd", "2026-06-01T13:00", NEW_YORK)
        if one.step == "daily"
    }

    assert days == {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    ("why", "discharged", "due_at"),
    [
        ("Monday to Wednesday", "2026-03-02T18:00", "2026-03-04T22:00"),
        ("Thursday to Monday", "2026-03-12T18:00", "2026-03-16T21:00"),
        ("over a clock change", "2026-03-06T18:00", "2026-03-10T21:00"),
        ("Saturday to Tuesday", "2026-03-14T18:00", "2026-03-17T21:00"),
        ("Thanksgiving is no business day", "2026-11-24T18:00", "2026-11-27T22:00"),
        ("Christmas Eve to Tuesday", "2026-12-24T18:00", "2026-12-29T22:00"),
        ("over the new year", "2026-12-31T18:00", "2027-01-05T22:00"),
        ("Independence Day kept on Friday", "2026-07-01T18:00", "2026-07-06T21:00"),
        ("a leap day is a business day", "2028-02-28T18:00", "2028-03-01T22:00"),
        ("late in the evening is still that day", "2026-03-04T03:30", "2026-03-05T22:00"),
    ],
)
def test_a_person_calls_within_two_business_days(why: str, discharged: str, due_at: str) -> None:
    hours = escalations.Hours(zone=NEW_YORK)

    assert escalations.tcm_due_at(moment(discharged), hours=hours) == moment(due_at), why
