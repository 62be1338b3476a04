"""THE table: which fact is heard by which handlers, in which order."""

from __future__ import annotations

from collections.abc import Mapping

from outreach.kernel.facts import Fact
from outreach.kernel.outbox import Subscribers
from outreach.kernel.relay import Handler

TABLE: Mapping[type[Fact], tuple[Handler, ...]] = {}


def name_of(handler: Handler) -> str:
    """Return the name a handler has in the outbox, like "inbound.interpret"."""
    return f"{handler.__module__.removeprefix('outreach.').removesuffix('.handlers')}.{handler.__name__}"


SUBSCRIBERS: Subscribers = {
    fact.__name__: tuple(name_of(handler) for handler in handlers) for fact, handlers in TABLE.items()
}
HANDLERS: Mapping[str, Handler] = {
    name_of(handler): handler for handlers in TABLE.values() for handler in handlers
}
