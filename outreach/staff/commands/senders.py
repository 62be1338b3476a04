"""The numbers and Messaging Services we text from: for patients, and for pages to colleagues."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from sqlalchemy import select, update

from outreach.kernel.errors import Conflict, Invalid
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import queries
from outreach.staff.commands.record import line
from outreach.staff.models import Sender

KINDS = ("patients", "pages")
FASTEST = 1000.0
"""Segments a second: ten times what a short code gets from Twilio. More is a slip of the pen."""


class AddressTaken(Conflict):
    """There is a sender with this number or Messaging Service already. See `outreach sender list`."""


class NameTaken(Conflict):
    """There is one of this name already. Give it another."""


class PagesOnly(Conflict):
    """A sender for pages to colleagues can't be a team's: patients would answer it. Choose another sender."""


class StillATeams(Conflict):
    """A team texts patients from this sender. Give the team another one first: `outreach team change`."""


class BadRate(Invalid):
    """A sender lets through more than 0 and at most 1,000 segments a second, and at least 1 a day."""


class SenderChanges(TypedDict, total=False):
    """What can be changed of a sender; its address can't: add another one and give it to the team."""

    label: str
    short_name: str
    callback_number: str
    segments_per_second: float
    segments_per_day: int
    kind: str


def create_sender(
    uow: UnitOfWork,
    *,
    label: str,
    address: str,
    short_name: str,
    callback_number: str,
    segments_per_second: float = 1.0,
    segments_per_day: int = 2000,
    kind: str = "patients",
) -> UUID:
    """Add a number or Messaging Service we text from. `address` is E.164 or a sid (MG...).

    Raise AddressTaken, NameTaken or BadRate.
    """
    _check_rates(segments_per_second, segments_per_day)
    if queries.sender_by_address(uow, address=address.strip()):
        raise AddressTaken
    _label_free(uow, label)
    row = Sender(
        id=uow.new_id(),
        label=label,
        address=address.strip(),
        short_name=short_name,
        callback_number=callback_number,
        segments_per_second=segments_per_second,
        segments_per_day=segments_per_day,
        kind=kind,
    )
    uow.session.add(row)
    uow.session.flush()
    line(uow, "sender_created", "sender", row.id)
    return row.id


def change_sender(uow: UnitOfWork, *, sender_id: UUID, changes: SenderChanges) -> None:
    """Change a sender's names, its speeds, or what it is for.

    Raise NoSuchSender, NameTaken, BadRate or StillATeams.
    """
    known = queries.sender(uow, sender_id)
    _check_rates(
        changes.get("segments_per_second", known.segments_per_second),
        changes.get("segments_per_day", known.segments_per_day),
    )
    if changes.get("label", known.label) != known.label:
        _label_free(uow, changes["label"])
    if changes.get("kind") == "pages" and queries.teams_of_sender(uow, sender_id):
        raise StillATeams
    uow.session.execute(update(Sender).where(Sender.id == sender_id).values(**changes))
    line(uow, "sender_changed", "sender", sender_id, {"keys": sorted(changes)})
    uow.wakes.add("deliver")


def stop_sender(uow: UnitOfWork, *, sender_id: UUID, reason: str) -> bool:
    """Stop sending from a sender after an error of the account. Return whether it was running."""
    found = uow.session.execute(
        update(Sender)
        .where(Sender.id == sender_id, Sender.stopped_at.is_(None))
        .values(stopped_at=uow.now, stopped_reason=reason)
        .returning(Sender.id)
    ).first()
    if found:
        line(uow, "sender_stopped", "sender", sender_id, {"reason": reason})
    return found is not None


def start_sender(uow: UnitOfWork, *, sender_id: UUID) -> None:
    """Let a stopped sender send again."""
    uow.session.execute(
        update(Sender).where(Sender.id == sender_id).values(stopped_at=None, stopped_reason=None)
    )
    line(uow, "sender_started", "sender", sender_id)
    uow.wakes.add("deliver")


def must_be_for_patients(uow: UnitOfWork, sender_id: UUID) -> None:
    """Raise PagesOnly if patients can't be texted from a sender, NoSuchSender if there is none."""
    if queries.sender(uow, sender_id).kind == "pages":
        raise PagesOnly


def _label_free(uow: UnitOfWork, label: str) -> None:
    if uow.session.scalar(select(Sender.id).where(Sender.label == label)) is not None:
        raise NameTaken


def _check_rates(per_second: float, per_day: int) -> None:
    if not (0 < per_second <= FASTEST and per_day >= 1):
        raise BadRate
