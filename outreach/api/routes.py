"""What `/api/v1/` answers. Who may ask is in the token; every look at a patient's text goes on the record."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.analytics import queries as figures
from outreach.analytics import rules as stretches
from outreach.api import spec
from outreach.audit import commands as audit
from outreach.kernel.unit_of_work import Actor, UnitOfWork
from outreach.messaging import queries as messages
from outreach.programs import queries as programs
from outreach.staff import queries as staff
from outreach.staff.rules import API_SCOPES
from outreach.why import answer

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
View = Callable[..., ResponseReturnValue]
UNKNOWN = "Send a token that is in force: `Authorization: Bearer TOKEN`. `outreach tokens add` makes one."
BEYOND = "This token may not do this. It needs the scope {scope!r}: make one with it."


def asks(scope: str) -> Callable[[View], View]:
    """Let those use a view whose token has a scope."""
    if scope not in API_SCOPES:
        raise ValueError(f"{scope} is no scope")

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def guarded(**values: Any) -> ResponseReturnValue:
            found = _token()
            if found is None:
                return jsonify(error=UNKNOWN), 401, {"WWW-Authenticate": "Bearer"}
            if scope not in found.scopes:
                return jsonify(error=BEYOND.format(scope=scope)), 403
            g.token = found
            return view(**values)

        guarded.scope = scope  # type: ignore[attr-defined]
        return guarded

    return wrap


def _token() -> staff.ApiTokenView | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return None
    with http.begin() as uow:
        return staff.api_token(uow, token=token.strip())


@contextmanager
def begin() -> Iterator[UnitOfWork]:
    """Open a transaction in the name of the token: the record says which one."""
    with http.services().transactions.begin(actor=Actor(kind="api", id=g.token.id)) as uow:
        yield uow


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Describe this API, for anybody."""
    return jsonify(spec.document())


@blueprint.get("/figures")
@asks("figures")
def escalations() -> Response:
    """Count escalations by day and tier, all teams together; no patient, no team's name."""
    with begin() as uow:
        zone = staff.organization(uow).zone
        asked = stretches.stretch(
            request.args.get("first", ""), request.args.get("last", ""), now=uow.now, zone=zone
        )
        team_ids = [one.id for one in staff.teams(uow)]
        found = figures.figures(uow, team_ids=team_ids, stretch=asked)
        days = [{"day": one.day.isoformat(), **one.raised} for one in found.days]
        return jsonify(first=asked.first.isoformat(), last=asked.last.isoformat(), zone=zone, days=days)


@blueprint.get("/programs")
@asks("programs")
def versions() -> Response:
    """List every version of every program, and how many patients are in it."""
    with begin() as uow:
        listed = [
            {
                "id": str(one.id),
                "program": one.program,
                "version": one.number,
                "title": one.title,
                "state": one.state,
                "released_at": one.released_at.isoformat() if one.released_at else None,
                "patients": one.active,
            }
            for one in programs.versions(uow)
        ]
    return jsonify(programs=listed)


@blueprint.get("/texts/<uuid:text_id>")
@asks("texts")
def text(text_id: UUID) -> Response:
    """Say what became of one text: no words, no number, no name."""
    with begin() as uow:
        one = messages.message(uow, message_id=text_id)
        audit.look(
            uow,
            subject_kind="message",
            subject_id=one.id,
            patient_id=one.about_patient,
            team_id=one.team_id,
        )
        return jsonify(
            id=str(one.id),
            direction=one.direction,
            author=one.author_kind,
            state=one.state,
            error_code=one.error_code,
            segments=one.segments,
            at=one.at.isoformat(),
            settled_at=one.settled_at.isoformat() if one.settled_at else None,
        )


@blueprint.get("/why/<uuid:subject_id>")
@asks("why")
def why(subject_id: UUID) -> Response:
    """Say why a text or a planned contact is what it is, with its words: patient data."""
    with begin() as uow:
        found = answer.why(uow, subject_id=subject_id)
    parts = [{"heading": part.heading, "sentences": list(part.sentences)} for part in found.parts]
    return jsonify(id=str(found.id), text=found.text, parts=parts)
