"""The first tables: quarantine and journal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create them."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "quarantine",
        sa.Column("reference", sa.String(26), nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("listener", sa.Text(), nullable=False),
        sa.Column("direction", sa.String(16), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("privacy", sa.String(16), nullable=False),
        sa.Column("sender", sa.Text()),
        sa.Column("recipients", sa.JSON()),
        sa.Column("subject", sa.Text()),
        sa.Column("filenames", sa.JSON()),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("category", sa.Text()),
        sa.Column("clause", sa.Text()),
        sa.Column("rule", sa.Text()),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("findings_omitted", sa.Integer(), nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("claimed_at", moment),
        sa.Column("claimed_by", sa.Text()),
        sa.Column("released_at", moment),
        sa.Column("released_by", sa.Text()),
        sa.Column("release_reply", sa.Text()),
        sa.Column("deleted_at", moment),
        sa.Column("deleted_by", sa.Text()),
        sa.PrimaryKeyConstraint("reference", name="pk_quarantine"),
    )
    op.create_index("ix_quarantine_state_reference", "quarantine", ["state", "reference"])
    op.create_index("ix_quarantine_state_expires_at", "quarantine", ["state", "expires_at"])
    op.create_index("ix_quarantine_received_at", "quarantine", ["received_at"])
    op.create_table(
        "journal",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("reference", sa.String(26), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("listener", sa.Text(), nullable=False),
        sa.Column("direction", sa.String(16), nullable=False),
        sa.Column("client", sa.Text()),
        sa.Column("sender", sa.Text()),
        sa.Column("recipients", sa.JSON()),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("category", sa.Text()),
        sa.Column("clause", sa.Text()),
        sa.Column("rule", sa.Text()),
        sa.Column("privacy", sa.String(16), nullable=False),
        sa.Column("reply_code", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
    )
    op.create_index("ix_journal_at", "journal", ["at"])
    op.create_index("ix_journal_reference", "journal", ["reference"])
