"""What stands beside a thread, in words: planned contacts, programs, visits, scopes."""

from __future__ import annotations

from collections.abc import Iterable

from outreach.kernel.said import Said, recognized
from outreach.web import of_programs, words
from outreach.web.languages import Texts, gettext, later

REMINDERS = Texts(
    {
        "appointment": "Visit reminder",
        "refill": "Refill reminder",
        "activity": "Care plan",
    }
)
STEPS = Texts(
    {
        ("appointment", "week"): "Reminder a week before a visit",
        ("appointment", "ask"): "Question whether they come to a visit",
        ("appointment", "tomorrow"): "Reminder the day before a visit",
        ("refill", "ask_7"): "Refill question, 7 days before it runs out",
        ("refill", "ask_2"): "Refill question, 2 days before it runs out",
        ("refill", "overdue_3"): "Refill question, 3 days after it ran out",
        ("refill", "overdue_7"): "Refill question, 7 days after it ran out",
        ("program", "then:silence"): "Text after silence",
    }
)
ENROLLMENTS = Texts({"active": "running", "paused": "paused", "finished": "finished", "stopped": "stopped"})
STOPPED = Texts(
    {
        "readmitted": "back in hospital",
        "died": "they died",
        "hospice": "hospice care",
        "opted_out": "they wrote STOP",
        "finished": "all said",
        "by_staff": "a colleague stopped it",
        "newer_anchor": "a later stay took its place",
        "called_off": "what it counts from was called off",
        "booked_again": "another visit is booked",
        "not_missed": "the visit was kept after all",
        "answered": "they answered",
    }
)
VISITS = Texts(
    {
        "booked": "booked",
        "confirmed": "they said they come",
        "declined": "they said they can't come",
        "change_asked": "they asked for another time",
        "unknown": "not known whether it stands",
    }
)
SCOPES = Texts(
    {
        "answer": "may answer",
        "be_told": "may be told",
        "see": "may see (from an earlier release: nothing depends on it)",
        "topic:appointments": "gets texts about visits",
        "topic:refills": "gets texts about refills",
        "topic:medicines": "gets texts about medicines",
        "topic:care_plan": "gets texts about the care plan",
        "topic:symptoms": "gets texts about how the patient is",
        "topic:social_needs": "gets texts about food, rides, housing and bills",
    }
)
MAY = Texts(
    {
        "answer": "Answer for the patient, and get the texts if the patient has no phone",
        "be_told": "Be told by us how the patient is, as far as they help with it",
    }
)
TOPICS = Texts(
    {
        "topic:appointments": "Visits",
        "topic:refills": "Refills",
        "topic:medicines": "Medicines: having and taking them",
        "topic:care_plan": "What the care plan asks for",
        "topic:symptoms": "How the patient is: symptoms, weight, readings",
        "topic:social_needs": "Food, rides, housing, bills",
    }
)
PHONE_STATES = Texts(
    {
        "invalid": "can't receive texts",
        "wrong_person": "somebody else's",
        "deactivated": "out of service",
    }
)
ZONE_SOURCES = Texts({"stated": "they said so", "address": "from their address", "facility": "the clinic's"})
RISKS = Texts({"high": "High", "medium": "Medium", "low": "Low"})
NEEDS = Texts({"interpreter": "An interpreter", "ride": "A ride to the clinic"})
NEEDS_LITERACY = Texts({"standard": "Standard", "plain": "Very plain words"})


DETAILS = (later("Error %(code)s: %(words)s"), later("%(name)s answered a page: %(words)s"))
PURPOSES = Texts({"care": "care texts", "reminders": "reminders"})


def plain(key: str) -> str:
    """Return a key of ours in words: an act or a subject on the record, how we know of a consent."""
    return gettext(key.replace("_", " ").replace(".", " "))


def actions(chosen: str) -> list[tuple[str, str]]:
    """Return what the record can be searched for, in the order of its words; what was chosen is among it."""
    codes = {one.replace(" ", "_") for one in ACTIONS} | ({chosen} if chosen else set())
    return sorted(((code, plain(code)) for code in codes), key=lambda one: one[1].casefold())


