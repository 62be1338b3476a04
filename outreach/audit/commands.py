"""Verbs of the record: write a line, seal what is settled, export, shred a person's detail."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Row, Table, select, text, update
from sqlalchemy.dialects.postgresql import insert

from outreach.audit import queries, rules
from outreach.audit.models import NOBODY, AuditEvent, AuditKey, AuditSeal, AuditSealed, PatientKey
from outreach.kernel import log
from outreach.kernel.errors import OutreachError
from outreach.kernel.unit_of_work import UnitOfWork

logger = log.get(__name__)
SALT_BYTES = 16
KEY_BYTES = 32
SEAL_LOCK = 0x6F75_7472_5EA1
"""Advisory lock: one sealer at a time in the whole deployment."""
BATCH = 5000


class NothingSealed(OutreachError):
    """There is nothing to export: the record is empty."""


def record(
    uow: UnitOfWork,
    *,
    action: str,
    subject_kind: str,
    subject_id: UUID | None = None,
    patient_id: UUID | None = None,
    team_id: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
) -> UUID:
    """Write one line of the record: the unit of work's actor did `action` to the subject.

    The time is the machine's. `detail` (JSON values) is encrypted, under the patient's own key if a patient
    is named. Returns the line's id.
    """
    row = _row(uow, action, subject_kind, subject_id, patient_id, team_id, detail)
    uow.session.execute(insert(AuditEvent).values(**row))
    return UUID(str(row["id"]))


def look(
    uow: UnitOfWork,
    *,
    subject_kind: str,
    subject_id: UUID,
    patient_id: UUID | None = None,
    team_id: UUID | None = None,
    action: str = "looked",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write that the actor looked at something: once per person, subject, action and hour."""
    _put(uow, _look(_row(uow, action, subject_kind, subject_id, patient_id, team_id, detail), extra=""))


def look_list(
    uow: UnitOfWork, *, view: str, conversation_ids: Sequence[UUID], team_id: UUID | None = None
) -> None:
    """Write one line for a list the actor saw, with the ids that stood in it; the same list once an hour."""
    if conversation_ids:
        _put(uow, _list_look(uow, view, conversation_ids, team_id))


def look_beside_list(
    uow: UnitOfWork,
    *,
    view: str,
    conversation_ids: Sequence[UUID],
    subject_id: UUID,
    patient_id: UUID | None,
    team_id: UUID,
) -> None:
    """Write, in one statement, that the actor looked at a conversation and at the list beside it."""
    opened = _row(uow, "looked", "conversation", subject_id, patient_id, team_id, None)
    beside = [_list_look(uow, view, conversation_ids, None)] if conversation_ids else []
    _put(uow, _look(opened, extra=""), *beside)


def refuse(
    uow: UnitOfWork, *, subject_kind: str, subject_id: UUID | None, detail: Mapping[str, Any] | None = None
) -> None:
    """Write that the actor asked for something that is not theirs to see, and was refused."""
    record(uow, action="refused", subject_kind=subject_kind, subject_id=subject_id, detail=detail)


def seal(uow: UnitOfWork) -> int:
    """Seal one batch of lines older than every running transaction. Return how many; 0 is no seal.

    A slow transaction's line is never passed over: nothing is sealed that is not older than all of them.
    """
    uow.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SEAL_LOCK})
    last = queries.last_seal(uow)
    rows = uow.session.execute(READY, {"batch": BATCH, "last": last.number if last else 0}).all()
    if not rows:
        return 0
    number = last.number + 1 if last else 1
    previous = last.head if last else rules.GENESIS
    head = rules.seal_head(
        previous=previous,
        number=number,
        sealed_at=rules.plain(uow.machine_now) or "",
        commitments=[bytes(row.commitment) for row in rows],
    )
    key_number, key = _signing_key(uow)
    values = {
        "number": number,
        "sealed_at": uow.machine_now,
        "events": len(rows),
        "head": head,
        "previous": previous,
        "key_number": key_number,
        "signature": key.sign(head),
    }
    uow.session.execute(insert(AuditSeal).values(**values))
    places = [{"event_id": row.id, "number": number, "place": place} for place, row in enumerate(rows)]
    uow.session.execute(insert(AuditSealed), places)
    # The head in the log is a copy outside the database: rewriting history has to rewrite both.
    logger.info("record_sealed", seal=number, events=len(rows), head=head.hex())
    return len(rows)


