"""Fills a database of its own with invented people: 200,000 patients, a million conversations, ten
million texts, one team holding 40 % of them and one thread of 20,000.

    python -m bench.seed_large [--scale 0.05] [--data /tmp/outreach-large]

Everything is encrypted and indexed as the product does it; rows go in by COPY, in the order of time, so
that a thread's texts lie scattered as they would. Attempts, provider ids and delivery events are left
out: no page of the inbox reads them. Meant for bench/pages.py, which measures on what this leaves behind.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

import psycopg

from bench import invented
from outreach import bootstrap, schema, wake
from outreach.cli import first_start
from outreach.config import Settings
from outreach.conversations import rules as conversation_rules
from outreach.embedded import runtime
from outreach.kernel import words
from outreach.kernel.crypto import Vault
from outreach.kernel.unit_of_work import SYSTEM
from outreach.services import Services
from outreach.staff import commands as staff
from outreach.staff import queries as teams

PATIENTS, CONVERSATIONS, TEXTS, LONGEST_THREAD = 200_000, 1_000_000, 10_000_000, 20_000
TEAMS, LARGEST_SHARE, PHONES_PER_CONVERSATION = 12, 0.4, 0.5
END = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)
SPAN = timedelta(days=730)
PASSWORD = "quiet-harbor-lantern"
NURSE, LEAD = "nurse@riverside.example", "lead@riverside.example"
PROGRAMS = (None, "generic-medical", "heart-failure", "maternity-blood-pressure")
NULL = r"\N"
PROGRESS_EVERY = 200_000
CHUNK = 250_000
SETTINGS = {
    "shared_buffers": "1GB", "maintenance_work_mem": "1GB", "max_wal_size": "16GB", "wal_level": "minimal",
    "max_wal_senders": "0", "checkpoint_timeout": "30min", "autovacuum": "off", "effective_cache_size": "4GB",
}  # fmt: skip


@dataclass(kw_only=True)
class Plan:
    """How much of everything, and who it belongs to."""

    patients: int
    conversations: int
    texts: int
    longest: int
    minutes: float
    vault: Vault
    team_ids: list[UUID]
    sender_id: UUID
    staff_ids: list[UUID]
    invention: invented.Invention = field(default_factory=invented.Invention)
    phone_ids: list[str] = field(default_factory=list)
    patient_ids: list[str] = field(default_factory=list)
    first_names: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.teams, self.sender = [str(one) for one in self.team_ids], str(self.sender_id)
        self.staff = [str(one) for one in self.staff_ids]

    @property
    def phones(self) -> int:
        """How many numbers there are: each can have a talk with several teams."""
        return max(int(self.conversations * PHONES_PER_CONVERSATION), self.patients)

    def uuid(self, at: datetime) -> str:
        """Return a UUIDv7 of a moment, spelled."""
        tail = self.invention.chance.getrandbits(74)
        high = int(at.timestamp() * 1000) << 16 | 0x7000 | tail >> 62
        word = f"{high:016x}{0x8000000000000000 | tail & (1 << 62) - 1:016x}"
        return f"{word[:8]}-{word[8:12]}-{word[12:16]}-{word[16:20]}-{word[20:]}"


def sealed(plan: Plan, column: str, row_id: str, text: str) -> str:
    """Return an encrypted value as COPY reads it."""
    return r"\\x" + plan.vault.seal(column, row_id, text).hex()


class Copy:
    """Rows on their way into a table, sent in pieces of a megabyte."""

    def __init__(self, copy: Any) -> None:
        self._copy, self._rows, self._size = copy, [], 0

    def add(self, row: str) -> None:
        """Take a row that ends with a line break."""
        self._rows.append(row)
        self._size += len(row)
        if self._size > 1_000_000:
            self.send()

    def send(self) -> None:
        """Send what has gathered."""
        self._copy.write("".join(self._rows))
        self._rows, self._size = [], 0


@contextmanager
def copying(url: str, table: str, columns: str) -> Iterator[Copy]:
    """Open a COPY on a connection of its own; foreign keys are not checked, the generator keeps them."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            rows = Copy(copy)
            yield rows
            rows.send()


PATIENT = "id, team_id, name_enc, language, zone, zone_source, literacy, risk_tier, fewer_texts, version"


