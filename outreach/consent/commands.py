"""What is said and done about being texted: every act is a line of the ledger, and the states follow it.

STOP takes the lock of the phone's row, as claiming a send does: no claim commits after a STOP has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert

from outreach.audit import commands as audit
from outreach.consent import events, models, queries, rules
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


@dataclass(frozen=True, kw_only=True)
class _Said:
    """How something was said, as every event of the ledger keeps it."""

    how: str
    sender_id: UUID | None = None
    receipt_id: UUID | None = None
    by_staff_id: UUID | None = None
    language: str | None = None
    evidence: str | None = None
    wording_version: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Written:
    id: UUID
    no: int


def opt_out(
    uow: UnitOfWork,
    *,
    phone_id: UUID,
    how: str,
    sender_id: UUID | None = None,
    receipt_id: UUID | None = None,
    by_staff_id: UUID | None = None,
    language: str | None = None,
    evidence: str | None = None,
    wording_version: str | None = None,
    patient_id: UUID | None = None,
) -> bool:
    """Stop all texts to a phone, from every sender and for every purpose; return whether that was new.

    Takes the phone's lock. The person it belongs to (`patient_id`, or the only patient whose own phone it
    is) is then also not texted at another number. Said twice, it stands twice in the ledger, unless by the
    same inbound text. Publishes OptedOut when it was new. Raise NoSuchPhone.
    """
    locked = patients.lock_phone(uow, phone_id=phone_id)
    if receipt_id and _written_already(uow, phone_id, receipt_id, "opt_out"):
        return False
    said = _Said(
        how=how,
        sender_id=sender_id,
        receipt_id=receipt_id,
        by_staff_id=by_staff_id,
        language=language,
        evidence=evidence,
        wording_version=wording_version,
    )
    person = patient_id or people.sole_patient(uow, phone_id=phone_id)
    written = _write(uow, locked, "opt_out", said, patient_id=person)
    _prefer(uow, person, written, state="refused", basis="registration", overrules=True)
    row = models.PhoneOptOut
    changed = uow.session.scalar(
        insert(row)
        .values(phone_id=phone_id, epoch=locked.epoch, opted_out_at=uow.now, event_id=written.id)
        .on_conflict_do_update(
            index_elements=["phone_id", "epoch"],
            set_={"opted_out_at": uow.now, "event_id": written.id, "confirmed_at": None},
            where=row.opted_out_at.is_(None),
        )
        .returning(row.event_id)
    )
    if changed is None:
        return False
    uow.publish(
        events.OptedOut(phone_id=phone_id, sender_id=sender_id, event_id=written.id, receipt_id=receipt_id)
    )
    return True


def opt_in(
    uow: UnitOfWork,
    *,
    phone_id: UUID,
    how: str,
    sender_id: UUID | None = None,
    receipt_id: UUID | None = None,
    by_staff_id: UUID | None = None,
    language: str | None = None,
    evidence: str | None = None,
    wording_version: str | None = None,
    patient_id: UUID | None = None,
) -> bool:
    """Allow texts to a phone again; return whether anything changed.

    Only two things do that: the holder's own START (how="text", with its receipt; evidence, if given, is the
    text, and any other word changes nothing) and evidence that staff wrote down (how="staff", by_staff_id,
    evidence). START also lifts the provider's block of the sender it was sent to, as the provider does.
    Raise NeedsEvidence.
    """
    documented = how == "staff" and by_staff_id is not None and bool((evidence or "").strip())
    if not documented and not (how == "text" and receipt_id is not None):
        raise NeedsEvidence
    if how == "text" and evidence is not None and not rules.is_start(evidence):
        return False
    locked = patients.lock_phone(uow, phone_id=phone_id)
    if receipt_id and _written_already(uow, phone_id, receipt_id, "opt_in"):
        return False
    said = _Said(
        how=how,
        sender_id=sender_id,
        receipt_id=receipt_id,
        by_staff_id=by_staff_id,
        language=language,
        evidence=evidence,
        wording_version=wording_version,
    )
    return _opt_in(uow, locked, said, patient_id or people.sole_patient(uow, phone_id=phone_id))


def _opt_in(uow: UnitOfWork, locked: patients.LockedPhone, said: _Said, person: UUID | None) -> bool:
    written = _write(uow, locked, "opt_in", said, patient_id=person)
    _prefer(uow, person, written, state="allowed", basis=rules.basis_of(said.how), overrules=True)
    was_out = _is_opted_out(uow, locked)
    values = {"opted_out_at": None, "event_id": written.id, "confirmed_at": None}
    uow.session.execute(
        insert(models.PhoneOptOut)
        .values(phone_id=locked.id, epoch=locked.epoch, **values)
        .on_conflict_do_update(index_elements=["phone_id", "epoch"], set_=values)
    )
    unblocked = said.how == "text" and said.sender_id is not None and _unblock(uow, locked, said)
    if was_out:
        uow.publish(
            events.OptedIn(
                phone_id=locked.id, sender_id=said.sender_id, event_id=written.id, receipt_id=said.receipt_id
            )
        )
    return was_out or unblocked


def block_by_provider(
    uow: UnitOfWork, *, phone_id: UUID, sender_id: UUID, receipt_id: UUID | None = None
) -> bool:
    """Record that the provider refuses this pair (error 21610); return whether that was new.

    Somebody told the carrier to stop, so the phone counts as opted out for all our senders.
    """
    locked = patients.lock_phone(uow, phone_id=phone_id)
    row = models.ProviderBlock
    known = uow.session.scalar(
        select(row.blocked_at).where(row.phone_id == phone_id, row.sender_id == sender_id)
    )
    if known is not None:
        return False
    said = _Said(how="provider", sender_id=sender_id, receipt_id=receipt_id)
    written = _write(uow, locked, "provider_block", said)
    _set_block(uow, locked, sender_id, blocked_at=uow.now, event_id=written.id)
    if not _is_opted_out(uow, locked):
        opt_out(uow, phone_id=phone_id, how="provider", sender_id=sender_id)
    return True


def unblock_by_provider(uow: UnitOfWork, *, phone_id: UUID, sender_id: UUID) -> bool:
    """Record that the provider carries texts for this pair again (it heard START or YES); return whether new.

    That alone never reverses an opt-out of ours.
    """
    locked = patients.lock_phone(uow, phone_id=phone_id)
    return _unblock(uow, locked, _Said(how="provider", sender_id=sender_id))


def claim_confirmation(uow: UnitOfWork, *, phone_id: UUID) -> bool:
    """Take the one confirmation an opt-out may have; return whether it was still there to take.

    Also called when the provider has sent its own, so that ours is not a second one.
    """
    locked = patients.lock_phone(uow, phone_id=phone_id)
    row = models.PhoneOptOut
    taken = uow.session.scalar(
        update(row)
        .where(
            row.phone_id == phone_id,
            row.epoch == locked.epoch,
            row.opted_out_at.is_not(None),
            row.confirmed_at.is_(None),
        )
        .values(confirmed_at=uow.now)
        .returning(row.epoch)
        .execution_options(synchronize_session=False)
    )
    return taken is not None


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
    said = _Said(
        how=how,
        by_staff_id=by_staff_id,
        language=language,
        evidence=evidence,
        wording_version=wording_version,
    )
    epoch = _epoch(uow, phone_id)
    for purpose in wanted if explicit else _without_preference(uow, patient_id, wanted):
        written = _append(uow, phone_id, epoch, "basis", said, patient_id=patient_id, purpose=purpose)
        _prefer(
            uow,
            patient_id,
            written,
            purpose=purpose,
            state="allowed",
            basis=rules.basis_of(how),
            overrules=explicit,
        )


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
    said = _Said(how="staff", by_staff_id=by_staff_id, evidence=evidence)
    kind = "opt_in" if wanted == "allowed" else "opt_out"
    written = _append(
        uow, phone_id, _epoch(uow, phone_id), kind, said, patient_id=patient_id, purpose=purpose
    )
    _prefer(uow, patient_id, written, purpose=purpose, state=wanted, basis="staff_documented", overrules=True)


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
    said = _Said(
        how=how,
        by_staff_id=by_staff_id,
        receipt_id=receipt_id,
        language=language,
        evidence=evidence,
        wording_version=wording_version,
    )
    _append(uow, phone_id, _epoch(uow, phone_id), "warned", said, patient_id=patient_id)
    uow.session.execute(
        update(models.ContactPreference)
        .where(models.ContactPreference.patient_id == patient_id)
        .values(warned_at=uow.now)
        .execution_options(synchronize_session="fetch")
    )


def wrong_person(
    uow: UnitOfWork,
    *,
    phone_id: UUID,
    receipt_id: UUID | None = None,
    sender_id: UUID | None = None,
    how: str = "text",
    by_staff_id: UUID | None = None,
    language: str | None = None,
    evidence: str | None = None,
) -> bool:
    """Quarantine a number that turned out to be somebody else's; return whether that was new.

    Nothing is sent to it, by anybody, until a human has found out. For each patient linked to it the record
    gets a disclosure (45 CFR 164.528: texts about them reached a stranger). Publishes WrongPerson.
    """
    locked = patients.lock_phone(uow, phone_id=phone_id)
    if locked.state == "wrong_person":
        return False
    said = _Said(
        how=how,
        sender_id=sender_id,
        receipt_id=receipt_id,
        by_staff_id=by_staff_id,
        language=language,
        evidence=evidence,
    )
    written = _write(uow, locked, "wrong_person", said)
    patients.mark_phone(uow, phone_id=phone_id, state="wrong_person", reason=f"said_by_{how}")
    for holder in people.holders(uow, phone_id=phone_id):
        audit.record(
            uow,
            action="disclosed",
            subject_kind="phone",
            subject_id=phone_id,
            patient_id=holder.patient_id,
            team_id=holder.team_id,
            detail={
                "to": "whoever holds this number, who says they are not the patient",
                "what": "texts sent to it until now",
                "purpose": "treatment, sent to a wrong number",
                "consent_event": str(written.id),
            },
        )
    uow.publish(
        events.WrongPerson(phone_id=phone_id, sender_id=sender_id, event_id=written.id, receipt_id=receipt_id)
    )
    return True


def right_person(uow: UnitOfWork, *, phone_id: UUID, by_staff_id: UUID, evidence: str) -> bool:
    """Lift a quarantine after a human found the number to be right after all; return whether there was one.

    An opt-out of the phone stays. Raise NeedsEvidence.
    """
    if not evidence.strip():
        raise NeedsEvidence
    locked = patients.lock_phone(uow, phone_id=phone_id)
    if locked.state != "wrong_person":
        return False
    _write(uow, locked, "right_person", _Said(how="staff", by_staff_id=by_staff_id, evidence=evidence))
    return patients.mark_phone(uow, phone_id=phone_id, state="usable", reason="checked_by_staff")


def rebuild(uow: UnitOfWork, *, phone_id: UUID) -> rules.States:
    """Write the states anew from the ledger, for a phone and everyone named in its ledger; return them.

    Takes the phone's lock. What was confirmed stays confirmed: that is no part of the ledger.
    """
    patients.lock_phone(uow, phone_id=phone_id)
    states = rules.derive(queries.entries(uow, phone_id=phone_id))
    for (one, epoch), (since, event_id) in states.opt_outs.items():
        values: dict[str, Any] = {"opted_out_at": since, "event_id": event_id}
        _upsert(uow, models.PhoneOptOut, {"phone_id": one, "epoch": epoch}, values)
    for (one, sender_id), (since, event_id) in states.blocks.items():
        values = {"blocked_at": since, "event_id": event_id}
        _upsert(uow, models.ProviderBlock, {"phone_id": one, "sender_id": sender_id}, values)
    for (patient_id, purpose), wish in states.preferences.items():
        values = {
            "state": wish.state,
            "basis": wish.basis,
            "event_id": wish.event_id,
            "warned_at": states.warned.get(patient_id),
        }
        _upsert(uow, models.ContactPreference, {"patient_id": patient_id, "purpose": purpose}, values)
    _drop_underived(uow, phone_id, states)
    return states


def _drop_underived(uow: UnitOfWork, phone_id: UUID, states: rules.States) -> None:
    epochs = [epoch for one, epoch in states.opt_outs if one == phone_id]
    senders = [sender for one, sender in states.blocks if one == phone_id]
    out, block = models.PhoneOptOut, models.ProviderBlock
    uow.session.execute(delete(out).where(out.phone_id == phone_id, out.epoch.not_in(epochs)))
    uow.session.execute(delete(block).where(block.phone_id == phone_id, block.sender_id.not_in(senders)))


def _upsert(uow: UnitOfWork, model: Any, key: dict[str, Any], values: dict[str, Any]) -> None:
    statement = insert(model).values(**key, **values)
    uow.session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


def _write(
    uow: UnitOfWork,
    locked: patients.LockedPhone,
    kind: str,
    said: _Said,
    *,
    patient_id: UUID | None = None,
) -> _Written:
    return _append(uow, locked.id, locked.epoch, kind, said, patient_id=patient_id)


def _append(
    uow: UnitOfWork,
    phone_id: UUID,
    epoch: int,
    kind: str,
    said: _Said,
    *,
    patient_id: UUID | None,
    purpose: str = rules.ALL,
) -> _Written:
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
            by_staff_id=said.by_staff_id,
            inbound_receipt_id=said.receipt_id,
            wording_version=said.wording_version,
            language=said.language,
            evidence_enc=evidence or None,
            at=uow.now,
        )
        .returning(models.ConsentEvent.no)
    )
    return _Written(id=event_id, no=int(no or 0))


def _prefer(
    uow: UnitOfWork,
    patient_id: UUID | None,
    written: _Written,
    *,
    state: str,
    basis: str,
    overrules: bool,
    purpose: str = rules.ALL,
) -> None:
    if patient_id is None:
        return
    uow.session.execute(
        _PREFER,
        {
            "patient_id": patient_id,
            "purposes": list(rules.purposes_of(purpose)),
            "state": state,
            "basis": basis,
            "event_id": written.id,
            "no": written.no,
            "overrules": overrules,
        },
    )


def _without_preference(uow: UnitOfWork, patient_id: UUID, purposes: tuple[str, ...]) -> tuple[str, ...]:
    row = models.ContactPreference
    known = set(uow.session.scalars(select(row.purpose).where(row.patient_id == patient_id)))
    return tuple(purpose for purpose in purposes if purpose not in known)


def _written_already(uow: UnitOfWork, phone_id: UUID, receipt_id: UUID, kind: str) -> bool:
    row = models.ConsentEvent
    query = select(row.id).where(
        row.phone_id == phone_id, row.inbound_receipt_id == receipt_id, row.kind == kind
    )
    return uow.session.scalar(query.limit(1)) is not None


def _is_opted_out(uow: UnitOfWork, locked: patients.LockedPhone) -> bool:
    row = models.PhoneOptOut
    query = select(row.opted_out_at).where(row.phone_id == locked.id, row.epoch == locked.epoch)
    return uow.session.scalar(query) is not None


def _unblock(uow: UnitOfWork, locked: patients.LockedPhone, said: _Said) -> bool:
    row = models.ProviderBlock
    query = select(row.blocked_at).where(row.phone_id == locked.id, row.sender_id == said.sender_id)
    if said.sender_id is None or uow.session.scalar(query) is None:
        return False
    written = _write(uow, locked, "provider_unblock", said)
    _set_block(uow, locked, said.sender_id, blocked_at=None, event_id=written.id)
    return True


def _set_block(
    uow: UnitOfWork,
    locked: patients.LockedPhone,
    sender_id: UUID,
    *,
    blocked_at: datetime | None,
    event_id: UUID,
) -> None:
    values = {"blocked_at": blocked_at, "event_id": event_id}
    _upsert(uow, models.ProviderBlock, {"phone_id": locked.id, "sender_id": sender_id}, values)


def _epoch(uow: UnitOfWork, phone_id: UUID) -> int:
    epoch = uow.session.scalar(text("SELECT epoch FROM phone WHERE id = :phone_id"), {"phone_id": phone_id})
    if epoch is None:
        raise people.NoSuchPhone
    return int(epoch)
