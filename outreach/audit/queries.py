"""Questions to the record."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ColumnElement, and_, or_, select, tuple_

from outreach.audit.models import NOBODY, AuditEvent, AuditKey, AuditSeal, PatientKey
from outreach.kernel.crypto import UnableToDecrypt
from outreach.kernel.unit_of_work import UnitOfWork

NONCE_BYTES = 12


@dataclass(frozen=True, kw_only=True)
class RecordLine:
    """One thing somebody saw or did."""

    id: UUID
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    action: str
    subject_kind: str
    subject_id: UUID | None
    patient_id: UUID | None
    team_id: UUID | None
    detail: Mapping[str, Any]
    shredded: bool
    """The detail existed, and its patient's key was destroyed."""


@dataclass(frozen=True, kw_only=True)
class SealLine:
    """A seal: what can be published outside the database."""

    number: int
    sealed_at: datetime
    events: int
    head: bytes


def search(
    uow: UnitOfWork,
    *,
    team_ids: Collection[UUID],
    deployment: bool = False,
    actor_id: UUID | None = None,
    patient_id: UUID | None = None,
    action: str | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> tuple[RecordLine, ...]:
    """Return the newest lines of the record of these teams, and with `deployment` those of no team.

    `before` is the (at, id) of the last line of the page before.
    """
    conditions: list[ColumnElement[bool]] = [_visible(team_ids, everywhere=deployment)]
    if actor_id:
        conditions.append(AuditEvent.actor_id == actor_id)
    if patient_id:
        conditions.append(AuditEvent.patient_id == patient_id)
    if action:
        conditions.append(AuditEvent.action == action)
    if before:
        conditions.append(tuple_(AuditEvent.at, AuditEvent.id) < before)
    rows = uow.session.scalars(
        select(AuditEvent)
        .where(and_(*conditions))
        .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
        .limit(limit)
    ).all()
    keys = _keys(uow, {row.patient_id or NOBODY for row in rows if row.detail_enc})
    return tuple(_line(uow, row, keys) for row in rows)


def last_seal(uow: UnitOfWork) -> SealLine | None:
    """Return the newest seal, or None before the first one."""
    row = uow.session.scalars(select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1)).first()
    if row is None:
        return None
    return SealLine(number=row.number, sealed_at=row.sealed_at, events=row.events, head=row.head)


def signing_keys(uow: UnitOfWork) -> dict[int, bytes]:
    """Return the public halves of the keys that sign seals, by number."""
    return {key.number: key.public for key in uow.session.scalars(select(AuditKey))}


def open_detail(ciphertext: bytes, *, key: bytes, event_id: UUID) -> dict[str, Any]:
    """Decrypt a detail under a patient's key. Raise UnableToDecrypt if it was altered or moved."""
    nonce, body = ciphertext[:NONCE_BYTES], ciphertext[NONCE_BYTES:]
    try:
        found: dict[str, Any] = json.loads(AESGCM(key).decrypt(nonce, body, event_id.bytes))
    except InvalidTag as error:
        raise UnableToDecrypt from error
    return found


def _visible(team_ids: Collection[UUID], *, everywhere: bool) -> ColumnElement[bool]:
    ours = AuditEvent.team_id.in_(list(team_ids))
    return or_(ours, AuditEvent.team_id.is_(None)) if everywhere else ours


def _keys(uow: UnitOfWork, patient_ids: Collection[UUID]) -> dict[UUID, bytes | None]:
    if not patient_ids:
        return {}
    rows = uow.session.scalars(select(PatientKey).where(PatientKey.patient_id.in_(list(patient_ids))))
    return {
        row.patient_id: row.key_enc and uow.vault.open_bytes("patient_key.key", row.patient_id, row.key_enc)
        for row in rows
    }


def _line(uow: UnitOfWork, row: AuditEvent, keys: Mapping[UUID, bytes | None]) -> RecordLine:
    detail: dict[str, Any] = {}
    shredded = False
    if row.detail_enc:
        key = keys.get(row.patient_id or NOBODY)
        shredded = key is None
        detail = open_detail(row.detail_enc, key=key, event_id=row.id) if key else {}
    return RecordLine(
        id=row.id,
        at=row.at,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        action=row.action,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        patient_id=row.patient_id,
        team_id=row.team_id,
        detail=detail,
        shredded=shredded,
    )
