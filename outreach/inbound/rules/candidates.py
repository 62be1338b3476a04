"""Which question a text answers: the open one, else the one earlier question that listens to these words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from outreach.inbound.rules.precedence import WHICH, Candidate
from outreach.triage.rules.meanings import Answer, Reading

LATE_HOW = frozenset({"digit", "word", "label", "number"})
"""How a late answer may be read: by what was offered. A vague yes, days later, is a person's to
understand.
"""


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
) -> tuple[Candidate, ...]:
    """Return the questions a text answers. `reading` is of the open question, `read` reads it for another."""
    listed = tuple(prompts)
    current = next((one for one in listed if one.state == "open"), None)
    if current is not None and reading.answer is not None:
        return (_candidate(current, reading.answer, staff_wrote_at),)
    late = []
    for one in listed:
        if one.state in ("superseded", "expired") and one.question.get("key") != WHICH:
            found = read(one)
            if found.answer is not None and found.answer.how in LATE_HOW:
                late.append(_candidate(one, found.answer, staff_wrote_at))
    return tuple(late) if len(late) == 1 else ()


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
        staff_wrote_since=staff_wrote_at is not None and staff_wrote_at >= one.opened_at,
    )
