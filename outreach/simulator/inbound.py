"""A phone texts us: the log, the provider's own keywords, the webhook, its fallback, and replies in TwiML."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from outreach.kernel.segments import count_segments
from outreach.simulator.carrier import Carrier
from outreach.simulator.clock import PhoneClock
from outreach.simulator.errors import BadControl, Refused
from outreach.simulator.faults import Dice, Faults
from outreach.simulator.keywords import REPLIES, Keyword, keyword
from outreach.simulator.records import Media, Message, Number, Service, Text, new_sid
from outreach.simulator.store import Store
from outreach.simulator.twiml import BadTwiml, Reply, replies
from outreach.simulator.webhooks import Answer, Params, Postman, form

Done = Callable[[Answer], None]


class Inbound:
    """What the provider does with a text that a patient sends."""

    def __init__(
        self,
        *,
        store: Store,
        postman: Postman,
        carrier: Carrier,
        faults: Faults,
        dice: Dice,
        clock: PhoneClock,
    ) -> None:
        self._store = store
        self._postman = postman
        self._carrier = carrier
        self._faults = faults
        self._dice = dice
        self._clock = clock
        self.base_url = ""
        """Where the simulator itself is reached, for the addresses of photos."""

    def receive(
        self,
        *,
        phone: str,
        to: str,
        body: str,
        media: Sequence[tuple[str, bytes]] = (),
        then: Done | None = None,
    ) -> Message:
        """Take a text from a phone and post it to the application's webhook.

        `then` hears the application's last answer. Raise BadControl when `to` is not one of our numbers.
        """
        store = self._store
        with store.lock:
            number = store.numbers.get(to)
            if number is None:
                raise BadControl("There is no such number of ours to text to.")
            service = store.service_of(to)
            message = self._log(phone, to, body, media, service)
            word = None if self._faults.stop_filter_off else keyword(body)
            if word:
                self._act(word, phone, to)
        self._deliver(message, number, service, word, then)
        return message

    # -- the log and the keywords ----------------------------------------------------------------------

    def _log(
        self, phone: str, to: str, body: str, media: Sequence[tuple[str, bytes]], service: Service | None
    ) -> Message:
        store, now = self._store, self._store.now()
        message = Message(
            sid=new_sid("MM" if media else "SM"),
            direction="inbound",
            to=to,
            from_=phone,
            body=body,
            status="received",
            created=now,
            updated=now,
            sent=now,
            segments=count_segments(body).segments,
            service_sid=service.sid if service else None,
        )
        for content_type, content in media:
            item = Media(
                sid=new_sid("ME"),
                parent_sid=message.sid,
                content_type=content_type,
                content=content,
                created=now,
            )
            store.add_media(item)
            message.media.append(item.sid)
        store.add_message(message)
        store.stats["inbound"] += 1
        store.show(phone, self._text(message.sid, body, to, inward=False, media=message.media))
        return message

    def _act(self, word: Keyword, phone: str, to: str) -> None:
        key = self._store.block_key(to)
        if word == "HELP":
            changed = True
        else:
            changed = (self._store.block if word == "STOP" else self._store.unblock)(key, phone)
        # Answered once: a second STOP, or a YES from someone who never stopped, gets nothing.
        if changed:
            text = self._text(new_sid("SM"), REPLIES[word], to, inward=True)
            text.kind = "auto"
            self._store.show(phone, text)

    def _text(self, sid: str, body: str, other: str, *, inward: bool, media: Sequence[str] = ()) -> Text:
        return Text(
            sid=sid,
            inward=inward,
            body=body,
            at=self._store.now(),
            shown_at=self._clock.now(),
            other=other,
            media=list(media),
        )

    # -- the webhook -----------------------------------------------------------------------------------

    def _deliver(
        self,
        message: Message,
        number: Number,
        service: Service | None,
        word: Keyword | None,
        then: Done | None,
    ) -> None:
        url, fallback = self._addresses(number, service)
        lost = self._dice.hits(self._faults.inbound_webhook_lost, "inbound-lost", message.from_ or "")
        if not url or lost:
            self._store.stats["inbound_lost"] += 1
            if then:
                then(Answer())
            return
        params = self._params(message, service, word)

        def answered(answer: Answer) -> None:
            settled = self._settle(message, answer)
            if settled.ok or not fallback:
                self._finish(settled, then)
                return
            extra = form([("ErrorCode", settled.error_code), ("ErrorUrl", url)])
            self._store.stats["inbound_fallback"] += 1
            self._finish(self._settle(message, self._postman.post_now(fallback, params + extra)), then)

        self._store.stats["inbound_posted"] += 1
        self._postman.post(url, params, answered)

    def _addresses(self, number: Number, service: Service | None) -> tuple[str, str]:
        settings = self._store.settings
        if service and not service.use_inbound_webhook_on_number:
            # Without a URL inbound is switched off for the whole pool (facts A1), so no default here.
            return service.inbound_request_url or "", service.fallback_url or ""
        url, fallback = number.sms_url, number.sms_fallback_url
        return (
            settings.default_webhook("inbound") if url is None else url,
            settings.default_webhook("fallback") if fallback is None else fallback,
        )

    def _params(self, message: Message, service: Service | None, word: Keyword | None) -> Params:
        settings = self._store.settings
        prefix = f"{self.base_url}/2010-04-01/Accounts/{settings.account_sid}/Messages/{message.sid}/Media/"
        pairs: list[tuple[str, str | int | None]] = [
            ("ToCountry", "US"),
            ("SmsMessageSid", message.sid),
            ("NumMedia", len(message.media)),
            ("SmsSid", message.sid),
            ("SmsStatus", "received"),
            ("Body", message.body),
            ("To", message.to),
            ("NumSegments", message.segments),
            ("MessageSid", message.sid),
            ("AccountSid", settings.account_sid),
            ("From", message.from_),
            ("FromCountry", "US"),
            ("ApiVersion", "2010-04-01"),
            ("MessagingServiceSid", service.sid if service else None),
            ("OptOutType", word if service and settings.advanced_opt_out else None),
        ]
        for index, sid in enumerate(message.media):
            pairs.append((f"MediaUrl{index}", prefix + sid))
            pairs.append((f"MediaContentType{index}", self._store.media[sid].content_type))
        return form(pairs)

    def _settle(self, message: Message, answer: Answer) -> Answer:
        if not answer.ok:
            return answer
        try:
            wanted = replies(answer.content_type, answer.body)
        except BadTwiml as error:
            return Answer(status=answer.status, error_code=error.code, failure="twiml")
        for reply in wanted:
            self._reply(message, reply)
        return answer

    def _reply(self, message: Message, reply: Reply) -> None:
        store, now, to = self._store, self._store.now(), reply.to or message.from_ or ""
        if (store.block_key(message.to), to) in store.blocks:
            store.stats["error_21610"] += 1
            return
        answer = Message(
            sid=new_sid("MM" if reply.media else "SM"),
            direction="outbound-reply",
            to=to,
            from_=message.to,
            body=reply.body,
            status="queued",
            created=now,
            updated=now,
            segments=count_segments(reply.body).segments,
            service_sid=message.service_sid,
            media_urls=list(reply.media),
            callback=reply.callback,
        )
        try:
            self._carrier.accept(answer)
        except Refused as error:
            store.stats[f"error_{error.code}"] += 1

    def _finish(self, answer: Answer, then: Done | None) -> None:
        if answer.error_code:
            self._store.stats["inbound_failed"] += 1
        if then:
            then(answer)
