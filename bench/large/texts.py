"""Ten million texts, in the order of time, and the words they are found by."""

from __future__ import annotations

import struct
import time
from array import array
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from bench.large import copying
from bench.large.copying import (
    NOTHING,
    TIME_LENGTH,
    UUID_LENGTH,
    Copy,
    Sealer,
    integer,
    small,
    text,
    truth,
    uuid,
)
from bench.large.plan import END, PROGRAMS, SPAN, Plan, say, spelled
from bench.large.talks import Talks
from outreach.kernel import words

CHUNK = 250_000
EPOCH_OF_POSTGRES = 946_684_800_000_000
"""1 January 2000, in microseconds since 1970."""
MESSAGE = (
    "id, direction, conversation_id, phone_id, sender_id, team_id, program, about_patient, kind, purpose, "
    "phone_epoch, author_kind, author_id, body_enc, encoding, segments, state, error_code, priority, "
    "source_kind, source_id, language, due_at, attempts, failures, at, settled_at, crossed, redacted_at"
)
COLUMNS = struct.pack(">h", MESSAGE.count(",") + 1)
WORD = struct.pack(">h", 3)


def order_of(plan: Plan) -> array[int]:
    """Return for each text, in the order of time, the conversation it is in. The first one is the longest."""
    chance = plan.invention.chance
    found = array("l", [0] * plan.longest)
    left = plan.texts - plan.longest
    found.extend(range(1, min(plan.conversations, left)))
    while len(found) < plan.texts:
        # A few talk much, many talk little.
        weights = array("l", (int(plan.conversations * chance.random() ** 1.6) for _ in range(100_000)))
        found.extend(weights[: plan.texts - len(found)])
    chance.shuffle(found)
    return found


class Buckets(dict[str, bytes]):
    """The beginning of a word's row for one team, made when first asked for."""

    def __init__(self, key: bytes) -> None:
        super().__init__()
        self._key = key

    def __missing__(self, word: str) -> bytes:
        self[word] = made = WORD + integer(words.bucket(self._key, "text", word))
        return made


class Words:
    """The rows under which a text is found."""

    def __init__(self, plan: Plan) -> None:
        self._teams = [Buckets(words.team_key(plan.vault, team_id)) for team_id in plan.team_ids]
        self._texts: dict[str, list[str]] = {}

    def rows(self, team: int, body: str, row_id: bytes, at: bytes) -> bytes:
        """Return the rows of one text."""
        found = self._texts.get(body)
        if found is None:
            found = self._texts[body] = words.worth_finding(body)
        if not found:
            return b""
        ends = at + UUID_LENGTH + row_id
        return ends.join(set(map(self._teams[team].__getitem__, found))) + ends


class Pieces:
    """The parts of a text's row that many rows share."""

    def __init__(self, plan: Plan) -> None:
        plain: Callable[[UUID], bytes] = lambda one: uuid(str(one))  # noqa: E731
        self.phones = [uuid(one) for one in plan.phone_ids]
        self.patients = [uuid(one) for one in plan.patient_ids]
        self.places = [plain(plan.sender_id) + plain(team) for team in plan.team_ids]
        care = text("care") + integer(1)
        self.programs = [text(one) for one in PROGRAMS]
        self.by_program = text("program") + care + text("program") + NOTHING
        self.by_staff = [text("staff") + care + text("staff") + plain(one) for one in plan.staff_ids]
        self.by_patient = text("inbound") + NOTHING + NOTHING + text("patient") + NOTHING
        self.out, self.into = text("out"), text("in")
        wording = text("GSM-7") + integer(1)
        self.sent = wording + text("delivered") + NOTHING + small(4) + text("touchpoint") + UUID_LENGTH
        self.received = wording + text("received") + NOTHING + small(3) + text("inbound") + UUID_LENGTH
        self.english, self.tries, self.straight = text("en"), small(0) + small(0), truth(False)


class Texts:
    """Writes one text after the other, and remembers where each conversation stands."""

    def __init__(self, plan: Plan, made: Talks, rows: Copy, found: Copy) -> None:
        self._plan, self._made, self._rows, self._found = plan, made, rows, found
        self._pieces, self._words, self._seal = Pieces(plan), Words(plan), Sealer(plan.vault)
        self._talks = [uuid(one) for one in made.ids]

    def add(self, talk: int, at: int) -> None:
        """Write a text of a conversation at a moment, in microseconds since 1970."""
        plan, made, pieces = self._plan, self._made, self._pieces
        phone, team, chance = made.phone[talk], made.team[talk], plan.invention.chance.random
        is_known, is_out = phone < plan.patients, chance() < 0.58
        row_id = plan.uuid_at(at // 1000)
        moment = TIME_LENGTH + (at - EPOCH_OF_POSTGRES).to_bytes(8, "big")
        if is_out:
            body = plan.invention.outbound(plan.first_names[phone] if is_known else "there")
            by_staff = chance() < 0.2
            program = 0 if by_staff else 1 + talk % (len(PROGRAMS) - 1)
            made.program[talk] = program or made.program[talk]
            made.waiting[talk] = 0
            author = pieces.by_staff[talk % len(pieces.by_staff)] if by_staff else pieces.by_program
        else:
            body, program, author = plan.invention.inbound(), 0, pieces.by_patient
            made.waiting[talk] = made.waiting[talk] or at
        made.last[talk] = (row_id, at, is_out, body)
        sealed = self._seal.seal("message.body", spelled(row_id.hex()), body)
        patient = pieces.patients[phone] if is_known else NOTHING
        self._rows.add(
            b"".join((
                COLUMNS, UUID_LENGTH, row_id, pieces.out if is_out else pieces.into, self._talks[talk],
                pieces.phones[phone], pieces.places[team], pieces.programs[program], patient, author,
                len(sealed).to_bytes(4, "big"), sealed, pieces.sent if is_out else pieces.received, row_id,
                pieces.english, moment, pieces.tries, moment, moment, pieces.straight, moment,
            ))
        )  # fmt: skip
        if found := self._words.rows(team, body, row_id, moment):
            self._found.add(found)


def texts(plan: Plan, url: str, made: Talks) -> None:
    """Write the texts and their words."""
    order = order_of(plan)
    first = _micro(END - SPAN)
    step = (_micro(END) - first) / len(order)
    started = time.monotonic()
    with (
        copying.copying(url, "message", MESSAGE, binary=True, anew=True) as rows,
        copying.copying(url, "message_word", "bucket, at, message_id", binary=True, anew=True) as found,
    ):
        writer = Texts(plan, made, rows, found)
        for begin in range(0, len(order), CHUNK):
            if time.monotonic() - started > plan.minutes * 60:
                plan.texts = begin
                say(f"time is up: {begin:,} texts")
                return
            upto = min(begin + CHUNK, len(order))
            for place in range(begin, upto):
                writer.add(order[place], first + int(step * place))
            rate = upto / (time.monotonic() - started)
            say(f"texts {upto:,} of {plan.texts:,}, {rate:,.0f}/s, {(plan.texts - upto) / rate:,.0f} s left")


def _micro(at: datetime) -> int:
    return int(at.astimezone(UTC).timestamp()) * 1_000_000
