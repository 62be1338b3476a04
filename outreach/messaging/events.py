"""What the messaging domain tells those above it. Ids and names of states only."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from outreach.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class _AboutText(Fact):
    message_id: UUID
    phone_id: UUID

    @property
    def stream(self) -> str:
        """Texts of one phone keep their order."""
        return f"message:{self.phone_id}"


@dataclass(frozen=True, kw_only=True)
class MessageQueued(_AboutText):
    """A text may go and waits for its turn."""

    sender_id: UUID


@dataclass(frozen=True, kw_only=True)
class MessageAccepted(_AboutText):
    """The provider has the text."""


@dataclass(frozen=True, kw_only=True)
class MessageDelivered(_AboutText):
    """The carrier says that the phone has the text."""


@dataclass(frozen=True, kw_only=True)
class MessageFailed(_AboutText):
    """The text did not get through and is not tried again. `code` is the provider's, 0 if it gave none."""

    error_class: str
    code: int


@dataclass(frozen=True, kw_only=True)
class MessageDropped(_AboutText):
    """The text was taken back before it was sent: expired, opted_out, blocked, phone, holder, canceled ..."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class MessageInDoubt(_AboutText):
    """Nobody could find out whether the text went out: staff decide."""


@dataclass(frozen=True, kw_only=True)
class MessageResolved(_AboutText):
    """A text that had been shown to staff as in doubt has turned up at the provider."""


@dataclass(frozen=True, kw_only=True)
class MessageRecovered(_AboutText):
    """A text the provider had and we did not know, found after a restore, is on file again."""


@dataclass(frozen=True, kw_only=True)
class SenderTrouble(Fact):
    """The provider reports trouble with our account or sender: an operator must look."""

    sender_id: UUID
    code: int
    stopped: bool

    @property
    def stream(self) -> str:
        """One sender's troubles keep their order."""
        return f"sender:{self.sender_id}"
