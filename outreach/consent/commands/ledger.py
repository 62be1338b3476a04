"""Writing the ledger, and the states that follow from a line of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Required, TypedDict
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from outreach.consent import models, rules
from outreach.kernel.errors import Invalid
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import commands as patients
from outreach.patients import queries as people

_PREFER = text(
    """
    INSERT INTO contact_preference AS c (patient_id, purpose, state, basis, event_id, warned_at)
    SELECT :patient_id, purpose, :state, :basis, :event_id,
        (SELECT max(at) FROM consent_event w WHERE w.patient_id = :patient_id AND w.kind = 'warned')
    FROM unnest(CAST(:purposes AS text[])) AS purpose
    ON CONFLICT (patient_id, purpose) DO UPDATE
    SET state = excluded.state, event_id = excluded.event_id,
        basis = CASE WHEN excluded.state = 'refused' THEN c.basis ELSE excluded.basis END
    WHERE :overrules AND :no > (SELECT e.no FROM consent_event e WHERE e.id = c.event_id)
    """
)


class NeedsEvidence(Invalid):
    """Write down how we know: who said it, when and in which words. Consent without evidence is none."""


class NotAPurpose(Invalid):
    """Texts are sent for care or for reminders; consent is given for these."""


SETTINGS = text("SELECT settings FROM organization LIMIT 1")


@dataclass(frozen=True, kw_only=True)
class Said:
    """How something was said, as every event of the ledger keeps it."""

    how: str
    sender_id: UUID | None = None
    receipt_id: UUID | None = None
    by_staff_id: UUID | None = None
    language: str | None = None
    evidence: str | None = None
    wording_version: str | None = None


class Told(TypedDict, total=False):
    """What `Said` takes, as commands are given it."""

    how: Required[str]
    sender_id: UUID | None
    receipt_id: UUID | None
    by_staff_id: UUID | None
    language: str | None
    evidence: str | None
    wording_version: str | None


class InTheirWords(TypedDict):
    """What the ledger keeps of a text that changed something: the text itself, and what read it."""

    sender_id: UUID | None
    receipt_id: UUID | None
    evidence: str
    language: str | None
    wording_version: str


@dataclass(frozen=True, kw_only=True)
class Written:
    """A line that was just written, and its place in the order of writing."""

    id: UUID
    no: int


def write(
    uow: UnitOfWork,
    locked: patients.LockedPhone,
    kind: str,
    said: Said,
    *,
    patient_id: UUID | None = None,
) -> Written:
    """Write a line about a phone that is locked."""
    return append(uow, locked.id, locked.epoch, kind, said, patient_id=patient_id)


def append(
    uow: UnitOfWork,
    phone_id: UUID,
    epoch: int,
    kind: str,
    said: Said,
    *,
    patient_id: UUID | None,
    purpose: str = rules.ALL,
) -> Written:
    """Write a line of the ledger, its evidence sealed."""
    event_id = uow.new_id()
    evidence = said.evidence and uow.vault.seal("consent_event.evidence", event_id, said.evidence)
    no = uow.session.scalar(
        insert(models.ConsentEvent)
        .values(
            id=event_id,
            phone_id=phone_id,
            epoch=epoch,
            patient_id=patient_id,
            sender_id=said.sender_id,
            purpose=purpose,
            kind=kind,
            how=said.how,
            setting=_setting(uow, purpose),
            by_staff_id=said.by_staff_id,
            inbound_receipt_id=said.receipt_id,
            wording_version=said.wording_version,
            language=said.language,
            evidence_enc=evidence or None,
            at=uow.now,
        )
        .returning(models.ConsentEvent.no)
    )
    return Written(id=event_id, no=int(no or 0))


def _setting(uow: UnitOfWork, purpose: str) -> str | None:
    """Return on which basis the deployment texts people, as the ledger keeps it with each line."""
    settings = uow.session.scalar(SETTINGS)
    if settings is None:
        return None
    if purpose != rules.ALL:
        return rules.setting_of(settings, purpose)
    return " ".join(f"{one}={rules.setting_of(settings, one)}" for one in rules.PURPOSES)


def prefer(
    uow: UnitOfWork,
    patient_id: UUID | None,
    written: Written,
    *,
    state: str,
    basis: str,
    overrules: bool,
    purpose: str = rules.ALL,
) -> None:
    """Let a line change what a person wants, unless a later line has done so; `overrules` says it may."""
    if patient_id is None:
        return
    uow.session.execute(
        _PREFER,
        {
            "patient_id": patient_id,
            "purposes": list(rules.purposes_of(purpose)),
            "state": state,
            "basis": basis if state == "allowed" else "registration",
            "event_id": written.id,
            "no": written.no,
            "overrules": overrules,
        },
    )


def written_already(uow: UnitOfWork, phone_id: UUID, receipt_id: UUID, kind: str) -> bool:
    """Return whether this inbound text has written such a line before."""
    row = models.ConsentEvent
    query = select(row.id).where(
        row.phone_id == phone_id, row.inbound_receipt_id == receipt_id, row.kind == kind
    )
    return uow.session.scalar(query.limit(1)) is not None


def is_opted_out(uow: UnitOfWork, locked: patients.LockedPhone) -> bool:
    """Return whether the phone's present holder is opted out."""
    row = models.PhoneOptOut
    query = select(row.opted_out_at).where(row.phone_id == locked.id, row.epoch == locked.epoch)
    return uow.session.scalar(query) is not None


def epoch_of(uow: UnitOfWork, phone_id: UUID) -> int:
    """Return which holder the phone has now. Raise NoSuchPhone."""
    epoch = uow.session.scalar(text("SELECT epoch FROM phone WHERE id = :phone_id"), {"phone_id": phone_id})
    if epoch is None:
        raise people.NoSuchPhone
    return int(epoch)


def upsert(uow: UnitOfWork, model: Any, key: dict[str, Any], values: dict[str, Any]) -> None:
    """Write the state that a line led to."""
    statement = insert(model).values(**key, **values)
    uow.session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))
