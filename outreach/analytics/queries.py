"""Figures of escalations, counted by the database: three statements, however long the stretch is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from outreach.analytics import rules
from outreach.escalations.rules import TIERS
from outreach.kernel.unit_of_work import UnitOfWork

# A clock is missed when nobody had taken the escalation by then; whoever closes one at once had it, too.
# Reopening starts a new clock; the first one is what is measured.
BY_TIER = text(
    """
    SELECT team_id, tier, count(*) AS raised,
        count(LEAST(acknowledged_at, resolved_at)) AS taken,
        count(*) FILTER (WHERE state IN ('resolved', 'overruled')) AS ended,
        count(*) FILTER (WHERE state = 'overruled') AS overruled,
        count(*) FILTER (WHERE coalesce(LEAST(acknowledged_at, resolved_at), :now)
            > coalesce(first_due_at, due_at)) AS missed,
        percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (
            ORDER BY extract(epoch FROM LEAST(acknowledged_at, resolved_at) - raised_at)) AS taking,
        percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (
            ORDER BY extract(epoch FROM resolved_at - raised_at)) AS ending
    FROM escalation
    WHERE team_id = ANY(:team_ids) AND raised_at >= :since AND raised_at < :until
    GROUP BY GROUPING SETS ((team_id, tier), (tier))
    """
)
BY_DAY = text(
    """
    SELECT (raised_at AT TIME ZONE :zone)::date AS day, tier, count(*) AS raised
    FROM escalation
    WHERE team_id = ANY(:team_ids) AND raised_at >= :since AND raised_at < :until
    GROUP BY 1, 2
    """
)
MARKED = text(
    """
    SELECT team_id, count(*) AS marked
    FROM reading_mark
    WHERE team_id = ANY(:team_ids) AND marked_at >= :since AND marked_at < :until AND taken_back_at IS NULL
    GROUP BY team_id
    """
)


@dataclass(frozen=True, kw_only=True)
class TierFigures:
    """How one team fared with one tier. Times are in seconds as clocks on the wall count them."""

    team_id: UUID | None
    """None for all of them together."""
    tier: str
    raised: int
    taken: int
    ended: int
    """Resolved or overruled."""
    overruled: int
    missed: int
    take_median: float | None
    take_p90: float | None
    end_median: float | None
    end_p90: float | None


@dataclass(frozen=True, kw_only=True)
class DayFigures:
    """How many escalations one day brought, by tier."""

    day: date
    raised: dict[str, int]

    @property
    def total(self) -> int:
        """All tiers together."""
        return sum(self.raised.values())


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The figures of some teams over a stretch of days."""

    stretch: rules.Stretch
    together: tuple[TierFigures, ...]
    """All teams together, gravest tier first; only tiers that had any."""
    tiers: tuple[TierFigures, ...]
    """The same for each team."""
    days: tuple[DayFigures, ...]
    marked: dict[UUID, int]
    """Readings staff marked as wrong, by team."""

    @property
    def raised(self) -> int:
        """All escalations."""
        return sum(one.raised for one in self.together)


def figures(uow: UnitOfWork, *, team_ids: Collection[UUID], stretch: rules.Stretch) -> Figures:
    """Return the figures of some teams over a stretch of days."""
    asked: dict[str, Any] = {"team_ids": list(team_ids), "since": stretch.since, "until": stretch.until}
    tiers = uow.session.execute(BY_TIER, asked | {"now": uow.now}).all()
    days = uow.session.execute(BY_DAY, asked | {"zone": stretch.zone}).all()
    marked = uow.session.execute(MARKED, asked).all()
    found = sorted(map(_tier, tiers), key=lambda one: (str(one.team_id), TIERS.index(one.tier)))
    return Figures(
        stretch=stretch,
        together=tuple(one for one in found if one.team_id is None),
        tiers=tuple(one for one in found if one.team_id is not None),
        days=_days(stretch, days),
        marked={row.team_id: row.marked for row in marked},
    )


def _tier(row: Row[Any]) -> TierFigures:
    take, end = row.taking or (None, None), row.ending or (None, None)
    return TierFigures(
        team_id=row.team_id,
        tier=row.tier,
        raised=row.raised,
        taken=row.taken,
        ended=row.ended,
        overruled=row.overruled,
        missed=row.missed,
        take_median=rules.enough(take[0], of=row.taken),
        take_p90=rules.enough(take[1], of=row.taken),
        end_median=rules.enough(end[0], of=row.ended),
        end_p90=rules.enough(end[1], of=row.ended),
    )


def _days(stretch: rules.Stretch, rows: Collection[Row[Any]]) -> tuple[DayFigures, ...]:
    found: dict[date, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row.day, {})[row.tier] = row.raised
    return tuple(
        DayFigures(day=day, raised={tier: found.get(day, {}).get(tier, 0) for tier in TIERS})
        for day in stretch.days
    )