def people(plan: Plan, url: str) -> None:
    """Write phones, patients, whose phone is whose, names to find them by, and what the record says."""
    at = END - SPAN
    with ExitStack() as stack:
        phones = stack.enter_context(
            copying(url, "phone", "id, e164_enc, e164_index, line_type, state, epoch, created_at")
        )
        patients = stack.enter_context(
            copying(url, "patient", f"{PATIENT}, created_at")
        )  # fmt: skip
        links = stack.enter_context(copying(url, "patient_phone", "id, patient_id, phone_id, relation, rank"))
        found = stack.enter_context(copying(url, "patient_word", "bucket, patient_id"))
        numbers = stack.enter_context(
            copying(url, "patient_identifier", "id, patient_id, system, kind, value_enc, value_index")
        )
        keys = [words.team_key(plan.vault, team_id) for team_id in plan.team_ids]
        for place in range(plan.phones):
            phone_id = plan.uuid(at)
            plan.phone_ids.append(phone_id)
            e164 = invented.number(place)
            index = plan.vault.index("phone", e164).hex()
            phones.add(
                f"{phone_id}\t{sealed(plan, 'phone.e164', phone_id, e164)}"
                f"\t\\\\x{index}\tmobile\tusable\t1\t{at}\n"
            )
            if place >= plan.patients:
                continue
            patient_id, (first, last) = plan.uuid(at), plan.invention.person()
            plan.patient_ids.append(patient_id)
            plan.first_names.append(first)
            team = _team_of(place, plan.patients)
            language, risk = "es" if place % 6 == 0 else "en", ("high", "medium", "low")[place % 3]
            name = f"{first} {last}"
            patients.add(
                f"{patient_id}\t{plan.team_ids[team]}"
                f"\t{sealed(plan, 'patient.name', patient_id, name)}\t{language}"
                f"\tAmerica/New_York\taddress\tstandard\t{risk}\tf\t1\t{at}\n"
            )
            links.add(f"{plan.uuid(at)}\t{patient_id}\t{phone_id}\tself\t1\n")
            mrn, row_id = f"MRN{place:07d}", plan.uuid(at)
            key = plan.vault.index("identifier", "\x1f".join(("ehr", "mrn", mrn))).hex()
            numbers.add(
                f"{row_id}\t{patient_id}\tehr\tmrn"
                f"\t{sealed(plan, 'patient_identifier.value', row_id, mrn)}\t\\\\x{key}\n"
            )
            buckets = {words.bucket(keys[team], "name", part) for part in words.name_beginnings([name])}
            buckets.add(words.bucket(keys[team], "mrn", words.fold(mrn)[0]))
            for bucket in buckets:
                found.add(f"{bucket}\t{patient_id}\n")
            if place % 20_000 == 0:
                say(f"people {place:,} of {plan.patients:,}")


ENTRY = "id, source_system, source_index, version, digest, received_at, patient_id, status, detail_enc"


def record(plan: Plan, url: str) -> None:
    """Write what the record says: a stay that ended, two conditions, a visit ahead."""
    at = END - timedelta(days=20)
    with ExitStack() as stack:
        stays = stack.enter_context(
            copying(url, "encounter", f"{ENTRY}, kind, started_at, ended_at, disposition")
        )
        conditions = stack.enter_context(copying(url, "condition", ENTRY))
        visits = stack.enter_context(
            copying(url, "appointment", f"{ENTRY}, source_status, starts_at, start_version")
        )
        for place, patient_id in enumerate(plan.patient_ids):
            stays.add(
                f"{_entry(plan, 'encounter', patient_id, at, 'finished')}\tinpatient\t{at}\t{at}\thome\n"
            )
            for _ in range(2):
                conditions.add(_entry(plan, "condition", patient_id, at, "active") + "\n")
            starts = END + timedelta(hours=place % 500)
            visits.add(f"{_entry(plan, 'appointment', patient_id, at, 'booked')}\tbooked\t{starts}\t1\n")


def _entry(plan: Plan, table: str, patient_id: str, at: datetime, status: str) -> str:
    row_id = plan.uuid(at)
    detail = json.dumps({"text": plan.invention.words[int(plan.invention.chance.random() * 90)]})
    digest = os.urandom(32).hex()
    return (
        f"{row_id}\tehr\t\\\\x{digest}\t1\t\\\\x{digest}\t{at}\t{patient_id}\t{status}"
        f"\t{sealed(plan, f'{table}.detail', row_id, detail)}"
    )


def _team_of(place: int, total: int) -> int:
    """The first 40 % of whatever is counted are the largest team's, the others share the rest."""
    large = int(total * LARGEST_SHARE)
    return 0 if place < large else 1 + (place - large) % (TEAMS - 1)


