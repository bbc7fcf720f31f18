"""Promises: whose wish, measured by what; who answered first

Revision 0002, after 0001; written 2026-11-24.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("customer_first", sa.Boolean(), server_default=sa.text("false"), nullable=False))
        batch_op.add_column(sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_attempts_customer_first", ["customer_first", "started_at"], unique=False)

    with op.batch_alter_table("callbacks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("origin", sa.String(length=10), server_default="asked", nullable=False))
        batch_op.add_column(sa.Column("promised_for", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_callbacks_promised_for", ["promised_for"], unique=False)
        batch_op.create_index("ix_callbacks_queue_at", ["queue", "at"], unique=False)
        batch_op.create_index(
            "uq_callbacks_proposed_number",
            ["number"],
            unique=True,
            sqlite_where=sa.text("state = 'proposed'"),
            postgresql_where=sa.text("state = 'proposed'"),
        )

    op.execute("UPDATE callbacks SET promised_for = COALESCE(at, created_at)")
    with op.batch_alter_table("callbacks", schema=None) as batch_op:
        batch_op.alter_column("promised_for", existing_type=sa.DateTime(timezone=True), nullable=False)

    with op.batch_alter_table("opt_outs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("how", sa.String(length=10), server_default="desk", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("opt_outs", schema=None) as batch_op:
        batch_op.drop_column("how")

    with op.batch_alter_table("callbacks", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_callbacks_proposed_number",
            sqlite_where=sa.text("state = 'proposed'"),
            postgresql_where=sa.text("state = 'proposed'"),
        )
        batch_op.drop_index("ix_callbacks_queue_at")
        batch_op.drop_index("ix_callbacks_promised_for")
        batch_op.drop_column("promised_for")
        batch_op.drop_column("origin")

    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_index("ix_attempts_customer_first")
        batch_op.drop_column("answered_at")
        batch_op.drop_column("customer_first")
