"""From accepted to the handset: queueing, statuses, failures, and the callbacks that tell of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import urllib3

from outreach.kernel.segments import count_segments
from outreach.simulator.clock import PhoneClock
from outreach.simulator.errors import CARRIER, Refused
from outreach.simulator.faults import Dice, Faults
from outreach.simulator.records import Media, Message, Number, Text, new_sid
from outreach.simulator.settings import SimulatorSettings
from outreach.simulator.store import Store
from outreach.simulator.timeline import Timeline
from outreach.simulator.webhooks import Params, Postman, form

# A sender's queue holds ten hours of its allowance (facts A8): more is refused (21611) or fails (30001).
QUEUE_SECONDS = 36_000.0
REORDER_SECONDS = 0.6


class Carrier:
    """Moves accepted messages along. Every step looks at the message again: it may be gone or canceled."""

    def __init__(
        self,
        *,
        store: Store,
        timeline: Timeline,
        postman: Postman,
        faults: Faults,
        dice: Dice,
        clock: PhoneClock,
        settings: SimulatorSettings,
    ) -> None:
        self._store = store
        self._timeline = timeline
        self._postman = postman
        self._faults = faults
        self._dice = dice
        self._clock = clock
        self._settings = settings

    def accept(self, message: Message) -> None:
        """Take a message on. Raise Refused (21611) when the queue of its number is full."""
        store = self._store
        with store.lock:
            if message.from_ and self._queued_for(store.numbers.get(message.from_)) > QUEUE_SECONDS:
                raise Refused(21611)
            store.sent_to[message.to] += 1
            message.nth = store.sent_to[message.to]
            store.add_message(message)
            store.stats["accepted"] += 1
            wait = self._spend(message) if message.from_ else 0.0
        if message.status == "scheduled" and message.send_at:
            wait = max((message.send_at - store.now()).total_seconds(), 0.0)
            self._timeline.after(wait, lambda: self._release(message.sid))
        else:
            self._start(message, wait)

    def resume(self) -> None:
        """Carry on with what was under way when the simulator stopped."""
        for message in [m for m in self._store.messages.values() if not m.final and m.direction != "inbound"]:
            if message.status == "scheduled" and message.send_at:
                wait = max((message.send_at - self._store.now()).total_seconds(), 0.0)
                self._timeline.after(wait, self._later(self._release, message.sid))
            elif message.status != "sent":
                self._start(message, 0.0)
            elif message.sid not in {text.sid for text in self._store.handset(message.to).texts}:
                self._timeline.after(self._settings.pace.delivered, self._later(self._land, message.sid))

    # -- the way ---------------------------------------------------------------------------------------

    def _release(self, sid: str) -> None:
        message = self._open(sid)
        if message:
            self._start(message, 0.0)

    def _start(self, message: Message, wait: float) -> None:
        pace = self._settings.pace
        if message.service_sid and not message.from_:
            self._timeline.after(pace.queued, lambda: self._choose_number(message.sid))
        elif wait + pace.sending > message.validity:
            self._timeline.after(message.validity, lambda: self._fail(message.sid, 30036))
        elif message.media_urls:
            self._timeline.after(wait, lambda: self._postman.soon(lambda: self._fetch_media(message.sid)))
        else:
            self._timeline.after(wait + pace.sending, lambda: self._sending(message.sid))

    def _choose_number(self, sid: str) -> None:
        store = self._store
        with store.lock:
            message = self._open(sid)
            if message is None:
                return
            service = store.services.get(message.service_sid or "")
            if service is None or not service.numbers:
                self._fail(sid, 30034)
                return
            if (service.sid, message.to) in store.blocks:
                self._fail(sid, 21610)
                return
            # A sticky sender: the same phone always hears from the same number of the pool.
            store.set_from(message, service.numbers[hash_of(message.to) % len(service.numbers)])
            message.segments = count_segments(message.body).segments
            if self._queued_for(store.numbers.get(message.from_ or "")) > QUEUE_SECONDS:
                self._fail(sid, 30001)
                return
            wait = self._spend(message)
            self._set(message, "queued")
        self._start(message, wait)

    def _fetch_media(self, sid: str) -> None:
        message = self._open(sid)
        if message is None:
            return
        try:
            files = [self._postman.fetch(url) for url in message.media_urls]
        except (urllib3.exceptions.HTTPError, OSError):
            self._fail(sid, 11200)
            return
        with self._store.lock:
            message.media_urls = []
            for content_type, content in files:
                self._attach(message, content_type, content)
        self._timeline.after(self._settings.pace.sending, lambda: self._sending(sid))

    def _attach(self, message: Message, content_type: str, content: bytes) -> None:
        media = Media(
            sid=new_sid("ME"),
            parent_sid=message.sid,
            content_type=content_type,
            content=content,
            created=self._store.now(),
        )
        self._store.add_media(media)
        message.media.append(media.sid)

    def _sending(self, sid: str) -> None:
        with self._store.lock:
            message = self._open(sid)
            if message is None:
                return
            self._set(message, "sending")
        pace = self._settings.pace
        self._timeline.after(pace.sent - pace.sending, lambda: self._sent(sid))

    def _sent(self, sid: str) -> None:
        with self._store.lock:
            message = self._open(sid)
            if message is None:
                return
            code = self._error_for(message)
            if code and code not in CARRIER:
                self._fail(sid, code)
                return
            message.sent = self._store.now()
            self._set(message, "sent")
        pace = self._settings.pace
        wait = pace.delivered - pace.sent + self._faults.delivery_delay
        self._timeline.after(wait, lambda: self._arrive(sid, code))

    def _arrive(self, sid: str, code: int | None) -> None:
        if code:
            self._fail(sid, code)
            return
        with self._store.lock:
            message = self._open(sid)
            if message is None:
                return
            self._store.show(
                message.to,
                Text(
                    sid=sid,
                    inward=True,
                    body=message.body,
                    at=self._store.now(),
                    shown_at=self._clock.now(),
                    other=message.from_ or "",
                    media=list(message.media),
                ),
            )
            self._store.stats["delivered"] += 1
            if not self._dice.hits(self._faults.receipts_lost, "receipt", _key(message)):
                self._set(message, "delivered")

    def _fail(self, sid: str, code: int) -> None:
        with self._store.lock:
            message = self._open(sid)
            if message is None:
                return
            message.error_code = code
            self._store.stats[f"error_{code}"] += 1
            self._set(message, "undelivered" if code in CARRIER else "failed")

    def _error_for(self, message: Message) -> int | None:
        if message.to in self._faults.phone_errors:
            return self._faults.phone_errors[message.to]
        for code, chance in self._faults.carrier_errors.items():
            if self._dice.hits(chance, f"carrier-{code}", _key(message)):
                return code
        return None

    # -- telling ---------------------------------------------------------------------------------------

    def _set(self, message: Message, status: str) -> None:
        message.status = status
        message.updated = self._store.now()
        self._store.version += 1
        self._store.keep("message", message)
        if message.callback:
            self._call_back(message)

    def _call_back(self, message: Message) -> None:
        faults, key = self._faults, f"{_key(message)} {message.status}"
        if self._dice.hits(faults.callbacks_lost, "callback-lost", key):
            self._store.stats["callbacks_lost"] += 1
            return
        url, params = message.callback, self._callback_params(message)
        wait = faults.callback_delay
        if self._dice.hits(faults.callbacks_reordered, "callback-reordered", key):
            wait += REORDER_SECONDS
        for _ in range(2 if self._dice.hits(faults.callbacks_doubled, "callback-doubled", key) else 1):
            self._store.stats["callbacks"] += 1
            if wait:
                self._timeline.after(wait, lambda: self._postman.post(url, params))
            else:
                self._postman.post(url, params)

    def _callback_params(self, message: Message) -> Params:
        done = message.status in ("delivered", "undelivered")
        return form(
            [
                ("AccountSid", self._settings.account_sid),
                ("ApiVersion", "2010-04-01"),
                ("From", message.from_ or ""),
                ("To", message.to),
                ("MessageSid", message.sid),
                ("SmsSid", message.sid),
                ("MessageStatus", message.status),
                ("SmsStatus", message.status),
                ("MessagingServiceSid", message.service_sid),
                ("ErrorCode", message.error_code),
                ("RawDlrDoneDate", _dlr_date(self._store.now()) if done else None),
            ]
        )

    # -- small things ----------------------------------------------------------------------------------

    def _open(self, sid: str) -> Message | None:
        message = self._store.messages.get(sid)
        return message if message and not message.final else None

    def _queued_for(self, number: Number | None) -> float:
        return max(number.free_at - time.monotonic(), 0.0) if number else 0.0

    def _spend(self, message: Message) -> float:
        number = self._store.numbers[message.from_ or ""]
        rate = number.segments_per_second or self._settings.segments_per_second
        now = time.monotonic()
        start = max(now, number.free_at)
        number.free_at = start + message.segments / rate
        return start - now

    def _land(self, sid: str) -> None:
        self._arrive(sid, None)

    @staticmethod
    def _later(step: Callable[[str], None], sid: str) -> Callable[[], None]:
        return lambda: step(sid)


def hash_of(e164: str) -> int:
    """Return a number that is the same for a phone in every process."""
    return sum(map(ord, e164))


def _key(message: Message) -> str:
    return f"{message.to} {message.nth}"


def _dlr_date(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%y%m%d%H%M")
