"""Verbs of messaging: queue, cancel, deliver, record what the provider says, settle doubts, sweep, redact."""

from outreach.messaging.commands.crossing import cross
from outreach.messaging.commands.delivering import Checkpoint, deliver
from outreach.messaging.commands.following import ask_after
from outreach.messaging.commands.incoming import Incoming, record_all_inbound, record_inbound
from outreach.messaging.commands.numbers import look_up_lines, read_deactivations
from outreach.messaging.commands.outbound import (
    AlreadyOnItsWay,
    cancel,
    facts_of,
    forget_keys,
    queue,
    take_back,
)
from outreach.messaging.commands.pictures import (
    Photo,
    Served,
    forget_pictures,
    keep_picture,
    serve_picture,
    show_photo,
)
from outreach.messaging.commands.reconciling import Reconciled, reconcile
from outreach.messaging.commands.recovering import ProviderNotRead, Recovered, recover
from outreach.messaging.commands.redacting import fetch_media, redact
from outreach.messaging.commands.restoring import Hold, Origin, held, hold, release
from outreach.messaging.commands.statuses import record_status
from outreach.messaging.commands.sweeping import forget_sweeps, sweep_inbound

__all__ = [
    "AlreadyOnItsWay",
    "Checkpoint",
    "Hold",
    "Incoming",
    "Origin",
    "Photo",
    "ProviderNotRead",
    "Reconciled",
    "Recovered",
    "Served",
    "ask_after",
    "cancel",
    "cross",
    "deliver",
    "facts_of",
    "fetch_media",
    "forget_keys",
    "forget_pictures",
    "forget_sweeps",
    "held",
    "hold",
    "keep_picture",
    "look_up_lines",
    "queue",
    "read_deactivations",
    "reconcile",
    "record_all_inbound",
    "record_inbound",
    "record_status",
    "recover",
    "redact",
    "release",
    "serve_picture",
    "show_photo",
    "sweep_inbound",
    "take_back",
]
