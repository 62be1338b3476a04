"""What a command may use. It cannot commit: only whoever opened it can."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from outreach.kernel.crypto import Vault
from outreach.kernel.facts import Fact
from outreach.kernel.ids import NewId


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
    now: datetime
    """The product's time: rules, plans, hours and receipts see this one."""
    machine_now: datetime
    """The machine's time: leases, back-off, sender rates and sign-in sessions see this one."""
    actor: Actor
    vault: Vault
    new_id: NewId
    facts: list[Fact] = field(default_factory=list)
    wakes: set[str] = field(default_factory=set)
    """Kinds of work that workers should look for as soon as this is committed."""
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    def publish(self, fact: Fact) -> None:
        """Tell the domains above; written to the outbox as the last thing before the commit."""
        self.facts.append(fact)
