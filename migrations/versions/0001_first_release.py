"""First release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


class Xid8(sa.types.UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Name the type."""
        return "xid8"


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "api_token",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_api_token_token_digest")),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("detail_enc", sa.LargeBinary(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("look_key", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("look_key", name=op.f("uq_audit_event_look_key")),
    )
    op.create_index("ix_audit_event_actor", "audit_event", ["actor_id", "at"], unique=False)
    op.create_index("ix_audit_event_patient", "audit_event", ["patient_id", "at"], unique=False)
    op.create_index("ix_audit_event_xid", "audit_event", ["xid"], unique=False)
    op.create_table(
        "audit_key",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("private_enc", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_key")),
    )
    op.create_table(
        "conversation_change",
        sa.Column("no", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_conversation_change")),
    )
    op.create_index("ix_conversation_change_at", "conversation_change", ["at"], unique=False)
    op.create_table(
        "delivery_event",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_event")),
        sa.UniqueConstraint(
            "sid", "status", "error_code", name=op.f("uq_delivery_event_sid_status_error_code")
        ),
    )
    op.create_table(
        "imported",
        sa.Column("source_system", sa.Text(), nullable=False),
        sa.Column("source_index", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source_system", "source_index", name=op.f("pk_imported")),
    )
    op.create_table(
        "index_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_enc", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_key")),
    )
    op.create_table(
        "login_attempt",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("email_digest", sa.LargeBinary(), nullable=False),
        sa.Column("origin_digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempt")),
    )
    op.create_index("ix_login_attempt_email", "login_attempt", ["email_digest", "at"], unique=False)
    op.create_index("ix_login_attempt_origin", "login_attempt", ["origin_digest", "at"], unique=False)
    op.create_table(
        "organization",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
    )
    op.create_table(
        "outbox",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("stream", "seq", name=op.f("pk_outbox")),
    )
    op.create_table(
        "parked",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked")),
    )
    op.create_table(
        "patient_key",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("key_enc", sa.LargeBinary(), nullable=True),
        sa.Column("shredded_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_patient_key")),
    )
    op.create_table(
        "phone",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("e164_enc", sa.LargeBinary(), nullable=False),
        sa.Column("e164_index", sa.LargeBinary(), nullable=False),
        sa.Column("line_type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone")),
        sa.UniqueConstraint("e164_index", name=op.f("uq_phone_e164_index")),
    )
    op.create_table(
        "product_clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("machine_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("product_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("speed", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_clock")),
    )
    op.create_table(
        "provider_sid",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("inbound_receipt_id", sa.Uuid(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_provider_sid")),
    )
    op.create_index("ix_provider_sid_attempt", "provider_sid", ["attempt_id"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("record_kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("where_enc", sa.LargeBinary(), nullable=False),
        sa.Column("raw_enc", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("digest", name=op.f("uq_quarantine_digest")),
    )
    op.create_index(
        "ix_quarantine_open",
        "quarantine",
        ["at"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "sender",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("callback_number", sa.Text(), nullable=False),
        sa.Column("segments_per_second", sa.Float(), nullable=False),
        sa.Column("segments_per_day", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sender")),
        sa.UniqueConstraint("address", name=op.f("uq_sender_address")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column(
            "preferences",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("email", name=op.f("uq_staff_email")),
    )
    op.create_table(
        "stream",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("done_seq", sa.BigInteger(), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_no", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_stream")),
    )
    op.create_index(
        "ix_stream_ready_at",
        "stream",
        ["ready_at"],
        unique=False,
        postgresql_where=sa.text("ready_at IS NOT NULL"),
    )
    op.create_table(
        "audit_seal",
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("key_number", sa.Integer(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_number"], ["audit_key.number"], name=op.f("fk_audit_seal_key_number_audit_key")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seal")),
    )
    op.create_table(
        "care_team",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sender_id", sa.UUID(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column(
            "opening_hours",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("answer_target_minutes", sa.Integer(), nullable=False),
        sa.Column("emergency_text_number", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_care_team_sender_id_sender")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_team")),
    )
    op.create_table(
        "contact",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("phone_id", sa.UUID(), nullable=False),
        sa.Column("local_day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["phone_id"], ["phone.id"], name=op.f("fk_contact_phone_id_phone")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_contact")),
    )
    op.create_index("ix_contact_phone_at", "contact", ["phone_id", "at"], unique=False)
    op.create_table(
        "decision",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("phone_id", sa.UUID(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rules_version", sa.Text(), nullable=False),
        sa.Column("receipt_enc", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["phone_id"], ["phone.id"], name=op.f("fk_decision_phone_id_phone")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index("ix_decision_subject", "decision", ["subject_kind", "subject_id", "at"], unique=False)
    op.create_table(
        "inbound_sweep",
        sa.Column("sender_id", sa.UUID(), nullable=False),
        sa.Column("swept_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_inbound_sweep_sender_id_sender")),
        sa.PrimaryKeyConstraint("sender_id", name=op.f("pk_inbound_sweep")),
    )
    op.create_table(
        "login_session",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_login_session_staff_id_staff")),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_login_session")),
    )
    op.create_index("ix_login_session_staff", "login_session", ["staff_id"], unique=False)
    op.create_table(
        "pause",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("scope_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_staff_id", sa.UUID(), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["by_staff_id"], ["staff.id"], name=op.f("fk_pause_by_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pause")),
    )
    op.create_table(
        "phone_holder",
        sa.Column("phone_id", sa.UUID(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["phone_id"], ["phone.id"], name=op.f("fk_phone_holder_phone_id_phone")),
        sa.PrimaryKeyConstraint("phone_id", "epoch", name=op.f("pk_phone_holder")),
    )
    op.create_table(
        "program_version",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source_text", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.UUID(), nullable=True),
        sa.Column("released_by", sa.UUID(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["staff.id"], name=op.f("fk_program_version_proposed_by_staff")
        ),
        sa.ForeignKeyConstraint(
            ["released_by"], ["staff.id"], name=op.f("fk_program_version_released_by_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_program_version")),
        sa.UniqueConstraint("program", "file_hash", name=op.f("uq_program_version_program_file_hash")),
        sa.UniqueConstraint("program", "number", name=op.f("uq_program_version_program_number")),
    )
    op.create_table(
        "sender_spend",
        sa.Column("sender_id", sa.UUID(), nullable=False),
        sa.Column("tokens", sa.Double(), nullable=False),
        sa.Column("refilled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("day_segments", sa.Integer(), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("troubles", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_sender_spend_sender_id_sender")),
        sa.PrimaryKeyConstraint("sender_id", name=op.f("pk_sender_spend")),
    )
    op.create_table(
        "staff_phone",
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("e164_enc", sa.LargeBinary(), nullable=False),
        sa.Column("e164_index", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_phone_staff_id_staff")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_staff_phone")),
        sa.UniqueConstraint("e164_index", name=op.f("uq_staff_phone_e164_index")),
    )
    op.create_table(
        "audit_sealed",
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["audit_event.id"], name=op.f("fk_audit_sealed_event_id_audit_event")
        ),
        sa.ForeignKeyConstraint(
            ["number"], ["audit_seal.number"], name=op.f("fk_audit_sealed_number_audit_seal")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit_sealed")),
    )
    op.create_index("ix_audit_sealed_number", "audit_sealed", ["number", "place"], unique=True)
    op.create_table(
        "broken_glass",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("reason_enc", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_broken_glass_staff_id_staff")),
        sa.ForeignKeyConstraint(
            ["team_id"], ["care_team.id"], name=op.f("fk_broken_glass_team_id_care_team")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broken_glass")),
    )
    op.create_index(
        "ix_broken_glass_staff", "broken_glass", ["staff_id", "patient_id", "until"], unique=False
    )
    op.create_table(
        "holiday",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["care_team.id"], name=op.f("fk_holiday_team_id_care_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holiday")),
        sa.UniqueConstraint(
            "team_id", "day", name=op.f("uq_holiday_team_id_day"), postgresql_nulls_not_distinct=True
        ),
    )
    op.create_table(
        "patient",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("name_enc", sa.LargeBinary(), nullable=False),
        sa.Column("preferred_name_enc", sa.LargeBinary(), nullable=True),
        sa.Column("birth_date_enc", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("zone_source", sa.Text(), nullable=True),
        sa.Column("us_state", sa.Text(), nullable=True),
        sa.Column("preferred_hours", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("literacy", sa.Text(), nullable=False),
        sa.Column("risk_tier", sa.Text(), nullable=True),
        sa.Column(
            "needs", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("fewer_texts", sa.Boolean(), nullable=False),
        sa.Column("minor_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deceased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hospice_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into", sa.UUID(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["merged_into"], ["patient.id"], name=op.f("fk_patient_merged_into_patient")),
        sa.ForeignKeyConstraint(["team_id"], ["care_team.id"], name=op.f("fk_patient_team_id_care_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
    )
    op.create_index(
        "ix_patient_merged_into",
        "patient",
        ["merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index("ix_patient_team_id", "patient", ["team_id", "id"], unique=False)
    op.create_table(
        "quick_reply",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("shortcut", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["care_team.id"], name=op.f("fk_quick_reply_team_id_care_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quick_reply")),
        sa.UniqueConstraint(
            "team_id", "shortcut", "language", name=op.f("uq_quick_reply_team_id_shortcut_language")
        ),
    )
    op.create_table(
        "shift",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_shift_staff_id_staff")),
        sa.ForeignKeyConstraint(["team_id"], ["care_team.id"], name=op.f("fk_shift_team_id_care_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
    )
    op.create_index("ix_shift_team_ends", "shift", ["team_id", "ends_at"], unique=False)
    op.create_table(
        "team_membership",
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_team_membership_staff_id_staff")),
        sa.ForeignKeyConstraint(
            ["team_id"], ["care_team.id"], name=op.f("fk_team_membership_team_id_care_team")
        ),
        sa.PrimaryKeyConstraint("staff_id", "team_id", name=op.f("pk_team_membership")),
    )
    op.create_table(
        "appointment",
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("source_status", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("start_version", sa.Integer(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=True),
        sa.Column("detail_enc", sa.LargeBinary(), nullable=True),
        sa.Column("write_back", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("source_system", sa.Text(), nullable=False),
        sa.Column("source_index", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_appointment_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
        sa.UniqueConstraint(
            "source_system", "source_index", name=op.f("uq_appointment_source_system_source_index")
        ),
    )
    op.create_index(op.f("ix_appointment_patient_id"), "appointment", ["patient_id"], unique=False)
    op.create_index("ix_appointment_starts_at", "appointment", ["starts_at"], unique=False)
    op.create_table(
        "condition",
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("detail_enc", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("source_system", sa.Text(), nullable=False),
        sa.Column("source_index", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_condition_patient_id_patient")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_condition")),
        sa.UniqueConstraint(
            "source_system", "source_index", name=op.f("uq_condition_source_system_source_index")
        ),
    )
    op.create_index(op.f("ix_condition_patient_id"), "condition", ["patient_id"], unique=False)
    op.create_table(
        "consent_event",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("no", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("phone_id", sa.UUID(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=True),
        sa.Column("sender_id", sa.UUID(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("by_staff_id", sa.UUID(), nullable=True),
        sa.Column("inbound_receipt_id", sa.Uuid(), nullable=True),
        sa.Column("wording_version", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("evidence_enc", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_staff_id"], ["staff.id"], name=op.f("fk_consent_event_by_staff_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_consent_event_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(["phone_id"], ["phone.id"], name=op.f("fk_consent_event_phone_id_phone")),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_consent_event_sender_id_sender")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_event")),
    )
    op.create_index(
        "ix_consent_event_patient",
        "consent_event",
        ["patient_id", "no"],
        unique=False,
        postgresql_where=sa.text("patient_id IS NOT NULL"),
    )
    op.create_index("ix_consent_event_phone", "consent_event", ["phone_id", "no"], unique=False)
    op.create_table(
        "conversation",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("phone_id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=True),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_message_id", sa.Uuid(), nullable=True),
        sa.Column("last_line_enc", sa.LargeBinary(), nullable=True),
        sa.Column("last_direction", sa.Text(), nullable=True),
        sa.Column(
            "flags", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("urgent_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("staff_active_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("change_no", sa.BigInteger(), nullable=False),
        sa.Column("closed_reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_conversation_owner_id_staff")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_conversation_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(["phone_id"], ["phone.id"], name=op.f("fk_conversation_phone_id_phone")),
        sa.ForeignKeyConstraint(
            ["team_id"], ["care_team.id"], name=op.f("fk_conversation_team_id_care_team")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
        sa.UniqueConstraint("phone_id", "team_id", name=op.f("uq_conversation_phone_id_team_id")),
    )
    op.create_index(
        "ix_conversation_failed",
        "conversation",
        ["team_id", "last_at", "id"],
        unique=False,
        postgresql_where=sa.text("flags ? 'failed' AND state <> 'closed'"),
    )
    op.create_index(
        "ix_conversation_owner",
        "conversation",
        ["owner_id", "last_at", "id"],
        unique=False,
        postgresql_where=sa.text("owner_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_conversation_patient_id"), "conversation", ["patient_id"], unique=False)
    op.create_index(
        "ix_conversation_snoozed",
        "conversation",
        ["team_id", "snoozed_until", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'snoozed'"),
    )
    op.create_index("ix_conversation_team_all", "conversation", ["team_id", "last_at", "id"], unique=False)
    op.create_index(
        "ix_conversation_team_last", "conversation", ["team_id", "state", "last_at", "id"], unique=False
    )
    op.create_index(
        "ix_conversation_unassigned",
        "conversation",
        ["team_id", "waiting_since", "id"],
        unique=False,
        postgresql_where=sa.text("waiting_since IS NOT NULL AND state = 'open' AND owner_id IS NULL"),
    )
    op.create_index(
        "ix_conversation_unknown",
        "conversation",
        ["team_id", "last_at", "id"],
        unique=False,
        postgresql_where=sa.text("flags ? 'unknown_sender' AND state <> 'closed'"),
    )
    op.create_index(
        "ix_conversation_urgent",
        "conversation",
        ["team_id", "urgent_due_at", "id"],
        unique=False,
        postgresql_where=sa.text("urgent_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_conversation_waiting",
        "conversation",
        ["team_id", "waiting_since", "id"],
        unique=False,
        postgresql_where=sa.text("waiting_since IS NOT NULL AND state <> 'closed'"),
    )
    op.create_table(
        "encounter",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disposition", sa.Text(), nullable=False),
        sa.Column("detail_enc", sa.LargeBinary(), nullable=True),
        sa.Column("discharge_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("source_system", sa.Text(), nullable=False),
        sa.Column("source_index", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_encounter_patient_id_patient")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encounter")),
        sa.UniqueConstraint(
            "source_system", "source_index", name=op.f("uq_encounter_source_system_source_index")
        ),
    )
    op.create_index(op.f("ix_encounter_patient_id"), "encounter", ["patient_id"], unique=False)
    op.create_table(
        "enrollment",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("program_version_id", sa.UUID(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("anchor_kind", sa.Text(), nullable=False),
        sa.Column("anchor_id", sa.Uuid(), nullable=False),
        sa.Column("anchor_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("anchor_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enrolled_by", sa.UUID(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state_enc", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["enrolled_by"], ["staff.id"], name=op.f("fk_enrollment_enrolled_by_staff")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_enrollment_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(
            ["program_version_id"],
            ["program_version.id"],
            name=op.f("fk_enrollment_program_version_id_program_version"),
        ),
        sa.ForeignKeyConstraint(["team_id"], ["care_team.id"], name=op.f("fk_enrollment_team_id_care_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrollment")),
        sa.UniqueConstraint(
            "patient_id",
            "program",
            "anchor_kind",
            "anchor_id",
            name=op.f("uq_enrollment_patient_id_program_anchor_kind_anchor_id"),
        ),
    )
    op.create_index(
        "ix_enrollment_active",
        "enrollment",
        ["program"],
        unique=False,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index(op.f("ix_enrollment_patient_id"), "enrollment", ["patient_id"], unique=False)
    op.create_table(
        "escalation",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.UUID(), nullable=True),
        sa.Column("phone_id", sa.UUID(), nullable=True),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("reading", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("next_step_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("note_enc", sa.LargeBinary(), nullable=True),
        sa.Column("safety_text", sa.Text(), nullable=False),
        sa.Column("roster", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_escalation_owner_id_staff")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_escalation_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(["phone_id"], ["phone.id"], name=op.f("fk_escalation_phone_id_phone")),
        sa.ForeignKeyConstraint(["team_id"], ["care_team.id"], name=op.f("fk_escalation_team_id_care_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
        sa.UniqueConstraint(
            "source_kind", "source_id", "topic", name=op.f("uq_escalation_source_kind_source_id_topic")
        ),
    )
    op.create_index("ix_escalation_conversation", "escalation", ["conversation_id"], unique=False)
    op.create_index(
        "ix_escalation_ladder",
        "escalation",
        ["next_step_at"],
        unique=False,
        postgresql_where=sa.text("state = 'raised'"),
    )
    op.create_index(
        "ix_escalation_open",
        "escalation",
        ["team_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('raised', 'acknowledged')"),
    )
    op.create_index(op.f("ix_escalation_patient_id"), "escalation", ["patient_id"], unique=False)
    op.create_table(
        "medication_supply",
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("supplied_on", sa.Date(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("runs_out_on", sa.Date(), nullable=True),
        sa.Column("days_source", sa.Text(), nullable=False),
        sa.Column("detail_enc", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("source_system", sa.Text(), nullable=False),
        sa.Column("source_index", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_medication_supply_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_medication_supply")),
        sa.UniqueConstraint(
            "source_system", "source_index", name=op.f("uq_medication_supply_source_system_source_index")
        ),
    )
    op.create_index(
        op.f("ix_medication_supply_patient_id"), "medication_supply", ["patient_id"], unique=False
    )
    op.create_index("ix_medication_supply_runs_out_on", "medication_supply", ["runs_out_on"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("phone_id", sa.UUID(), nullable=False),
        sa.Column("sender_id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=True),
        sa.Column("program", sa.Text(), nullable=True),
        sa.Column("about_patient", sa.UUID(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("phone_epoch", sa.Integer(), nullable=True),
        sa.Column("author_kind", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("body_enc", sa.LargeBinary(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("error_class", sa.Text(), nullable=True),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.UUID(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("failures", sa.SmallInteger(), nullable=False),
        sa.Column(
            "media_urls",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("crossed", sa.Boolean(), nullable=False),
        sa.Column("redacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["about_patient"], ["patient.id"], name=op.f("fk_message_about_patient_patient")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_message_decision_id_decision")
        ),
        sa.ForeignKeyConstraint(["phone_id"], ["phone.id"], name=op.f("fk_message_phone_id_phone")),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_message_sender_id_sender")),
        sa.ForeignKeyConstraint(["team_id"], ["care_team.id"], name=op.f("fk_message_team_id_care_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index("ix_message_conversation", "message", ["conversation_id", "at", "id"], unique=False)
    op.create_index(
        "ix_message_in_doubt",
        "message",
        ["sender_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'in_doubt'"),
    )
    op.create_index("ix_message_phone", "message", ["phone_id", "at"], unique=False)
    op.create_index(
        "ix_message_queued",
        "message",
        ["sender_id", "priority", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "ix_message_to_redact",
        "message",
        ["settled_at", "id"],
        unique=False,
        postgresql_where=sa.text("redacted_at IS NULL AND settled_at IS NOT NULL"),
    )
    op.create_table(
        "patient_identifier",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value_enc", sa.LargeBinary(), nullable=False),
        sa.Column("value_index", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_patient_identifier_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_identifier")),
        sa.UniqueConstraint(
            "system", "kind", "value_index", name=op.f("uq_patient_identifier_system_kind_value_index")
        ),
    )
    op.create_index(
        op.f("ix_patient_identifier_patient_id"), "patient_identifier", ["patient_id"], unique=False
    )
    op.create_table(
        "patient_phone",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("phone_id", sa.UUID(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("holder_name_enc", sa.LargeBinary(), nullable=True),
        sa.Column(
            "scopes", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_patient_phone_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(["phone_id"], ["phone.id"], name=op.f("fk_patient_phone_phone_id_phone")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_phone")),
        sa.UniqueConstraint(
            "patient_id", "phone_id", "relation", name=op.f("uq_patient_phone_patient_id_phone_id_relation")
        ),
    )
    op.create_index(op.f("ix_patient_phone_patient_id"), "patient_phone", ["patient_id"], unique=False)
    op.create_index(op.f("ix_patient_phone_phone_id"), "patient_phone", ["phone_id"], unique=False)
    op.create_table(
        "task",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("detail_enc", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.Column("outcome_enc", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_task_owner_id_staff")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_task_patient_id_patient")),
        sa.ForeignKeyConstraint(["team_id"], ["care_team.id"], name=op.f("fk_task_team_id_care_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint(
            "kind", "source_kind", "source_id", name=op.f("uq_task_kind_source_kind_source_id")
        ),
    )
    op.create_index(
        "ix_task_open",
        "task",
        ["team_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("ix_task_patient_id"), "task", ["patient_id"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("phone_id", sa.UUID(), nullable=False),
        sa.Column("sender_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("provider_status", sa.Text(), nullable=True),
        sa.Column("provider_rank", sa.SmallInteger(), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_to", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looks", sa.SmallInteger(), nullable=False),
        sa.Column("is_safety", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_attempt_message_id_message")),
        sa.ForeignKeyConstraint(["phone_id"], ["phone.id"], name=op.f("fk_attempt_phone_id_phone")),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_attempt_sender_id_sender")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_index(op.f("ix_attempt_message_id"), "attempt", ["message_id"], unique=False)
    op.create_index(
        "ix_attempt_unsettled",
        "attempt",
        ["look_at"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_index(
        "uq_attempt_unsettled",
        "attempt",
        ["phone_id", "sender_id"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL AND NOT is_safety"),
    )
    op.create_table(
        "care_plan",
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("encounter_id", sa.UUID(), nullable=True),
        sa.Column("detail_enc", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("source_system", sa.Text(), nullable=False),
        sa.Column("source_index", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["encounter_id"], ["encounter.id"], name=op.f("fk_care_plan_encounter_id_encounter")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_care_plan_patient_id_patient")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_plan")),
        sa.UniqueConstraint(
            "source_system", "source_index", name=op.f("uq_care_plan_source_system_source_index")
        ),
    )
    op.create_index(op.f("ix_care_plan_patient_id"), "care_plan", ["patient_id"], unique=False)
    op.create_table(
        "contact_preference",
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["consent_event.id"], name=op.f("fk_contact_preference_event_id_consent_event")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_contact_preference_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("patient_id", "purpose", name=op.f("pk_contact_preference")),
    )
    op.create_table(
        "draft",
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("body_enc", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_draft_conversation_id_conversation")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_draft_staff_id_staff")),
        sa.PrimaryKeyConstraint("conversation_id", "staff_id", name=op.f("pk_draft")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_idempotency_key_message_id_message")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(op.f("ix_idempotency_key_message_id"), "idempotency_key", ["message_id"], unique=False)
    op.create_table(
        "inbound_receipt",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("from_index", sa.LargeBinary(), nullable=False),
        sa.Column("raw_enc", sa.LargeBinary(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("interpreted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("safety_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_inbound_receipt_message_id_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_receipt")),
        sa.UniqueConstraint("sid", name=op.f("uq_inbound_receipt_sid")),
    )
    op.create_index(
        "ix_inbound_receipt_waiting",
        "inbound_receipt",
        ["from_index"],
        unique=False,
        postgresql_where=sa.text("interpreted_at IS NULL"),
    )
    op.create_table(
        "media",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("provider_url_enc", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content_enc", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at_provider", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_media_message_id_message")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
    )
    op.create_index(op.f("ix_media_message_id"), "media", ["message_id"], unique=False)
    op.create_index(
        "ix_media_waiting",
        "media",
        ["retry_at"],
        unique=False,
        postgresql_where=sa.text("deleted_at_provider IS NULL"),
    )
    op.create_table(
        "message_part",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_message_part_message_id_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_part")),
    )
    op.create_index(op.f("ix_message_part_message_id"), "message_part", ["message_id"], unique=False)
    op.create_table(
        "note",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("author_id", sa.UUID(), nullable=True),
        sa.Column("body_enc", sa.LargeBinary(), nullable=False),
        sa.Column(
            "mentions",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["staff.id"], name=op.f("fk_note_author_id_staff")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_note_conversation_id_conversation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    op.create_index(op.f("ix_note_conversation_id"), "note", ["conversation_id"], unique=False)
    op.create_table(
        "page",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("escalation_id", sa.UUID(), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalation.id"], name=op.f("fk_page_escalation_id_escalation")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_page_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page")),
        sa.UniqueConstraint(
            "escalation_id", "staff_id", "step", name=op.f("uq_page_escalation_id_staff_id_step")
        ),
    )
    op.create_index(op.f("ix_page_escalation_id"), "page", ["escalation_id"], unique=False)
    op.create_table(
        "phone_opt_out",
        sa.Column("phone_id", sa.UUID(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("opted_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["consent_event.id"], name=op.f("fk_phone_opt_out_event_id_consent_event")
        ),
        sa.ForeignKeyConstraint(["phone_id"], ["phone.id"], name=op.f("fk_phone_opt_out_phone_id_phone")),
        sa.PrimaryKeyConstraint("phone_id", "epoch", name=op.f("pk_phone_opt_out")),
    )
    op.create_table(
        "prompt",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("phone_id", sa.UUID(), nullable=False),
        sa.Column("sender_id", sa.UUID(), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=True),
        sa.Column("question", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_again", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_prompt_message_id_message")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_prompt_patient_id_patient")),
        sa.ForeignKeyConstraint(["phone_id"], ["phone.id"], name=op.f("fk_prompt_phone_id_phone")),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_prompt_sender_id_sender")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt")),
    )
    op.create_index(
        "ix_prompt_expires",
        "prompt",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_prompt_phone", "prompt", ["phone_id", "sender_id", "opened_at"], unique=False)
    op.create_index(
        "uq_prompt_open",
        "prompt",
        ["phone_id", "sender_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "provider_block",
        sa.Column("phone_id", sa.UUID(), nullable=False),
        sa.Column("sender_id", sa.UUID(), nullable=False),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["consent_event.id"], name=op.f("fk_provider_block_event_id_consent_event")
        ),
        sa.ForeignKeyConstraint(["phone_id"], ["phone.id"], name=op.f("fk_provider_block_phone_id_phone")),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["sender.id"], name=op.f("fk_provider_block_sender_id_sender")
        ),
        sa.PrimaryKeyConstraint("phone_id", "sender_id", name=op.f("pk_provider_block")),
    )
    op.create_table(
        "touchpoint",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("anchor_version", sa.Integer(), nullable=False),
        sa.Column("local_day", sa.Date(), nullable=False),
        sa.Column("local_time", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "why", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("text_enc", sa.LargeBinary(), nullable=True),
        sa.Column("message_id", sa.UUID(), nullable=True),
        sa.Column("decision_id", sa.UUID(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_touchpoint_decision_id_decision")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_touchpoint_message_id_message")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_touchpoint_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["care_team.id"], name=op.f("fk_touchpoint_team_id_care_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_touchpoint")),
        sa.UniqueConstraint(
            "source_kind",
            "source_id",
            "step",
            "occurrence",
            "anchor_version",
            name=op.f("uq_touchpoint_source_kind_source_id_step_occurrence_anchor_version"),
        ),
    )
    op.create_index(
        "ix_touchpoint_due",
        "touchpoint",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('planned', 'held')"),
    )
    op.create_index("ix_touchpoint_patient", "touchpoint", ["patient_id", "due_at"], unique=False)
    op.create_index("ix_touchpoint_source", "touchpoint", ["source_kind", "source_id"], unique=False)
    op.create_table(
        "answer",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("prompt_id", sa.UUID(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("value_enc", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_answer_message_id_message")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_answer_patient_id_patient")),
        sa.ForeignKeyConstraint(["prompt_id"], ["prompt.id"], name=op.f("fk_answer_prompt_id_prompt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
        sa.UniqueConstraint("prompt_id", "message_id", name=op.f("uq_answer_prompt_id_message_id")),
    )
    op.create_index("ix_answer_message", "answer", ["message_id"], unique=False)
    op.create_index(op.f("ix_answer_patient_id"), "answer", ["patient_id"], unique=False)
    op.create_index(op.f("ix_answer_prompt_id"), "answer", ["prompt_id"], unique=False)
    op.create_table(
        "care_plan_activity",
        sa.Column("care_plan_id", sa.UUID(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("phrase", sa.Text(), nullable=True),
        sa.Column("day", sa.Integer(), nullable=True),
        sa.Column("timing", sa.Text(), nullable=False),
        sa.Column("detail_enc", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("source_system", sa.Text(), nullable=False),
        sa.Column("source_index", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["care_plan_id"], ["care_plan.id"], name=op.f("fk_care_plan_activity_care_plan_id_care_plan")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_care_plan_activity_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_plan_activity")),
        sa.UniqueConstraint(
            "source_system", "source_index", name=op.f("uq_care_plan_activity_source_system_source_index")
        ),
    )
    op.create_index(
        op.f("ix_care_plan_activity_patient_id"), "care_plan_activity", ["patient_id"], unique=False
    )
    op.execute("""
    CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END $$""")
    op.execute(
        """CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION refuse_change()"""
    )
    op.execute(
        """CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE ON audit_seal FOR EACH ROW EXECUTE FUNCTION refuse_change()"""
    )
    op.execute(
        """CREATE TRIGGER audit_sealed_append_only BEFORE UPDATE OR DELETE ON audit_sealed FOR EACH ROW EXECUTE FUNCTION refuse_change()"""
    )


def downgrade() -> None:
    """Refuse: a record of care is not thrown away by a schema change. Restore a backup instead."""
    raise NotImplementedError
