"""What the staff domain tells those above it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from outreach.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class RosterFilled(Fact):
    """Somebody is on a team's roster at a time at which, perhaps, nobody was."""

    team_id: UUID

    @property
    def stream(self) -> str:
        """One queue per team."""
        return f"team:{self.team_id}"
