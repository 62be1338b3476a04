"""Tables of the audit domain. Rows are only ever added; a trigger refuses anything else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import DDL, BigInteger, ForeignKey, Index, Integer, LargeBinary, Text, event, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from outreach.kernel.db import At, Base, Id, Sealed


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Name the type."""
        return "xid8"


class AuditEvent(Base):
    """Who saw or did what. Ids and a commitment stand open; the detail is sealed by the patient's key."""

    __tablename__ = "audit_event"
    __retention__ = "record"
    id: Mapped[Id]
    xid: Mapped[int] = mapped_column(Xid8(), server_default=text("pg_current_xact_id()"))
    """The transaction it was written in: sealing waits until every older one has ended."""
    at: Mapped[At]
    actor_kind: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[UUID | None]
    action: Mapped[str] = mapped_column(Text)
    subject_kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[UUID | None]
    patient_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    detail_enc: Mapped[Sealed | None]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    commitment: Mapped[bytes] = mapped_column(LargeBinary)
    look_key: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    """Folds repeated looks of one person at one subject within an hour into one row."""
    __table_args__ = (
        Index("ix_audit_event_patient", "patient_id", "at"),
        Index("ix_audit_event_actor", "actor_id", "at"),
        Index("ix_audit_event_xid", "xid"),
    )


class AuditSeal(Base):
    """A sealed batch: the hash over its events and over the seal before it, signed."""

    __tablename__ = "audit_seal"
    __retention__ = "record"
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    sealed_at: Mapped[At]
    events: Mapped[int] = mapped_column(Integer)
    head: Mapped[bytes] = mapped_column(LargeBinary)
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    key_number: Mapped[int] = mapped_column(Integer, ForeignKey("audit_key.number"))
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class AuditSealed(Base):
    """Which event stands where in which seal."""

    __tablename__ = "audit_sealed"
    __retention__ = "record"
    event_id: Mapped[UUID] = mapped_column(ForeignKey("audit_event.id"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, ForeignKey("audit_seal.number"))
    place: Mapped[int] = mapped_column(Integer)
    __table_args__ = (Index("ix_audit_sealed_number", "number", "place", unique=True),)


class AuditKey(Base):
    """A key that signs seals. Its private half is sealed by the ring; the newest one signs."""

    __tablename__ = "audit_key"
    __retention__ = "record"
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    public: Mapped[bytes] = mapped_column(LargeBinary)
    private_enc: Mapped[Sealed]
    made_at: Mapped[At]


NOBODY = UUID(int=0)
"""Whose key seals what is about no patient or about many. The ring itself never does: its keys rotate, and a
line of the record may not change."""


class PatientKey(Base):
    """A patient's own key, sealed by the ring: destroying it shreds their detail and keeps the chain."""

    __tablename__ = "patient_key"
    __retention__ = "record"
    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    key_enc: Mapped[Sealed | None]
    shredded_at: Mapped[At | None]


# The migration holds these statements too: Alembic's autogenerate sees no functions and triggers.
APPEND_ONLY = (
    """
    CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END $$
    """,
    *(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        for table in ("audit_event", "audit_seal", "audit_sealed")
    ),
)
for statement in APPEND_ONLY:
    event.listen(AuditSealed.__table__, "after_create", DDL(statement.replace("%", "%%")))  # type: ignore[no-untyped-call]
