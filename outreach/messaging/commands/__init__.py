"""Verbs of messaging: queue, cancel, deliver, record what the provider says, settle doubts, sweep, redact."""

from outreach.messaging.commands.crossing import cross
from outreach.messaging.commands.delivering import Checkpoint, deliver
from outreach.messaging.commands.incoming import record_inbound
from outreach.messaging.commands.outbound import AlreadyOnItsWay, cancel, queue
from outreach.messaging.commands.reconciling import Reconciled, reconcile
from outreach.messaging.commands.redacting import fetch_media, redact
from outreach.messaging.commands.statuses import record_status
from outreach.messaging.commands.sweeping import forget_sweeps, sweep_inbound

__all__ = [
    "AlreadyOnItsWay",
    "Checkpoint",
    "Reconciled",
    "cancel",
    "cross",
    "deliver",
    "fetch_media",
    "forget_sweeps",
    "queue",
    "reconcile",
    "record_inbound",
    "record_status",
    "redact",
    "sweep_inbound",
]
