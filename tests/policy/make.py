"""Facts for tests: a patient in Chicago who may be texted, on a Tuesday at 10:00 there."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from outreach.policy.rules import KINDS, Contacted, Facts

CHICAGO = "America/Chicago"
ZONES = [
    None,
    CHICAGO,
    "America/New_York",
    "America/Los_Angeles",
    "America/Phoenix",
    "Pacific/Honolulu",
    "America/Anchorage",
    "America/Puerto_Rico",
]
STATES = [None, "IL", "RI", "KY", "TX", "FL", "ZZ"]
REASONS = ["opted_out", "provider_blocked", "refused", "not_their_phone", "no_basis", "no_basis_setting"]


def at(day: str, clock: str, zone: str = CHICAGO) -> datetime:
    """The moment at which a wall clock in a zone shows this."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def facts(**more) -> Facts:
    usual = {
        "now": at("2026-03-10", "10:00"),
        "kind": "program",
        "consent_allowed": True,
        "consent_basis": "registration",
        "zone": CHICAGO,
        "us_state": "IL",
    }
    return Facts(**{**usual, **more})


def contact(day: str, *, source: str = "program", counts: int = 1, clock: str = "10:00") -> Contacted:
    return Contacted(at=at(day, clock), local_day=date.fromisoformat(day), counts=counts, source=source)


def _between(first: str, last: str):
    start, end = (datetime.fromisoformat(f"{day}T00:00+00:00") for day in (first, last))
    seconds = st.integers(0, int((end - start).total_seconds()))
    return seconds.map(lambda passed: start + timedelta(seconds=passed))


# Around both turns of the clock, a leap day and the turn of a year.
MOMENTS = st.one_of(
    _between("2026-01-01", "2028-12-31"),
    _between("2026-03-07", "2026-03-10"),
    _between("2026-10-31", "2026-11-03"),
)
CLOCKS = st.sampled_from([f"{hour:02}:{minute}" for hour in range(24) for minute in ("00", "15", "30", "59")])


def _contacted(now: datetime, code: int) -> Contacted:
    """One number names a contact: drawing five values each would be most of the tests' time."""
    code, seconds = divmod(code, 8 * 86400)
    code, zone = divmod(code, len(ZONES) - 1)
    code, kind = divmod(code, len(KINDS))
    then = datetime.fromtimestamp(now.timestamp() - seconds, tz=UTC)
    day = then.astimezone(ZoneInfo(ZONES[1 + zone])).date()
    return Contacted(at=then, local_day=day, counts=code % 2, source=KINDS[kind])


def contacts_before(now: datetime):
    codes = st.integers(0, 8 * 86400 * (len(ZONES) - 1) * len(KINDS) * 2 - 1)
    return st.lists(codes, max_size=8).map(lambda found: tuple(_contacted(now, code) for code in found))


@st.composite
def wishes(draw):
    first, last = sorted([draw(CLOCKS), draw(CLOCKS)])
    if first == last or draw(st.booleans()):
        return {}
    days = draw(st.lists(st.integers(0, 6), max_size=4, unique=True))
    return {"preferred_from": first, "preferred_to": last, "preferred_days": tuple(sorted(days))}


def near(now: datetime, seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(now.timestamp() + seconds, tz=UTC)


@st.composite
def any_facts(draw, **fixed) -> Facts:
    """Facts of every kind, sensible or not."""
    now = draw(MOMENTS)
    ahead = st.none() | st.integers(-3 * 3600, 12 * 86400)
    behind = st.none() | st.integers(-3 * 3600, 0)
    allowed = draw(st.booleans() | st.just(True))
    values = {
        "now": now,
        "kind": draw(st.sampled_from(KINDS)),
        "purpose": draw(st.sampled_from(["care", "reminders"])),
        "not_after": near(now, draw(ahead)),
        "deceased": draw(st.sampled_from([False, False, False, True])),
        "hospice": draw(st.sampled_from([False, False, False, True])),
        "readmitted": draw(st.sampled_from([False, False, False, True])),
        "phone_state": draw(st.sampled_from(["usable", "usable", "usable", "invalid", "wrong_person"])),
        "consent_allowed": allowed,
        "consent_reason": "ok" if allowed else draw(st.sampled_from(REASONS)),
        "opted_out_at": None if allowed else near(now, draw(behind)),
        "confirmed_at": None if allowed else near(now, draw(behind)),
        "provider_blocked": False if allowed else draw(st.booleans()),
        "paused": draw(st.sampled_from([None, None, None, "everything", "team", "program", "sender"])),
        "zone": draw(st.sampled_from(ZONES)),
        "us_state": draw(st.sampled_from(STATES)),
        "holidays": tuple(draw(st.lists(st.dates(now.date(), near(now, 86400 * 9).date()), max_size=2))),
        "contacts": draw(contacts_before(now)),
        "per_day": draw(st.integers(1, 3)),
        "per_week": draw(st.integers(1, 7)),
        "ceiling": draw(st.integers(1, 6)),
        "fewer_texts": draw(st.booleans()),
        "cadence_reserved": draw(st.booleans()),
        "free": draw(st.booleans()),
        "answering_at": near(now, draw(behind)),
        "merge_into": draw(st.sampled_from([None, None, None, "another"])),
        "hold_until": near(now, draw(st.none() | st.integers(-3600, 2 * 86400))),
        "needs_staff": draw(st.booleans()),
        "staffed": draw(st.sampled_from([None, True, False])),
        "staffed_from": near(now, draw(st.none() | st.integers(-3600, 3 * 86400))),
        "sender_stopped": draw(st.sampled_from([None, None, None, "error_20003"])),
        "automatic_replies": draw(st.integers(0, 4)),
        "safety_texts": draw(st.integers(0, 4)),
        **draw(wishes()),
    }
    return Facts(**{**values, **fixed})


OPEN = {
    "deceased": False,
    "hospice": False,
    "readmitted": False,
    "phone_state": "usable",
    "consent_allowed": True,
    "opted_out_at": None,
    "provider_blocked": False,
}
"""Nothing bars the text for good: for properties of when it goes."""


def unasked(**fixed):
    """Facts of texts that nobody waits for and that nothing bars for good."""
    return st.sampled_from(["program", "reminder"]).flatmap(
        lambda kind: any_facts(**OPEN, **fixed, kind=kind)
    )


def but(given: Facts, **changed) -> Facts:
    return dataclasses.replace(given, **changed)
