"""Planning contacts, and letting go of those that are not to be made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from outreach.escalations import commands as escalations
from outreach.kernel.errors import Conflict
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients.models import PatientPhone
from outreach.touchpoints.commands import recalling
from outreach.touchpoints.models import Touchpoint
from outreach.touchpoints.rules import capacity, together
from outreach.touchpoints.rules.timing import PlannedItem, held_until, settle_late

WAITING = ("planned", "held")
NOBODY_TO_TEXT_DAYS = 1
TRIES = 5
PUT_OFF = timedelta(seconds=30)
POPULAR = text(
    """
    SELECT g.moment FROM unnest(CAST(:moments AS timestamptz[])) AS g(moment)
    WHERE (SELECT count(*) FROM (SELECT FROM touchpoint t WHERE t.due_at = g.moment
        AND t.state IN ('planned', 'held') LIMIT :many) AS few) >= :many
    """
)


class TooLateToSkip(Conflict):
    """This one was sent or let go already. Look again."""


def plan(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    team_id: UUID,
    source_kind: str,
    source_id: UUID,
    anchor_version: int,
    items: Sequence[PlannedItem],
) -> int:
    """Store a plan: new contacts are added, those of older anchors are skipped, repeats change nothing.

    A contact already past follows its late rule, visibly. Return how many rows were added.
    """
    drop(
        uow, source_kind=source_kind, source_id=source_id, reason="anchor_moved", below_version=anchor_version
    )
    if not items:
        return 0
    rows = [
        _row(uow, item)
        | {
            "patient_id": patient_id,
            "team_id": team_id,
            "source_kind": source_kind,
            "source_id": source_id,
            "anchor_version": anchor_version,
        }
        for item in items
    ]
    _spread(uow, rows)
    result = uow.session.execute(insert(Touchpoint).values(rows).on_conflict_do_nothing())
    return int(result.rowcount)  # type: ignore[attr-defined]


def _spread(uow: UnitOfWork, rows: Sequence[dict[str, Any]]) -> None:
    """Move contacts of moments that are popular already to minutes after; their wall-clock time stays."""
    moments = sorted({row["due_at"] for row in rows if row["state"] == "planned"})
    popular = set(uow.session.scalars(POPULAR, {"moments": moments, "many": capacity.POPULAR}))
    for row in rows:
        if row["due_at"] in popular:
            identity = tuple(row[name] for name in ("source_kind", "source_id", "step", "occurrence"))
            row["due_at"] = capacity.spread(row["due_at"], not_after=row["not_after"], identity=identity)


def _row(uow: UnitOfWork, item: PlannedItem) -> dict[str, Any]:
    kept = settle_late(item, now=uow.now)
    shown = kept or item
    return {
        "id": uow.new_id(),
        "step": item.step,
        "occurrence": item.occurrence,
        "local_day": item.local_day,
        "local_time": item.local_time.strftime("%H:%M"),
        "due_at": shown.due_at,
        "not_after": shown.not_after,
        "state": "planned" if kept else "skipped",
        "reason": None if kept else "already_past",
        "settled_at": None if kept else uow.now,
        "why": item.why,
    }


def drop(
    uow: UnitOfWork,
    *,
    source_kind: str,
    source_id: UUID,
    reason: str,
    below_version: int | None = None,
    steps: Sequence[str] | None = None,
) -> int:
    """Skip contacts that have not left: all of a source, or those of older anchors, or certain steps.

    A text of theirs that waits for its turn is taken back.
    """
    recalled = recalling.recall(
        uow,
        source_kind=source_kind,
        source_id=source_id,
        reason=reason,
        below_version=below_version,
        steps=steps,
    )
    query = update(Touchpoint).where(
        Touchpoint.source_kind == source_kind,
        Touchpoint.source_id == source_id,
        Touchpoint.state.in_(WAITING),
    )
    if below_version is not None:
        query = query.where(Touchpoint.anchor_version < below_version)
    if steps is not None:
        query = query.where(Touchpoint.step.in_(steps))
    result = uow.session.execute(query.values(state="skipped", reason=reason, settled_at=uow.now))
    return recalled + int(result.rowcount)  # type: ignore[attr-defined]


def waiting(uow: UnitOfWork, *, source_kind: str, source_id: UUID) -> bool:
    """Return whether anything of a source is still to come."""
    query = select(Touchpoint.id).where(
        Touchpoint.source_kind == source_kind,
        Touchpoint.source_id == source_id,
        Touchpoint.state.in_(WAITING),
    )
    return uow.session.scalar(query.limit(1)) is not None


def put_off(uow: UnitOfWork, *, touchpoint_id: UUID, reason: str) -> None:
    """Try a contact again later after a failure of ours; after five tries a person takes it over."""
    row = uow.session.get_one(Touchpoint, touchpoint_id, with_for_update={"key_share": True})
    if row.state not in WAITING:
        return
    row.tries += 1
    if row.tries < TRIES:
        hold(uow, row, until=uow.now + PUT_OFF * 2**row.tries, reason=reason)
        return
    task(uow, row, kind="other")
    settle(uow, row, state="suppressed", reason=reason)


def skip(uow: UnitOfWork, *, touchpoint_id: UUID, reason: str) -> None:
    """Let a contact go unsent, for a reason that stays visible."""
    row = uow.session.get_one(Touchpoint, touchpoint_id)
    if row.state in WAITING:
        settle(uow, row, state="skipped", reason=reason)


def skip_by_staff(uow: UnitOfWork, *, touchpoint_id: UUID) -> None:
    """Let a contact go unsent because a colleague says so. Raise TooLateToSkip once it has been settled."""
    row = uow.session.get_one(
        Touchpoint, touchpoint_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if row.state not in WAITING:
        raise TooLateToSkip
    settle(uow, row, state="skipped", reason="by_staff")


def mark_answered(uow: UnitOfWork, *, touchpoint_id: UUID) -> None:
    """Note that the patient answered the question that came with this contact."""
    row = uow.session.get_one(Touchpoint, touchpoint_id)
    if row.state == "sent":
        row.state = "answered"


def release(uow: UnitOfWork, *, phone_id: UUID) -> int:
    """Let contacts that wait for another question have their turn now: it has been answered."""
    texted = select(PatientPhone.patient_id).where(
        PatientPhone.phone_id == phone_id, PatientPhone.ended_at.is_(None)
    )
    result = uow.session.execute(
        update(Touchpoint)
        .where(
            Touchpoint.patient_id.in_(texted),
            Touchpoint.state == "held",
            Touchpoint.reason == together.WAITS_FOR,
        )
        .values(due_at=uow.now)
    )
    released = int(result.rowcount)  # type: ignore[attr-defined]
    if released:
        uow.wakes.add("send_due")
    return released


def nobody_to_text(uow: UnitOfWork, row: Touchpoint) -> str:
    task(uow, row, kind="live_call")
    return settle(uow, row, state="suppressed", reason="no_phone")


def task(uow: UnitOfWork, row: Touchpoint, *, kind: str) -> None:
    escalations.add_task(
        uow,
        team_id=row.team_id,
        kind=kind,
        source_kind=row.source_kind,
        source_id=row.source_id,
        due_at=uow.now + timedelta(days=NOBODY_TO_TEXT_DAYS),
        patient_id=row.patient_id,
    )


def hold(uow: UnitOfWork, row: Touchpoint, *, until: datetime, reason: str) -> str:
    due_at = held_until(until, now=uow.now, not_after=row.not_after)
    if due_at is None:
        return settle(uow, row, state="expired", reason=reason)
    row.state, row.reason, row.due_at = "held", reason, due_at
    return "held"


def settle(uow: UnitOfWork, row: Touchpoint, *, state: str, reason: str | None) -> str:
    row.state, row.reason, row.settled_at = state, reason, uow.now
    return state
