"""Transcripts: what recordings say

Revision 0010, after 0009; written 2026-11-24.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transcripts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="message or conversation"),
        sa.Column("subject", sa.Integer(), nullable=False, comment="Its id in that table"),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), nullable=False, comment="When a claim is over, or the next try is due"
        ),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "words", sa.JSON(), nullable=False, comment="[text, start, end, confidence], seconds from the beginning"
        ),
        sa.Column("engine", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False, comment="Why there is none"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcripts")),
        sa.UniqueConstraint("kind", "subject", name="uq_transcripts_kind_subject"),
    )
    op.create_index("ix_transcripts_made_at", "transcripts", ["made_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_transcripts_made_at", table_name="transcripts")
    op.drop_table("transcripts")
