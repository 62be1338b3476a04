"""What a decision is made from, read in one statement; the contact ledger, pauses and receipts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import select, text

from outreach.consent import queries as consent
from outreach.consent import rules as consent_rules
from outreach.kernel.errors import NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.policy import models, rules

LEDGER_DAYS = 8
"""Seven days and one more: a local day begins up to a day before ours."""
HOLIDAY_DAYS = 16
LONGEST_STAY_DAYS = 90
"""A stay that nobody closed for longer is a lost message, not a patient in hospital."""

_PAUSED = """
    SELECT scope, scope_id, reason, paused_at FROM pause
    WHERE lifted_at IS NULL AND (
        scope = 'everything'
        OR (scope = 'sender' AND scope_id = CAST(:sender_id AS text))
        OR (scope = 'team' AND scope_id = CAST(:team_id AS text))
        OR (scope = 'program' AND scope_id = CAST(:program AS text)))
    ORDER BY array_position(ARRAY['everything', 'sender', 'team', 'program'], scope), paused_at
    LIMIT 1
"""

_PAUSE = text(_PAUSED)

_FACTS = text(
    patients.FAMILY  # noqa: S608 - constants of our own
    + """
    , whole AS (
        SELECT bool_or(deceased_at IS NOT NULL) AS deceased, bool_or(hospice_at IS NOT NULL) AS hospice,
            bool_or(fewer_texts) AS fewer_texts
        FROM patient WHERE id IN (SELECT id FROM family)
    ), held AS ("""
    + _PAUSED
    + """)
    SELECT """
    + consent.STANDING
    + """,
        p.zone, p.us_state, p.preferred_hours, w.deceased, w.hospice, w.fewer_texts,
        EXISTS (SELECT FROM encounter e WHERE e.patient_id IN (SELECT id FROM family)
            AND e.kind = 'inpatient' AND e.status IN ('in-progress', 'onleave') AND e.ended_at IS NULL
            AND COALESCE(e.started_at, e.received_at) > :stays_from) AS readmitted,
        ARRAY(SELECT jsonb_build_array(c.at, c.local_day, c.counts, c.source) FROM contact c
            WHERE c.phone_id = f.id AND c.at >= :ledger_from ORDER BY c.at, c.message_id) AS contacts,
        (SELECT scope FROM held) AS paused,
        ARRAY(SELECT DISTINCT h.day FROM holiday h WHERE (h.team_id IS NULL OR h.team_id = :team_id)
            AND h.day BETWEEN :first_day AND :last_day ORDER BY h.day) AS holidays,
        s.stopped_at, s.stopped_reason
    FROM phone f
    LEFT JOIN phone_opt_out o ON o.phone_id = f.id AND o.epoch = f.epoch
    LEFT JOIN root ON true LEFT JOIN patient p ON p.id = root.id LEFT JOIN whole w ON true
    LEFT JOIN sender s ON s.id = :sender_id
    WHERE f.id = :phone_id
    """
)


class NoSuchReceipt(NotFound):
    """There is no such decision."""


@dataclass(frozen=True, kw_only=True)
class ContactLine:
    """One text in the contact ledger of a phone."""

    message_id: UUID
    local_day: date
    at: datetime
    counts: int
    source: str


@dataclass(frozen=True, kw_only=True)
class PauseView:
    """Why automated texts are held."""

    scope: str
    scope_id: str
    reason: str
    paused_at: datetime


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A stored decision with everything it was made from."""

    id: UUID
    subject_kind: str
    subject_id: UUID
    phone_id: UUID | None
    at: datetime
    facts: rules.Facts
    decision: rules.Decision


class Given(TypedDict, total=False):
    """What the caller knows of a text and the database does not: see `rules.Facts`."""

    not_after: datetime | None
    hold_until: datetime | None
    needs_staff: bool
    staffed: bool | None
    staffed_from: datetime | None
    free: bool
    cadence_reserved: bool
    answering_at: datetime | None
    merge_into: str | None


def facts_for(
    uow: UnitOfWork,
    *,
    phone_id: UUID,
    sender_id: UUID | None,
    team_id: UUID | None,
    patient_id: UUID | None,
    purpose: str,
    kind: str,
    program: str | None = None,
    at: datetime | None = None,
    **given: Unpack[Given],
) -> rules.Facts:
    """Return the facts for judging one text: what one statement finds, and what is given.

    `at` judges for another moment than now (a text written to go out later). Raise NoSuchPhone.
    """
    now = at or uow.now
    ids = {"phone_id": phone_id, "sender_id": sender_id, "team_id": team_id, "patient_id": patient_id}
    row = _read(uow, ids | {"purpose": purpose, "program": program}, now)
    found = _stored(row, now, consent.weigh(row, purpose=purpose))
    return rules.Facts(now=now, kind=kind, purpose=purpose, **given, **found)


