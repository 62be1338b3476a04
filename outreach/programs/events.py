"""Facts of the programs domain."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from outreach.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class Enrolled(Fact):
    """A patient started a program."""

    enrollment_id: UUID
    patient_id: UUID

    @property
    def stream(self) -> str:
        """One patient's record and plan keep their order."""
        return f"patient:{self.patient_id}"
