"""What people and the provider said about being texted."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from outreach.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class OptedOut(Fact):
    """A phone must not be texted any more."""

    phone_id: UUID
    sender_id: UUID | None
    event_id: UUID
    receipt_id: UUID | None

    @property
    def stream(self) -> str:
        """One queue per phone."""
        return f"phone:{self.phone_id}"


@dataclass(frozen=True, kw_only=True)
class OptedIn(Fact):
    """A phone may be texted again."""

    phone_id: UUID
    sender_id: UUID | None
    event_id: UUID
    receipt_id: UUID | None

    @property
    def stream(self) -> str:
        """One queue per phone."""
        return f"phone:{self.phone_id}"


@dataclass(frozen=True, kw_only=True)
class WrongPerson(Fact):
    """Whoever has this phone is not who we wrote to: a human must find the right number."""

    phone_id: UUID
    sender_id: UUID | None
    event_id: UUID
    receipt_id: UUID | None

    @property
    def stream(self) -> str:
        """One queue per phone."""
        return f"phone:{self.phone_id}"
