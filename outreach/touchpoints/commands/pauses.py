"""Planned contacts whose day went by while their texts were paused."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from outreach.kernel.unit_of_work import UnitOfWork
from outreach.touchpoints.rules.timing import UNKNOWN_ZONE

_OVERSLEPT = text(
    """
    UPDATE touchpoint t SET state = 'skipped', reason = 'day_over', settled_at = :now
    FROM decision d, patient p
    WHERE t.state = 'held' AND t.source_kind IN ('program', 'activity') AND NOT t.why ? 'follows'
        AND t.why->>'late' IS DISTINCT FROM 'next_window'
        AND d.id = t.decision_id AND d.rule = 'paused' AND p.id = t.patient_id
        AND t.local_day < CAST(:now AT TIME ZONE coalesce(p.zone, :unknown) AS date)
    RETURNING t.why->>'enrollment_id' AS enrollment_id
    """
)


def skip_overslept(uow: UnitOfWork) -> frozenset[UUID]:
    """Let go, visibly, of what a pause held beyond its day; return the enrollments concerned.

    Steps with `late: next_window` still go, and so does what is on its day: a pause ends without a burst
    of yesterday's questions.
    """
    found = uow.session.execute(_OVERSLEPT, {"now": uow.now, "unknown": UNKNOWN_ZONE})
    return frozenset(UUID(one) for one in found.scalars() if one)
