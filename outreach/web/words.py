"""How pages say times, waits and delivery states: as people say them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date as calendar_date
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, dates

from outreach.escalations import rules as escalations
from outreach.messaging.rules import errors
from outreach.web import languages, of_programs
from outreach.web.languages import Texts, gettext, later, say

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OUTCOMES = Texts(escalations.OUTCOMES)
ROLES = Texts(
    {
        "administrator": "Administrator",
        "lead": "Lead",
        "nurse": "Nurse",
        "coordinator": "Coordinator",
        "program_owner": "Program owner",
        "auditor": "Auditor",
        "viewer": "Viewer",
    }
)
LANGUAGES = Texts({"en": "English", "es": "Spanish"})
TASKS = Texts(
    {
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
)
TIERS = Texts({"red": "Red", "orange": "Orange", "yellow": "Yellow", "silent": "No answer"})
RUNGS = Texts(
    {
        "on_call": "who is on call",
        "backup": "their backup",
        "everyone": "everybody in the team",
        "operator": "the operators",
    }
)
ROUTES = Texts(
    {
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
)
"""Work that a team may give to another, as staff read it."""
READINGS = Texts(
    {
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
)
FOUND = Texts(
    {
        "ambiguous_cancel": "“cancel” may mean a visit or the texts",
        "denied": "it denies what it names",
        "implausible": "a value nobody has",
        "not_understood": "it was not understood",
        "remainder": "it says more than the answer",
        "suspected": "the second reader suspects something",
        "too_long": "it is too long to be read by rules",
    }
)
"""What a reading found besides."""
TOPICS = Texts(
    {
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
        "worse_again": "feels worse again",
        "warning_signs": "has warning signs",
        "call_back": "wants a call",
        "fever": "has a fever",
        "wound": "redness or fluid at the wound",
        "wound_and_fever": "wound and fever",
        "calf": "calf sore or swollen, or hard to breathe",
        "pain": "bad pain, again",
        "pain_pills": "still takes strong pain pills",
        "exercise": "does no exercises",
        "ride_or_help": "no ride, or nobody at home",
        "low_reading": "a reading too low",
        "high_reading": "a reading too high",
        "still_low": "a reading still too low",
        "still_high": "a reading still too high",
        "readings_high": "several readings high",
        "lows": "felt shaky or faint",
        "body_signs": "fever, belly pain or heavy bleeding",
        "mood": "low mood: ask in full",
        "rebook": "wants a new visit",
        "moved_care": "goes elsewhere now",
        "food": "short of food, wants help",
        "ride": "needs rides, wants help",
        "housing": "housing at risk, wants help",
        "utilities": "power or water at risk, wants help",
        "care_plan": "help with the care plan",
        "scale": "has no scale",
        "bleeding": "bleeding",
        "breathing": "breathing",
        "chest_pain": "chest pain",
        "fall": "fall",
        "overdose": "overdose",
        "pregnancy": "pregnancy",
        "seizure": "seizure",
        "severe_pain": "severe pain",
        "stroke": "stroke",
        "violence": "violence",
        "vomiting": "vomiting",
        "weight": "weight",
    }
)
"""What an escalation is about."""
AUTHORS = Texts(
    {
        "patient": "Patient",
        "caregiver": "Caregiver",
        "staff": "Staff",
        "program": "Program",
        "reminder": "Reminder",
        "safety": "Safety text",
        "system": "Automatic",
        "page": "Page",
    }
)


@dataclass(frozen=True, kw_only=True)
class StateWords:
    """A delivery state in words, with the color role and the icon that say the same."""

    words: str
    tone: str
    """quiet | ok | warn | danger"""
    icon: str


_STATES = {
    "queued": StateWords(words=later("Waiting to send"), tone="quiet", icon="clock"),
    "sending": StateWords(words=later("Sending"), tone="quiet", icon="clock"),
    "accepted": StateWords(words=later("Sent"), tone="quiet", icon="check"),
    "sent": StateWords(words=later("Sent"), tone="quiet", icon="check"),
    "delivered": StateWords(words=later("Delivered"), tone="ok", icon="check-check"),
    "in_doubt": StateWords(
        words=later("Not known whether it arrived: we are asking the provider"),
        tone="warn",
        icon="circle-help",
    ),
    "canceled": StateWords(words=later("Taken back, never sent"), tone="quiet", icon="undo-2"),
    "expired": StateWords(words=later("Not sent: its time had passed"), tone="warn", icon="timer"),
}


def span(length: timedelta) -> str:
    """Return a length of time in its largest fitting unit: "12 min", "3 h", "2 days"."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 48 else say("%(count)s days", count=hours // 24)


def ago(at: datetime, now: datetime) -> str:
    """Return how long ago something was: "now", "12 min", "3 h", "2 days"."""
    return gettext("now") if now - at < timedelta(minutes=1) else span(now - at)


def left(until: datetime, now: datetime) -> str:
    """Return how long there is until a moment, or how long it is past."""
    if until > now:
        return say("%(span)s left", span=span(until - now))
    return say("%(span)s over", span=span(now - until))


