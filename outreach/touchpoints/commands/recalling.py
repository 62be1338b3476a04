"""Taking back texts that wait for their turn when what they speak of has moved or is off."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select, text, update

from outreach.conversations import commands as conversations
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands as messaging
from outreach.touchpoints.models import Touchpoint

# Queued, or already refused at the last moment because the anchor they name is stale.
UNSENT = text(
    """
    SELECT t.id, t.message_id
    FROM unnest(CAST(:kinds AS text[]), CAST(:source_ids AS uuid[])) AS s(kind, id)
    JOIN touchpoint t ON t.source_kind = s.kind AND t.source_id = s.id
    JOIN message m ON m.id = t.message_id
    WHERE t.state = 'sent'
        AND (CAST(:below AS integer) IS NULL OR t.anchor_version < :below)
        AND (CAST(:enrollment_id AS text) IS NULL OR t.why->>'enrollment_id' = :enrollment_id)
        AND (CAST(:only AS uuid[]) IS NULL OR t.id = ANY(CAST(:only AS uuid[])))
        AND (m.state = 'queued' OR (m.state = 'canceled' AND m.error_class = 'anchor_moved'))
    ORDER BY t.id
    """
)
REPEATED = text(
    """
    UPDATE touchpoint t SET state = 'skipped', reason = 'sent_before', settled_at = :now
    WHERE t.why->>'enrollment_id' = :enrollment_id AND t.patient_id = :patient_id
        AND t.state IN ('planned', 'held')
        AND EXISTS (SELECT FROM touchpoint b WHERE b.source_kind = t.source_kind AND b.source_id = t.source_id
            AND b.step = t.step AND b.occurrence = t.occurrence AND b.anchor_version < t.anchor_version
            AND (b.state IN ('sent', 'answered') OR b.reason = 'given_to_staff'))
    """
)


def drop_repeated(uow: UnitOfWork, *, patient_id: UUID, enrollment_id: UUID) -> int:
    """Skip what a moved plan would say a second time; return how much that was."""
    values = {"now": uow.now, "patient_id": patient_id, "enrollment_id": str(enrollment_id)}
    return int(uow.session.execute(REPEATED, values).rowcount)  # type: ignore[attr-defined]


def recall(
    uow: UnitOfWork,
    *,
    sources: Collection[tuple[str, UUID]],
    reason: str,
    below_version: int | None,
    enrollment_id: UUID | None = None,
    only: Sequence[UUID] | None = None,
) -> int:
    """Take back contacts whose text is queued and not claimed yet; return how many.

    What went along in the same text and is still true has its turn again, in a text of its own.
    """
    found = uow.session.execute(
        UNSENT,
        {
            "kinds": [kind for kind, _ in sources],
            "source_ids": [source_id for _, source_id in sources],
            "below": below_version,
            "enrollment_id": None if enrollment_id is None else str(enrollment_id),
            "only": None if only is None else list(only),
        },
    ).all()
    if not found:
        return 0
    taken = messaging.take_back(
        uow, message_ids=sorted({row.message_id for row in found}), reason="anchor_moved"
    )
    ours = [row.id for row in found if row.message_id in taken]
    row = Touchpoint
    uow.session.execute(
        update(row).where(row.id.in_(ours)).values(state="skipped", reason=reason, settled_at=uow.now)
    )
    _let_companions_go_again(uow, taken, ours)
    conversations.withdraw_prompts(uow, message_ids=sorted(taken))
    return len(ours)


def _let_companions_go_again(uow: UnitOfWork, message_ids: set[UUID], ours: Sequence[UUID]) -> None:
    row = Touchpoint
    others = list(
        uow.session.scalars(
            select(row.id).where(
                row.message_id.in_(message_ids), row.state == "sent", row.id.not_in(list(ours))
            )
        )
    )
    if not others:
        return
    uow.session.execute(
        update(row)
        .where(row.id.in_(others))
        .values(state="planned", reason=None, settled_at=None, message_id=None, text_enc=None, due_at=uow.now)
    )
    messaging.forget_keys(uow, keys=[f"touchpoint:{one}" for one in others])
    uow.wakes.add("send_due")
