"""FHIR dates and times (http://hl7.org/fhir/R4/datatypes.html#dateTime) to aware UTC."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from outreach.interop.fhir import fields
from outreach.interop.fhir.records import Moment, Precision
from outreach.kernel.errors import OutreachError

_SHAPE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:[T ](?P<clock>\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(?P<zone>Z|[+-]\d\d:?\d\d)?)?)?)?"
)
_NOON = time(12)
_EARLIEST, _LATEST = 1800, 2200
# Where a source names neither a zone nor a place. Only days are judged by it, never the hour of a visit.
FALLBACK_ZONE = "America/New_York"


class NotATime(OutreachError):
    """This is not a FHIR date or time."""


def moment(resource: Any, name: str) -> Moment | None:
    """Return the dateTime at `name`, None if it is absent.

    Raises NotATime if something is there that is no dateTime: a wrong day is worse than none.
    """
    if not isinstance(resource, dict) or resource.get(name) is None:
        return None
    written = fields.text(resource, name)
    match = _SHAPE.fullmatch(written or "")
    if match is None:
        raise NotATime(f"{name} is not a FHIR date or time")
    try:
        return _moment(match)
    except (ValueError, OverflowError) as error:
        raise NotATime(f"{name} is not on the calendar") from error


def gently(resource: Any, name: str) -> Moment | None:
    """Return the dateTime at `name`, None if it is absent or none: for dates that decide nothing."""
    try:
        return moment(resource, name)
    except NotATime:
        return None


def day(resource: Any, name: str) -> date | None:
    """Return the full date at `name`, or None: a birth year alone is no birthday."""
    try:
        found = date.fromisoformat((fields.text(resource, name) or "")[:10])
    except ValueError:
        return None
    return found if _EARLIEST <= found.year <= _LATEST else None


def settle(found: Moment, zone: str | None) -> Moment:
    """Return a moment whose source named no zone, read in the patient's zone."""
    if not found.floating:
        return found
    wall = found.at.replace(tzinfo=ZoneInfo(zone or FALLBACK_ZONE))
    return dataclasses.replace(found, at=wall.astimezone(UTC))


def _moment(match: re.Match[str]) -> Moment:
    year, month, day_of_month = (int(match[part] or 1) for part in ("year", "month", "day"))
    if not _EARLIEST <= year <= _LATEST:
        raise ValueError("outside any life")
    if match["clock"] is None:
        precision: Precision = "day" if match["day"] else "month" if match["month"] else "year"
        wall = datetime.combine(date(year, month, day_of_month), _NOON)
        return Moment(wall.replace(tzinfo=UTC), precision, floating=True)
    # A leap second is legal in FHIR and unknown to Python.
    clock = match["clock"].replace(":60", ":59")
    wall = datetime.combine(date(year, month, day_of_month), time.fromisoformat(clock))
    if match["zone"] is None:
        return Moment(wall.replace(tzinfo=UTC), floating=True)
    written = "+00:00" if match["zone"] == "Z" else match["zone"]
    return Moment(datetime.fromisoformat(wall.isoformat() + written).astimezone(UTC))
