"""The verbs of tests that really send."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging import commands, queries
from outreach.messaging.rules import Queued, Settling, SettlingRules, TextRequest
from tests.provider import Provider, until

SOON = SettlingRules(
    safety=Settling(looks=2, seconds=0.2, sends=4), others=Settling(looks=3, seconds=0.5, sends=2)
)


class Way:
    """The verbs of these tests."""

    def __init__(self, beside: Provider) -> None:
        self.beside = beside
        self.transactions = beside.services.transactions
        self.gateway = beside.services.gateway

    def queue(self, request: TextRequest) -> UUID:
        with self.transactions.begin(actor=SYSTEM) as uow:
            found = commands.queue(uow, request)
        assert isinstance(found, Queued), found
        return found.message_id

    def deliver(self, seconds: float = 3.0, threads: int = 8) -> int:
        return commands.deliver(self.transactions, self.gateway, worker_seconds=seconds, threads=threads)

    def reconcile(self, rules: SettlingRules = SOON) -> commands.Reconciled:
        self.sql("UPDATE attempt SET look_at = clock_timestamp() WHERE settled_at IS NULL")
        return commands.reconcile(self.transactions, self.gateway, rules=rules)

    def message(self, message_id: UUID) -> queries.MessageView:
        with self.transactions.begin(actor=SYSTEM) as uow:
            return queries.message(uow, message_id=message_id)

    def attempts(self, message_id: UUID) -> list[str]:
        with self.transactions.begin(actor=SYSTEM) as uow:
            return [one.state for one in queries.attempts(uow, message_id=message_id)]

    def sql(self, statement: str, **values) -> list:
        with self.transactions.engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []

    def at_once(self) -> None:
        """Let back-offs be over."""
        self.sql("UPDATE message SET retry_at = NULL")
        self.sql("UPDATE sender_spend SET held_until = NULL")

    def becomes(self, message_id: UUID, state: str) -> None:
        until(lambda: self.message(message_id).state == state)
