"""What a schema says of a file, told so that it can be said in another language, too."""

from __future__ import annotations

from outreach.kernel.said import recognized

MESSAGES = (
    "Missing data for required field",
    "Field may not be null",
    "Unknown field",
    "Invalid input type",
    "Invalid value",
    "Not a valid string",
    "Not a valid number",
    "Not a valid integer",
    "Not a valid boolean",
    "Not a valid list",
    "Not a valid mapping type",
    "String does not match expected pattern",
    "Must be one of: %(choices)s",
    "Must be greater than or equal to %(least)s and less than or equal to %(most)s",
    "Must be greater than or equal to %(least)s",
    "Must be less than or equal to %(most)s",
    "Shorter than minimum length %(least)s",
    "Longer than maximum length %(most)s",
    "Length must be between %(least)s and %(most)s",
    "a choice needs options: list the reply words",
    "a question for a number needs `%(name)s`",
    "days must be a list of whole numbers, or {from: 1, to: 30}",
    "there is no such day",
    "%(place)s names question '%(name)s', which the file does not have: add it or mend the name",
    "%(place)s names text '%(name)s', which the file does not have: add it or mend the name",
)
"""Ours, and marshmallow's that a program file can meet; whole ones before those they begin with."""


def told(message: str) -> str:
    """Return a message with its pattern and values, or as it stands if none is known for it."""
    return recognized(message.rstrip("."), MESSAGES)
