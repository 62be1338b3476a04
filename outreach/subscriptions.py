"""THE table: which fact is heard by which handlers, in which order."""

from __future__ import annotations

from collections.abc import Mapping

from outreach.consent.events import OptedOut
from outreach.conversations import handlers as conversations
from outreach.escalations import handlers as escalations
from outreach.escalations.events import EscalationRaised
from outreach.inbound import handlers as inbound
from outreach.inbound.events import SafetyReadingDue, TextReceived
from outreach.kernel.facts import Fact
from outreach.kernel.outbox import Subscribers
from outreach.kernel.relay import Handler
from outreach.messaging.events import (
    MessageAccepted,
    MessageDelivered,
    MessageDropped,
    MessageFailed,
    MessageInDoubt,
    MessageQueued,
    MessageResolved,
)

TABLE: Mapping[type[Fact], tuple[Handler, ...]] = {
    TextReceived: (inbound.interpret,),
    SafetyReadingDue: (inbound.read_safety,),
    OptedOut: (inbound.confirm_opt_out,),
    EscalationRaised: (escalations.start_ladder,),
    MessageQueued: (conversations.show,),
    MessageAccepted: (conversations.show,),
    MessageDelivered: (conversations.show_delivery,),
    MessageResolved: (conversations.show_delivery,),
    MessageFailed: (conversations.show_trouble, escalations.on_text_lost),
    MessageInDoubt: (conversations.show_trouble, escalations.on_text_lost),
    MessageDropped: (conversations.show_dropped, escalations.on_text_lost),
}


def name_of(handler: Handler) -> str:
    """Return the name a handler has in the outbox, like "inbound.interpret"."""
    return f"{handler.__module__.removeprefix('outreach.').removesuffix('.handlers')}.{handler.__name__}"


SUBSCRIBERS: Subscribers = {
    fact.__name__: tuple(name_of(handler) for handler in handlers) for fact, handlers in TABLE.items()
}
HANDLERS: Mapping[str, Handler] = {
    name_of(handler): handler for handlers in TABLE.values() for handler in handlers
}