def recorded(value: object) -> str:
    """Return a value on the record: a key of ours in words, anything else as it stands."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    text = str(value)
    return plain(text) if text.replace("_", " ") in PLAINLY else text


ACTIONS = (
    "after hours changed",
    "assigned",
    "claimed",
    "closed",
    "conversation opened",
    "disclosed",
    "enrolled by hand",
    "exported figures",
    "exported readings",
    "followed live",
    "glass broken",
    "holiday added",
    "holiday removed",
    "hours changed",
    "imported",
    "looked",
    "looked at figures",
    "looked at identifiers",
    "asked whom to tell",
    "looked at list",
    "looked at photo",
    "noted",
    "organization created",
    "pager removed",
    "pager set",
    "parked retried",
    "password set",
    "patient corrected",
    "paused",
    "printed",
    "program installed",
    "quick reply kept",
    "quick reply removed",
    "record exported",
    "refused",
    "rehearsed",
    "replayed",
    "reopened",
    "replied",
    "resumed",
    "role given",
    "role taken",
    "routes changed",
    "searched record",
    "sender changed",
    "sender created",
    "sender started",
    "sender stopped",
    "sending held",
    "sending released",
    "settings changed",
    "shift added",
    "shift removed",
    "sign in refused",
    "signed in",
    "signed out",
    "snoozed",
    "staff added",
    "staff disabled",
    "step skipped",
    "team changed",
    "team created",
    "token created",
    "token revoked",
    "took back",
    "why asked",
    "marked",
    "unmarked",
    "program proposed",
    "program released",
    "program withdrawn",
    "numbers answered",
    "numbers exported",
    "shredded",
)
"""What is done, as the record names it."""
PLAINLY = (
    "program",
    "reminder",
    "safety",
    "queued",
    "sending",
    "accepted",
    "sent",
    "delivered",
    "undelivered",
    "failed",
    "in doubt",
    "canceled",
    "expired",
    "received",
    *ACTIONS,
    "conversation",
    "deployment",
    "escalation",
    "import",
    "list",
    "media",
    "message",
    "patient",
    "pause",
    "phone",
    "program version",
    "quarantine",
    "quick reply",
    "record",
    "staff",
    "task",
    "team",
    "touchpoint",
    "why",
    "text",
    "provider",
    "caregiver",
    "registration",
    "system",
    "browser",
    "operator",
    "role",
    "purpose",
    "reason",
    "until",
    "status",
    "method",
    "view",
    "messages",
    "kind",
    "number",
    "scope",
    "scope id",
    "first",
    "last",
    "value",
    "patients",
    "consent event",
    "numbers",
    "what",
    "outcome",
    "tier",
    "together",
    "is admin",
    "api",
    "api token",
    "scopes",
    "administrator",
    "lead",
    "nurse",
    "coordinator",
    "program owner",
    "auditor",
    "viewer",
    "red",
    "orange",
    "yellow",
    "silent",
    "reached patient",
    "treatment, sent to a wrong number",
    "texts sent to it until now",
    "tcm call",
    "weekly call",
    "live call",
    "everything",
    "in person",
    "by phone",
    "on paper",
    # Of earlier releases: tasks of theirs may be open.
    "Visit within 7 days of discharge (CPT 99496)",
    "Visit within 14 days of discharge (CPT 99495)",
)
"""Keys that pages show, in words: for the catalogs."""


def detail(text: str) -> str:
    """Return what a task is about, so that what we wrote of it can be translated."""
    said = recognized(text, DETAILS)
    if isinstance(said, Said) and said.pattern == DETAILS[0]:
        return Said(said.pattern, **{**said.values, "words": Said(str(said.values["words"]))})
    return said


def days(numbers: Iterable[int]) -> str:
    """Return days of the week in short: "Mon, Wed, Fri". Monday is 0."""
    return ", ".join(words.weekday(number) for number in numbers)


def step(source_kind: str, key: str) -> str:
    """Return a planned contact's name as staff read it: "Check", "About exercises", "Follow-up question"."""
    kind, _, rest = key.partition(":")
    named = (source_kind, ":".join(key.split(":")[:2]))
    if named in STEPS:
        return STEPS[named]
    if kind == "then":
        return gettext("Follow-up question")
    if kind == "activity":
        return of_programs.activity(rest)
    return of_programs.step(key)
