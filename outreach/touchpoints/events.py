"""Facts of planned contacts."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from outreach.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class TouchpointSettled(Fact):
    """A planned contact was sent, suppressed, skipped or let go."""

    touchpoint_id: UUID
    patient_id: UUID
    source_kind: str
    source_id: UUID
    state: str

    @property
    def stream(self) -> str:
        """Facts about one patient's plan keep their order."""
        return f"plan:{self.patient_id}"
