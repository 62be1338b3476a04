"""Decide and keep the receipt; count contacts; pause and resume."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert

from outreach.audit import commands as audit
from outreach.kernel.errors import Invalid
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.policy import models, rules
from outreach.policy.events import Resumed

SCOPES = ("everything", "team", "program", "sender")

_STORE = text(
    """
    WITH last AS (
        SELECT id, outcome, rule, until FROM decision
        WHERE subject_kind = :subject_kind AND subject_id = :subject_id
        ORDER BY at DESC, id DESC LIMIT 1
    ), added AS (
        INSERT INTO decision
            (id, subject_kind, subject_id, phone_id, outcome, rule, until, rules_version, receipt_enc, at)
        SELECT :id, :subject_kind, :subject_id, :phone_id, :outcome, :rule, :until, :rules_version,
            :receipt, :at
        WHERE NOT EXISTS (
            SELECT FROM last
            WHERE outcome = :outcome AND rule = :rule AND until IS NOT DISTINCT FROM :until)
        RETURNING id
    )
    SELECT COALESCE((SELECT id FROM added), (SELECT id FROM last))
    """
)


class NotAScope(Invalid):
    """Pause everything, one team, one program or one sender; all but the first need to be named."""


@dataclass(frozen=True, kw_only=True)
class StoredDecision:
    """A decision and the receipt it is kept in."""

    id: UUID
    decision: rules.Decision


def decide(
    uow: UnitOfWork,
    *,
    subject_kind: str,
    subject_id: UUID,
    phone_id: UUID | None,
    facts: rules.Facts,
) -> StoredDecision:
    """Judge a text and keep the receipt in one statement: a new one if the outcome changed, else the last."""
    decision = rules.judge(facts)
    new_id = uow.new_id()
    receipt = json.dumps({"facts": facts.dump(), "decision": decision.dump()}, separators=(",", ":"))
    stored = uow.session.scalar(
        _STORE,
        {
            "id": new_id,
            "subject_kind": subject_kind,
            "subject_id": subject_id,
            "phone_id": phone_id,
            "outcome": decision.outcome,
            "rule": decision.rule,
            "until": decision.until,
            "rules_version": decision.rules_version,
            "receipt": uow.vault.seal("decision.receipt", new_id, receipt),
            "at": uow.now,
        },
    )
    return StoredDecision(id=UUID(str(stored)), decision=decision)


def count_contact(
    uow: UnitOfWork, *, message_id: UUID, phone_id: UUID, local_day: date, counts: int, source: str
) -> None:
    """Enter one text in the contact ledger, once however often it is called for it.

    `source` is the text's kind: the ceiling and the loop guard tell by it who was waiting for it.
    """
    uow.session.execute(
        insert(models.Contact)
        .values(
            message_id=message_id,
            phone_id=phone_id,
            local_day=local_day,
            at=uow.now,
            counts=counts,
            source=source,
        )
        .on_conflict_do_nothing(index_elements=["message_id"])
    )


def count(uow: UnitOfWork, *, message_id: UUID, phone_id: UUID, facts: rules.Facts) -> None:
    """Enter a text that was decided on these facts in the contact ledger, for the patient's own day."""
    count_contact(
        uow,
        message_id=message_id,
        phone_id=phone_id,
        local_day=rules.local_day(facts),
        counts=rules.counts(facts),
        source=facts.kind,
    )


def uncount(uow: UnitOfWork, *, message_id: UUID) -> None:
    """Take a text that never left (undone, canceled, refused) out of the contact ledger."""
    uow.session.execute(
        text("DELETE FROM contact WHERE message_id = :message_id"), {"message_id": message_id}
    )


def recount(uow: UnitOfWork, *, message_id: UUID, counts: int, source: str) -> None:
    """Correct what a text is in the contact ledger, once it is known what it was for."""
    uow.session.execute(
        text("UPDATE contact SET counts = :counts, source = :source WHERE message_id = :message_id"),
        {"message_id": message_id, "counts": counts, "source": source},
    )


def pause(
    uow: UnitOfWork,
    *,
    scope: str,
    scope_id: str | UUID = "",
    reason: str,
    by_staff_id: UUID | None = None,
) -> UUID:
    """Hold automated texts of everything, a team, a program or a sender; answers and people go on.

    Raise NotAScope.
    """
    if scope not in SCOPES or (scope == "everything") != (str(scope_id) == ""):
        raise NotAScope
    pause_id = uow.new_id()
    uow.session.execute(
        insert(models.Pause).values(
            id=pause_id,
            scope=scope,
            scope_id=str(scope_id),
            reason=reason,
            by_staff_id=by_staff_id,
            paused_at=uow.now,
        )
    )
    audit.record(
        uow,
        action="paused",
        subject_kind="pause",
        subject_id=pause_id,
        detail={"scope": scope, "scope_id": str(scope_id), "reason": reason},
    )
    return pause_id


def resume(uow: UnitOfWork, *, scope: str, scope_id: str | UUID = "", by_staff_id: UUID | None = None) -> int:
    """Lift every pause of exactly this scope; return how many there were."""
    row = models.Pause
    lifted = list(
        uow.session.scalars(
            update(row)
            .where(row.scope == scope, row.scope_id == str(scope_id), row.lifted_at.is_(None))
            .values(lifted_at=uow.now, lifted_by=by_staff_id)
            .returning(row.id)
            .execution_options(synchronize_session=False)
        )
    )
    for pause_id in lifted:
        audit.record(uow, action="resumed", subject_kind="pause", subject_id=pause_id)
    if lifted:
        uow.publish(Resumed(kind=scope))
    return len(lifted)
