"""Tables of the staff domain."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Date, Float, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from outreach.kernel.db import At, Base, Id, Sealed


class Organization(Base):
    """The one covered entity that this deployment serves."""

    __tablename__ = "organization"
    __retention__ = "deployment"
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)
    short_name: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))


class Sender(Base):
    """A number or Messaging Service we text from, with what its carriers let through."""

    __tablename__ = "sender"
    __retention__ = "deployment"
    id: Mapped[Id]
    label: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text, unique=True)
    """Our own E.164 number, or the sid of a Messaging Service (MG...). Not a patient's number."""
    short_name: Mapped[str] = mapped_column(Text)
    callback_number: Mapped[str] = mapped_column(Text)
    segments_per_second: Mapped[float] = mapped_column(Float, default=1.0)
    segments_per_day: Mapped[int] = mapped_column(Integer, default=2000)
    kind: Mapped[str] = mapped_column(Text, default="patients")
    """patients | pages: a pager's sender is never a patients' sender."""
    stopped_at: Mapped[At | None]
    stopped_reason: Mapped[str | None] = mapped_column(Text)


class CareTeam(Base):
    """A team with its inbox, hours and sender."""

    __tablename__ = "care_team"
    __retention__ = "deployment"
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("sender.id"))
    zone: Mapped[str] = mapped_column(Text)
    opening_hours: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    """[{"days": [0, 1, 2, 3, 4], "from": "08:00", "to": "17:00"}], Monday is 0, in the team's zone."""
    answer_target_minutes: Mapped[int] = mapped_column(Integer, default=30)
    emergency_text_number: Mapped[str] = mapped_column(Text, default="911")
    is_default: Mapped[bool] = mapped_column(Boolean, default=False)
    after_hours: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    """{"on": true, "en": "...", "es": "..."}: what we answer while nobody is there; ours without words."""
    routes: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    """{"refill": "<team id>"}: whose work a kind of task or a topic is, if not the team's own."""


class Staff(Base):
    """A person who works with us."""

    __tablename__ = "staff"
    __retention__ = "staff"
    id: Mapped[Id]
    email: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)
    is_admin: Mapped[bool] = mapped_column(Boolean, default=False)
    """Administrator of the deployment: sets up teams and people; sees patients only as a member of a team."""
    preferences: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    disabled_at: Mapped[At | None]
    created_at: Mapped[At]
    must_change_password: Mapped[bool] = mapped_column(Boolean, default=False)


class StaffPhone(Base):
    """A pager: it gets pages without patient data, from a sender of its own."""

    __tablename__ = "staff_phone"
    __retention__ = "staff"
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    e164_enc: Mapped[Sealed]
    e164_index: Mapped[Sealed] = mapped_column(unique=True)


class TeamMembership(Base):
    """Who belongs to which team, as what."""

    __tablename__ = "team_membership"
    __retention__ = "staff"
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("care_team.id"), primary_key=True)
    role: Mapped[str] = mapped_column(Text)
    """nurse | coordinator | program_owner | lead | auditor | viewer: see staff/rules.py"""


class Shift(Base):
    """Somebody is on call for a team, half-open [starts_at, ends_at)."""

    __tablename__ = "shift"
    __retention__ = "staff"
    id: Mapped[Id]
    team_id: Mapped[UUID] = mapped_column(ForeignKey("care_team.id"))
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    starts_at: Mapped[At]
    ends_at: Mapped[At]
    rank: Mapped[int] = mapped_column(Integer, default=1)
    """1 on call, 2 backup."""
    __table_args__ = (Index("ix_shift_team_ends", "team_id", "ends_at"),)


class Holiday(Base):
    """A day on which a team (or everyone) keeps no office hours."""

    __tablename__ = "holiday"
    __retention__ = "deployment"
    id: Mapped[Id]
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("care_team.id"))
    day: Mapped[date] = mapped_column(Date)
    label: Mapped[str] = mapped_column(Text)
    __table_args__ = (UniqueConstraint("team_id", "day", postgresql_nulls_not_distinct=True),)


class LoginSession(Base):
    """A signed-in browser. Only a digest of its token is kept."""

    __tablename__ = "login_session"
    __retention__ = "staff"
    token_digest: Mapped[Sealed] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[At]
    seen_at: Mapped[At]
    ended_at: Mapped[At | None]
    __table_args__ = (Index("ix_login_session_staff", "staff_id"),)


class LoginAttempt(Base):
    """A try to sign in, for the rate limit. The address it came from is a digest."""

    __tablename__ = "login_attempt"
    __retention__ = "staff"
    id: Mapped[Id]
    email_digest: Mapped[Sealed]
    origin_digest: Mapped[Sealed]
    at: Mapped[At]
    succeeded: Mapped[bool] = mapped_column(Boolean)
    __table_args__ = (
        Index("ix_login_attempt_email", "email_digest", "at"),
        Index("ix_login_attempt_origin", "origin_digest", "at"),
    )


class BrokenGlass(Base):
    """Somebody opened a patient of another team in an emergency: who, why, and until when."""

    __tablename__ = "broken_glass"
    __retention__ = "record"
    id: Mapped[Id]
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    patient_id: Mapped[UUID]
    """No foreign key: patients stand on the same line as staff."""
    team_id: Mapped[UUID] = mapped_column(ForeignKey("care_team.id"))
    reason_enc: Mapped[Sealed]
    at: Mapped[At]
    """Machine time, like `until`."""
    until: Mapped[At]
    __table_args__ = (Index("ix_broken_glass_staff", "staff_id", "patient_id", "until"),)


class ApiToken(Base):
    """A bearer token of the JSON API; only its digest is kept."""

    __tablename__ = "api_token"
    __retention__ = "staff"
    id: Mapped[Id]
    label: Mapped[str] = mapped_column(Text)
    token_digest: Mapped[Sealed] = mapped_column(unique=True)
    scopes: Mapped[list[Any]] = mapped_column(JSONB)
    created_at: Mapped[At]
    revoked_at: Mapped[At | None]
