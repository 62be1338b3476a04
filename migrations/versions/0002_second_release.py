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
    op.create_index("ix_escalation_raised", "escalation", ["team_id", "raised_at"], unique=False)


def downgrade() -> None:
    """Refuse: a record of care is not thrown away by a schema change. Restore a backup instead."""
    raise NotImplementedError
