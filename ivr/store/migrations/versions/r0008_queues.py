"""Queues: places in line, levels of skill, moves between queues

Revision 0008, after 0007; written 2026-11-24.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

USUAL_LEVEL = 5


def upgrade() -> None:
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.add_column(sa.Column("place", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("familiar", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("came_from", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("moved_by", sa.Integer(), nullable=True))
    op.execute("UPDATE tickets SET place = since, queued_at = created_at")
    op.execute("UPDATE tickets SET head = 2 WHERE head = 1")
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.alter_column("place", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.alter_column("queued_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.create_index("ix_tickets_line", ["state", "queue", "leaving", "head", "place"], unique=False)
        batch_op.create_index("ix_tickets_number_connected", ["number", "connected_at"], unique=False)
    _levels()


def _levels() -> None:
    """Skills were names alone."""
    agents = sa.table("agents", sa.column("id", sa.Integer()), sa.column("skills", sa.JSON()))
    conn = op.get_bind()
    for agent, skills in conn.execute(sa.select(agents.c.id, agents.c.skills)).all():
        if isinstance(skills, list):
            levels = dict.fromkeys(skills, USUAL_LEVEL)
            conn.execute(agents.update().where(agents.c.id == agent).values(skills=levels))


def downgrade() -> None:
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.drop_index("ix_tickets_number_connected")
        batch_op.drop_index("ix_tickets_line")
        for column in ("moved_by", "came_from", "familiar", "queued_at", "place"):
            batch_op.drop_column(column)
    agents = sa.table("agents", sa.column("id", sa.Integer()), sa.column("skills", sa.JSON()))
    conn = op.get_bind()
    for agent, skills in conn.execute(sa.select(agents.c.id, agents.c.skills)).all():
        conn.execute(agents.update().where(agents.c.id == agent).values(skills=sorted(skills)))
