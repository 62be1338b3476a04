"""What tables hold in clear, how long, and that migrations make exactly them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, LargeBinary, String, create_engine, text
from sqlalchemy.dialects.postgresql import JSONB

from outreach import schema, tables
from outreach.kernel.db import Base
from tests import databases
from tests.servers import Servers

ROOT = Path(__file__).resolve().parents[2]
RETENTION = (ROOT / "docs" / "retention.md").read_text()
CLASSES = {"clinical", "suppression", "record", "staff", "deployment", "plumbing"}

PERSONAL = re.compile(
    r"name|phone|e164|number|address|email|body|text|words|note|birth|mrn|detail|value|raw|line|answer|payload"
    r"|question|label|evidence|content|url"
)
"""A column in clear whose name says any of these is looked at by a person, and stands below or is sealed."""
IN_CLEAR = {
    "organization.name": "ours",
    "organization.short_name": "ours",
    "care_team.name": "ours",
    "care_team.emergency_text_number": "911, or what a team uses instead",
    "sender.label": "ours",
    "sender.address": "our own number",
    "sender.short_name": "ours",
    "sender.callback_number": "ours",
    "staff.name": "a colleague",
    "staff.email": "a colleague",
    "api_token.label": "names a machine",
    "holiday.label": "a day's name",
    "quick_reply.body": "a team's standing words, about nobody",
    "program_version.source_text": "the program's file",
    "phone.line_type": "mobile, landline, voip",
    "patient_identifier.value_index": "a keyed digest",
    "phone.e164_index": "a keyed digest",
    "staff_phone.e164_index": "a keyed digest",
    "login_attempt.email_digest": "a keyed digest",
    "draft_photo.content_type": "image/jpeg",
    "media.content_type": "image/jpeg",
    "picture.content_type": "image/jpeg",
    "message.media_urls": "ids of pictures",
    "prompt.question": "the reply words of a program's question, and what they mean",
    "outbox.payload": "ids alone: facts hold nothing else",
    "parked.payload": "ids alone",
    "escalation.safety_text": "whether one went out",
}


def columns() -> Iterator[tuple[str, object]]:
    for table in tables.metadata.sorted_tables:
        for column in table.columns:
            yield f"{table.name}.{column.name}", column.type


def test_sealed_columns_are_bytes_and_nothing_else_is_called_sealed() -> None:
    wrong = [name for name, kind in columns() if name.endswith("_enc") and not isinstance(kind, LargeBinary)]

    assert wrong == []


def test_what_sounds_personal_is_sealed_or_looked_at() -> None:
    clear = {
        name
        for name, kind in columns()
        if isinstance(kind, String | JSONB | LargeBinary)
        and not name.endswith("_enc")
        and PERSONAL.search(name.split(".")[1])
    }

    assert clear == set(IN_CLEAR)


def test_every_table_names_its_class_and_stands_on_the_page() -> None:
    classes = {mapper.class_.__tablename__: mapper.class_.__retention__ for mapper in Base.registry.mappers}
    listed = {
        table: line.group(1)
        for line in re.finditer(r"^- `(\w+)`: (.+)$", RETENTION, re.MULTILINE)
        for table in re.findall(r"`(\w+)`", line.group(2))
    }

    assert set(classes.values()) == CLASSES
    assert listed == classes
    assert set(classes) == set(tables.metadata.tables)


@pytest.fixture
def migrated(servers: Servers) -> Iterator[Engine]:
    url = databases.empty(servers, "architecture_migrated")
    schema.upgrade(url)
    engine = create_engine(url)
    yield engine
    engine.dispose()


@pytest.mark.servers
@pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")
def test_migrations_make_exactly_what_the_models_say(migrated: Engine) -> None:
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
    assert schema.is_current(migrated)

    with migrated.begin() as connection:
        connection.execute(text("ALTER TABLE patient ADD COLUMN stray text"))
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert len(compare_metadata(context, tables.metadata)) == 1


def test_migrations_stand_in_one_line() -> None:
    scripts = ScriptDirectory(str(schema.FOLDER))

    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1