@dataclass
class Talks:
    """The conversations, by place: who, whose, and how each ended so far."""

    ids: list[str]
    phone: array[int]
    team: bytearray
    last: list[tuple[str, str, str, str] | None]
    """Id, time, direction and words of the last text."""
    program: bytearray
    waiting: list[str | None]


def talks(plan: Plan) -> Talks:
    """Return conversations: one per number and team, the large team's over as many numbers as it takes."""
    count = plan.conversations
    team = bytearray(_team_of(place, count) for place in range(count))
    seen = [0] * TEAMS
    phone = array("l", bytes(8 * count))
    for place in range(count):
        # Each team takes the numbers in turn from a place of its own, so that no pair comes twice.
        phone[place] = (seen[team[place]] + team[place] * 7919) % plan.phones
        seen[team[place]] += 1
    ids = [plan.uuid(END - SPAN) for _ in range(count)]
    return Talks(ids, phone, team, [None] * count, bytearray(count), [None] * count)


def order_of(plan: Plan) -> array[int]:
    """Return for each text, in the order of time, the conversation it is in. The first one is the longest."""
    chance = plan.invention.chance
    found = array("l", [0] * plan.longest)
    left = plan.texts - plan.longest
    found.extend(range(1, min(plan.conversations, left)))
    weights = array("l", [])
    while len(found) < plan.texts:
        # A few talk much, many talk little.
        weights = array("l", (int(plan.conversations * chance.random() ** 1.6) for _ in range(100_000)))
        found.extend(weights[: plan.texts - len(found)])
    chance.shuffle(found)
    return found


MESSAGE = (
    "id, direction, conversation_id, phone_id, sender_id, team_id, program, about_patient, kind, purpose, "
    "phone_epoch, author_kind, author_id, body_enc, encoding, segments, state, error_code, priority, "
    "source_kind, source_id, language, due_at, attempts, failures, at, settled_at, crossed, redacted_at"
)


def texts(plan: Plan, url: str, made: Talks) -> None:
    """Write the texts and their words."""
    order = order_of(plan)
    step = SPAN / len(order)
    numbers = Numbers(plan)
    started = time.monotonic()
    for begin in range(0, len(order), CHUNK):
        if time.monotonic() - started > plan.minutes * 60:
            plan.texts = begin
            say(f"time is up: {begin:,} texts")
            return
        with (
            copying(url, "message", MESSAGE) as rows,
            copying(url, "message_word", "bucket, at, message_id") as found,
        ):
            for place in range(begin, min(begin + CHUNK, len(order))):
                talk, at = order[place], END - SPAN + step * place
                moment, row_id = str(at), plan.uuid(at)
                body = _text(plan, made, talk, moment, row_id, rows)
                for bucket in numbers.of(made.team[talk], body):
                    found.add(f"{bucket}\t{moment}\t{row_id}\n")
        rate = (begin + CHUNK) / (time.monotonic() - started)
        left = max(0, plan.texts - begin - CHUNK) / rate
        say(f"texts {begin + CHUNK:,} of {plan.texts:,}, {rate:,.0f}/s, {left:,.0f} s left")


class Numbers:
    """The numbers that words stand under, remembered."""

    def __init__(self, plan: Plan) -> None:
        self._keys = [words.team_key(plan.vault, team_id) for team_id in plan.team_ids]
        self._words: list[dict[str, int]] = [{} for _ in self._keys]
        self._texts: dict[str, list[str]] = {}

    def of(self, team: int, body: str) -> set[int]:
        """Return the numbers of a text."""
        found = self._texts.get(body)
        if found is None:
            found = self._texts[body] = words.worth_finding(body)
        known = self._words[team]
        return {known[word] if word in known else self._number(team, word) for word in found}

    def _number(self, team: int, word: str) -> int:
        known = self._words[team]
        if word not in known:
            known[word] = words.bucket(self._keys[team], "text", word)
        return known[word]


