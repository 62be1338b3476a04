"""When a colleague's text would reach somebody: their hours, the next opening, times for later."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from outreach.conversations import queries as conversations
from outreach.kernel.errors import Invalid
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.policy import queries as policy
from outreach.policy import rules
from outreach.policy.rules.verdicts import ANSWER_FRESH
from outreach.web import words
from outreach.web.languages import gettext

LATER_DAYS = 30
MORNING, AFTERNOON = time(9, 0), time(14, 0)


class NotThen(Invalid):
    """Choose a time from a minute ahead to 30 days ahead."""


class TheySleepThen(Invalid):
    """At that time no text may arrive where they are. Choose a time within their hours."""


@dataclass(frozen=True, kw_only=True)
class Hours:
    """Whether texts may arrive where they are now, and when they may next."""

    outside: bool
    answers: bool
    """They wrote within the hour: an answer is welcome at any time."""
    clock: str
    opening: datetime | None
    opening_words: str
    allowed: str
    """ "9:00 am to 8:00 pm", empty if no text may arrive today."""
    zone: str
    facts: rules.Facts = field(repr=False)

    @property
    def asks(self) -> bool:
        """Whether the writer has to decide between now and the opening."""
        return self.outside and not self.answers


@dataclass(frozen=True, kw_only=True)
class Later:
    """A time offered for sending later."""

    label: str
    at: datetime
    words: str


def look(uow: UnitOfWork, found: conversations.ConversationView, *, sender_id: UUID) -> Hours:
    """Return how the hours stand for a text to this conversation now: one statement."""
    facts = policy.facts_for(
        uow,
        phone_id=found.phone_id,
        sender_id=sender_id,
        team_id=found.team_id,
        patient_id=found.patient_id,
        purpose="care",
        kind="staff",
    )
    zone = str(rules.zone_of(facts))
    span = rules.window(facts, rules.local_day(facts))
    opening = rules.next_allowed(facts, uow.now)
    since = found.they_wrote_at
    return Hours(
        outside=opening is None or opening > uow.now,
        answers=since is not None and uow.now - since <= ANSWER_FRESH,
        clock=words.clock(uow.now, zone),
        opening=opening,
        opening_words=words.moment(opening, uow.now, zone) if opening else "",
        allowed=f"{_plain(span[0])} – {_plain(span[1])}" if span else "",
        zone=zone,
        facts=facts,
    )


def later(now: datetime, hours: Hours) -> tuple[Later, ...]:
    """Return the times offered for sending later, in the patient's day and within their hours.

    A time outside these moves on to the opening of the same day; a day without hours is not offered.
    """
    here = ZoneInfo(hours.zone)
    today = now.astimezone(here).date()
    offered = [
        (gettext("This afternoon"), datetime.combine(today, AFTERNOON, here)),
        (gettext("Tomorrow morning"), datetime.combine(today + timedelta(days=1), MORNING, here)),
        (gettext("Tomorrow afternoon"), datetime.combine(today + timedelta(days=1), AFTERNOON, here)),
        (gettext("In three days"), datetime.combine(today + timedelta(days=3), MORNING, here)),
        (gettext("In a week"), datetime.combine(today + timedelta(days=7), MORNING, here)),
    ]
    allowed = ((label, _allowed_that_day(hours, at)) for label, at in offered)
    return tuple(
        Later(label=label, at=at, words=words.moment(at, now, hours.zone))
        for label, at in allowed
        if at is not None and at > now + timedelta(minutes=30)
    )


def _allowed_that_day(hours: Hours, at: datetime) -> datetime | None:
    allowed = rules.next_allowed(hours.facts, at)
    if allowed is None or allowed.astimezone(at.tzinfo).date() != at.date():
        return None
    return allowed


def parse(word: str, *, now: datetime, hours: Hours) -> datetime:
    """Return a chosen time: an instant, or a wall clock time where the patient is.

    Raise NotThen, or TheySleepThen.
    """
    try:
        at = datetime.fromisoformat(word)
    except ValueError as error:
        raise NotThen from error
    if at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(hours.zone))
    if not now + timedelta(minutes=1) <= at <= now + timedelta(days=LATER_DAYS):
        raise NotThen
    if not rules.hours.inside(hours.facts, at):
        raise TheySleepThen
    return at


def _plain(wall: str) -> str:
    if wall == "24:00":
        return gettext("midnight")
    return words.wall(time.fromisoformat(wall))
