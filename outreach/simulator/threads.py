"""What the page shows of a phone: its bubbles, and what the network still holds for it."""

from __future__ import annotations

from typing import Any

from outreach.simulator.clock import PhoneClock
from outreach.simulator.errors import DELIVERY
from outreach.simulator.records import Handset, Message, Text
from outreach.simulator.store import Store

ON_THE_WAY_SHOWN = 50
PHONES_LISTED = 2000


def overviews(store: Store) -> list[dict[str, Any]]:
    """Return the list of phones; of very many, those that heard something last."""
    phones = sorted(store.handsets.values(), key=lambda phone: phone.touched)[-PHONES_LISTED:]
    stopped = {e164 for _, e164 in store.blocks}
    return [overview(phone, stopped) for phone in phones]


def overview(phone: Handset, stopped: set[str]) -> dict[str, Any]:
    """Return one line of the list of phones."""
    last = phone.texts[-1] if phone.texts else None
    return {
        "e164": phone.e164,
        "label": phone.label,
        "texts": phone.received,
        "last": last.body if last else "",
        "last_at": last.shown_at.isoformat() if last else None,
        "touched": phone.touched,
        "blocked": phone.e164 in stopped,
    }


def thread(store: Store, e164: str, clock: PhoneClock) -> list[dict[str, Any]]:
    """Return a phone's bubbles in order, then what was not delivered or is still on its way to it."""
    phone = store.handsets.get(e164)
    texts = phone.texts if phone else []
    arrived = {text.sid for text in texts}
    waiting = [
        message
        for message in store.by_to.get(e164, [])[-ON_THE_WAY_SHOWN:]
        if message.sid not in arrived and message.sid in store.messages and message.direction != "inbound"
    ]
    rows = [_bubble(store, text) for text in texts] + [_waiting(message, clock) for message in waiting]
    return sorted(rows, key=lambda row: str(row["at"]))


def _bubble(store: Store, text: Text) -> dict[str, Any]:
    message = store.messages.get(text.sid)
    return {
        "sid": text.sid,
        "inward": text.inward,
        "body": text.body,
        "at": text.at.isoformat(),
        "shown_at": text.shown_at.isoformat(),
        "other": text.other,
        "kind": text.kind,
        "media": text.media,
        "state": message.status if message else "",
        "error": None,
    }


def _waiting(message: Message, clock: PhoneClock) -> dict[str, Any]:
    return {
        "sid": message.sid,
        "inward": True,
        "body": message.body,
        "at": message.created.isoformat(),
        "shown_at": clock.anchor.at(message.created).isoformat(),
        "other": message.from_ or "",
        "kind": "held",
        "media": [],
        "state": message.status,
        "error": _error(message),
    }


def _error(message: Message) -> str | None:
    if not message.error_code:
        return None
    return f"{DELIVERY.get(message.error_code, 'unknown reason')} ({message.error_code})"
