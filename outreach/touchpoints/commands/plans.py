"""Planning contacts, and letting go of those that are not to be made."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, true, tuple_, update

from outreach.escalations import commands as escalations
from outreach.kernel.errors import Conflict
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients.models import PatientPhone
from outreach.touchpoints.commands import recalling
from outreach.touchpoints.models import Touchpoint
from outreach.touchpoints.rules import capacity, together
from outreach.touchpoints.rules.timing import PlannedItem, held_until, settle_late

WAITING = ("planned", "held")
TRIES = 5
PUT_OFF = timedelta(seconds=30)
POPULAR = text(
    """
    SELECT g.moment FROM unnest(CAST(:moments AS timestamptz[])) AS g(moment)
    WHERE (SELECT count(*) FROM (SELECT FROM touchpoint t WHERE t.due_at = g.moment
        AND t.state IN ('planned', 'held') LIMIT :many) AS few) >= :many
    """
)


# One statement for any number of contacts: an INSERT with a row of values for each is compiled every time.
INSERT = text(
    """
    INSERT INTO touchpoint (id, patient_id, team_id, source_kind, source_id, step, occurrence, anchor_version,
        local_day, local_time, due_at, not_after, state, reason, settled_at, why, tries)
    SELECT f.id, :patient_id, :team_id, f.source_kind, f.source_id, f.step, f.occurrence, :anchor_version,
        f.local_day, f.local_time, f.due_at, f.not_after, f.state, f.reason, f.settled_at, f.why, 0
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS f(id uuid, source_kind text, source_id uuid, step text,
        occurrence int, local_day date, local_time text, due_at timestamptz, not_after timestamptz,
        state text, reason text, settled_at timestamptz, why jsonb)
    ON CONFLICT DO NOTHING
    """
)
BY_STAFF = "by_staff"
SPREAD_TO = "spread_to"
"""Key of a contact that was moved off a popular moment when it was planned: to when."""
WAITED = "waited"
"""Key of a contact that waited for another text or question: for which, and since when."""
FIRST_VERSION = 1
"""Anchors count their versions from here: there is nothing older to let go of."""


class TooLateToSkip(Conflict):
    """This one was sent or let go already. Look again."""


class TooLateToTakeBack(Conflict):
    """This one can't come any more: its time is over, or something else has ended it. Look again."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is planned for one thing: an enrollment, an activity, a visit or a supply."""

    source_kind: str
    source_id: UUID
    items: Sequence[PlannedItem]


def plan(
    uow: UnitOfWork, *, patient_id: UUID, team_id: UUID, anchor_version: int, plans: Sequence[Plan]
) -> int:
    """Store plans: new contacts are added, those of older anchors are skipped, repeats change nothing.

    A contact already past follows its late rule, visibly. Return how many rows were added.
    """
    if anchor_version > FIRST_VERSION:
        sources = [(one.source_kind, one.source_id) for one in plans]
        drop(
            uow,
            sources=sources,
            reason="anchor_moved",
            below_version=anchor_version,
            enrollment_id=_owner(plans),
        )
    rows = [_row(uow, one, item) for one in plans for item in one.items]
    if not rows:
        return 0
    _spread(uow, rows)
    values = {
        "patient_id": patient_id,
        "team_id": team_id,
        "anchor_version": anchor_version,
        "rows": json.dumps(rows, default=_plain),
    }
    return int(uow.session.execute(INSERT, values).rowcount)  # type: ignore[attr-defined]


def _owner(plans: Sequence[Plan]) -> UUID | None:
    """Return whose plans these are, None if no program's: another's care-plan questions stay as they are."""
    owners = {item.why.get("enrollment_id") for one in plans for item in one.items}
    return UUID(str(owners.pop())) if len(owners) == 1 and None not in owners else None


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _spread(uow: UnitOfWork, rows: Sequence[dict[str, Any]]) -> None:
    """Move contacts of moments that are popular already to minutes after; their wall-clock time stays.

    What is due at once, after an answer or silence, is never kept waiting for that.
    """
    moments = sorted({row["due_at"] for row in rows if row["state"] == "planned" and row["due_at"] > uow.now})
    if not moments:
        return
    popular = set(uow.session.scalars(POPULAR, {"moments": moments, "many": capacity.POPULAR}))
    for row in rows:
        if row["due_at"] in popular:
            identity = tuple(row[name] for name in ("source_kind", "source_id", "step", "occurrence"))
            row["due_at"] = capacity.spread(row["due_at"], not_after=row["not_after"], identity=identity)
            row["why"] = {**row["why"], SPREAD_TO: row["due_at"].isoformat()}


