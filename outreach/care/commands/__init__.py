"""Verbs of the clinical record: take in what other systems tell us, each record by its source's id.

The same thing told twice changes nothing and is told to nobody.
"""

from outreach.care.commands.appointments import answer_appointment, put_appointment
from outreach.care.commands.encounters import put_encounter
from outreach.care.commands.plans import (
    put_activity,
    put_care_plan,
    put_condition,
    put_medication,
    put_procedure,
)
from outreach.care.commands.take import NotInUse, OtherPatientsRecord, Put

__all__ = [
    "NotInUse",
    "OtherPatientsRecord",
    "Put",
    "answer_appointment",
    "put_activity",
    "put_appointment",
    "put_care_plan",
    "put_condition",
    "put_encounter",
    "put_medication",
    "put_procedure",
]
