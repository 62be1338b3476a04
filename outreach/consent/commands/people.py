"""Why we may text a person, what they want, and what they were told."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select, update

from outreach.consent import models, rules
from outreach.consent.commands.ledger import (
    NeedsEvidence,
    NotAPurpose,
    Said,
    append,
    epoch_of,
    prefer,
)
from outreach.kernel.unit_of_work import UnitOfWork


def record_basis(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    phone_id: UUID,
    purposes: Iterable[str],
    how: str,
    by_staff_id: UUID | None = None,
    language: str | None = None,
    evidence: str | None = None,
    wording_version: str | None = None,
) -> None:
    """Write down why we may text this person for these purposes; repeating it writes nothing.

    how: "registration" or "import" (the number was given to us, 47 CFR 64.1200 and FCC 2015), which never
    undoes a refusal, or "staff" (they told us: needs by_staff_id and evidence). No basis ever lifts a
    phone's opt-out. Raise NeedsEvidence, NotAPurpose.
    """
    wanted = tuple(dict.fromkeys(purposes))
    if not set(wanted) <= set(rules.PURPOSES):
        raise NotAPurpose
    explicit = rules.basis_of(how) in rules.EXPLICIT
    if explicit and not (how == "staff" and by_staff_id and (evidence or "").strip()):
        raise NeedsEvidence
    said = Said(
        how=how,
        by_staff_id=by_staff_id,
        language=language,
        evidence=evidence,
        wording_version=wording_version,
    )
    epoch = epoch_of(uow, phone_id)
    basis = rules.basis_of(how)
    for purpose in wanted if explicit else _without_preference(uow, patient_id, wanted):
        written = append(uow, phone_id, epoch, "basis", said, patient_id=patient_id, purpose=purpose)
        prefer(uow, patient_id, written, purpose=purpose, state="allowed", basis=basis, overrules=explicit)


def set_purpose(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    phone_id: UUID,
    purpose: str,
    wanted: str,
    by_staff_id: UUID,
    evidence: str,
) -> None:
    """Record that a person wants ("allowed") or does not want ("refused") texts of one purpose only.

    The phone's opt-out is another matter and stays. Raise NotAPurpose, NeedsEvidence.
    """
    if purpose not in rules.PURPOSES or wanted not in ("allowed", "refused"):
        raise NotAPurpose
    if not evidence.strip():
        raise NeedsEvidence
    said = Said(how="staff", by_staff_id=by_staff_id, evidence=evidence)
    kind = "opt_in" if wanted == "allowed" else "opt_out"
    written = append(
        uow, phone_id, epoch_of(uow, phone_id), kind, said, patient_id=patient_id, purpose=purpose
    )
    prefer(uow, patient_id, written, purpose=purpose, state=wanted, basis="staff_documented", overrules=True)


def record_warning(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    phone_id: UUID,
    how: str,
    wording_version: str,
    language: str,
    by_staff_id: UUID | None = None,
    receipt_id: UUID | None = None,
    evidence: str | None = None,
) -> None:
    """Record that a person was told texts are not encrypted and prefers them (78 FR 5634, 45 CFR 164.522(b)).

    Which words, in which language, when and through whom: that is what the record has to show.
    """
    said = Said(
        how=how,
        by_staff_id=by_staff_id,
        receipt_id=receipt_id,
        language=language,
        evidence=evidence,
        wording_version=wording_version,
    )
    append(uow, phone_id, epoch_of(uow, phone_id), "warned", said, patient_id=patient_id)
    uow.session.execute(
        update(models.ContactPreference)
        .where(models.ContactPreference.patient_id == patient_id)
        .values(warned_at=uow.now)
        .execution_options(synchronize_session="fetch")
    )


def record_choice(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    phone_id: UUID,
    prefers_texts: bool,
    language: str,
    by_staff_id: UUID,
    evidence: str,
) -> None:
    """Record that staff gave a person the warning in our words, and whether they want texts all the same.

    Who doesn't is not texted any more, for any purpose, until they say otherwise. Who does is allowed what
    they had refused; the phone's own STOP stays either way. Raise NeedsEvidence.
    """
    if not evidence.strip():
        raise NeedsEvidence
    told = rules.warning(language)
    record_warning(
        uow,
        patient_id=patient_id,
        phone_id=phone_id,
        how="staff",
        wording_version=told.version,
        language=told.language,
        by_staff_id=by_staff_id,
        evidence=evidence,
    )
    for purpose in rules.PURPOSES:
        set_purpose(
            uow,
            patient_id=patient_id,
            phone_id=phone_id,
            purpose=purpose,
            wanted="allowed" if prefers_texts else "refused",
            by_staff_id=by_staff_id,
            evidence=evidence,
        )


def _without_preference(uow: UnitOfWork, patient_id: UUID, purposes: tuple[str, ...]) -> tuple[str, ...]:
    row = models.ContactPreference
    known = set(uow.session.scalars(select(row.purpose).where(row.patient_id == patient_id)))
    return tuple(purpose for purpose in purposes if purpose not in known)