def _text(plan: Plan, made: Talks, talk: int, at: str, row_id: str, rows: Copy) -> str:
    chance = plan.invention.chance
    phone, team = made.phone[talk], made.team[talk]
    is_known = phone < plan.patients
    patient = plan.patient_ids[phone] if is_known else NULL
    outbound = chance.random() < 0.58
    body = (
        plan.invention.outbound(plan.first_names[phone] if is_known else "there")
        if outbound
        else plan.invention.inbound()
    )
    made.last[talk] = (row_id, at, "out" if outbound else "in", body)
    common = f"{sealed(plan, 'message.body', row_id, body)}\tGSM-7\t1"
    ends = f"{at}\t0\t0\t{at}\t{at}\tf\t{at}\n"
    place = f"{made.ids[talk]}\t{plan.phone_ids[phone]}\t{plan.sender}\t{plan.teams[team]}"
    if outbound:
        by_staff = chance.random() < 0.2
        program = 0 if by_staff else 1 + talk % (len(PROGRAMS) - 1)
        made.program[talk] = program or made.program[talk]
        made.waiting[talk] = None
        author = f"staff\t{plan.staff[talk % len(plan.staff)]}" if by_staff else f"program\t{NULL}"
        rows.add(
            f"{row_id}\tout\t{place}\t{PROGRAMS[program] or NULL}\t{patient}"
            f"\t{'staff' if by_staff else 'program'}\tcare"
            f"\t1\t{author}\t{common}\tdelivered\t{NULL}\t4\ttouchpoint\t{row_id}\ten\t{ends}"
        )
    else:
        made.waiting[talk] = made.waiting[talk] or at
        rows.add(
            f"{row_id}\tin\t{place}\t{NULL}\t{patient}\tinbound\t{NULL}\t{NULL}\tpatient\t{NULL}\t{common}"
            f"\treceived\t{NULL}\t3\tinbound\t{row_id}\ten\t{ends}"
        )
    return body


CONVERSATION = (
    "id, phone_id, team_id, patient_id, owner_id, state, snoozed_until, waiting_since, unread, last_at, "
    "last_message_id, last_line_enc, last_direction, flags, urgent_due_at, version, change_no, "
    "program, created_at"
)


def conversations(plan: Plan, url: str, made: Talks) -> None:
    """Write the conversations as their last texts left them; most old ones are closed."""
    with copying(url, "conversation", CONVERSATION) as rows:
        for talk, row_id in enumerate(made.ids):
            rows.add(_conversation(plan, made, talk, row_id))
            if talk % PROGRESS_EVERY == 0:
                say(f"conversations {talk:,} of {plan.conversations:,}")


def _conversation(plan: Plan, made: Talks, talk: int, row_id: str) -> str:
    chance, phone = plan.invention.chance, made.phone[talk]
    message_id, at, direction, body = made.last[talk] or (NULL, str(END - SPAN), NULL, "")
    is_known = phone < plan.patients
    line = sealed(plan, "conversation.last_line", row_id, conversation_rules.line_of(body)) if body else NULL
    is_old = at < str(END - timedelta(days=14)) and talk > 0
    state = "closed" if is_old and chance.random() < 0.93 else "snoozed" if chance.random() < 0.03 else "open"
    waiting = made.waiting[talk] if state != "closed" and not (is_old and chance.random() < 0.8) else None
    flags = [
        *(["failed"] if chance.random() < 0.01 else []),
        *([] if is_known else ["unknown_sender"]),
        *(["orange"] if waiting and chance.random() < 0.02 else []),
    ]
    owner = chance.choice(plan.staff_ids) if chance.random() < 0.5 else NULL
    urgent = END if "orange" in flags else NULL
    snoozed = END + timedelta(hours=chance.randint(-200, 200)) if state == "snoozed" else NULL
    return (
        f"{row_id}\t{plan.phone_ids[phone]}\t{plan.team_ids[made.team[talk]]}"
        f"\t{plan.patient_ids[phone] if is_known else NULL}\t{owner}\t{state}\t{snoozed}\t{waiting or NULL}"
        f"\t{1 if waiting else 0}\t{at}\t{message_id}\t{line}\t{direction}\t{json.dumps(flags)}\t{urgent}"
        f"\t1\t0"
        f"\t{PROGRAMS[made.program[talk]] or NULL}\t{END - SPAN}\n"
    )


def without_indexes(url: str, *tables: str) -> list[str]:
    """Drop the indexes of some tables, and the words' key; return the statements that make them again."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT i.indexname, i.indexdef FROM pg_indexes i "
            "LEFT JOIN pg_constraint c ON c.conname = i.indexname "
            "WHERE i.tablename = ANY(%s) AND c.conname IS NULL",
            [list(tables)],
        ).fetchall()
        for name, _ in found:
            connection.execute(f'DROP INDEX "{name}"')
        connection.execute("ALTER TABLE message_word DROP CONSTRAINT IF EXISTS pk_message_word")
    return [
        *(definition for _, definition in found),
        "ALTER TABLE message_word ADD CONSTRAINT pk_message_word PRIMARY KEY (bucket, at, message_id)",
    ]


def finish(url: str, statements: Sequence[str]) -> None:
    """Make the indexes and gather statistics."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            started = time.monotonic()
            connection.execute(statement)
            say(f"{statement[:70]}... {time.monotonic() - started:.0f} s")
        started = time.monotonic()
        connection.execute("VACUUM (ANALYZE)")
        say(f"vacuum and statistics {time.monotonic() - started:.0f} s")


