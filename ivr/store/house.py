"""When the house was last kept: a mark for each thing that is done now and then."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Connection, String, Table, insert, select, update

from ivr.store.tables import metadata
from ivr.store.types import UtcDateTime

marks = Table(
    "house_marks",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)


def last(conn: Connection, name: str) -> datetime | None:
    """When it was last done."""
    at: datetime | None = conn.execute(select(marks.c.at).where(marks.c.name == name)).scalar()
    return at


def mark(conn: Connection, name: str, at: datetime) -> None:
    """It was done at that moment."""
    if not conn.execute(update(marks).where(marks.c.name == name).values(at=at)).rowcount:
        conn.execute(insert(marks).values(name=name, at=at))
