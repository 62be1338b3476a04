"""How soon a team answers, and who has how much."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from outreach.conversations.rules import RANKS, UNDO_SECONDS
from outreach.kernel.unit_of_work import UnitOfWork

LOOKED_AT = timedelta(days=7)
BUSIEST = 3_000
"""Conversations that are looked at, those in which something happened last: a large team's page costs no more
than that."""

# An exchange is what a patient wrote since a colleague's last text, up to the next one; texts of programs and
# our own answers are no answer of a person. Only those that were answered count.
_ANSWERS = text(
    """
    WITH busy AS (
        -- One walk of the index per rank (rules.RANKS): it holds them apart.
        SELECT c.id
        FROM unnest(cast(:ranks AS smallint[])) AS ranked (rank) CROSS JOIN LATERAL (
            SELECT c.id, c.last_at FROM conversation c
            WHERE c.team_id = :team_id AND c.urgency = ranked.rank AND c.last_at >= :since
            ORDER BY c.last_at DESC LIMIT :busiest
        ) AS c
        ORDER BY c.last_at DESC LIMIT :busiest
    ), said AS (
        SELECT m.conversation_id, m.id, m.at, m.direction, m.author_kind
        FROM busy JOIN message m ON m.conversation_id = busy.id
        WHERE m.at >= :since AND m.state <> 'canceled'
            AND NOT (m.state = 'queued' AND m.due_at > m.at + make_interval(secs => :undo))
            AND (m.direction = 'in' OR m.author_kind = 'staff')
    ), placed AS (
        SELECT conversation_id, at, direction, count(*) FILTER (WHERE author_kind = 'staff') OVER (
            PARTITION BY conversation_id ORDER BY at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS exchange
        FROM said
    ), answered AS (
        SELECT min(at) FILTER (WHERE direction = 'out') - min(at) FILTER (WHERE direction = 'in') AS took
        FROM placed GROUP BY conversation_id, exchange
    )
    SELECT count(took) AS answers,
        percentile_disc(0.5) WITHIN GROUP (ORDER BY took) AS median,
        percentile_disc(0.9) WITHIN GROUP (ORDER BY took) AS p90
    FROM answered WHERE took IS NOT NULL AND took >= interval '0'
    """
)
_OWNERS = text(
    """
    SELECT owner_id, count(*) AS open, count(*) FILTER (WHERE waiting_since IS NOT NULL) AS waiting
    FROM conversation WHERE team_id = :team_id AND owner_id IS NOT NULL AND state <> 'closed'
    GROUP BY owner_id
    """
)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """How long patients waited for a person's answer in the last seven days, in conversations busy last."""

    answers: int
    median: timedelta | None
    p90: timedelta | None


@dataclass(frozen=True, kw_only=True)
class Load:
    """What one colleague has in a team."""

    open: int
    waiting: int


def answered(uow: UnitOfWork, *, team_id: UUID) -> Answered:
    """Return how soon a team's people answered: from a patient's first unanswered text to the answer."""
    values = {
        "team_id": team_id,
        "since": uow.now - LOOKED_AT,
        "ranks": list(RANKS),
        "busiest": BUSIEST,
        "undo": UNDO_SECONDS,
    }
    row = uow.session.execute(_ANSWERS, values).one()
    return Answered(answers=row.answers, median=row.median, p90=row.p90)


def load(uow: UnitOfWork, *, team_id: UUID) -> dict[UUID, Load]:
    """Return the conversations that each colleague of a team has open, and in how many somebody waits."""
    rows = uow.session.execute(_OWNERS, {"team_id": team_id})
    return {row.owner_id: Load(open=row.open, waiting=row.waiting) for row in rows}
