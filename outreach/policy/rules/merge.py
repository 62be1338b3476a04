"""Several texts due for one phone become one, "2 things: ...": the weightiest first, one question at most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.kernel import segments
from outreach.kernel.quick import quick

MOST_SEGMENTS = 2
"""A longer text is harder to read and bills by the segment; what does not fit waits."""
ORDER = {"reminder": 0, "program": 1, "activity": 2, "refill": 3, "broadcast": 4}
LEAD = {"en": "{n} things:", "es": "{n} cosas:"}


@quick
@dataclass(frozen=True, kw_only=True)
class Part:
    """One text that is due: its words without the sender's name and the opt-out line."""

    id: str
    kind: str
    """reminder | program | activity | refill | broadcast"""
    words: str
    language: str
    patient: str
    is_question: bool = False
    clinical: bool = False
    about_at: datetime | None = None
    """What it is about happens then: the nearer, the sooner it is said."""
    due_at: datetime


@quick
@dataclass(frozen=True, kw_only=True)
class Merged:
    """One body that carries several parts, and those that must wait for another day."""

    body: str
    carried: tuple[str, ...]
    left: tuple[str, ...]
    question: str | None
    """Which part is the question."""


def precedence(part: Part) -> tuple[int, int, float, float, str]:
    """Return what parts sort by: appointments by their nearness, clinical questions, the rest, then age."""
    near = part.about_at.timestamp() if part.about_at else float("inf")
    return (
        ORDER.get(part.kind, len(ORDER)),
        0 if part.clinical else 1,
        near,
        part.due_at.timestamp(),
        part.id,
    )


def merge(parts: Sequence[Part], *, head: str, tail: str = "", most_segments: int = MOST_SEGMENTS) -> Merged:
    """Make one body of the parts due for one phone: `head` (who writes), the parts, `tail` (how to stop).

    Parts of another patient or language than the weightiest never join it, nor does a second question,
    nor what would make the text longer than `most_segments`. The question comes last, so that its reply
    words end the text. A single part is not numbered. Raise ValueError if there is no part.
    """
    ordered = sorted(parts, key=precedence)
    if not ordered:
        raise ValueError("there is nothing to merge")
    carried = [ordered[0]]
    for part in ordered[1:]:
        if _joins(part, carried) and _fits([*carried, part], head, tail, most_segments):
            carried.append(part)
    chosen = {part.id for part in carried}
    return Merged(
        body=_body(carried, head, tail),
        carried=tuple(part.id for part in _said_in_order(carried)),
        left=tuple(part.id for part in ordered if part.id not in chosen),
        question=next((part.id for part in carried if part.is_question), None),
    )


def _joins(part: Part, carried: Iterable[Part]) -> bool:
    held = list(carried)
    if (part.patient, part.language) != (held[0].patient, held[0].language):
        return False
    return not (part.is_question and any(one.is_question for one in held))


def _fits(parts: list[Part], head: str, tail: str, most: int) -> bool:
    return segments.count_segments(_body(parts, head, tail)).segments <= most


def _said_in_order(parts: Iterable[Part]) -> list[Part]:
    return sorted(parts, key=lambda part: part.is_question)


def _body(parts: list[Part], head: str, tail: str) -> str:
    said = [part.words.strip() for part in _said_in_order(parts)]
    if len(said) == 1:
        return " ".join(filter(None, (head, said[0], tail)))
    lead = LEAD.get(parts[0].language, LEAD["en"]).format(n=len(said))
    numbered = [f"({number}) {words}" for number, words in enumerate(said, start=1)]
    return " ".join(filter(None, (head, lead, *numbered, tail)))
