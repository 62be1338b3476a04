"""What the provider knows of numbers: kind of line (Lookup v2), and which were switched off on a day.

Sources: the provider's OpenAPI files lookups_v2 and messaging_v1; the list itself is a file elsewhere that
the answer points to, one number a line, and asks for no credentials.
"""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, jsonify, request

from outreach.simulator.errors import BadControl, Refused
from outreach.simulator.rest import world

directory = Blueprint("directory", __name__)
LINES = (
    "mobile", "landline", "fixedVoip", "nonFixedVoip", "tollFree", "personal", "premium", "pager", "unknown",
)  # fmt: skip


@directory.get("/v2/PhoneNumbers/<number>")
def look_up(number: str) -> Response:
    """Return what is known of a number; its kind of line only if that is asked for."""
    wanted = request.args.get("Fields", "").split(",")
    line = world().lines.get(number, "mobile")
    valid = number.startswith("+") and number[1:].isdigit() and 8 <= len(number) <= 16
    if not valid:
        raise Refused(20404)
    return jsonify(
        phone_number=number,
        valid=valid,
        country_code="US",
        line_type_intelligence={"type": line, "error_code": None}
        if "line_type_intelligence" in wanted
        else None,
        url=request.base_url,
    )


@directory.get("/v1/Deactivations")
def deactivations() -> tuple[Response, int, dict[str, str]]:
    """Point to the list of a day."""
    day = _day(request.args.get("Date", ""))
    if day is None:
        raise Refused(20001, "Date is required")
    there = f"{request.host_url}deactivated/{day.isoformat()}"
    return jsonify(redirect_to=there), 307, {"Location": there}


@directory.get("/deactivated/<day>")
def listed(day: str) -> Response:
    """Return the numbers that were switched off on a day."""
    found = sorted(number for number, when in world().deactivated.items() if when == day)
    return Response("".join(f"{number.removeprefix('+')}\n" for number in found), mimetype="text/plain")


@directory.post("/_sim/numbers/<number>")
def say(number: str) -> tuple[str, int]:
    """Say of a number what kind of line it is, or on which day it was switched off."""
    given = request.get_json(force=True, silent=True) or {}
    line, day = given.get("line"), given.get("deactivated_on")
    if (line is not None and line not in LINES) or (day is not None and _day(str(day)) is None):
        raise BadControl("Say line (mobile, landline ...) or deactivated_on (YYYY-MM-DD).")
    if line is not None:
        world().lines[number] = line
    if day is not None:
        world().deactivated[number] = day
    return "", 204


def _day(given: str) -> date | None:
    try:
        return date.fromisoformat(given)
    except ValueError:
        return None
