"""What may be said about a patient and a phone, checked before it is stored. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from outreach.kernel.errors import Invalid
from outreach.kernel.said import Said

PHONE_STATES = ("usable", "invalid", "wrong_person", "deactivated")
RELATIONS = ("self", "caregiver")
SCOPES = ("answer", "be_told")
"""What a caregiver may be allowed: to answer for the patient, to be told how they are (45 CFR 164.510(b))."""
NO_EFFECT = ("see",)
"""Scopes of earlier releases that nothing depends on: kept where they stand, and no longer given."""
TOPICS = ("appointments", "refills", "medicines", "care_plan", "symptoms", "social_needs")
"""What a patient may choose a caregiver for. Whatever a program asks without a topic stays the patient's own:
mood and self-harm are meant for nobody else, and have none.
"""
TOPIC = "topic:"
"""A caregiver's scope may name a topic they were chosen for, like "topic:refills"."""
OFFERED = (*SCOPES, *(f"{TOPIC}{topic}" for topic in TOPICS))
LITERACY = ("standard", "plain")
ZONE_SOURCES = ("stated", "address", "facility", "none")
DAY_NAMES = 7

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_STATE = re.compile("[A-Z]{2}")
_LANGUAGE = re.compile("[a-z]{2,3}")


class BadZone(Invalid):
    """This is not a time zone of the IANA database, like America/Chicago."""


class BadHours(Invalid):
    """Preferred hours are written {"from": "10:00", "to": "14:00"}, optionally with "days": [0, ..., 6]."""


class BadScope(Invalid):
    """A caregiver may answer or be_told, or be chosen for a topic we know, like "topic:refills"."""


class BadValue(Invalid):
    """This field does not take that value."""


def checked_zone(zone: str | None) -> str | None:
    """Return the zone if there is such a one, None for none. Raise BadZone otherwise."""
    if not zone:
        return None
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise BadZone from error
    return zone


def checked_hours(hours: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return preferred hours as stored, or raise BadHours."""
    if not hours:
        return None
    start, end, days = hours.get("from"), hours.get("to"), hours.get("days")
    if not (_is_time(start) and _is_time(end) and str(start) < str(end)):
        raise BadHours
    if days is None:
        return {"from": start, "to": end}
    if not isinstance(days, Sequence) or not days or not all(day in range(DAY_NAMES) for day in days):
        raise BadHours
    return {"from": start, "to": end, "days": sorted(set(days))}


def checked_scopes(scopes: Iterable[str]) -> list[str]:
    """Return a caregiver's scopes without repeats, or raise BadScope."""
    found = sorted(set(scopes))
    if any(scope not in (*OFFERED, *NO_EFFECT) for scope in found):
        raise BadScope
    return found


def checked_language(language: str) -> str:
    """Return a language's primary subtag ("es" for "es-MX"), or raise BadValue."""
    subtag = language.strip().lower().replace("_", "-").partition("-")[0]
    if not _LANGUAGE.fullmatch(subtag):
        raise BadValue("A language is written as its code, like en or es.")
    return subtag


def checked_state(state: str | None) -> str | None:
    """Return a state's two letters; None where the source wrote something else, which then rules nothing."""
    if state is None:
        return None
    letters = state.strip().upper()
    return letters if _STATE.fullmatch(letters) else None


def one_of(value: str, allowed: Sequence[str]) -> str:
    """Return the value if it is among those allowed, or raise BadValue naming them."""
    if value not in allowed:
        raise BadValue(Said("This must be one of: %(values)s.", values=", ".join(allowed)))
    return value


OWN, CHOSEN, STANDS_IN = "own", "chosen", "stands_in"
"""How a phone comes to be texted: the patient's own; of a caregiver they chose for the topic; of one who may
answer, where the patient has no phone.
"""
_FITNESS = {CHOSEN: 0, OWN: 1, STANDS_IN: 2}


def takes_texts(scopes: Iterable[str], *, relation: str, topic: str | None) -> str | None:
    """Return how a phone comes to get automated texts about a topic; None if it must not get them.

    One who may only see or be told, or was chosen for something else, is never texted by a program.
    """
    if relation == "self":
        return OWN
    held = set(scopes)
    if topic is not None and f"{TOPIC}{topic}" in held:
        return CHOSEN
    return STANDS_IN if "answer" in held else None


def fitness(how: str) -> int:
    """Return the place of a way to come to texts, 0 best: whom the patient chose comes before themselves."""
    return _FITNESS[how]


def may_answer(scopes: Iterable[str], *, relation: str, topic: str | None) -> bool:
    """Return whether an answer from this phone counts as the patient's, to a question of a topic."""
    return takes_texts(scopes, relation=relation, topic=topic) is not None


def topics_of(scopes: Iterable[str]) -> tuple[str, ...]:
    """Return the topics a caregiver was chosen for, in the order of the list."""
    held = set(scopes)
    return tuple(topic for topic in TOPICS if f"{TOPIC}{topic}" in held)


def widened(before: Iterable[str], after: Iterable[str]) -> tuple[str, ...]:
    """Return what a caregiver may do now and could not before: each needs the patient's word."""
    return tuple(sorted(set(after) - set(before)))


def _is_time(value: object) -> bool:
    return isinstance(value, str) and _TIME.fullmatch(value) is not None
