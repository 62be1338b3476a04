"""Which question a text answers: the open one, else the one earlier question that listens to these words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from outreach.inbound.rules.precedence import UNREADABLE, WHICH, Candidate, to_triage
from outreach.triage.rules.meanings import Answer, Kind, Reading

LATE_HOW = frozenset({"digit", "word", "label", "number"})
"""How a late answer may be read: by what was offered. A vague yes, days later, is a person's to
understand.
"""


NODS = frozenset({"ok", "okay", "k", "okey", "oki"})
VALUES = frozenset({"number", "blood_pressure", "weight", "glucose", "pain"})
PRESSING = frozenset({"red", "orange"})
MOST_WORDS, MOST_OTHERS = 7, 3
"""Longer than this it is talk that happens to hold a figure."""
_EN = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred"""
_ES = """cero uno una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince veinte
treinta cuarenta cincuenta sesenta setenta ochenta noventa cien ciento doscientos doscientas trescientos"""
NUMBER_WORDS = frozenset(f"{_EN} {_ES}".split())
BETWEEN = frozenset(["over", "sobre", "y", "and", "a", "point", "punto", "con"])


class Asked(Protocol):
    """A question as it was asked: a stored prompt, or a dry run's."""

    @property
    def prompt_id(self) -> UUID:
        """Which one."""
        ...

    @property
    def patient_id(self) -> UUID:
        """About whom."""
        ...

    @property
    def question(self) -> Mapping[str, Any]:
        """Its kind and reply words."""
        ...

    @property
    def state(self) -> str:
        """open | answered | superseded | expired"""
        ...

    @property
    def opened_at(self) -> datetime:
        """When it was asked."""
        ...

    @property
    def expires_at(self) -> datetime:
        """When its time is over."""
        ...


A = TypeVar("A", bound=Asked)


def candidates(
    prompts: Iterable[A],
    reading: Reading,
    *,
    read: Callable[[A], Reading],
    staff_wrote_at: datetime | None,
    said: str = "",
) -> tuple[Candidate, ...]:
    """Return the questions a text answers. `reading` is of the open question, `read` reads it for another.

    `said` is the text itself: figures that can't be read as the value asked for are asked for again, once.
    """
    listed = tuple(prompts)
    current = next((one for one in listed if one.state == "open"), None)
    answer = reading.answer
    if current is not None and answer is None and unreadable(current.question, reading, said):
        answer = Answer(how=UNREADABLE, confidence=0.5)
    if current is not None and answer is not None and not _only_nods(current.question, answer, said):
        return (_candidate(current, answer, staff_wrote_at),)
    late = []
    for one in listed:
        if one.state in ("superseded", "expired") and one.question.get("key") != WHICH:
            found = read(one)
            if (
                found.answer is not None
                and found.answer.how in LATE_HOW
                and not _only_nods(one.question, found.answer, said)
            ):
                late.append(_candidate(one, found.answer, staff_wrote_at))
    return tuple(late) if len(late) == 1 else ()


def _only_nods(question: Mapping[str, Any], answer: Answer, said: str) -> bool:
    """Return whether a bare "ok" was taken for a label like "okay".

    It may be meant for anything we said ("Doing fine? Text us OK"); a choice takes it only where its file
    lists "ok".
    """
    if answer.how != "label" or said.casefold().strip(" .!") not in NODS:
        return False
    options = question.get("options", ())
    chosen: Mapping[str, Any] = next((one for one in options if one["word"] == answer.word), {})
    return not any("ok" in labels for labels in chosen.get("labels", {}).values())


def unreadable(question: Mapping[str, Any], reading: Reading, said: str) -> bool:
    """Return whether a text was meant as the value asked for and can't be read as one: "ciento veinte".

    Only short ones, and only the first time: after that a person reads it.
    """
    if question.get("kind", "choice") not in VALUES or question.get("again") or "?" in said:
        return False
    if any(act not in (Kind.ANSWER, Kind.OTHER, Kind.CONFIRM) for act in reading.acts):
        return False
    words = re.findall(r"[^\W\d_]+|\d+", said.casefold())
    figures = [word for word in words if word.isdigit() or word in NUMBER_WORDS]
    others = [word for word in words if word not in figures and word not in BETWEEN]
    return bool(figures) and len(words) <= MOST_WORDS and len(others) <= MOST_OTHERS


def is_late(one: Asked, *, now: datetime) -> bool:
    """Return whether an answer comes after the question's own time; one superseded early keeps its time."""
    return one.expires_at <= now


def _candidate(one: Asked, answer: Answer, staff_wrote_at: datetime | None) -> Candidate:
    return Candidate(
        prompt_id=one.prompt_id,
        patient_id=one.patient_id,
        answer=answer,
        is_open=one.state == "open",
        is_which=one.question.get("key") == WHICH,
        topic=one.question.get("topic"),
        staff_wrote_since=staff_wrote_at is not None and staff_wrote_at >= one.opened_at,
        calls=_calls(one.question, answer),
    )


def _calls(question: Mapping[str, Any], answer: Answer) -> str | None:
    """Return how soon an answer calls somebody, where it calls sooner than any other would."""
    asked = to_triage(question)
    chosen = next((one for one in asked.options if one.word == answer.word), None)
    return (
        chosen.tier if chosen is not None and chosen.tier in PRESSING and asked.calls_most(chosen) else None
    )