def _read(uow: UnitOfWork, asked: Mapping[str, Any], now: datetime) -> Any:
    times = {
        "ledger_from": now - timedelta(days=LEDGER_DAYS),
        "stays_from": now - timedelta(days=LONGEST_STAY_DAYS),
        "first_day": (now - timedelta(days=1)).date(),
        "last_day": (now + timedelta(days=HOLIDAY_DAYS)).date(),
    }
    row = uow.session.execute(_FACTS, {**asked, **times}).one_or_none()
    if row is None:
        raise patients.NoSuchPhone
    return row


def _stored(row: Any, now: datetime, standing: consent_rules.Standing) -> dict[str, Any]:
    contacts = tuple(
        rules.Contacted(
            at=datetime.fromisoformat(at), local_day=date.fromisoformat(day), counts=counts, source=source
        )
        for at, day, counts, source in row.contacts
    )
    hour_ago = now - timedelta(hours=1)
    recent = [one.source for one in contacts if hour_ago < one.at <= now]
    return {
        "deceased": bool(row.deceased),
        "hospice": bool(row.hospice),
        "readmitted": row.readmitted,
        "phone_state": row.phone_state,
        "consent_allowed": standing.allowed,
        "consent_reason": standing.reason,
        "consent_basis": standing.basis,
        "opted_out_at": standing.opted_out_at,
        "confirmed_at": standing.confirmed_at,
        "provider_blocked": standing.provider_blocked,
        "paused": row.paused,
        "zone": row.zone,
        "us_state": row.us_state,
        "holidays": tuple(row.holidays),
        "contacts": contacts,
        "fewer_texts": bool(row.fewer_texts),
        "sender_stopped": (row.stopped_reason or "stopped") if row.stopped_at else None,
        "automatic_replies": recent.count("reply"),
        "safety_texts": recent.count("safety"),
        **_wished(row.preferred_hours),
        **_settings(row.settings or {}),
    }


def _wished(hours: Mapping[str, Any] | None) -> dict[str, Any]:
    if not hours:
        return {}
    return {
        "preferred_from": hours["from"],
        "preferred_to": hours["to"],
        "preferred_days": tuple(hours.get("days", ())),
    }


def _settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the deployment's own hours and limits where it has set any."""
    names = {"from": "hours_from", "to": "hours_to", "sunday_from": "sunday_from"}
    hours = {names[key]: value for key, value in (settings.get("hours") or {}).items() if key in names}
    limits = ("per_day", "per_week", "ceiling")
    budget = {key: int(value) for key, value in (settings.get("budget") or {}).items() if key in limits}
    return {**hours, **budget}


def contacts(uow: UnitOfWork, *, phone_id: UUID, since: datetime) -> tuple[ContactLine, ...]:
    """Return the contact ledger of a phone from a moment on, oldest first."""
    row = models.Contact
    query = (
        select(row.message_id, row.local_day, row.at, row.counts, row.source)
        .where(row.phone_id == phone_id, row.at >= since)
        .order_by(row.at, row.message_id)
    )
    return tuple(ContactLine(**found._mapping) for found in uow.session.execute(query))


def paused(
    uow: UnitOfWork,
    *,
    team_id: UUID | None = None,
    program: str | None = None,
    sender_id: UUID | None = None,
) -> PauseView | None:
    """Return the widest pause that holds automated texts of this team, program and sender, if any."""
    row = uow.session.execute(
        _PAUSE, {"team_id": team_id, "program": program, "sender_id": sender_id}
    ).one_or_none()
    return None if row is None else PauseView(**row._mapping)


def pauses(uow: UnitOfWork) -> tuple[PauseView, ...]:
    """Return every pause in force, oldest first."""
    row = models.Pause
    query = (
        select(row.scope, row.scope_id, row.reason, row.paused_at)
        .where(row.lifted_at.is_(None))
        .order_by(row.paused_at)
    )
    return tuple(PauseView(**found._mapping) for found in uow.session.execute(query))


def receipts(uow: UnitOfWork, *, subject_kind: str, subject_id: UUID) -> tuple[Receipt, ...]:
    """Return every decision about a touchpoint or text, oldest first."""
    row = models.DecisionRow
    query = (
        select(row)
        .where(row.subject_kind == subject_kind, row.subject_id == subject_id)
        .order_by(row.at, row.id)
    )
    return tuple(_receipt(uow, found) for found in uow.session.scalars(query))


def receipt(uow: UnitOfWork, *, decision_id: UUID) -> Receipt:
    """Return one decision with what it was made from. Raise NoSuchReceipt."""
    found = uow.session.get(models.DecisionRow, decision_id)
    if found is None:
        raise NoSuchReceipt
    return _receipt(uow, found)


def _receipt(uow: UnitOfWork, row: models.DecisionRow) -> Receipt:
    stored = json.loads(uow.vault.open("decision.receipt", row.id, row.receipt_enc))
    return Receipt(
        id=row.id,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        phone_id=row.phone_id,
        at=row.at,
        facts=rules.Facts.load(stored["facts"]),
        decision=rules.Decision.load(stored["decision"]),
    )
