"""Transfers, supervisors, recordings and keys

Revision 0007, after 0006; written 2026-11-24.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("leg", sa.String(length=64), nullable=False),
        sa.Column("digits", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
    )
    with op.batch_alter_table("keys", schema=None) as batch_op:
        batch_op.create_index("ix_keys_made_at", ["made_at"], unique=False)

    op.create_table(
        "recordings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("call", sa.String(length=64), nullable=False),
        sa.Column("sid", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
    )
    with op.batch_alter_table("recordings", schema=None) as batch_op:
        batch_op.create_index("ix_recordings_sid", ["sid"], unique=False)
        batch_op.create_index("ix_recordings_state_made", ["state", "made_at"], unique=False)
        batch_op.create_index("ix_recordings_ticket", ["ticket"], unique=False)
        batch_op.create_index(
            "uq_recordings_open_call",
            ["call"],
            unique=True,
            sqlite_where=sa.text("state IN ('asked', 'on')"),
            postgresql_where=sa.text("state IN ('asked', 'on')"),
        )

    op.create_table(
        "supervisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("agent", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("leg", sa.String(length=64), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervisions")),
    )
    with op.batch_alter_table("supervisions", schema=None) as batch_op:
        batch_op.create_index("ix_supervisions_leg", ["leg"], unique=False)
        batch_op.create_index("ix_supervisions_state_made", ["state", "made_at"], unique=False)
        batch_op.create_index("ix_supervisions_ticket_state", ["ticket", "state"], unique=False)
        batch_op.create_index(
            "uq_supervisions_open_agent",
            ["agent"],
            unique=True,
            sqlite_where=sa.text("state IN ('asked', 'in')"),
            postgresql_where=sa.text("state IN ('asked', 'in')"),
        )

    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.add_column(sa.Column("parent", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("room", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("muted", sa.Boolean(), server_default=sa.text("false"), nullable=False))
        batch_op.add_column(sa.Column("record", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("target", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("target_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("outside", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("outside_leg", sa.String(length=64), nullable=True))
        batch_op.create_index("ix_tickets_outside_leg", ["outside_leg"], unique=False)
        batch_op.create_index("ix_tickets_parent", ["parent"], unique=False)
        batch_op.create_index("ix_tickets_room", ["room"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.drop_index("ix_tickets_room")
        batch_op.drop_index("ix_tickets_parent")
        batch_op.drop_index("ix_tickets_outside_leg")
        batch_op.drop_column("outside_leg")
        batch_op.drop_column("outside")
        batch_op.drop_column("target_until")
        batch_op.drop_column("target")
        batch_op.drop_column("record")
        batch_op.drop_column("muted")
        batch_op.drop_column("held_at")
        batch_op.drop_column("room")
        batch_op.drop_column("parent")

    with op.batch_alter_table("supervisions", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_supervisions_open_agent",
            sqlite_where=sa.text("state IN ('asked', 'in')"),
            postgresql_where=sa.text("state IN ('asked', 'in')"),
        )
        batch_op.drop_index("ix_supervisions_ticket_state")
        batch_op.drop_index("ix_supervisions_state_made")
        batch_op.drop_index("ix_supervisions_leg")

    op.drop_table("supervisions")
    with op.batch_alter_table("recordings", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_recordings_open_call",
            sqlite_where=sa.text("state IN ('asked', 'on')"),
            postgresql_where=sa.text("state IN ('asked', 'on')"),
        )
        batch_op.drop_index("ix_recordings_ticket")
        batch_op.drop_index("ix_recordings_state_made")
        batch_op.drop_index("ix_recordings_sid")

    op.drop_table("recordings")
    with op.batch_alter_table("keys", schema=None) as batch_op:
        batch_op.drop_index("ix_keys_made_at")

    op.drop_table("keys")
