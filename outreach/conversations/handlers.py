"""What becomes of texts on their way out shows in their thread."""

from __future__ import annotations

from outreach.conversations import commands
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.events import (
    MessageAccepted,
    MessageDelivered,
    MessageDropped,
    MessageFailed,
    MessageInDoubt,
    MessageQueued,
    MessageRecovered,
    MessageResolved,
)

TAKEN_BACK = "canceled"


def show(uow: UnitOfWork, fact: MessageQueued | MessageAccepted) -> None:
    """Show a text that goes out as its thread's last line."""
    commands.sent(uow, message_id=fact.message_id)


def show_recovered(uow: UnitOfWork, fact: MessageRecovered) -> None:
    """Put a text that only the provider knew of, after a restore, into its thread."""
    commands.place_recovered(uow, message_id=fact.message_id, phone_id=fact.phone_id)


def show_trouble(uow: UnitOfWork, fact: MessageFailed | MessageInDoubt) -> None:
    """Put a conversation on the list of failed sends."""
    commands.trouble(uow, message_id=fact.message_id, up=True)


def show_dropped(uow: UnitOfWork, fact: MessageDropped) -> None:
    """Show a text that was taken back; a colleague's is a failed send, unless they took it back
    themselves.
    """
    if fact.reason == TAKEN_BACK:
        commands.sent(uow, message_id=fact.message_id)
    else:
        commands.undelivered(uow, message_id=fact.message_id)


def show_delivery(uow: UnitOfWork, fact: MessageDelivered | MessageResolved) -> None:
    """Take a conversation off the list of failed sends: its texts get through again."""
    commands.trouble(uow, message_id=fact.message_id, up=False)
