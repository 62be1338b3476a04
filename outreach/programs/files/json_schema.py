"""The JSON Schema of program files, made from the marshmallow one: editors complete and check with it."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from outreach.programs.files.described import LIMITS, WORDS
from outreach.programs.files.schemas import Days, ProgramSchema, Thens, ThenSchema

DRAFT = "https://json-schema.org/draft/2020-12/schema"
SIMPLE: tuple[tuple[type[fields.Field[Any]], str], ...] = (
    (fields.Int, "integer"),
    (fields.Float, "number"),
    (fields.Bool, "boolean"),
    (fields.Str, "string"),
)


def json_schema() -> dict[str, Any]:
    """Return the schema of a program file."""
    return {"$schema": DRAFT, "title": "Outreach program", **_object(ProgramSchema())}


def _object(schema: Schema) -> dict[str, Any]:
    named = {field.data_key or name: field for name, field in schema.fields.items()}
    return {
        "type": "object",
        "description": (type(schema).__doc__ or "").strip(),
        "properties": {name: _told(schema, name, field) for name, field in named.items()},
        "required": sorted(name for name, field in named.items() if field.required),
        "additionalProperties": False,
    }


def _told(schema: Schema, name: str, field: fields.Field[Any]) -> dict[str, Any]:
    """Return a key's schema with what an editor says of it."""
    kind = type(schema).__name__
    return {**_field(field), **LIMITS.get((kind, name), {}), "description": WORDS[kind][name]}


def _field(field: fields.Field[Any]) -> dict[str, Any]:
    if isinstance(field, Thens):
        then = _object(ThenSchema())
        return {"oneOf": [then, {"type": "array", "items": then}]}
    if isinstance(field, Days):
        return _days()
    if isinstance(field, fields.Nested):
        return _object(field.schema)
    if isinstance(field, fields.List):
        return {"type": "array", "items": _field(field.inner), **_limits(field, "Items")}
    if isinstance(field, fields.Dict):
        inner = field.value_field
        return {"type": "object", "additionalProperties": _field(inner) if inner else True}
    kind = next(name for known, name in SIMPLE if isinstance(field, known))
    return {"type": kind, **_limits(field, "Length")}


def _days() -> dict[str, Any]:
    whole = {"type": "integer"}
    span = {"type": "object", "properties": {"from": whole, "to": whole}, "required": ["from", "to"]}
    return {"oneOf": [{"type": "array", "items": whole, "minItems": 1}, span]}


def _limits(field: fields.Field[Any], unit: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in field.validators:
        if isinstance(one, validate.OneOf):
            found["enum"] = list(one.choices)
        elif isinstance(one, validate.Regexp):
            found["pattern"] = one.regex.pattern
        elif isinstance(one, validate.Length):
            found |= {f"min{unit}": one.min, f"max{unit}": one.max}
        elif isinstance(one, validate.Range):
            found |= {"minimum": one.min, "maximum": one.max}
    return {name: value for name, value in found.items() if value is not None}
