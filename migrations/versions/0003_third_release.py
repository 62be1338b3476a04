"""Third release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "draft_photo",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("content_enc", sa.LargeBinary(), nullable=False),
        sa.Column("about_enc", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_draft_photo_conversation_id_conversation")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_draft_photo_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_photo")),
        sa.UniqueConstraint(
            "conversation_id", "staff_id", name=op.f("uq_draft_photo_conversation_id_staff_id")
        ),
    )
    op.create_index("ix_draft_photo_at", "draft_photo", ["at"], unique=False)
    op.add_column("consent_event", sa.Column("setting", sa.Text(), nullable=True))
    op.add_column(
        "conversation", sa.Column("urgency", sa.SmallInteger(), server_default=sa.text("2"), nullable=False)
    )
    op.drop_index(
        op.f("ix_conversation_failed"),
        table_name="conversation",
        postgresql_where="((flags ? 'failed'::text) AND (state <> 'closed'::text))",
    )
    op.create_index(
        "ix_conversation_failed",
        "conversation",
        ["team_id", "urgency", "last_at", "id"],
        unique=False,
        postgresql_where=sa.text("flags ? 'failed' AND state <> 'closed'"),
    )
    op.drop_index(
        op.f("ix_conversation_owner"), table_name="conversation", postgresql_where="(owner_id IS NOT NULL)"
    )
    op.create_index(
        "ix_conversation_owner",
        "conversation",
        ["owner_id", "team_id", "urgency", "last_at", "id"],
        unique=False,
        postgresql_where=sa.text("owner_id IS NOT NULL AND state <> 'closed'"),
    )
    op.drop_index(
        op.f("ix_conversation_tagged"), table_name="conversation", postgresql_where="(tags <> '[]'::jsonb)"
    )
    op.create_index(
        "ix_conversation_tagged",
        "conversation",
        ["team_id", "urgency", "last_at", "id"],
        unique=False,
        postgresql_where=sa.text("tags <> '[]'"),
    )
    op.drop_index(op.f("ix_conversation_team_all"), table_name="conversation")
    op.create_index(
        "ix_conversation_team_all", "conversation", ["team_id", "urgency", "last_at", "id"], unique=False
    )
    op.drop_index(
        op.f("ix_conversation_unassigned"),
        table_name="conversation",
        postgresql_where="((waiting_since IS NOT NULL) AND (state = 'open'::text) AND (owner_id IS NULL))",
    )
    op.create_index(
        "ix_conversation_unassigned",
        "conversation",
        ["team_id", "urgency", "waiting_since", "id"],
        unique=False,
        postgresql_where=sa.text("waiting_since IS NOT NULL AND state = 'open' AND owner_id IS NULL"),
    )
    op.drop_index(
        op.f("ix_conversation_unknown"),
        table_name="conversation",
        postgresql_where="((flags ? 'unknown_sender'::text) AND (state <> 'closed'::text))",
    )
    op.create_index(
        "ix_conversation_unknown",
        "conversation",
        ["team_id", "urgency", "last_at", "id"],
        unique=False,
        postgresql_where=sa.text("flags ? 'unknown_sender' AND state <> 'closed'"),
    )
    op.drop_index(
        op.f("ix_conversation_urgent"),
        table_name="conversation",
        postgresql_where="(urgent_due_at IS NOT NULL)",
    )
    op.create_index(
        "ix_conversation_urgent",
        "conversation",
        ["team_id", "urgency", "urgent_due_at", "id"],
        unique=False,
        postgresql_where=sa.text("urgent_due_at IS NOT NULL"),
    )
    op.drop_index(
        op.f("ix_conversation_waiting"),
        table_name="conversation",
        postgresql_where="((waiting_since IS NOT NULL) AND (state <> 'closed'::text))",
    )
    op.create_index(
        "ix_conversation_waiting",
        "conversation",
        ["team_id", "urgency", "waiting_since", "id"],
        unique=False,
        postgresql_where=sa.text("waiting_since IS NOT NULL AND state <> 'closed'"),
    )
    op.add_column("draft", sa.Column("mode", sa.Text(), server_default="note", nullable=False))
    op.add_column("message", sa.Column("ask_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_message_ask_at",
        "message",
        ["ask_at"],
        unique=False,
        postgresql_where=sa.text("ask_at IS NOT NULL"),
    )
    op.drop_index(op.f("ix_stream_ready_at"), table_name="stream", postgresql_where="(ready_at IS NOT NULL)")
    op.create_index(
        "ix_stream_rest",
        "stream",
        ["ready_at"],
        unique=False,
        postgresql_where=sa.text(
            "ready_at IS NOT NULL AND left(key, 7) <> 'safety:' AND left(key, 8) <> 'inbound:'"
        ),
    )
    op.create_index(
        "ix_stream_texts",
        "stream",
        ["ready_at"],
        unique=False,
        postgresql_where=sa.text("ready_at IS NOT NULL AND left(key, 8) = 'inbound:'"),
    )
    # Open dangers take their rank; whatever is calm has it by default.
    op.execute("""
        UPDATE conversation SET urgency = CASE WHEN flags @> '["red"]' THEN 0 ELSE 1 END
        WHERE flags @> '["red"]' OR flags @> '["orange"]'
    """)


def downgrade() -> None:
    """Refuse: a record of care is not thrown away by a schema change. Restore a backup instead."""
    raise NotImplementedError