def _row(uow: UnitOfWork, one: Plan, item: PlannedItem) -> dict[str, Any]:
    kept = settle_late(item, now=uow.now)
    shown = kept or item
    return {
        "id": uow.new_id(),
        "source_kind": one.source_kind,
        "source_id": one.source_id,
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
    sources: Collection[tuple[str, UUID]],
    reason: str,
    below_version: int | None = None,
    enrollment_id: UUID | None = None,
    keep_duties: bool = False,
) -> int:
    """Skip contacts that have not left: all of some sources, or those of older anchors, or of an enrollment.

    A text of theirs that waits for its turn is taken back. `keep_duties` leaves what a person is to do.
    """
    recalled = recalling.recall(
        uow, sources=sources, reason=reason, below_version=below_version, enrollment_id=enrollment_id
    )
    query = update(Touchpoint).where(
        tuple_(Touchpoint.source_kind, Touchpoint.source_id).in_(list(sources)),
        Touchpoint.state.in_(WAITING),
    )
    if below_version is not None:
        query = query.where(Touchpoint.anchor_version < below_version)
    if enrollment_id is not None:
        query = query.where(Touchpoint.why["enrollment_id"].astext == str(enrollment_id))
    if keep_duties:
        query = query.where(~Touchpoint.why.has_key("task"))
    result = uow.session.execute(query.values(state="skipped", reason=reason, settled_at=uow.now))
    return recalled + int(result.rowcount)  # type: ignore[attr-defined]


def keep_only(
    uow: UnitOfWork, *, patient_id: UUID, enrollment_id: UUID, plans: Sequence[Plan], reason: str
) -> int:
    """Skip the care-plan questions of an enrollment that have not left and are in no plan any more."""
    wanted = [(one.source_id, item.step, item.occurrence) for one in plans for item in one.items]
    row = Touchpoint
    stale = uow.session.execute(
        select(row.id, row.source_id).where(
            row.patient_id == patient_id,
            row.source_kind == "activity",
            row.state.in_((*WAITING, "sent")),
            row.why["enrollment_id"].astext == str(enrollment_id),
            ~row.why.has_key("follows"),
            tuple_(row.source_id, row.step, row.occurrence).not_in(wanted) if wanted else true(),
        )
    ).all()
    ids = [one.id for one in stale]
    if not ids:
        return 0
    sources = sorted({("activity", one.source_id) for one in stale})
    recalled = recalling.recall(
        uow, sources=sources, reason=reason, below_version=None, enrollment_id=enrollment_id, only=ids
    )
    result = uow.session.execute(
        update(row)
        .where(row.id.in_(ids), row.state.in_(WAITING))
        .values(state="skipped", reason=reason, settled_at=uow.now)
    )
    return recalled + int(result.rowcount)  # type: ignore[attr-defined]


HAND_OVER = text(
    """
    UPDATE touchpoint t SET anchor_version = :version,
        why = t.why
            || jsonb_build_object('enrollment_id', CAST(:heir AS text), 'program', CAST(:program AS text))
    WHERE t.patient_id = :patient_id AND t.source_kind = 'activity' AND t.state IN ('planned', 'held')
        AND t.why->>'enrollment_id' = CAST(:enrollment_id AS text)
        AND NOT EXISTS (SELECT FROM touchpoint o WHERE o.id <> t.id AND o.source_kind = t.source_kind
            AND o.source_id = t.source_id AND o.step = t.step AND o.occurrence = t.occurrence
            AND o.anchor_version = :version)
    """
)


def hand_over(
    uow: UnitOfWork, *, patient_id: UUID, enrollment_id: UUID, heir: UUID, program: str, version: int
) -> int:
    """Let another enrollment of a patient ask what one that ends had planned about their care plan."""
    values = {"patient_id": patient_id, "enrollment_id": str(enrollment_id), "heir": str(heir)}
    result = uow.session.execute(HAND_OVER, values | {"program": program, "version": version})
    return int(result.rowcount)  # type: ignore[attr-defined]


def waiting(uow: UnitOfWork, *, source_kind: str, source_id: UUID, due_after: datetime | None = None) -> bool:
    """Return whether anything of a source is still to come; with `due_after`, later than then."""
    query = select(Touchpoint.id).where(
        Touchpoint.source_kind == source_kind,
        Touchpoint.source_id == source_id,
        Touchpoint.state.in_(WAITING),
    )
    if due_after is not None:
        query = query.where(Touchpoint.due_at > due_after)
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
    settle(uow, row, state="skipped", reason=BY_STAFF)


def plan_again(uow: UnitOfWork, *, touchpoint_id: UUID) -> None:
    """Let a contact come after all that a colleague skipped. Raise TooLateToTakeBack once it is over."""
    row = uow.session.get_one(
        Touchpoint, touchpoint_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if (row.state, row.reason) != ("skipped", BY_STAFF) or row.not_after <= uow.now:
        raise TooLateToTakeBack
    row.state, row.reason, row.settled_at = "planned", None, None


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
        patient_id=row.patient_id,
    )


def hold(uow: UnitOfWork, row: Touchpoint, *, until: datetime, reason: str) -> str:
    due_at = held_until(until, now=uow.now, not_after=row.not_after)
    if due_at is None:
        return settle(uow, row, state="expired", reason=reason)
    row.state, row.reason, row.due_at = "held", reason, due_at
    if reason in (together.WAITS_FOR, together.GOES_WITH) and WAITED not in row.why:
        row.why = {**row.why, WAITED: {"for": reason, "since": uow.now.isoformat()}}
    return "held"


def settle(uow: UnitOfWork, row: Touchpoint, *, state: str, reason: str | None) -> str:
    row.state, row.reason, row.settled_at = state, reason, uow.now
    return state
