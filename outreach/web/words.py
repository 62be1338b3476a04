"""How pages say times, waits and delivery states: as people say them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from outreach.escalations.rules import LADDERS
from outreach.escalations.rules import OUTCOMES as OUTCOMES
from outreach.messaging.rules import errors

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ROLES = {
    "administrator": "Administrator",
    "lead": "Lead",
    "nurse": "Nurse",
    "coordinator": "Coordinator",
    "program_owner": "Program owner",
    "auditor": "Auditor",
    "viewer": "Viewer",
}
LANGUAGES = {"en": "English", "es": "Spanish"}
TASKS = {
    "tcm_call": "Call within two business days of discharge",
    "visit": "Visit",
    "weekly_call": "Weekly call",
    "live_call": "Call: they did not answer",
    "refill": "Refill",
    "appointment_change": "Appointment to change",
    "wrong_person": "Wrong number: find the right one",
    "read_text": "Read a text",
    "sender_trouble": "Our account or number is refused: mend it",
    "parked_fact": "Something failed: look at it",
    "other": "To do",
}
TIERS = {"red": "Red", "orange": "Orange", "yellow": "Yellow", "silent": "No answer"}
RUNGS = {
    "on_call": "who is on call",
    "backup": "their backup",
    "everyone": "everybody in the team",
    "operator": "the operators",
}
ROUTES = {
    "refill": "Refills",
    "appointment_change": "Appointments to change",
    "medicines": "Help with medicines",
    "appointment": "Help with a visit",
    "supplies": "Help with supplies",
    "ride": "A ride to the clinic",
    "food": "Food",
    "housing": "Housing",
    "utilities": "Power, water, heating",
}
"""Work that a team may give to another, as staff read it."""
READINGS = {
    "opt_out": "Wants no more texts",
    "opt_in": "Wants texts again",
    "help": "Asks for help",
    "urgent": "Urgent",
    "wrong_person": "Wrong person",
    "confirm": "Confirms",
    "decline": "Declines",
    "reschedule": "Wants another time",
    "answer": "Answers the question",
    "other": "None of these",
}
TOPICS = {
    "silence": "call them",
    "not_read": "a text we could not read",
    "worse": "feels worse",
    "medicines": "a question about medicines",
    "appointment": "a question about a visit",
    "other": "wants to tell something",
    "other_danger": "another danger",
    "high_value": "a value too high",
    "low_value": "a value too low",
    "self_harm": "may harm themselves",
    "clot": "signs of a clot",
    "faint": "fainted",
    "allergic": "an allergic reaction",
    "call_911": "speaks of 911",
}
"""What an escalation is about, where its key does not say it well."""
AUTHORS = {
    "patient": "Patient",
    "caregiver": "Caregiver",
    "staff": "Staff",
    "program": "Program",
    "reminder": "Reminder",
    "safety": "Safety text",
    "system": "Automatic",
    "page": "Page",
}


@dataclass(frozen=True, kw_only=True)
class StateWords:
    """A delivery state in words, with the color role and the icon that say the same."""

    words: str
    tone: str
    """quiet | ok | warn | danger"""
    icon: str


_STATES = {
    "queued": StateWords(words="Waiting to send", tone="quiet", icon="clock"),
    "sending": StateWords(words="Sending", tone="quiet", icon="clock"),
    "accepted": StateWords(words="Sent", tone="quiet", icon="check"),
    "sent": StateWords(words="Sent", tone="quiet", icon="check"),
    "delivered": StateWords(words="Delivered", tone="ok", icon="check-check"),
    "in_doubt": StateWords(
        words="Not known whether it arrived: we are asking the provider", tone="warn", icon="circle-help"
    ),
    "canceled": StateWords(words="Taken back, never sent", tone="quiet", icon="undo-2"),
    "expired": StateWords(words="Not sent: its time had passed", tone="warn", icon="timer"),
}


def span(length: timedelta) -> str:
    """Return a length of time in its largest fitting unit: "12 min", "3 h", "2 days"."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    if hours < 48:
        return f"{hours} h"
    return f"{hours // 24} days"


def ago(at: datetime, now: datetime) -> str:
    """Return how long ago something was: "now", "12 min", "3 h", "2 days"."""
    return "now" if now - at < timedelta(minutes=1) else span(now - at)


def left(until: datetime, now: datetime) -> str:
    """Return how long there is until a moment, or how long it is past."""
    return f"{span(until - now)} left" if until > now else f"{span(now - until)} over"


