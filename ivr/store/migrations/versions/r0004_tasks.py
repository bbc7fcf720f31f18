"""Tasks: questions left open; how messages ended

Revision 0004, after 0003; written 2026-11-24.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=True),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("queue", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.Integer(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("callback", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("question", name=op.f("uq_tasks_question")),
    )
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.create_index("ix_tasks_callback", ["callback"], unique=False)
        batch_op.create_index("ix_tasks_number", ["number"], unique=False)
        batch_op.create_index("ix_tasks_state_due", ["state", "due_at"], unique=False)

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("outcome", sa.String(length=20), server_default="", nullable=False))
        batch_op.add_column(sa.Column("callback", sa.Integer(), nullable=True))
        batch_op.create_index("ix_messages_number", ["number"], unique=False)

    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("owner", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))

    # What earlier calls left open.
    op.execute(
        "INSERT INTO tasks (question, ticket, number, language, queue, owner, due_at, state, state_at, outcome, "
        "created_at) SELECT q.id, t.id, t.number, t.language, t.queue, t.agent, CURRENT_TIMESTAMP, 'open', "
        "CURRENT_TIMESTAMP, '', CURRENT_TIMESTAMP FROM questions q JOIN tickets t ON t.id = q.ticket "
        "WHERE q.answered_at IS NULL AND t.state IN ('closed', 'abandoned')"
    )


def downgrade() -> None:
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.drop_column("due_at")
        batch_op.drop_column("owner")

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index("ix_messages_number")
        batch_op.drop_column("callback")
        batch_op.drop_column("outcome")

    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.drop_index("ix_tasks_state_due")
        batch_op.drop_index("ix_tasks_number")
        batch_op.drop_index("ix_tasks_callback")

    op.drop_table("tasks")
