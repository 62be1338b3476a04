"""The OpenAPI description of the API: what it takes, what it answers, which scope it asks for."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from outreach.escalations.rules import TIERS
from outreach.staff.rules import API_SCOPES

ID = {"type": "string", "format": "uuid"}
WORD = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
DAY = {"type": "string", "format": "date"}
MOMENT = {"type": "string", "format": "date-time"}
BY_ID = {"name": "id", "in": "path", "required": True, "schema": ID}


def _object(**fields: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def _maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _list(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


ERROR = _object(error=WORD)
FIGURES = _object(first=DAY, last=DAY, zone=WORD, days=_list(_object(day=DAY, **dict.fromkeys(TIERS, COUNT))))
PROGRAMS = _object(
    programs=_list(
        _object(
            id=ID,
            program=WORD,
            version=COUNT,
            title=WORD,
            state=WORD,
            released_at=_maybe(MOMENT),
            patients=COUNT,
        )
    )
)
TEXT = _object(
    id=ID,
    direction={"enum": ["in", "out"]},
    author=WORD,
    state=WORD,
    error_code=_maybe({"type": "integer"}),
    segments=COUNT,
    at=MOMENT,
    settled_at=_maybe(MOMENT),
)
WHY = _object(id=ID, text=_maybe(WORD), parts=_list(_object(heading=WORD, sentences=_list(WORD))))
OPERATIONS: dict[str, tuple[str, str, list[dict[str, Any]], dict[str, Any]]] = {
    "/figures": (
        "figures",
        "Escalations by day and tier, all teams together",
        [
            {"name": "first", "in": "query", "schema": DAY, "description": "The last 30 days if left out"},
            {"name": "last", "in": "query", "schema": DAY, "description": "Today if left out"},
        ],
        FIGURES,
    ),
    "/programs": ("programs", "Every version of every program", [], PROGRAMS),
    "/texts/{id}": ("texts", "What became of one text, without its words", [BY_ID], TEXT),
    "/why/{id}": ("why", "Why a text or planned contact is what it is, in English", [BY_ID], WHY),
}
"""Path -> scope, summary, parameters, answer."""
REFUSALS = {
    "401": "No token, or none that is in force",
    "403": "The token has not the scope",
    "404": "There is nothing by this id",
    "422": "A parameter can't be read",
}


def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Outreach", "version": version("outreach")},
        "servers": [{"url": "/api/v1"}],
        "paths": {path: {"get": _operation(*of)} for path, of in OPERATIONS.items()},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Error": ERROR},
        },
    }


def _operation(
    scope: str, summary: str, parameters: list[dict[str, Any]], answer: dict[str, Any]
) -> dict[str, Any]:
    refused = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "operationId": scope,
        "summary": summary,
        "description": f"Scope `{scope}`: {API_SCOPES[scope]}",
        "security": [{"token": [scope]}],
        "parameters": parameters,
        "responses": {
            "200": {"description": summary, "content": {"application/json": {"schema": answer}}},
            **{code: {"description": words, "content": refused} for code, words in REFUSALS.items()},
        },
    }
