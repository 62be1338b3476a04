"""What the escalations domain tells."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from outreach.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class EscalationRaised(Fact):
    """Something needs a person, by a clock."""

    escalation_id: UUID

    @property
    def stream(self) -> str:
        """What happens to one escalation keeps its order."""
        return f"escalation:{self.escalation_id}"


@dataclass(frozen=True, kw_only=True)
class EscalationOverruled(Fact):
    """Staff say that there was nothing to escalate: what raised it was read wrong."""

    escalation_id: UUID
    staff_id: UUID

    @property
    def stream(self) -> str:
        """What happens to one escalation keeps its order."""
        return f"escalation:{self.escalation_id}"
