from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from outreach.kernel.errors import Invalid
from outreach.staff import rules

WEEKDAYS = [{"days": [0, 1, 2, 3, 4], "from": "08:00", "to": "17:00"}]


def test_the_table_people_read_is_the_table_the_program_obeys():
    rows = [
        line.split("|")[1:-1]
        for line in Path("docs/roles.md").read_text().splitlines()
        if line.startswith("| `")
    ]

    written = {row[0].strip(" `"): [cell.strip() == "yes" for cell in row[2:]] for row in rows}

    assert written == {right: [rules.may(role, right) for role in rules.ROLES] for right in rules.RIGHTS}


def test_every_role_holds_only_declared_rights():
    assert set().union(*rules.ROLES.values()) == set(rules.RIGHTS)


@pytest.mark.parametrize(
    ("role", "right", "expected"),
    [
        ("administrator", "see_inbox", False),  # sees patients only as a member of a team
        ("auditor", "see_inbox", False),
        ("auditor", "see_record", True),
        ("viewer", "reply", False),
        ("coordinator", "escalate", False),
        ("nurse", "escalate", True),
        ("nurse", "see_record", False),
        ("lead", "manage_deployment", False),
    ],
)
def test_a_role_may(role, right, expected):
    assert rules.may(role, right) is expected


@pytest.mark.parametrize(
    ("role", "wanted", "expected"),
    [
        ("nurse", "nurse", True),
        ("lead", "nurse", True),
        ("nurse", "coordinator", True),
        ("coordinator", "nurse", False),
        ("administrator", "coordinator", False),
        ("nurse", "janitor", False),
    ],
)
def test_somebody_stands_in_for_a_role_whose_work_they_may_do(role, wanted, expected):
    assert rules.stands_in(role, wanted=wanted) is expected


def test_a_role_nobody_declared_is_refused():
    with pytest.raises(rules.UnknownRole):
        rules.may("janitor", "reply")
    with pytest.raises(KeyError):
        rules.may("nurse", "fly")


@pytest.mark.parametrize(
    ("password", "error"),
    [
        ("short", rules.PasswordTooShort),
        ("x" * 257, rules.PasswordTooLong),
        ("aaaaaaaaaaaaaaaa", rules.PasswordTooCommon),
        ("password1234", rules.PasswordTooCommon),
        ("nora.nurse123", rules.PasswordTooCommon),
    ],
)
def test_a_weak_password_is_refused(password, error):
    with pytest.raises(error):
        rules.check_password(password, email="nora.nurse@riverside.example")


def test_four_words_make_a_password():
    rules.check_password("four green wheelbarrows", email="nora.nurse@riverside.example")


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (3, 0), (4, 1), (5, 2), (6, 4), (11, 128), (12, 256), (13, 300), (900, 300)],
)
def test_each_failure_doubles_the_wait(failures, seconds):
    wait = rules.wait_after(failures, free=4, longest=timedelta(minutes=5))

    assert wait == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 3, 10, 11, 59, tzinfo=UTC), False),  # Tuesday 7:59 in New York
        (datetime(2026, 3, 10, 12, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 10, 20, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 10, 21, 0, tzinfo=UTC), False),  # half-open: 17:00 is after hours
        (datetime(2026, 3, 8, 15, 0, tzinfo=UTC), False),  # Sunday
        (datetime(2026, 3, 11, 15, 0, tzinfo=UTC), False),  # a holiday
    ],
)
def test_opening_hours(at, expected):
    found = rules.is_open(WEEKDAYS, zone="America/New_York", holidays={date(2026, 3, 11)}, at=at)

    assert found is expected


@pytest.mark.parametrize(
    "entry",
    [
        {"days": [7], "from": "08:00", "to": "17:00"},
        {"days": [], "from": "08:00", "to": "17:00"},
        {"days": [0], "from": "17:00", "to": "08:00"},
        {"days": [0], "from": "soon", "to": "17:00"},
        {"days": [0]},
    ],
)
def test_hours_that_make_no_sense_are_refused(entry):
    with pytest.raises(Invalid):
        rules.check_opening_hours([entry])


def test_a_day_may_end_at_24():
    hours = [{"days": list(range(7)), "from": "00:00", "to": "24:00"}]
    rules.check_opening_hours(hours)

    assert rules.is_open(
        hours, zone="America/New_York", holidays=(), at=datetime(2026, 3, 11, 3, 59, 59, tzinfo=UTC)
    )
