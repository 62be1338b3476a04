"""Filling the fields of an approved text. Nothing is sent with a hole in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from outreach.kernel.errors import OutreachError

OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
FIELD = re.compile(r"\{([a-z_]+)\}")


class EmptyField(OutreachError):
    """A field of the text is empty and has no fallback: the text is held back. Fill it or bracket it."""


def fill(template: str, fields: Mapping[str, str | None]) -> str:
    """Return the text with its fields filled. A [bracketed part] is left out when a field in it is empty.

    Raise EmptyField if a field outside brackets is empty or unknown.
    """

    def optional(match: re.Match[str]) -> str:
        part = match.group(1)
        return part if all(fields.get(name) for name in FIELD.findall(part)) else ""

    def value(match: re.Match[str]) -> str:
        found = fields.get(match.group(1))
        if not found:
            raise EmptyField
        return found

    filled = FIELD.sub(value, OPTIONAL.sub(optional, template))
    return re.sub(r"[ \t]{2,}", " ", filled).strip()


def fields_of(template: str) -> frozenset[str]:
    """Return the names of the fields a text uses."""
    return frozenset(FIELD.findall(template))


def in_language(texts: Mapping[str, str], language: str) -> tuple[str, str]:
    """Return the approved text for a language and the language it is in; English where there is none."""
    if language in texts:
        return texts[language], language
    return texts["en"], "en"


@dataclass(frozen=True, kw_only=True)
class Composed:
    """A contact ready to be asked for: what it says, why, and how it may be answered."""

    text: str
    language: str
    purpose: Literal["care", "reminders"]
    kind: Literal["program", "reminder"]
    question: dict[str, Any] | None = None
    question_lasts_hours: int = 24
    """How long it keeps others waiting. A late answer counts all the same."""
    needs_staff: bool = False
    free: bool = False
    cadence_reserved: bool = False
    program: str | None = None
    media: tuple[str, ...] = field(default=())
