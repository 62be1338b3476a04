"""What the policy domain tells those above it."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class Resumed(Fact):
    """A pause was lifted: automated texts it held may go again, if they are still of use."""

    kind: str
    """everything | team | program | sender: what had been paused."""

    @property
    def stream(self) -> str:
        """One queue for all pauses."""
        return "pauses"
