"""Corrections staff make to a person's details, one version after another."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import select

from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import models, queries, rules
from outreach.patients.commands.people import set_link


def rescope(uow: UnitOfWork, *, patient_id: UUID, link_id: UUID, scopes: Iterable[str]) -> tuple[str, ...]:
    """Set what a caregiver may do, and return what they could not do before.

    What is not offered any more (`rules.NO_EFFECT`, topics of other releases) stays as it stands. Raise
    NoSuchPatient for a link of others, BadScope for what is not offered.
    """
    links = {one.link_id: one for one in queries.phones(uow, patient_id=patient_id)}
    if link_id not in links or links[link_id].relation != "caregiver":
        raise queries.NoSuchPatient
    before, wanted = links[link_id].scopes, rules.checked_scopes(scopes)
    kept = [scope for scope in before if scope not in rules.OFFERED]
    set_link(uow, link_id, scopes=sorted({*wanted, *kept}))
    return rules.widened(before, wanted)


def lock_version(uow: UnitOfWork, *, patient_id: UUID, team_ids: Collection[UUID]) -> int:
    """Lock a patient's row for this transaction and return its version. Raise NoSuchPatient."""
    version = uow.session.scalar(
        select(models.Patient.version)
        .where(models.Patient.id == patient_id, models.Patient.team_id.in_(team_ids))
        .with_for_update(key_share=True)
    )
    if version is None:
        raise queries.NoSuchPatient
    return version
