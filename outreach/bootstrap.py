"""Builds Services once per process: the only place where parts are put together."""

from __future__ import annotations

from sqlalchemy import Engine

from outreach import subscriptions
from outreach.config import Settings
from outreach.kernel import db, ids, index_keys
from outreach.kernel.clock import Clock, SystemClock
from outreach.kernel.crypto import KeyRing, Vault
from outreach.kernel.product_clock import ProductClock
from outreach.kernel.relay import Relay
from outreach.kernel.transactions import Transactions, Wake
from outreach.messaging.ports import SmsGateway
from outreach.services import Services
from outreach.twilio import provider
from outreach.wake import Waker


def build(
    settings: Settings,
    *,
    machine_clock: Clock | None = None,
    product_clock: Clock | None = None,
    wake: Wake | None = None,
    gateway: SmsGateway | None = None,
    engine: Engine | None = None,
    pool_size: int = 16,
) -> Services:
    """Put the parts together. Processes pass settings alone; tests their own clock, wake, gateway or engine.

    An engine keeps its compiled statements and open connections: tests share one for that.
    """
    engine = engine or db.connect(settings.database_url, pool_size=pool_size)
    ring = KeyRing(settings.encryption_keys)
    machine = machine_clock or SystemClock()
    transactions = Transactions(
        engine=engine,
        vault=Vault(ring=ring, index_keys=index_keys.load_or_create(engine, ring)),
        product_clock=product_clock or _product_clock(settings, engine, machine),
        machine_clock=machine,
        new_id=ids.uuid7,
        subscribers=subscriptions.SUBSCRIBERS,
        wake=wake or Waker(settings.redis_url),
    )
    return Services(
        transactions=transactions,
        gateway=gateway or provider.build(settings, clock=machine),
        settings=settings,
        relay=Relay(
            transactions=transactions, handlers=subscriptions.HANDLERS, together=subscriptions.TOGETHER
        ),
    )


def _product_clock(settings: Settings, engine: Engine, machine: Clock) -> Clock:
    return machine if settings.real_provider else ProductClock(engine, machine)
