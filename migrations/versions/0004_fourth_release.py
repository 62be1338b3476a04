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
