"""Filling the fields of an approved text. Nothing is sent with a hole in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, cached_property
from typing import Any, Literal

from outreach.kernel.errors import OutreachError
from outreach.kernel.quick import quick
from outreach.kernel.segments import count_segments, encoding_of, without_accents

OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
FIELD = re.compile(r"\{([a-z_]+)\}")
_SPACES = re.compile(r"[ \t]{2,}")


class EmptyField(OutreachError):
    """A field of the text is empty and has no fallback: the text is held back. Fill it or bracket it."""


def fill(template: str, fields: Mapping[str, str | None]) -> str:
    """Return the text with its fields filled. A [bracketed part] is left out when a field in it is empty.

    Where only a field's accents would make it longer to send (one "í" makes the whole text UCS-2, at 70
    letters a part instead of 160), they are left out: "Maria". Text services of governments do the same.
    Raise EmptyField if a field outside brackets is empty or unknown.
    """
    text = _joined(template, fields)
    if text.isascii() or encoding_of(text) == "GSM-7" or encoding_of(template) != "GSM-7":
        return text
    plain = _joined(template, {name: value and without_accents(value) for name, value in fields.items()})
    return plain if count_segments(plain).segments < count_segments(text).segments else text


def _joined(template: str, fields: Mapping[str, str | None]) -> str:
    parts: list[str] = []
    for words, names, is_optional in _pieces(template):
        values = [fields.get(name) for name in names]
        if all(values):
            parts += [words[0], *(f"{value}{more}" for value, more in zip(values, words[1:], strict=True))]
        elif not is_optional:
            raise EmptyField
    return _SPACES.sub(" ", "".join(parts)).strip()


@cache
def _pieces(template: str) -> tuple[tuple[tuple[str, ...], tuple[str, ...], bool], ...]:
    """Cut a template into plain and [optional] pieces: the words around the fields, and the fields."""
    cut = [FIELD.split(piece) for piece in OPTIONAL.split(template)]
    return tuple((tuple(piece[::2]), tuple(piece[1::2]), place % 2 == 1) for place, piece in enumerate(cut))


def fields_of(template: str) -> frozenset[str]:
    """Return the names of the fields a text uses."""
    return frozenset(FIELD.findall(template))


def in_language(texts: Mapping[str, str], language: str) -> tuple[str, str]:
    """Return the approved text for a language and the language it is in; English where there is none."""
    if language in texts:
        return texts[language], language
    return texts["en"], "en"


@quick
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
    template: str | None = None
    """What `text` was filled from, with `fields`: for other reply words, and for a part of a merged text."""
    fields: Mapping[str, str | None] = field(default_factory=dict)
    chose: Mapping[str, str] = field(default_factory=dict)
    """Which of its source's words these are, and why: kept with the contact once it was sent."""
    yields: bool = False
    """It would rather be a part of another text of these days than one more of its own."""
    presses: bool = False
    """It can't wait for another question's time to be over: a visit is near."""
    about_at: datetime | None = None
    """What it is about happens then."""
    topic: str | None = None
    """What the patient may have chosen a caregiver for (patients.rules.TOPICS)."""

    @cached_property
    def part(self) -> str | None:
        """What it says as a part of a merged text: without the sender, the name and the 911 line.

        None if it is not known what its words were filled from.
        """
        if self.template is None:
            return None
        said = fill(HEAD.sub("", self.template), {**self.fields, "name": None})
        said = said.removesuffix(EMERGENCY.get(self.language, EMERGENCY["en"])).strip()
        at = next((place for place, letter in enumerate(said) if letter.isalpha()), None)
        return said if at is None else said[:at] + said[at].upper() + said[at + 1 :]


REWORDED = "reworded"
"""Key of a contact whose reply words are others than its file's."""
HEAD = re.compile(r"^\{clinic\}(?: here)?: *")
EMERGENCY = {"en": "Emergency? Call 911", "es": "¿Emergencia? Llame al 911"}
"""The line most clinical texts end with: said once in a merged text."""


def with_words(composed: Composed, words: tuple[str, ...]) -> Composed | None:
    """Return a question with other reply words, in its text too; None if its text has not each word once."""
    if composed.question is None or composed.template is None:
        return None
    options = composed.question["options"]
    template = composed.template
    new = dict(zip((str(option["word"]) for option in options), words, strict=True))
    found = re.compile(r"(?<![\w{])(" + "|".join(map(re.escape, new)) + r")(?![\w}])")
    if sorted(found.findall(template)) != sorted(new):
        return None
    template = found.sub(lambda match: new[match.group(1)], template)
    changed = [{**option, "word": new[str(option["word"])]} for option in options]
    return replace(
        composed,
        template=template,
        text=fill(template, composed.fields),
        question={**composed.question, "options": changed},
        chose={**composed.chose, REWORDED: "yes"},
    )


def head_of(composed: Composed) -> str:
    """Return how a merged text begins: who writes, and to whom."""
    return fill("{clinic}:[ {name},]", composed.fields)


def tail_of(composed: Composed) -> str:
    """Return how a merged text ends if a part of it ends so: whom to call in an emergency."""
    line = EMERGENCY.get(composed.language, EMERGENCY["en"])
    return line if composed.text.endswith(line) else ""
