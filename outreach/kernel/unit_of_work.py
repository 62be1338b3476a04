"""What a command may use. It cannot commit: only whoever opened it can."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from outreach.kernel import outbox
from outreach.kernel.crypto import Vault
from outreach.kernel.errors import OutreachError
from outreach.kernel.facts import Fact
from outreach.kernel.ids import NewId
from outreach.kernel.outbox import Subscribers


class NotAlone(OutreachError):
    """This statement commits by itself, so it must be the only work of its transaction."""


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who the record will name: a member of staff, the system itself, a patient's own text, an importer."""

    kind: str
    id: UUID | None = None


SYSTEM = Actor(kind="system")
PATIENT = Actor(kind="patient")


@dataclass(frozen=True, kw_only=True)
class UnitOfWork:
    """One transaction: its session, its one time, its actor."""

    session: Session
    engine: Engine
    """Where the session's connection comes from."""
    now: datetime
    """The product's time: rules, plans, hours and receipts see this one."""
    machine_now: datetime
    """The machine's time: leases, back-off, sender rates and sign-in sessions see this one."""
    actor: Actor
    vault: Vault
    new_id: NewId
    subscribers: Subscribers = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    wakes: set[str] = field(default_factory=set)
    """Kinds of work that workers should look for as soon as this is committed."""
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    def publish(self, fact: Fact) -> None:
        """Tell the domains above; written to the outbox as the last thing before the commit."""
        self.facts.append(fact)

    def publish_beside(self, insert: str, values: Mapping[str, Any], *facts: Fact) -> bool:
        """Insert one row and write its facts in the same statement, which commits by itself at once.

        For hot paths that do nothing else: raise NotAlone if this unit of work has begun anything. Return
        whether the row is new; if it is not (ON CONFLICT DO NOTHING), nothing is told.
        """
        if self.session.in_transaction() or self.facts:
            raise NotAlone
        made = outbox.write_beside(
            self.engine, insert, values, facts, subscribers=self.subscribers, happened_at=self.now
        )
        if made:
            self.wakes.add("relay_facts")
        return made
