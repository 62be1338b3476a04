"""What stands beside a thread, in words: planned contacts, programs, visits, scopes."""

from __future__ import annotations

from collections.abc import Iterable

REMINDERS = {
    "appointment": "Visit reminder",
    "refill": "Refill reminder",
    "activity": "Care plan",
}
STEPS = {
    ("appointment", "week"): "Reminder a week before a visit",
    ("appointment", "ask"): "Question whether they come to a visit",
    ("appointment", "tomorrow"): "Reminder the day before a visit",
    ("refill", "ask_7"): "Refill question, 7 days before it runs out",
    ("refill", "ask_2"): "Refill question, 2 days before it runs out",
    ("refill", "overdue_3"): "Refill question, 3 days after it ran out",
    ("refill", "overdue_7"): "Refill question, 7 days after it ran out",
}
ENROLLMENTS = {"active": "running", "paused": "paused", "finished": "finished", "stopped": "stopped"}
STOPPED = {
    "readmitted": "back in hospital",
    "died": "they died",
    "hospice": "hospice care",
    "opted_out": "they wrote STOP",
    "finished": "all said",
    "by_staff": "a colleague stopped it",
}
VISITS = {
    "booked": "booked",
    "confirmed": "they said they come",
    "declined": "they said they can't come",
    "change_asked": "they asked for another time",
    "unknown": "not known whether it stands",
}
SCOPES = {"see": "may see", "answer": "may answer", "be_told": "may be told"}
PHONE_STATES = {
    "invalid": "can't receive texts",
    "wrong_person": "somebody else's",
    "deactivated": "out of service",
}
ZONE_SOURCES = {"stated": "they said so", "address": "from their address", "facility": "the clinic's"}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NEEDS_LITERACY = {"standard": "Standard", "plain": "Very plain words"}


def days(numbers: Iterable[int]) -> str:
    """Return days of the week in short: "Mon, Wed, Fri". Monday is 0."""
    return ", ".join(WEEKDAYS[number] for number in numbers)


def step(source_kind: str, key: str) -> str:
    """Return a planned contact's name as staff read it: "Check", "About exercises", "Follow-up question"."""
    if (source_kind, key) in STEPS:
        return STEPS[source_kind, key]
    kind, _, rest = key.partition(":")
    if kind == "then":
        return "Follow-up question"
    plain = (rest or kind).replace("_", " ").replace("-", " ")
    return f"About {plain}" if kind == "activity" else plain.capitalize()