def clock(at: datetime, zone: str) -> str:
    """Return a time of day: "4:10 pm"."""
    return wall(at.astimezone(ZoneInfo(zone)).time())


def wall(local: time) -> str:
    """Return a time on the wall: "4:10 pm"."""
    if languages.spoken() == "en":
        return f"{local.hour % 12 or 12}:{local.minute:02d} {'am' if local.hour < 12 else 'pm'}"
    return dates.format_time(local, "h:mm a", locale=languages.locale()).replace("\u202f", "\xa0")


def wall_of(clock_: str) -> str:
    """Return a wall clock time as it is kept ("17:30") as people say it; others stand as they are."""
    try:
        return wall(time.fromisoformat(clock_))
    except ValueError:
        return gettext("midnight") if clock_ == "24:00" else clock_


def moment(at: datetime, now: datetime, zone: str) -> str:
    """Return a moment as people say it: "4:10 pm", "yesterday 4:10 pm", "Mon 4:10 pm", "Mar 8, 4:10 pm"."""
    here = ZoneInfo(zone)
    day, today = at.astimezone(here).date(), now.astimezone(here).date()
    words = clock(at, zone)
    if day == today:
        return words
    if day == today - DAY:
        return say("yesterday %(time)s", time=words)
    if day == today + DAY:
        return say("tomorrow %(time)s", time=words)
    if abs((day - today).days) < 7:
        return f"{weekday(day.weekday())} {words}"
    return f"{short_day(day)}, {words}" if day.year == today.year else _day(day, later("MMM d, y"))


def weekday(number: int) -> str:
    """Return a day of the week in short: "Mon". Monday is 0."""
    return str(dates.get_day_names("abbreviated", locale=languages.locale())[number])


def weekdays() -> list[str]:
    """Return the days of the week in short, Monday first."""
    return [weekday(number) for number in range(7)]


def short_day(day: calendar_date) -> str:
    """Return a day in short: "Mar 8"."""
    return _day(day, later("MMM d"))


def weekday_and_day(day: calendar_date) -> str:
    """Return a day in short with its weekday: "Sun, Mar 8"."""
    return _day(day, later("EEE, MMM d"))


def whole_day(day: calendar_date) -> str:
    """Return a day with its year: "Mar 8, 2026"."""
    return _day(day, later("MMM d, y"))


def _day(day: calendar_date, pattern: str) -> str:
    # The pattern is a text of the catalogs: languages put day, month and year in an order of their own.
    return _date_words(day, gettext(pattern), languages.locale())


@lru_cache(maxsize=4096)
def _date_words(day: calendar_date, pattern: str, locale: str) -> str:
    # A thread has many texts of a day.
    return dates.format_date(day, pattern, locale=locale)


def day_line(at: datetime, now: datetime, zone: str) -> str:
    """Return the heading of a day in a thread: "Today", "Yesterday", "Tuesday, March 10"."""
    here = ZoneInfo(zone)
    day, today = at.astimezone(here).date(), now.astimezone(here).date()
    if day == today:
        return gettext("Today")
    if day == today - DAY:
        return gettext("Yesterday")
    if day == today + DAY:
        return gettext("Tomorrow")
    return _day(day, later("EEEE, MMMM d") if day.year == today.year else later("EEEE, MMMM d, y"))


def date(at: datetime, zone: str) -> str:
    """Return a day in full, for paper: "Tuesday, March 10, 2026"."""
    return _day(at.astimezone(ZoneInfo(zone)).date(), later("EEEE, MMMM d, y"))


def full(at: datetime, zone: str) -> str:
    """Return a moment in full: "Tuesday, March 10, 2026, 4:10 pm EDT"."""
    return f"{date(at, zone)}, {clock(at, zone)} {zone_name(zone, at)}"


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
        why = errors.classify(error_code).words
        return StateWords(words=gettext(why), tone="danger", icon="circle-alert")
    if crossed:
        said = gettext("Was already on its way when they wrote STOP")
        return StateWords(words=said, tone="warn", icon="triangle-alert")
    if state == "queued" and due_at - now > timedelta(minutes=1):
        said = say("Sends %(when)s", when=moment(due_at, now, zone))
        return StateWords(words=said, tone="quiet", icon="clock")
    found = _STATES.get(state, StateWords(words=state, tone="quiet", icon="clock"))
    return replace(found, words=gettext(found.words))


def language(code: str) -> str:
    """Return what a language is called, in the language of the page."""
    return LANGUAGES.get(code) or Locale(languages.spoken()).languages.get(code, code).capitalize()


def topic(key: str | None) -> str:
    """Return what an escalation is about, in words."""
    return TOPICS.get(key or "", (key or "").replace("_", " "))


def escalation(tier: str, about: str | None) -> str:
    """Return an escalation in a few words: "Red: chest pain", "No answer: call them"."""
    return say("%(tier)s: %(topic)s", tier=TIERS[tier], topic=topic(about))


def rungs(tier: str, step: int) -> str:
    """Return whom a ladder has gone through so far."""
    return ", ".join(RUNGS[rung.who] for rung in escalations.LADDERS[tier][:step])


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
    return of_programs.name(name)
