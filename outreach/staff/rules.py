"""Who may do what, when a sign-in ends, how long a failed one waits, and when a team is staffed.

docs/roles.md shows the table of roles and rights to people; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from outreach.kernel.errors import Invalid

RIGHTS: Mapping[str, str] = {
    "see_inbox": "Read conversations, patients, tasks and escalations of the team",
    "reply": "Text patients, write notes, claim, snooze, close, finish tasks",
    "assign": "Give conversations and tasks to somebody else",
    "escalate": "Acknowledge and resolve escalations, finish calls and visits",
    "edit_patient": "Correct what staff may correct about a person, record consent",
    "pause": "Hold and resume automated texts of the team; pause, skip and stop one patient's",
    "manage_programs": "Write, test and release programs, enroll by hand",
    "manage_team": "Add people to the team, set its hours, shifts, holidays and quick replies",
    "see_figures": "See the team's figures, and take them away as CSV",
    "see_record": "Search the record of who saw and did what",
    "export": "Export the record, and readings marked as wrong with their words",
    "break_glass": "Open a patient of another team in an emergency, with a reason",
    "manage_deployment": "Set up teams, senders and people; pause everything",
}

API_SCOPES: Mapping[str, str] = {
    "metrics": "Read /metrics from elsewhere than this machine",
    "figures": "Count escalations by day and tier",
    "programs": "List programs and how many patients are in them",
    "texts": "See what became of a text, without its words",
    "why": "See why a patient got a text, with its words",
}
"""What a bearer token of the JSON API may do."""

ROLES: Mapping[str, frozenset[str]] = {
    "administrator": frozenset({"manage_deployment", "manage_team", "pause"}),
    "lead": frozenset(
        {
            "see_inbox", "reply", "assign", "escalate", "edit_patient", "pause", "manage_programs",
            "manage_team", "see_figures", "see_record", "break_glass",
        }
    ),
    "nurse": frozenset(
        {"see_inbox", "reply", "assign", "escalate", "edit_patient", "pause", "see_figures", "break_glass"}
    ),
    "coordinator": frozenset({"see_inbox", "reply", "assign", "edit_patient", "see_figures"}),
    "program_owner": frozenset({"see_inbox", "manage_programs", "pause", "see_figures"}),
    "auditor": frozenset({"see_record", "export", "see_figures"}),
    "viewer": frozenset({"see_inbox", "see_figures"}),
}  # fmt: skip

TEAM_ROLES = tuple(role for role in ROLES if role != "administrator")

ROUTABLE = (
    "refill", "appointment_change", "medicines", "appointment", "supplies", "ride", "food", "housing",
    "utilities",
)  # fmt: skip
"""What another team may take care of: kinds of tasks, and topics of YELLOW escalations. Danger stays."""
LONGEST_AFTER_HOURS = 300

IDLE = timedelta(minutes=15)
"""A sign-in unused for this long is over: 45 CFR 164.312(a)(2)(iii) asks for automatic logoff."""
ABSOLUTE = timedelta(hours=12)
"""No sign-in outlives a long shift."""
GLASS = timedelta(hours=1)
"""How long a broken glass gives access."""

EMAIL_FREE_TRIES = 4
ORIGIN_FREE_TRIES = 20
EMAIL_LONGEST_WAIT = timedelta(minutes=5)
ORIGIN_LONGEST_WAIT = timedelta(minutes=15)
ATTEMPTS_REMEMBERED = timedelta(hours=24)

LONGEST_ROSTER_WEEKS = 26
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
COMMON_WORDS = ("password", "letmein", "welcome", "qwerty", "123456", "iloveyou", "admin123")


class UnknownRole(Invalid):
    """There is no such role. See docs/roles.md."""


class TooManyWeeks(Invalid):
    """A shift can be repeated for 1 to 26 weeks."""


class NotRoutable(Invalid):
    """Only refills, appointments and everyday help can go to another team. Danger stays where it is."""


class AfterHoursTooLong(Invalid):
    """The after-hours text is too long: use at most 300 characters."""


class AfterHoursUnsafe(Invalid):
    """The after-hours text must say which number to call in an emergency, and may not hold { } [ ]."""


class PasswordTooShort(Invalid):
    """The password is too short: use at least 12 characters, a few words do well."""


class PasswordTooLong(Invalid):
    """The password is too long: use at most 256 characters."""


class PasswordTooCommon(Invalid):
    """This password is easily guessed: leave out your address and common words, add another word."""


def may(role: str, right: str) -> bool:
    """Say whether a role has a right. Raise UnknownRole or KeyError for names nobody declared."""
    if role not in ROLES:
        raise UnknownRole
    if right not in RIGHTS:
        raise KeyError(right)
    return right in ROLES[role]


def stands_in(role: str, *, wanted: str) -> bool:
    """Say whether somebody of one role may do all that another may: a lead stands in for a nurse."""
    return wanted in ROLES and ROLES[wanted] <= ROLES.get(role, frozenset())


def check_password(password: str, *, email: str) -> None:
    """Raise an Invalid error if a password is too short, too long, or easily guessed.

    Length beats rules about characters: NIST SP 800-63B §5.1.1.2.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordTooShort
    if len(password) > LONGEST_PASSWORD:
        raise PasswordTooLong
    bare = password.casefold()
    mailbox = email.partition("@")[0].casefold()
    left = bare
    for word in (*COMMON_WORDS, mailbox):
        left = left.replace(word, "") if word else left
    if len(set(bare)) < 5 or len(left) < SHORTEST_PASSWORD // 2:
        raise PasswordTooCommon


