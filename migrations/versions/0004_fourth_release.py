"""Fourth release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "enrollment_change",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("no", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("enrollment_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("program_version_id", sa.UUID(), nullable=False),
        sa.Column("anchor_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("anchor_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrollment_id"], ["enrollment.id"], name=op.f("fk_enrollment_change_enrollment_id_enrollment")
        ),
        sa.ForeignKeyConstraint(
            ["program_version_id"],
            ["program_version.id"],
            name=op.f("fk_enrollment_change_program_version_id_program_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrollment_change")),
    )
    op.create_index(
        "ix_enrollment_change_enrollment", "enrollment_change", ["enrollment_id", "no"], unique=False
    )
    # One's own open conversations are counted from the index alone.
    op.drop_index("ix_conversation_owner", table_name="conversation")
    op.create_index(
        "ix_conversation_owner",
        "conversation",
        ["owner_id", "team_id", "urgency", "last_at", "id"],
        postgresql_include=["state"],
        postgresql_where=sa.text("owner_id IS NOT NULL AND state <> 'closed'"),
    )


def downgrade() -> None:
    """Refuse: a record of care is not thrown away by a schema change. Restore a backup instead."""
    raise NotImplementedError
