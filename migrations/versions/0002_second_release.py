"""Second release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "deployment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Uuid(), nullable=False),
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("timeline", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_why", sa.Text(), nullable=True),
        sa.Column("deactivations_read", sa.Date(), nullable=True),
        sa.Column("deactivations_tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
    )
    op.create_table(
        "message_word",
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "at", "message_id", name=op.f("pk_message_word")),
    )
    op.create_table(
        "saved_view",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("definition_enc", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_saved_view_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    op.create_index(op.f("ix_saved_view_staff_id"), "saved_view", ["staff_id"], unique=False)
    op.create_table(
        "tag",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("word_enc", sa.LargeBinary(), nullable=False),
        sa.Column("word_index", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["care_team.id"], name=op.f("fk_tag_team_id_care_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("team_id", "word_index", name=op.f("uq_tag_team_id_word_index")),
    )
    op.create_table(
        "patient_word",
        sa.Column("bucket", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"],
            ["patient.id"],
            name=op.f("fk_patient_word_patient_id_patient"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("bucket", "patient_id", name=op.f("pk_patient_word")),
    )
    op.create_index(op.f("ix_patient_word_patient_id"), "patient_word", ["patient_id"], unique=False)
    op.create_table(
        "procedure",
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("performed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("detail_enc", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("source_system", sa.Text(), nullable=False),
        sa.Column("source_index", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_procedure_patient_id_patient")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure")),
        sa.UniqueConstraint(
            "source_system", "source_index", name=op.f("uq_procedure_source_system_source_index")
        ),
    )
    op.create_index(op.f("ix_procedure_patient_id"), "procedure", ["patient_id"], unique=False)
    op.create_table(
        "picture",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("content_enc", sa.LargeBinary(), nullable=True),
        sa.Column("fetches", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_picture_message_id_message")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture")),
    )
    op.create_index(
        "ix_picture_kept",
        "picture",
        ["kept_at"],
        unique=False,
        postgresql_where=sa.text("content_enc IS NOT NULL"),
    )
    op.create_index(op.f("ix_picture_message_id"), "picture", ["message_id"], unique=False)
    op.create_table(
        "reading_mark",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("escalation_id", sa.Uuid(), nullable=True),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column(
            "also", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column(
            "fired", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("lexicon", sa.Text(), nullable=False),
        sa.Column("should_be", sa.Text(), nullable=True),
        sa.Column("marked_by", sa.UUID(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["marked_by"], ["staff.id"], name=op.f("fk_reading_mark_marked_by_staff")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_reading_mark_message_id_message")
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["care_team.id"], name=op.f("fk_reading_mark_team_id_care_team")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_mark")),
        sa.UniqueConstraint("message_id", name=op.f("uq_reading_mark_message_id")),
    )
    op.create_index(
        "ix_reading_mark_team",
        "reading_mark",
        ["team_id", "marked_at", "id"],
        unique=False,
        postgresql_where=sa.text("taken_back_at IS NULL"),
    )
    op.create_table(
        "mention",
        sa.Column("note_id", sa.UUID(), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_mention_conversation_id_conversation")
        ),
        sa.ForeignKeyConstraint(["note_id"], ["note.id"], name=op.f("fk_mention_note_id_note")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_mention_staff_id_staff")),
        sa.ForeignKeyConstraint(["team_id"], ["care_team.id"], name=op.f("fk_mention_team_id_care_team")),
        sa.PrimaryKeyConstraint("note_id", "staff_id", name=op.f("pk_mention")),
    )
    op.create_index("ix_mention_staff", "mention", ["staff_id", "at"], unique=False)
    op.create_index(
        "ix_mention_unseen",
        "mention",
        ["staff_id"],
        unique=False,
        postgresql_where=sa.text("seen_at IS NULL"),
    )
    op.add_column(
        "care_team",
        sa.Column(
            "after_hours",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    op.add_column(
        "care_team",
        sa.Column(
            "routes", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.add_column("conversation", sa.Column("program", sa.Text(), nullable=True))
    op.add_column(
        "conversation",
        sa.Column(
            "tags", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
    )
    op.create_index(
        "ix_conversation_tagged",
        "conversation",
        ["team_id", "last_at", "id"],
        unique=False,
        postgresql_where=sa.text("tags <> '[]'"),
    )
    op.add_column("escalation", sa.Column("first_due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_escalation_raised", "escalation", ["team_id", "raised_at"], unique=False)
    op.add_column("media", sa.Column("about_enc", sa.LargeBinary(), nullable=True))
    op.add_column(
        "message",
        sa.Column(
            "anchors", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
    )
    op.create_index(
        "ix_message_recovered",
        "message",
        ["phone_id", "at"],
        unique=False,
        postgresql_where=sa.text("kind = 'recovered'"),
    )
    op.create_index(
        "ix_phone_unverified",
        "phone",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("line_type = 'unknown' AND verified_at IS NULL"),
    )
    op.create_index(
        "ix_prompt_set_aside",
        "prompt",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("state = 'superseded'"),
    )
    op.create_index(
        "ix_stream_urgent",
        "stream",
        ["ready_at"],
        unique=False,
        postgresql_where=sa.text("ready_at IS NOT NULL AND left(key, 7) = 'safety:'"),
    )


def downgrade() -> None:
    """Refuse: a record of care is not thrown away by a schema change. Restore a backup instead."""
    raise NotImplementedError
