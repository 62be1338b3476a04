"""Those near a patient, beside a thread: what each may do, on whose word, and whom staff may tell."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request

from outreach import http
from outreach.consent import commands as consent
from outreach.consent.rules import PURPOSES
from outreach.kernel.errors import Invalid, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import commands as patient_commands
from outreach.patients import queries as patients
from outreach.patients import rules

LONGEST = 500


class NobodySaid(Invalid):
    """Say how you know that the patient wants this caregiver to do more. Nothing was saved."""


def rescope(uow: UnitOfWork, *, patient_id: UUID) -> dict[str, Any]:
    """Set what each caregiver of the form may do; return who may do more now, and on whose word.

    Doing more needs the patient's word (45 CFR 164.510(b)(2)); doing less needs nothing. Raise NobodySaid.
    """
    more = {}
    for link_id in request.form.getlist("link"):
        found = _one(uow, patient_id, link_id)
        if found is not None:
            more[link_id] = found
    return more


def _one(uow: UnitOfWork, patient_id: UUID, link: str) -> dict[str, Any] | None:
    form, link_id = request.form, _uuid(link)
    chosen = [scope for scope in form.getlist(f"scopes-{link_id}") if scope in rules.OFFERED]
    new = patient_commands.rescope(uow, patient_id=patient_id, link_id=link_id, scopes=chosen)
    if not new:
        return None
    evidence = form.get(f"evidence-{link_id}", "").strip()[:LONGEST]
    if not evidence:
        raise NobodySaid
    if any(scope != "be_told" for scope in new):
        phone_id = next(
            one.phone_id for one in patients.phones(uow, patient_id=patient_id) if one.link_id == link_id
        )
        consent.record_basis(
            uow,
            patient_id=patient_id,
            phone_id=phone_id,
            purposes=PURPOSES,
            how="registration",
            by_staff_id=http.me().staff_id,
            evidence=evidence,
        )
    return {"may": list(new), "evidence": evidence}


def to_tell(person: patients.PatientView) -> tuple[patients.PhoneView, ...]:
    """Return those whom staff may tell how the patient is, or about what the patient chose them for."""
    return tuple(
        one
        for one in person.phones
        if one.relation == "caregiver"
        and one.ended_at is None
        and one.state != "wrong_person"
        and ("be_told" in one.scopes or rules.topics_of(one.scopes))
    )


def _uuid(word: str) -> UUID:
    try:
        return UUID(word)
    except ValueError as error:
        raise NotFound from error
