"""Opening and closing transactions: the only place where anything is committed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from outreach.kernel import outbox
from outreach.kernel.clock import Clock
from outreach.kernel.crypto import Vault
from outreach.kernel.ids import NewId
from outreach.kernel.unit_of_work import Actor, UnitOfWork

Wake = Callable[[str], None]
"""Pokes a worker to look for one kind of work now; may fail or be lost without harm."""


@dataclass(frozen=True, kw_only=True)
class Transactions:
    """Opens units of work. Routes, tasks, commands of the command line and the relay hold one."""

    engine: Engine
    vault: Vault
    product_clock: Clock
    machine_clock: Clock
    new_id: NewId
    subscribers: outbox.Subscribers
    wake: Wake

    @contextmanager
    def begin(self, *, actor: Actor, done: Sequence[outbox.Done] = ()) -> Iterator[UnitOfWork]:
        """Open a transaction; commit at the end of the block, roll back on any exception.

        Facts are written last, then committed; workers are poked after the commit. `done` are facts that this
        block handles, ticked off with its commit; the block may take some out again.
        """
        with Session(self.engine, expire_on_commit=False) as session:
            uow = UnitOfWork(
                session=session,
                engine=self.engine,
                now=self.product_clock.now(),
                machine_now=self.machine_clock.now(),
                actor=actor,
                vault=self.vault,
                new_id=self.new_id,
                subscribers=self.subscribers,
            )
            yield uow
            session.flush()
            work = outbox.write(
                session, uow.facts, subscribers=self.subscribers, happened_at=uow.now, done=done
            )
            if session.in_transaction():
                session.commit()
        for kind in sorted(uow.wakes | ({"relay_facts"} if work else set())):
            self.wake(kind)
        for hook in uow.after_commit:
            hook()
