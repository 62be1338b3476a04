"""What an inbound text sets going. Two facts, so that nobody's slow thread delays the reading for danger."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from outreach.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class TextReceived(Fact):
    """A text is stored and waits to be understood. `origin` is the blind index of its number, in hex."""

    receipt_id: UUID
    origin: str

    @property
    def stream(self) -> str:
        """Texts of one number are understood in the order they came."""
        return f"inbound:{self.origin}"


@dataclass(frozen=True, kw_only=True)
class SafetyReadingDue(Fact):
    """A text is stored and must be read for danger, whatever becomes of the texts before it."""

    receipt_id: UUID

    @property
    def stream(self) -> str:
        """A stream of its own: no other text's trouble delays it."""
        return f"safety:{self.receipt_id}"