def clock(at: datetime, zone: str) -> str:
    """Return a time of day: "4:10 pm"."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local.hour % 12 or 12}:{local.minute:02d} {'am' if local.hour < 12 else 'pm'}"


def moment(at: datetime, now: datetime, zone: str) -> str:
    """Return a moment as people say it: "4:10 pm", "yesterday 4:10 pm", "Mon 4:10 pm", "Mar 8, 4:10 pm"."""
    here = ZoneInfo(zone)
    day, today = at.astimezone(here).date(), now.astimezone(here).date()
    words = clock(at, zone)
    if day == today:
        return words
    if day == today - DAY:
        return f"yesterday {words}"
    if day == today + DAY:
        return f"tomorrow {words}"
    if abs((day - today).days) < 7:
        return f"{day:%a} {words}"
    return f"{day:%b} {day.day}, {words}" if day.year == today.year else f"{day:%b} {day.day}, {day.year}"


def day_line(at: datetime, now: datetime, zone: str) -> str:
    """Return the heading of a day in a thread: "Today", "Yesterday", "Tuesday, March 10"."""
    here = ZoneInfo(zone)
    day, today = at.astimezone(here).date(), now.astimezone(here).date()
    if day == today:
        return "Today"
    if day == today - DAY:
        return "Yesterday"
    if day == today + DAY:
        return "Tomorrow"
    words = f"{day:%A}, {day:%B} {day.day}"
    return words if day.year == today.year else f"{words}, {day.year}"


def date(at: datetime, zone: str) -> str:
    """Return a day in full, for paper: "Tuesday, March 10, 2026"."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%A}, {local:%B} {local.day}, {local.year}"


def full(at: datetime, zone: str) -> str:
    """Return a moment in full: "Tuesday, March 10, 2026, 4:10 pm EDT"."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%A}, {local:%B} {local.day}, {local.year}, {clock(at, zone)} {local:%Z}"


def zone_name(zone: str, at: datetime) -> str:
    """Return a zone as people in it say it: "EDT", "MST"."""
    return f"{at.astimezone(ZoneInfo(zone)):%Z}"


def initials(name: str) -> str:
    """Return up to two initials."""
    parts = [part for part in name.split() if part[:1].isalpha()]
    return "".join(part[0] for part in (parts[:1] + parts[-1:] if len(parts) > 1 else parts[:1])).upper()


def short_name(name: str) -> str:
    """Return a colleague's name as a list has room for it: "Nora N."."""
    first, _, rest = name.partition(" ")
    return f"{first} {rest.split()[-1][0]}." if rest.strip() else first


def delivery(
    *, state: str, error_code: int | None, due_at: datetime, crossed: bool, now: datetime, zone: str
) -> StateWords:
    """Return a text's delivery state in words; a failure says what to do."""
    if state in ("failed", "undelivered"):
        return StateWords(words=errors.classify(error_code).words, tone="danger", icon="circle-alert")
    if crossed:
        return StateWords(
            words="Was already on its way when they wrote STOP", tone="warn", icon="triangle-alert"
        )
    if state == "queued" and due_at - now > timedelta(minutes=1):
        return StateWords(words=f"Sends {moment(due_at, now, zone)}", tone="quiet", icon="clock")
    return _STATES.get(state, StateWords(words=state, tone="quiet", icon="clock"))


def topic(key: str | None) -> str:
    """Return what an escalation is about, in words."""
    return TOPICS.get(key or "", (key or "").replace("_", " "))


def escalation(tier: str, about: str | None) -> str:
    """Return an escalation in a few words: "Red: chest pain", "No answer: call them"."""
    return f"{TIERS[tier]}: {topic(about)}"


def rungs(tier: str, step: int) -> str:
    """Return whom a ladder has gone through so far."""
    return ", ".join(RUNGS[rung.who] for rung in LADDERS[tier][:step])


def tier_of(flags: Collection[str]) -> str:
    """Return the gravest tier among a conversation's flags, "" if nothing is open in it."""
    return next((tier for tier in TIERS if tier in flags), "")


def plural(count: int, one: str, many: str) -> str:
    """Return a count with its noun."""
    return f"{count} {one if count == 1 else many}"


def capped(count: int) -> str:
    """Return a counter that was counted up to 100."""
    return "99+" if count >= 100 else str(count)


def program(name: str) -> str:
    """Return a program's name as a list has room for it: "heart-failure" is "Heart failure"."""
    return name.replace("-", " ").replace("_", " ").capitalize()
