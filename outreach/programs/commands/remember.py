"""What a patient has answered in an enrollment, kept sealed with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from outreach.care import queries as record
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.programs import queries
from outreach.programs.models import Enrollment
from outreach.programs.rules import anchors, audience, memory
from outreach.programs.rules.definition import Program
from outreach.touchpoints.rules.timing import local_date


def note(uow: UnitOfWork, enrollment_id: UUID, heard: memory.Heard) -> bool:
    """Remember an answer. Return False if it was remembered before, so that nothing follows it twice."""
    row = uow.session.get_one(
        Enrollment, enrollment_id, with_for_update={"key_share": True}, populate_existing=True
    )
    known = memory.load(uow.vault.open_or("enrollment.state", row.id, row.state_enc, "{}"))
    if any(one.answer_id == heard.answer_id for one in known):
        return False
    row.state_enc = uow.vault.seal(
        "enrollment.state", row.id, memory.dump(memory.with_one_more(known, heard))
    )
    uow.session.flush()
    return True


def known(
    uow: UnitOfWork,
    enrollment: queries.EnrollmentView,
    program: Program,
    *,
    facts: patients.ContactFacts | None = None,
    value: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Return what a program's conditions may ask about this patient now. `facts` for who has read them."""
    facts = facts or patients.contact_facts(uow, patient_id=enrollment.patient_id)
    return memory.facts(
        patient=audience.plain(queries.patient_facts(facts)),
        heard=enrollment.heard,
        today=local_date(uow.now, facts.zone),
        value=value,
        born=_born(uow, enrollment.patient_id) if program.asks_of_births else memory.NO_BIRTH,
    )


def _born(uow: UnitOfWork, patient_id: UUID) -> anchors.Born:
    chart = record.history(uow, patient_id=patient_id)
    return anchors.born(queries.births(chart), until=uow.now)