def check_after_hours(text: str, *, emergency: str) -> None:
    """Raise an Invalid error unless after-hours words are short and name the emergency number."""
    if len(text) > LONGEST_AFTER_HOURS:
        raise AfterHoursTooLong
    if emergency not in text or set("{}[]") & set(text):
        raise AfterHoursUnsafe


def normal_email(email: str) -> str:
    """Return an address as we store and look it up."""
    return email.strip().casefold()


def wait_after(failures: int, *, free: int, longest: timedelta) -> timedelta:
    """Return how long to wait after this many failures in a row: nothing at first, then doubling from 1 s."""
    if failures < free:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(failures - free, 20)), longest)


def session_ends_at(*, created_at: datetime, seen_at: datetime) -> datetime:
    """Return when a sign-in ends unless it is used: 15 idle minutes, or 12 hours in all."""
    return min(seen_at + IDLE, created_at + ABSOLUTE)


def check_opening_hours(hours: Iterable[Mapping[str, Any]]) -> None:
    """Raise Invalid unless each entry has days 0 to 6 and a "from" before its "to"."""
    for entry in hours:
        try:
            days = set(entry["days"])
            starts, ends = _clock(entry["from"]), _clock(entry["to"])
        except (KeyError, TypeError, ValueError) as error:
            raise Invalid("Opening hours need days (0 is Monday), from and to, like 08:00.") from error
        if not days or not days <= set(range(7)) or starts >= ends:
            raise Invalid("Opening hours need days from 0 (Monday) to 6, and must end after they start.")


def is_open(
    hours: Sequence[Mapping[str, Any]], *, zone: str, holidays: Collection[date], at: datetime
) -> bool:
    """Say whether opening hours, in their zone and half-open, cover a moment; never on a holiday."""
    local = at.astimezone(ZoneInfo(zone))
    if local.date() in holidays:
        return False
    return any(
        local.weekday() in entry["days"] and _clock(entry["from"]) <= local.time() < _clock(entry["to"])
        for entry in hours
    )


def shift_times(
    *, first: date, starts: time, ends: time, zone: str, weeks: int = 1
) -> tuple[tuple[datetime, datetime], ...]:
    """Return a weekly shift as UTC [start, end), once per week, by the wall clock of a zone.

    One that ends at or before its start ends on the next day, so a night shift is an hour longer or shorter
    when the clocks change. Raise TooManyWeeks.
    """
    if not 1 <= weeks <= LONGEST_ROSTER_WEEKS:
        raise TooManyWeeks
    there = ZoneInfo(zone)
    found = []
    for week in range(weeks):
        day = first + timedelta(weeks=week)
        last = day if ends > starts else day + timedelta(days=1)
        found.append(
            (
                datetime.combine(day, starts, tzinfo=there).astimezone(UTC),
                datetime.combine(last, ends, tzinfo=there).astimezone(UTC),
            )
        )
    return tuple(found)


def uncovered(
    hours: Sequence[Mapping[str, Any]],
    *,
    zone: str,
    holidays: Collection[date],
    on_call: Iterable[tuple[datetime, datetime]],
    since: date,
    days: int,
) -> tuple[tuple[datetime, datetime], ...]:
    """Return the stretches of opening hours in which nobody is on call, as UTC [start, end), in order."""
    taken = sorted(on_call)
    there = ZoneInfo(zone)
    gaps = []
    for day in (since + timedelta(days=one) for one in range(days)):
        for entry in hours:
            if day in holidays or day.weekday() not in entry["days"]:
                continue
            at = datetime.combine(day, _clock(entry["from"]), tzinfo=there).astimezone(UTC)
            closes = datetime.combine(day, _clock(entry["to"]), tzinfo=there).astimezone(UTC)
            for starts, ends in taken:
                if at < starts < closes:
                    gaps.append((at, starts))
                if starts < closes:
                    at = max(at, ends)
            if at < closes:
                gaps.append((at, closes))
    return tuple(sorted(gaps))


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """Somebody at a browser: who they are and what they may do where."""

    staff_id: UUID
    name: str
    email: str
    teams: Mapping[UUID, str]
    """Team -> role."""
    is_admin: bool
    must_change_password: bool
    ends_at: datetime
    """Machine time at which the sign-in ends unless it is used."""
    preferences: Mapping[str, Any]

    def may(self, right: str) -> bool:
        """Say whether they have a right in any team, or as administrator."""
        return bool(self.teams_with(right)) or (self.is_admin and may("administrator", right))

    def may_in(self, right: str, team_id: UUID) -> bool:
        """Say whether they have a right in one team."""
        role = self.teams.get(team_id)
        return role is not None and may(role, right)

    def teams_with(self, right: str) -> tuple[UUID, ...]:
        """Return the teams in which they have a right."""
        return tuple(team for team, role in self.teams.items() if may(role, right))


def _clock(value: str) -> time:
    return time(23, 59, 59, 999999) if value == "24:00" else time.fromisoformat(value)
