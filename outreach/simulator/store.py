"""The provider's memory and the handsets', behind one lock."""

from __future__ import annotations

import threading
from bisect import insort
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from outreach.simulator.journal import Journal
from outreach.simulator.records import Handset, Media, Message, Number, Service, Text, new_sid
from outreach.simulator.settings import SimulatorSettings

REQUESTS_KEPT = 200_000


@dataclass(frozen=True, slots=True)
class SeenUrl:
    """One URL the simulator was asked for (`in`) or asked for itself (`out`)."""

    direction: str
    method: str
    url: str
    status: int
    seconds: float | None = None
    """How long the application took to answer, for what the simulator asked."""


class Store:
    """All state. Take `lock` around anything that reads and then writes; single calls take it themselves."""

    def __init__(self, settings: SimulatorSettings, now: Callable[[], datetime]) -> None:
        self.settings = settings
        self.now = now
        self.lock = threading.RLock()
        self.version = 0
        self.requests: deque[SeenUrl] = deque(maxlen=REQUESTS_KEPT)
        self.stats: Counter[str] = Counter()
        self._empty()
        self.journal = Journal(Path(settings.data_dir) / "simulator.jsonl") if settings.data_dir else None
        if self.journal:
            self._restore(self.journal)
        self._seed()

    def _empty(self) -> None:
        self.messages: dict[str, Message] = {}
        self.order: list[Message] = []
        self.by_to: dict[str, list[Message]] = {}
        self.by_from: dict[str, list[Message]] = {}
        self.media: dict[str, Media] = {}
        self.handsets: dict[str, Handset] = {}
        self.numbers: dict[str, Number] = {}
        self.services: dict[str, Service] = {}
        self.blocks: set[tuple[str, str]] = set()
        self.sent_to: Counter[str] = Counter()

    def _seed(self) -> None:
        for e164 in self.settings.numbers:
            self.add_number(e164)
        for seed in self.settings.services:
            for e164 in seed.numbers:
                self.add_number(e164)
            self.services.setdefault(
                seed.sid,
                Service(
                    sid=seed.sid,
                    friendly_name=seed.name,
                    created=self.now(),
                    updated=self.now(),
                    numbers=list(seed.numbers),
                    use_inbound_webhook_on_number=True,
                ),
            )

    def reset(self) -> None:
        """Forget everything but the settings and the journal's name."""
        with self.lock:
            self._empty()
            self.requests.clear()
            self.stats.clear()
            self._seed()
            self.version += 1
            if self.journal:
                self.journal.rewrite(iter(()))

    # -- writing ---------------------------------------------------------------------------------------

    def add_number(self, e164: str) -> Number:
        """Return the rented number, renting it first if need be."""
        with self.lock:
            if e164 not in self.numbers:
                number = Number(sid=new_sid("PN"), e164=e164, created=self.now(), friendly_name=e164)
                self.numbers[e164] = number
                self.keep("number", number)
            return self.numbers[e164]

    def add_message(self, message: Message) -> None:
        """Put a message into the log and its indexes."""
        with self.lock:
            self.messages[message.sid] = message
            message.seq = self.order[-1].seq + 1 if self.order else 1
            self.order.append(message)
            self.by_to.setdefault(message.to, []).append(message)
            if message.from_:
                self.by_from.setdefault(message.from_, []).append(message)
            self.keep("message", message)

    def set_from(self, message: Message, e164: str) -> None:
        """Record which number of its pool a message leaves from."""
        with self.lock:
            message.from_ = e164
            # A number chosen late must not upset the order that pages rely on.
            insort(self.by_from.setdefault(e164, []), message, key=lambda row: row.seq)

    def delete_message(self, message: Message) -> None:
        """Remove a message and its media from the log. The handset keeps what it got."""
        with self.lock:
            # The lists keep it and lists skip it: taking it out of three of them would cost a scan each.
            del self.messages[message.sid]
            for sid in tuple(message.media):
                self.delete_media(sid)
            self._write("deleted", {"sid": message.sid})

    def delete_media(self, sid: str) -> None:
        """Remove one file."""
        with self.lock:
            media = self.media.pop(sid, None)
            if media and (parent := self.messages.get(media.parent_sid)):
                parent.media.remove(sid)
                self.keep("message", parent)
            self._write("media_deleted", {"sid": sid})

    def add_media(self, media: Media) -> None:
        """Keep one file."""
        with self.lock:
            self.media[media.sid] = media
            self.keep("media", media)

    def handset(self, e164: str) -> Handset:
        """Return the phone with this number; there is one for every number ever texted."""
        with self.lock:
            if e164 not in self.handsets:
                self.handsets[e164] = Handset(e164=e164)
            return self.handsets[e164]

    def label(self, e164: str, label: str) -> Handset:
        """Give a phone its owner's name."""
        with self.lock:
            handset = self.handset(e164)
            handset.label = label
            self._touch(handset)
            self._write("label", {"e164": e164, "label": label})
            return handset

    def show(self, e164: str, text: Text) -> None:
        """Put a text on a handset's screen."""
        with self.lock:
            handset = self.handset(e164)
            handset.texts.append(text)
            handset.received += text.inward
            self._touch(handset)
            self._write("text", {"e164": e164, **vars(text)})

    def block(self, key: str, e164: str) -> bool:
        """Block a sender for a phone; return whether it was open before."""
        with self.lock:
            if (key, e164) in self.blocks:
                return False
            self.blocks.add((key, e164))
            self._write("block", {"key": key, "e164": e164})
            return True

    def unblock(self, key: str, e164: str) -> bool:
        """Open a sender for a phone again; return whether it was blocked before."""
        with self.lock:
            if (key, e164) not in self.blocks:
                return False
            self.blocks.discard((key, e164))
            self._write("unblock", {"key": key, "e164": e164})
            return True

    def keep(self, kind: str, record: Message | Media | Number | Service) -> None:
        """Write a record's present state to the journal."""
        with self.lock:
            self._write(kind, vars(record))

    # -- reading ---------------------------------------------------------------------------------------

    def service_of(self, e164: str) -> Service | None:
        """Return the Messaging Service whose pool holds this number."""
        return next((service for service in self.services.values() if e164 in service.numbers), None)

    def block_key(self, e164: str) -> str:
        """Return what an opt-out from this number blocks: its whole service if it is in one."""
        service = self.service_of(e164)
        return service.sid if service else e164

    def saw(self, direction: str, method: str, url: str, status: int, seconds: float | None = None) -> None:
        """Remember a URL, for checks that none carries a patient's data and that answers are quick."""
        self.requests.append(SeenUrl(direction, method, url, status, seconds))

    # -- the journal -----------------------------------------------------------------------------------

    def _touch(self, handset: Handset) -> None:
        self.version += 1
        handset.touched = self.version

    def _write(self, kind: str, value: dict[str, Any]) -> None:
        if self.journal:
            self.journal.write(kind, value)

    def _restore(self, journal: Journal) -> None:
        for kind, value in journal.read():
            getattr(self, f"_was_{kind}")(value)
        for message in sorted(self.messages.values(), key=lambda row: row.seq):
            self.order.append(message)
            self.by_to.setdefault(message.to, []).append(message)
            if message.from_:
                self.by_from.setdefault(message.from_, []).append(message)
            if message.direction != "inbound":
                self.sent_to[message.to] += 1
        journal.rewrite(self._entries())

    def _entries(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for kind, records in (
            ("number", self.numbers),
            ("service", self.services),
            ("message", self.messages),
            ("media", self.media),
        ):
            yield from ((kind, vars(record)) for record in records.values())
        for key, e164 in sorted(self.blocks):
            yield "block", {"key": key, "e164": e164}
        for handset in self.handsets.values():
            yield "label", {"e164": handset.e164, "label": handset.label}
            yield from (("text", {"e164": handset.e164, **vars(text)}) for text in handset.texts)

    def _was_number(self, value: dict[str, Any]) -> None:
        self.numbers[value["e164"]] = Number(**{**_known(Number, value), "free_at": 0.0})

    def _was_service(self, value: dict[str, Any]) -> None:
        self.services[value["sid"]] = Service(**_known(Service, value))

    def _was_message(self, value: dict[str, Any]) -> None:
        # Monotonic seconds mean nothing after a restart: what was there yesterday is in the list today.
        self.messages[value["sid"]] = Message(**{**_known(Message, value), "visible_at": 0.0})

    def _was_media(self, value: dict[str, Any]) -> None:
        self.media[value["sid"]] = Media(**_known(Media, value))

    def _was_deleted(self, value: dict[str, Any]) -> None:
        self.messages.pop(value["sid"], None)

    def _was_media_deleted(self, value: dict[str, Any]) -> None:
        self.media.pop(value["sid"], None)

    def _was_label(self, value: dict[str, Any]) -> None:
        self.handset(value["e164"]).label = value["label"]

    def _was_text(self, value: dict[str, Any]) -> None:
        handset = self.handset(value["e164"])
        text = Text(**_known(Text, value))
        handset.texts.append(text)
        handset.received += text.inward
        self._touch(handset)

    def _was_block(self, value: dict[str, Any]) -> None:
        self.blocks.add((value["key"], value["e164"]))

    def _was_unblock(self, value: dict[str, Any]) -> None:
        self.blocks.discard((value["key"], value["e164"]))


def _known(record: type[Any], value: dict[str, Any]) -> dict[str, Any]:
    names = {item.name for item in fields(record)}
    return {name: item for name, item in value.items() if name in names}