def seal_all(uow: UnitOfWork) -> int:
    """Seal batch after batch until nothing more is ready. Return how many lines were sealed."""
    total = 0
    while found := seal(uow):
        total += found
    return total


def export(uow: UnitOfWork, *, write: Callable[[str], object]) -> int:
    """Seal what is ready, then hand every sealed line of the record to `write`, one JSON text each.

    The file checks with `rules.verify` and nothing else. It holds ids and hashes, no patient's data.
    Returns the number of records. Raise NothingSealed if the record is empty.
    """
    record(uow, action="record_exported", subject_kind="record")
    seal_all(uow)
    if queries.last_seal(uow) is None:
        raise NothingSealed
    key_number, key = _signing_key(uow)
    whole = sha256()
    counts = {"event": 0, "seal": 0}
    for value in _export_lines(uow):
        line = rules.canonical(value)
        whole.update(line + b"\n")
        counts[value["kind"]] = counts.get(value["kind"], 0) + 1
        write(line.decode())
    end = {
        "kind": "end",
        "records": counts["event"],
        "seals": counts["seal"],
        "sha256": rules.encode(whole.digest()),
        "key": key_number,
        "signature": rules.encode(key.sign(whole.digest())),
    }
    write(rules.canonical(end).decode())
    return counts["event"]


def shred(uow: UnitOfWork, *, patient_id: UUID) -> None:
    """Destroy the key of a patient's audit detail: it can't be read any more, and the chain still holds."""
    patient_key(uow, patient_id=patient_id)
    uow.session.execute(
        update(PatientKey)
        .where(PatientKey.patient_id == patient_id)
        .values(key_enc=None, shredded_at=uow.machine_now)
    )
    record(uow, action="shredded", subject_kind="patient", subject_id=patient_id, patient_id=patient_id)


def patient_key(uow: UnitOfWork, *, patient_id: UUID) -> bytes | None:
    """Return a patient's own key, made at first use; None once it was destroyed."""
    stored = _stored_key(uow, patient_id)
    if stored is None:
        made = os.urandom(KEY_BYTES)
        sealed = uow.vault.seal_bytes("patient_key.key", patient_id, made)
        row = insert(PatientKey).values(patient_id=patient_id, key_enc=sealed).on_conflict_do_nothing()
        if uow.session.execute(row.returning(PatientKey.patient_id)).first() is not None:
            return made
        stored = _stored_key(uow, patient_id)
    key = stored.key_enc if stored else None
    return key and uow.vault.open_bytes("patient_key.key", patient_id, key)


def _stored_key(uow: UnitOfWork, patient_id: UUID) -> Row[Any] | None:
    return uow.session.execute(
        select(PatientKey.key_enc).where(PatientKey.patient_id == patient_id)
    ).one_or_none()


# Lines of a transaction that still runs, or that may yet commit beside one that does, wait. Ids from a
# restored database may lie ahead of this server's counter: those transactions ended long ago.
READY = text(
    """
    WITH snapshot AS (SELECT pg_current_snapshot() AS now),
    place AS (
        SELECT max(e.xid::text::bigint) AS xid
        FROM audit_sealed s JOIN audit_event e ON e.id = s.event_id WHERE s.number = :last
    )
    SELECT e.id, e.commitment
    FROM audit_event e, snapshot, place
    WHERE (e.xid < pg_snapshot_xmin(snapshot.now) OR e.xid >= pg_snapshot_xmax(snapshot.now))
      AND e.xid <> pg_current_xact_id()
      AND e.xid >= CASE WHEN place.xid < pg_snapshot_xmin(snapshot.now)::text::bigint
                        THEN place.xid::text::xid8 ELSE '0'::xid8 END
      AND NOT EXISTS (SELECT FROM audit_sealed s WHERE s.event_id = e.id)
    ORDER BY e.xid, e.id
    LIMIT :batch
    """
)


def _row(
    uow: UnitOfWork,
    action: str,
    subject_kind: str,
    subject_id: UUID | None,
    patient_id: UUID | None,
    team_id: UUID | None,
    detail: Mapping[str, Any] | None,
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": uow.new_id(),
        "at": uow.machine_now,
        "actor_kind": uow.actor.kind,
        "actor_id": uow.actor.id,
        "action": action,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "patient_id": patient_id,
        "team_id": team_id,
    }
    salt = os.urandom(SALT_BYTES)
    sealed = _sealed(uow, row["id"], patient_id, detail)
    return row | {"detail_enc": sealed, "salt": salt, "commitment": _commitment(row, sealed, salt)}


