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


BYTES = 128
# Both turns of the clock, then years: with a leap day and turns of the year.
STRETCHES = [("2026-03-07", 3), ("2026-10-31", 3), ("2026-01-01", 1095)]
CLOCKS = [f"{hour:02}:{minute}" for hour in range(24) for minute in ("00", "15", "30", "59")]


class Choices:
    """Reads choices off bytes. Hypothesis draws the bytes at once: choosing each value by a draw of its own
    takes ten times as long. Zeros choose the first of everything, so failures still shrink to plain facts.
    """

    def __init__(self, drawn: bytes):
        self.drawn, self.place = drawn, 0

    def number(self, below: int) -> int:
        size = 1 if below <= 256 else 4
        found = int.from_bytes(self.drawn[self.place : self.place + size], "little")
        self.place += size
        return found % below

    def one(self, options):
        return options[self.number(len(options))]

    def seldom(self) -> bool:
        return self.number(4) == 3

    def near(self, now: datetime, earliest: int, latest: int) -> datetime | None:
        """A moment some seconds from now, or none."""
        if self.number(2) == 0:
            return None
        return now + timedelta(seconds=earliest + self.number(latest - earliest))

    def moment(self) -> datetime:
        day, days = self.one(STRETCHES)
        passed = timedelta(seconds=self.number(days * 86400), microseconds=self.number(1_000_000))
        return datetime.fromisoformat(f"{day}T00:00+00:00") + passed

    def contact(self, now: datetime) -> Contacted:
        then = now - timedelta(seconds=self.number(8 * 86400))
        day = then.astimezone(ZoneInfo(self.one(ZONES[1:]))).date()
        return Contacted(at=then, local_day=day, counts=self.number(2), source=self.one(KINDS))

    def wish(self):
        first, last = sorted([self.one(CLOCKS), self.one(CLOCKS)])
        days = tuple(day for day in range(7) if self.number(3) == 1)
        if first == last or self.number(2) == 0:
            return {}
        return {"preferred_from": first, "preferred_to": last, "preferred_days": days}


def _decoded(drawn: bytes) -> dict:
    pick = Choices(drawn)
    now = pick.moment()
    allowed = not pick.seldom()
    return {
        "now": now,
        "kind": pick.one(KINDS),
        "purpose": pick.one(["care", "reminders"]),
        "not_after": pick.near(now, -3 * 3600, 12 * 86400),
        "deceased": pick.seldom(),
        "hospice": pick.seldom(),
        "readmitted": pick.seldom(),
        "phone_state": pick.one(["usable", "usable", "usable", "invalid", "wrong_person"]),
        "consent_allowed": allowed,
        "consent_reason": "ok" if allowed else pick.one(REASONS),
        "opted_out_at": None if allowed else pick.near(now, -3 * 3600, 0),
        "confirmed_at": None if allowed else pick.near(now, -3 * 3600, 0),
        "provider_blocked": not allowed and pick.seldom(),
        "paused": pick.one([None, None, None, None, "everything", "team", "program", "sender"]),
        "zone": pick.one(ZONES),
        "us_state": pick.one(STATES),
        "holidays": tuple(now.date() + timedelta(days=pick.number(9)) for _ in range(pick.number(3))),
        "per_day": 1 + pick.number(3),
        "per_week": 1 + pick.number(7),
        "ceiling": 1 + pick.number(6),
        "fewer_texts": pick.seldom(),
        "cadence_reserved": pick.seldom(),
        "free": pick.seldom(),
        "answering_at": pick.near(now, -3 * 3600, 0),
        "merge_into": pick.one([None, None, None, "another"]),
        "hold_until": pick.near(now, -3600, 2 * 86400),
        "needs_staff": pick.seldom(),
        "staffed": pick.one([None, True, False]),
        "staffed_from": pick.near(now, -3600, 3 * 86400),
        "sender_stopped": pick.one([None, None, None, "error_20003"]),
        "automatic_replies": pick.number(5),
        "safety_texts": pick.number(5),
        **pick.wish(),
        "contacts": tuple(pick.contact(now) for _ in range(pick.number(8))),
    }


def any_facts(**fixed):
    """Facts of every kind, sensible or not; what is fixed is fixed."""
    drawn = st.binary(min_size=BYTES, max_size=BYTES)
    return drawn.map(lambda found: Facts(**{**_decoded(found), **fixed}))


def contacts_before(now: datetime):
    """More contacts of the days before."""

    def decode(drawn: bytes):
        pick = Choices(drawn)
        return tuple(pick.contact(now) for _ in range(1 + pick.number(4)))

    return st.binary(min_size=32, max_size=32).map(decode)


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
