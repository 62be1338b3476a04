"""The conversations: who talks with whom, and how each ended so far."""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench.large.copying import NULL, Sealer, copying
from bench.large.plan import END, PROGRAMS, SPAN, TEAMS, Plan, say, spelled, team_of
from outreach.conversations import rules

SAY_EVERY = 250_000
CONVERSATION = (
    "id, phone_id, team_id, patient_id, owner_id, state, snoozed_until, waiting_since, unread, last_at, "
    "last_message_id, last_line_enc, last_direction, flags, urgency, urgent_due_at, version, change_no, "
    "program, created_at"
)


@dataclass
class Talks:
    """The conversations, by place. Moments are microseconds since 1970, 0 for none."""

    ids: list[str]
    phone: array[int]
    team: bytearray
    last: list[tuple[bytes, int, bool, str] | None]
    """Id, time, whether it went out, and words of the last text."""
    program: bytearray
    waiting: array[int]


def talks(plan: Plan) -> Talks:
    """Return conversations: one per number and team, the large team's over as many numbers as it takes."""
    count = plan.conversations
    team = bytearray(team_of(place, count) for place in range(count))
    seen = [0] * TEAMS
    phone = array("l", bytes(8 * count))
    for place in range(count):
        # Each team takes the numbers in turn from a place of its own, so that no pair comes twice.
        phone[place] = (seen[team[place]] + team[place] * 7919) % plan.phones
        seen[team[place]] += 1
    ids = [plan.uuid(END - SPAN) for _ in range(count)]
    return Talks(ids, phone, team, [None] * count, bytearray(count), array("l", bytes(8 * count)))


def conversations(plan: Plan, url: str, made: Talks) -> None:
    """Write the conversations as their last texts left them; most old ones are closed."""
    seal = Sealer(plan.vault)
    with copying(url, "conversation", CONVERSATION, anew=True) as rows:
        for talk, row_id in enumerate(made.ids):
            rows.add(_conversation(plan, seal, made, talk, row_id))
            if talk % SAY_EVERY == 0:
                say(f"conversations {talk:,} of {plan.conversations:,}")


def _conversation(plan: Plan, seal: Sealer, made: Talks, talk: int, row_id: str) -> str:
    chance, phone = plan.invention.chance, made.phone[talk]
    is_known, line, message_id, direction, at = phone < plan.patients, NULL, NULL, NULL, END - SPAN
    if last := made.last[talk]:
        at = datetime.fromtimestamp(last[1] / 1_000_000, UTC)
        message_id, direction = spelled(last[0].hex()), "out" if last[2] else "in"
        line = seal.hex("conversation.last_line", row_id, rules.line_of(last[3]))
    is_old = at < END - timedelta(days=14) and talk > 0
    state = "closed" if is_old and chance.random() < 0.93 else "snoozed" if chance.random() < 0.03 else "open"
    waits = bool(made.waiting[talk]) and state != "closed" and not (is_old and chance.random() < 0.8)
    waiting = datetime.fromtimestamp(made.waiting[talk] / 1_000_000, UTC) if waits else NULL
    flags = [
        *(["failed"] if chance.random() < 0.01 else []),
        *([] if is_known else ["unknown_sender"]),
        *(["orange"] if waits and chance.random() < 0.02 else []),
    ]
    owner = chance.choice(plan.staff_ids) if chance.random() < 0.5 else NULL
    urgent = END if "orange" in flags else NULL
    snoozed = END + timedelta(hours=chance.randint(-200, 200)) if state == "snoozed" else NULL
    return (
        f"{row_id}\t{plan.phone_ids[phone]}\t{plan.team_ids[made.team[talk]]}"
        f"\t{plan.patient_ids[phone] if is_known else NULL}\t{owner}\t{state}\t{snoozed}\t{waiting}"
        f"\t{int(waits)}\t{at}\t{message_id}\t{line}\t{direction}\t{json.dumps(flags)}\t{rules.urgency_of(flags)}\t{urgent}\t1\t0"
        f"\t{PROGRAMS[made.program[talk]] or NULL}\t{END - SPAN}\n"
    )