def _commitment(row: Mapping[str, Any], sealed: bytes | None, salt: bytes) -> bytes:
    spelled = {key: rules.plain(row[key]) for key in rules.OPEN_FIELDS}
    return rules.commitment(spelled | {"detail_hash": rules.detail_hash(sealed)}, salt=salt)


def _sealed(
    uow: UnitOfWork, event_id: UUID, patient_id: UUID | None, detail: Mapping[str, Any] | None
) -> bytes | None:
    if not detail:
        return None
    words = json.dumps(detail, sort_keys=True)
    key = patient_key(uow, patient_id=patient_id or NOBODY)
    if key is None:
        return None
    nonce = os.urandom(queries.NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, words.encode(), event_id.bytes)


def _list_look(
    uow: UnitOfWork, view: str, conversation_ids: Sequence[UUID], team_id: UUID | None
) -> dict[str, Any]:
    ids = [str(one) for one in conversation_ids]
    row = _row(uow, "looked_at_list", "list", None, None, team_id, {"view": view, "conversations": ids})
    return _look(row, extra=view + ",".join(sorted(ids)))


def _look(row: dict[str, Any], *, extra: str) -> dict[str, Any]:
    hour: datetime = row["at"].replace(minute=0, second=0, microsecond=0)
    parts = (row["actor_kind"], row["actor_id"], row["action"], row["subject_kind"], row["subject_id"])
    key = sha256("\x1f".join(str(part) for part in (*parts, hour.isoformat(), extra)).encode()).digest()
    return row | {"look_key": key}


def _put(uow: UnitOfWork, *rows: dict[str, Any]) -> None:
    looks = insert(cast("Table", AuditEvent.__table__)).values(list(rows))
    uow.session.execute(looks.on_conflict_do_nothing(index_elements=["look_key"]))


def _signing_key(uow: UnitOfWork) -> tuple[int, Ed25519PrivateKey]:
    row = uow.session.scalars(select(AuditKey).order_by(AuditKey.number.desc()).limit(1)).first()
    if row is None:
        row = _new_signing_key(uow, 1)
    seed = uow.vault.open_bytes("audit_key.private", str(row.number), row.private_enc)
    return row.number, Ed25519PrivateKey.from_private_bytes(seed)


def _new_signing_key(uow: UnitOfWork, number: int) -> AuditKey:
    key = Ed25519PrivateKey.generate()
    row = AuditKey(
        number=number,
        public=key.public_key().public_bytes_raw(),
        private_enc=uow.vault.seal_bytes("audit_key.private", str(number), key.private_bytes_raw()),
        made_at=uow.machine_now,
    )
    uow.session.add(row)
    uow.session.flush()
    logger.info("record_key_made", number=number, fingerprint=rules.fingerprint(row.public))
    return row


def _export_lines(uow: UnitOfWork) -> Iterator[dict[str, Any]]:
    yield {
        "kind": "header",
        "format": rules.FORMAT,
        "version": rules.VERSION,
        "keys": {str(number): rules.encode(key) for number, key in queries.signing_keys(uow).items()},
        "previous": rules.encode(rules.GENESIS),
    }
    for one in uow.session.scalars(
        select(AuditSeal).order_by(AuditSeal.number).execution_options(yield_per=50)
    ):
        yield from _events_of(uow, one.number)
        yield {
            "kind": "seal",
            "number": one.number,
            "sealed_at": rules.plain(one.sealed_at),
            "events": one.events,
            "previous": rules.encode(one.previous),
            "head": rules.encode(one.head),
            "key": one.key_number,
            "signature": rules.encode(one.signature),
        }


def _events_of(uow: UnitOfWork, number: int) -> Iterator[dict[str, Any]]:
    rows: Collection[AuditEvent] = uow.session.scalars(
        select(AuditEvent)
        .join(AuditSealed, AuditSealed.event_id == AuditEvent.id)
        .where(AuditSealed.number == number)
        .order_by(AuditSealed.place)
    ).all()
    for row in rows:
        open_fields = {key: rules.plain(getattr(row, key)) for key in rules.OPEN_FIELDS}
        yield {"kind": "event", **open_fields} | {
            "detail_hash": rules.detail_hash(row.detail_enc),
            "salt": rules.encode(row.salt),
            "commitment": rules.encode(row.commitment),
        }
