"""What a reminder says, if it still says the truth, and what follows its answer. Live and in a dry run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from outreach.reminders.rules import texts
from outreach.touchpoints.rules.wording import Composed

LIVE_APPOINTMENT = ("booked", "confirmed", "change_asked", "unknown")
LIVE_SUPPLY = ("active", "unknown")
TOPICS = texts.TOPICS


class Visit(Protocol):
    """A booked visit."""

    @property
    def status(self) -> str:
        """booked | confirmed | change_asked | declined ..."""
        ...

    @property
    def starts_at(self) -> datetime:
        """When it is."""
        ...

    @property
    def start_version(self) -> int:
        """Grows when it moves."""
        ...


class Supply(Protocol):
    """A medicine's supply."""

    @property
    def status(self) -> str:
        """active | stopped ..."""
        ...

    @property
    def version(self) -> int:
        """Grows when it changes."""
        ...


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """What follows an answer to a reminder."""

    status: str | None = None
    """The visit's new one."""
    task: str | None = None
    """Kind of what staff must do."""
    drops: bool = False
    """Nothing more is asked about this supply."""
    says: str | None = None
    """Key of the text that acknowledges the answer."""


def appointment(
    visit: Visit,
    *,
    step: str,
    anchor_version: int,
    now: datetime,
    language: str,
    zone: str | None,
    fields: Mapping[str, str | None],
) -> Composed | str:
    """Return a visit's reminder, or why it is not sent. Raise EmptyField if a needed field is missing."""
    if visit.status not in LIVE_APPOINTMENT:
        return "appointment_off"
    if visit.start_version != anchor_version or visit.starts_at <= now:
        return "anchor_moved"
    if step == "ask" and visit.status == "confirmed":
        return "already_confirmed"
    filled = {**fields, **when(visit.starts_at, zone=zone, language=language)}
    template, used = texts.template("appointment", step, language=language)
    return Composed(
        text=texts.text("appointment", step, language=language, fields=filled)[0],
        template=template,
        fields=filled,
        language=used,
        purpose="reminders",
        kind="reminder",
        question=texts.question("appointment", language=used) if step == "ask" else None,
        presses=True,
        about_at=visit.starts_at,
        topic=TOPICS["appointment"],
    )


def refill(
    supply: Supply,
    *,
    step: str,
    anchor_version: int,
    language: str,
    fields: Mapping[str, str | None],
) -> Composed | str:
    """Return a refill question, or why it is not asked. Raise EmptyField if a needed field is missing."""
    if supply.status not in LIVE_SUPPLY:
        return "supply_off"
    if supply.version != anchor_version:
        return "anchor_moved"
    key = "overdue" if step.startswith("overdue") else "ask"
    template, used = texts.template("refill", key, language=language)
    return Composed(
        text=texts.text("refill", key, language=language, fields=fields)[0],
        template=template,
        fields=fields,
        language=used,
        purpose="reminders",
        kind="reminder",
        question=texts.question("refill", language=used),
        topic=TOPICS["refill"],
    )


APPOINTMENT_ANSWERS = {
    "confirm": Reaction(status="confirmed", says="confirmed"),
    "decline": Reaction(status="declined", task="appointment_change", says="declined"),
    "reschedule": Reaction(status="change_asked", task="appointment_change", says="change"),
}
REFILL_ANSWERS = {
    "enough": Reaction(drops=True, says="enough"),
    **{
        means: Reaction(drops=True, task="refill", says="staff")
        for means in ("stopped", "need", "cost", "side_effects")
    },
}


def reaction(source_kind: str, means: str) -> Reaction:
    """Return what follows an answer; nothing for one that is not known."""
    answers = APPOINTMENT_ANSWERS if source_kind == "appointment" else REFILL_ANSWERS
    return answers.get(means, Reaction())


def when(moment: datetime, *, zone: str | None, language: str) -> dict[str, str]:
    """Return the fields that tell when a visit is, as the patient reads them."""
    return texts.when(moment, zone=zone, language=language if language == "es" else "en")
