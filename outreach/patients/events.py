"""What happens to patients and their phones that others must know."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from outreach.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class PatientDied(Fact):
    """We learned that a patient has died: every plan for them ends."""

    patient_id: UUID

    @property
    def stream(self) -> str:
        """One queue per patient."""
        return f"patient:{self.patient_id}"


@dataclass(frozen=True, kw_only=True)
class HospiceBegan(Fact):
    """A patient is in hospice care: programs and reminders end."""

    patient_id: UUID

    @property
    def stream(self) -> str:
        """One queue per patient."""
        return f"patient:{self.patient_id}"


@dataclass(frozen=True, kw_only=True)
class ZoneChanged(Fact):
    """A patient's clock is another one now: they moved, travel, or it had been wrong."""

    patient_id: UUID
    zone_was: str
    """The zone before, empty if it was not known."""

    @property
    def stream(self) -> str:
        """One queue per patient."""
        return f"patient:{self.patient_id}"


@dataclass(frozen=True, kw_only=True)
class PatientsMerged(Fact):
    """Two rows turned out to be one person: `patient_id` now resolves to `into_id`."""

    patient_id: UUID
    into_id: UUID

    @property
    def stream(self) -> str:
        """The queue of the patient that stays."""
        return f"patient:{self.into_id}"


@dataclass(frozen=True, kw_only=True)
class PhoneLost(Fact):
    """A number stopped being usable for its patients: invalid, deactivated, or somebody else's."""

    phone_id: UUID
    why: str

    @property
    def stream(self) -> str:
        """One queue per phone."""
        return f"phone:{self.phone_id}"
