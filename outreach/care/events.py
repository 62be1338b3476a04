"""What the clinical record tells those who plan and remind."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from outreach.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class OfPatient:
    """Something in a patient's record. Each patient's are handled in their order."""

    patient_id: UUID

    @property
    def stream(self) -> str:
        """One queue per patient."""
        return f"patient:{self.patient_id}"


@dataclass(frozen=True, kw_only=True)
class PatientDischarged(OfPatient, Fact):
    """A stay or emergency visit ended. Told once per encounter; later corrections are EncounterChanged."""

    encounter_id: UUID


@dataclass(frozen=True, kw_only=True)
class PatientReadmitted(OfPatient, Fact):
    """A patient who went home is in hospital again."""

    encounter_id: UUID


@dataclass(frozen=True, kw_only=True)
class EncounterChanged(OfPatient, Fact):
    """An encounter is new or was corrected, and the patient neither left nor came back by that."""

    encounter_id: UUID


@dataclass(frozen=True, kw_only=True)
class CarePlanChanged(OfPatient, Fact):
    """A care plan, or an activity of it, is new or was changed."""

    care_plan_id: UUID


@dataclass(frozen=True, kw_only=True)
class MedicationChanged(OfPatient, Fact):
    """A medication or its supply is new or was changed."""

    medication_id: UUID


@dataclass(frozen=True, kw_only=True)
class ProcedureChanged(OfPatient, Fact):
    """A procedure is new, planned, moved, done or called off."""

    procedure_id: UUID


@dataclass(frozen=True, kw_only=True)
class AppointmentChanged(OfPatient, Fact):
    """An appointment is new, moved, canceled or otherwise changed at its source."""

    appointment_id: UUID