def clinic(services: Services) -> tuple[list[UUID], UUID, list[UUID]]:
    """Set up the organization, its teams, a nurse of the largest one and a lead of all."""
    with services.transactions.begin(actor=SYSTEM) as uow:
        first_start.set_up(
            uow, organization="Riverside", short_name="Riverside", zone="America/New_York",
            team="Transitions",
            sender="+12025550100", callback="(202) 555-0101", admin_email="ana@riverside.example",
            admin_name="Ana Ruiz", admin_password=PASSWORD, basis="registration",
        )  # fmt: skip
        largest = teams.default_team(uow)
        team_ids = [largest.id] + [
            staff.create_team(
                uow, name=f"Team {number}", sender_id=largest.sender_id, zone="America/New_York"
            )
            for number in range(2, TEAMS + 1)
        ]
        nurse = staff.add_staff(uow, email=NURSE, name="Nora Nurse", password=PASSWORD)
        lead = staff.add_staff(uow, email=LEAD, name="Lena Lead", password=PASSWORD)
        staff.join_team(uow, staff_id=nurse, team_id=largest.id, role="nurse")
        for team_id in team_ids:
            staff.join_team(uow, staff_id=lead, team_id=team_id, role="lead")
        others = [
            staff.add_staff(
                uow, email=f"nurse{number}@riverside.example", name=f"Nurse {number}", password=PASSWORD
            )
            for number in range(6)
        ]
        for person in others:
            staff.join_team(uow, staff_id=person, team_id=largest.id, role="nurse")
    return team_ids, largest.sender_id, [nurse, *others]


def seed(folder: Path, scale: float, minutes: float) -> None:
    """Fill the database of a data folder."""
    started = time.monotonic()
    with runtime.ensure(folder, durable=False) as running:
        configure(running.postgres.admin_url(), SETTINGS)
        running.postgres.stop()
        running.postgres.start()
        schema.upgrade(running.postgres.url())
        environment = running.environment() | running.simulator_environment()
        services = bootstrap.build(Settings.from_env(environment), wake=wake.nobody)
        team_ids, sender_id, staff_ids = clinic(services)
        plan = Plan(
            patients=int(PATIENTS * scale), conversations=int(CONVERSATIONS * scale),
            texts=int(TEXTS * scale),
            longest=min(LONGEST_THREAD, int(TEXTS * scale) // 4), minutes=minutes,
            vault=services.transactions.vault,
            team_ids=team_ids, sender_id=sender_id, staff_ids=staff_ids,
        )  # fmt: skip
        services.transactions.engine.dispose()
        url = plain(running.postgres.admin_url("outreach"))
        later = without_indexes(url, "message", "conversation", "message_word", "patient_word")
        people(plan, url)
        record(plan, url)
        made = talks(plan)
        texts(plan, url, made)
        conversations(plan, url, made)
        finish(url, later)
        about = {
            "scale": scale, "team": str(team_ids[0]), "longest": made.ids[0], "texts": plan.texts,
            "seconds": round(time.monotonic() - started), "nurse": NURSE, "password": PASSWORD,
        }  # fmt: skip
        (folder / "seeded.json").write_text(json.dumps(about))
        with psycopg.connect(url) as connection:
            size = connection.execute("SELECT pg_size_pretty(pg_database_size('outreach'))").fetchone()
        say(f"done: {about['texts']:,} texts, {size[0] if size else '?'}, {about['seconds']} s, in {folder}")


def configure(admin_url: str, settings: dict[str, str]) -> None:
    """Change settings of the server; they hold from its next start."""
    with psycopg.connect(plain(admin_url), autocommit=True) as connection:
        for name, value in settings.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")


def plain(url: str) -> str:
    """Return a database's address as psycopg reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def say(words_: str, to: TextIO = sys.stdout) -> None:
    """Show how far it is."""
    print(time.strftime("%H:%M:%S"), words_, file=to, flush=True)


def main() -> None:
    """Seed and say where."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="1.0 is 10,000,000 texts and about 25 GB")
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "outreach-large")
    parser.add_argument("--minutes", type=float, default=600, help="write no more texts after so long")
    given = parser.parse_args()
    if (given.data / "seeded.json").exists():
        sys.exit(f"{given.data} is seeded already; remove it to begin anew.")
    os.umask(0o077)
    seed(given.data, given.scale, given.minutes)


if __name__ == "__main__":
    main()
