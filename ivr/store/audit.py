"""Who did what: a line for each thing that a person changes or looks at on somebody's behalf."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, Integer, String, Table, insert

from ivr.store.tables import metadata
from ivr.store.types import UtcDateTime

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("person", Integer, comment="people.id; null for the program itself"),
    Column("action", String(64), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("data", JSON, nullable=False),
)


def record(
    conn: Connection, person: int | None, action: str, subject: str, data: Mapping[str, Any] | None = None
) -> None:
    """Add a line in the caller's transaction. ``action`` is a word (``sign_in``), ``subject`` what it was done to."""
    conn.execute(
        insert(audit).values(at=datetime.now(UTC), person=person, action=action, subject=subject, data=dict(data or {}))
    )
