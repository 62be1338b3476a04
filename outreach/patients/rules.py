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
SCOPES = ("see", "answer", "be_told")
TOPIC = "topic:"
"""A caregiver's scope may name a topic they handle, like "topic:medicines"."""
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
    """A caregiver may see, answer or be_told, or handle a topic, like "topic:medicines"."""


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
    if any(scope not in SCOPES and not scope.startswith(TOPIC) for scope in found):
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


def takes_texts(scopes: Iterable[str], *, relation: str, topic: str | None) -> int | None:
    """Return how fit a link is for automated texts about a topic, 0 best; None if it must not get them.

    A caregiver who handles the topic comes before the patient; one who may answer stands in when the
    patient has no phone; one who may only see or be told is never texted by a program.
    """
    if relation == "self":
        return 1
    held = set(scopes)
    if topic is not None and f"{TOPIC}{topic}" in held:
        return 0
    return 2 if "answer" in held else None


def _is_time(value: object) -> bool:
    return isinstance(value, str) and _TIME.fullmatch(value) is not None
