"""A database of every release before this one, with people in it, becomes one of today: nothing is lost."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import create_engine, text

from outreach import bootstrap, schema, wake
from outreach.care import commands as care
from outreach.config import Settings
from outreach.conversations import commands as conversations
from outreach.conversations import queries as talk
from outreach.kernel import db
from outreach.kernel.clock import FrozenClock
from outreach.messaging.commands import claiming
from outreach.patients import commands as patients
from outreach.services import Services
from tests import databases, world
from tests.inbound.desk import LUIS, Desk
from tests.servers import Servers
from tests.touchpoints.turning import run_until

BEFORE = schema.releases()[:-1]
FILLED = {
    "answer", "appointment", "attempt", "audit_event", "care_plan", "care_plan_activity", "care_team",
    "condition", "consent_event", "contact", "contact_preference", "conversation", "decision",
    "encounter", "enrollment", "escalation", "idempotency_key", "inbound_receipt", "index_key", "media",
    "message", "note", "organization", "outbox", "patient", "patient_phone", "phone", "phone_holder",
    "phone_opt_out", "program_version", "prompt", "sender", "staff", "stream", "task",
    "team_membership", "touchpoint",
}  # fmt: skip
"""Tables that must have held something, or this proves little."""


@dataclass(frozen=True)
class Columns:
    """A table as an older release had it."""

    table: str
    names: tuple[str, ...]
    counted: tuple[str, ...]
    """Those the database numbers by itself."""

    @property
    def listed(self) -> str:
        return ", ".join(f'"{one}"' for one in self.names)


@pytest.fixture
def filled(services: Services, clock: FrozenClock) -> Desk:
    """A clinic in the middle of its work: people, plans, answers, a danger, a STOP, a text on its way."""
    desk = Desk(services)
    ana, luis = desk.patient(), desk.patient(LUIS, name="Luis Paz", preferred="Luis")
    with desk.begin() as uow:
        care.put_condition(
            uow, patient_id=ana, source_system="t", source_id="c", status="active", detail={"text": "Asthma"}
        )
        care.put_appointment(
            uow, patient_id=ana, source_system="t", source_id="v", status="booked", source_status="booked",
            starts_at=uow.now + timedelta(days=6), booked_on=uow.now.date(), detail={"text": "Follow-up"},
        )  # fmt: skip
        plan = care.put_care_plan(uow, patient_id=ana, source_system="t", source_id="p", status="active")
        care.put_activity(
            uow, patient_id=ana, source_system="t", source_id="a", care_plan_id=plan.id, status="active",
            detail={"text": "Diet"}, phrase="eating",
        )  # fmt: skip
        for one in (ana, luis):
            world.discharged(uow, patient_id=one, days_ago=1, source_id=f"stay-{one}")
    run_until(desk, clock, clock.at + timedelta(days=1, hours=1))
    desk.says("1")
    desk.says(
        "I can't breathe",
        NumMedia="1",
        MediaUrl0="https://api.twilio.com/m/1",
        MediaContentType0="image/jpeg",
    )
    desk.says("STOP", origin=LUIS)
    with desk.begin() as uow:
        conversations.note(
            uow, conversation_id=desk.thread().conversation_id, staff_id=None, body="Called: she is well."
        )
        for one in claiming.due_senders(uow):
            claiming.claim(uow, sender_id=one.id, room=9)
    assert desk.arrives("is anybody there?")  # stored, and not read before the upgrade
    return desk


@pytest.fixture(params=BEFORE)
def upgraded(
    request: pytest.FixtureRequest, servers: Servers, settings: Settings, filled: Desk, worker_id: str
) -> Iterator[str]:
    """The same clinic, kept by an older release, then brought up to date."""
    name = f"upgraded_{worker_id}"
    url = databases.empty(servers, name)
    schema.upgrade(url, to=request.param)
    old = _columns(url)
    now = settings.database_url.rsplit("/", 1)[-1].split("?")[0]
    _copy(_plain(servers.admin_url(now)), _plain(servers.admin_url(name)), old)
    before = {one.table: _digest(url, one) for one in old}
    assert {table for table, (count, _) in before.items() if count} >= FILLED

    schema.upgrade(url)

    assert {one.table: _digest(url, one) for one in old} == before, "a row was lost or changed"
    yield url
    with create_engine(servers.admin_url(), isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.mark.servers
def test_a_clinic_of_an_older_release_goes_on_where_it_was(
    upgraded: str, settings: Settings, clock: FrozenClock, filled: Desk
) -> None:
    engine = db.connect(upgraded, pool_size=4)
    services = bootstrap.build(
        replace(settings, database_url=upgraded), product_clock=clock, wake=wake.nobody, engine=engine
    )
    there = copy.copy(filled)
    there.services = services

    said = [one.body for one in there.thread().items if getattr(one, "body", None)]
    assert "I can't breathe" in said and "Called: she is well." in said
    assert there.scalar("SELECT urgency FROM conversation WHERE flags ? 'red'") == 0
    assert there.scalar("SELECT count(*) FROM conversation WHERE urgency = 2") >= 1
    assert there.scalar("SELECT bool_and(tags = '[]') FROM conversation") is True
    assert there.opted_out(LUIS)

    there.turn()  # what came in before the upgrade is read after it
    run_until(there, clock, clock.at + timedelta(days=2))
    assert "is anybody there?" in [getattr(one, "body", None) for one in there.thread().items]
    assert there.scalar("SELECT count(*) FROM message WHERE direction = 'out' AND state = 'queued'") > 0
    assert _found(there, "breathe") == ["I can't breathe"]
    engine.dispose()


def _found(desk: Desk, word: str) -> list[str]:
    """Find a text by its word, after `outreach index`."""
    for step in (patients.index_people, conversations.index_texts):
        place: UUID | None = None
        while True:
            with desk.begin() as uow:
                place = step(uow, after=place)
            if place is None:
                break
    with desk.begin() as uow:
        return [
            "".join(words for words, _ in one.pieces)
            for one in talk.find_texts(uow, team_ids=[desk.team_id], wanted=word).texts
        ]


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


def _columns(url: str) -> list[Columns]:
    with psycopg.connect(_plain(url)) as connection:
        rows = connection.execute(
            "SELECT c.table_name, array_agg(c.column_name::text ORDER BY c.ordinal_position), "
            "coalesce(array_agg(c.column_name::text) FILTER "
            "(WHERE c.is_identity = 'YES' OR c.column_default LIKE 'nextval%'), '{}') "
            "FROM information_schema.columns c "
            "JOIN information_schema.tables t USING (table_schema, table_name) "
            "WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' "
            "AND c.table_name <> 'alembic_version' AND c.is_generated = 'NEVER' GROUP BY 1"
        ).fetchall()
    return [Columns(table, tuple(names), tuple(counted)) for table, names, counted in rows]


def _copy(source: str, target: str, tables: list[Columns]) -> None:
    """Bring the rows over, in the columns the older release had."""
    with psycopg.connect(source) as here, psycopg.connect(target) as there:
        there.execute("SET session_replication_role = replica")
        for one in tables:
            there.execute(f'DELETE FROM "{one.table}"')
            with (
                here.cursor().copy(f'COPY (SELECT {one.listed} FROM "{one.table}") TO STDOUT') as rows,
                there.cursor().copy(f'COPY "{one.table}" ({one.listed}) FROM STDIN') as kept,
            ):
                for row in rows:
                    kept.write(row)
            for name in one.counted:
                there.execute(
                    f"SELECT setval(pg_get_serial_sequence('{one.table}', '{name}'), "
                    f'(SELECT coalesce(max("{name}"), 0) + 1 FROM "{one.table}"))'
                )


def _digest(url: str, one: Columns) -> tuple[int, str]:
    with psycopg.connect(_plain(url)) as connection:
        found = connection.execute(
            "SELECT count(*), coalesce(md5(string_agg(line, '' ORDER BY line)), '') "
            f'FROM (SELECT md5(ROW({one.listed})::text) AS line FROM "{one.table}") AS every'
        ).fetchone()
    assert found is not None
    return found
