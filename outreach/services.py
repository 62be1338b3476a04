"""What the edges are handed: ports only, built once by bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.config import Settings
from outreach.kernel.relay import Relay
from outreach.kernel.transactions import Transactions
from outreach.messaging.ports import SmsGateway


@dataclass(frozen=True, kw_only=True)
class Services:
    """Transactions, the way to the provider, settings, and the relay that workers turn."""

    transactions: Transactions
    gateway: SmsGateway
    settings: Settings
    relay: Relay
