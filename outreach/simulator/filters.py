"""Which messages a list shows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from werkzeug.datastructures import MultiDict

from outreach.simulator.errors import Refused
from outreach.simulator.records import Message
from outreach.simulator.store import Store

Test = Callable[[Message], bool]


def matching(store: Store, args: MultiDict[str, str]) -> Iterator[Message]:
    """Yield the messages a list call asks for, newest first, those that lists already know of.

    Filters: To, From, DateSent, DateSent<, DateSent> (both bounds included; a bare date means that whole
    day in UTC). What has not been sent has no date and matches none of the date filters.
    """
    tests = _date_tests(args)
    to, sender = args.get("To"), args.get("From")
    if sender:
        tests.append(lambda message: message.from_ == sender)
    if to:
        tests.append(lambda message: message.to == to)
    rows = store.by_to.get(to, []) if to else store.by_from.get(sender, []) if sender else store.order
    clock = time.monotonic()
    for index in range(len(rows) - 1, -1, -1):
        message = rows[index]
        shown = message.visible_at <= clock and message.sid in store.messages
        if shown and all(test(message) for test in tests):
            yield message


def _date_tests(args: MultiDict[str, str]) -> list[Test]:
    tests: list[Test] = []
    if given := args.get("DateSent"):
        # The official client writes a date as its midnight; an equal filter by it means the day.
        first, end = _span(given.removesuffix("T00:00:00Z"))
        tests.append(lambda message: message.sent is not None and first <= message.sent < end)
    if given := args.get("DateSent<"):
        latest = _span(given)[1]
        tests.append(lambda message: message.sent is not None and message.sent < latest)
    if given := args.get("DateSent>"):
        earliest = _span(given)[0]
        tests.append(lambda message: message.sent is not None and message.sent >= earliest)
    return tests


def _span(given: str) -> tuple[datetime, datetime]:
    """Return the half-open range a date or a second covers."""
    try:
        start = datetime.fromisoformat(given.replace("Z", "+00:00"))
    except ValueError:
        raise Refused(20001, "DateSent") from None
    start = start if start.tzinfo else start.replace(tzinfo=UTC)
    return start, start + (timedelta(days=1) if len(given) == 10 else timedelta(seconds=1))
