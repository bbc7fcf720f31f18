"""Calls and what was said in them, as the journal's drain writes them and desks read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Integer,
    Row,
    String,
    Table,
    UniqueConstraint,
    false,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from ivr.store.tables import metadata
from ivr.store.types import UtcDateTime

calls = Table(
    "calls",
    metadata,
    Column("id", String(64), primary_key=True, comment="The carrier's id of the call"),
    Column("number", String(32), index=True, comment="E.164; null when withheld"),
    Column("called", String(32)),
    Column("language", String(16)),
    Column("flow", String(64)),
    Column("revision", String(64)),
    Column("started_at", UtcDateTime, nullable=False, index=True),
    Column("ended_at", UtcDateTime),
    Column("outcome", String(64), comment="Why it ended; null while it lives"),
    # Marks for figures: the robot answered a look-up; the caller was handed on, or it was tried.
    Column("helped", Boolean, nullable=False, default=False, server_default=false()),
    Column("asked_human", Boolean, nullable=False, default=False, server_default=false()),
)

call_entries = Table(
    "call_entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("call", String(64), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("data", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("call", "seq", name="uq_call_entries_call_seq"),
)

FACTS = ("number", "called", "language", "flow", "revision")
"""What an entry of kind ``started`` may tell of its call."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a call's journal. ``seq`` is unique in the call and orders it; ``data`` is JSON data.

    Kind ``started`` carries the call's facts (any of :data:`FACTS`); kind ``ended`` carries ``reason``.
    """

    call: str
    seq: int
    kind: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A call as kept in the records."""

    id: str
    number: str | None
    called: str | None
    language: str | None
    flow: str | None
    revision: str | None
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None


def record_entries(conn: Connection, entries: Iterable[Entry]) -> int:
    """Write entries; those already there (same call and seq) are left alone. Returns how many were new.

    A call's row is made with its first entry; ``started`` fills in its facts, ``ended`` ends it, once.
    """
    given: dict[tuple[str, int], Entry] = {}
    begun: dict[str, datetime] = {}
    for entry in entries:
        given.setdefault((entry.call, entry.seq), entry)
        begun.setdefault(entry.call, entry.at)
    if not given:
        return 0
    # A statement for all rows costs a fraction of one for each: the journal must not take the machine from the calls.
    rows: list[dict[str, Any]] = [{"id": call, "started_at": at} for call, at in begun.items()]
    conn.execute(_insert(conn, calls).on_conflict_do_nothing(index_elements=["id"]), rows)
    there = select(call_entries.c.call, call_entries.c.seq).where(call_entries.c.call.in_(begun))
    known = {(row.call, row.seq) for row in conn.execute(there)}
    fresh = [entry for key, entry in given.items() if key not in known]
    if not fresh:
        return 0
    rows = [{"call": e.call, "seq": e.seq, "kind": e.kind, "data": dict(e.data), "at": e.at} for e in fresh]
    conn.execute(_insert(conn, call_entries).on_conflict_do_nothing(index_elements=["call", "seq"]), rows)
    for entry in fresh:
        if entry.kind == "started":
            facts = {key: entry.data[key] for key in FACTS if entry.data.get(key) is not None}
            conn.execute(update(calls).where(calls.c.id == entry.call).values(started_at=entry.at, **facts))
        elif entry.kind == "ended":
            conn.execute(
                update(calls)
                .where(calls.c.id == entry.call, calls.c.ended_at.is_(None))
                .values(ended_at=entry.at, outcome=str(entry.data.get("reason", "done"))[:64])
            )
    _mark(conn, "helped", {e.call for e in fresh if e.kind == "lookup" and e.data.get("outcome") == "found"})
    _mark(conn, "asked_human", {e.call for e in fresh if e.kind == "handoff"})
    return len(fresh)


def _mark(conn: Connection, column: str, found: set[str]) -> None:
    if found:
        conn.execute(update(calls).where(calls.c.id.in_(found)).values({column: True}))


def transcript(conn: Connection, call: str) -> list[Entry]:
    """The entries of a call in order; empty for a call unknown."""
    rows = conn.execute(select(call_entries).where(call_entries.c.call == call).order_by(call_entries.c.seq))
    return [Entry(row.call, row.seq, row.kind, row.at, row.data) for row in rows]


def call_by_id(conn: Connection, call: str) -> Call | None:
    """The call, or None."""
    row = conn.execute(select(calls).where(calls.c.id == call)).one_or_none()
    return _call(row) if row else None


def recent_calls(conn: Connection, number: str, limit: int = 10) -> list[Call]:
    """The last calls from ``number`` (E.164), newest first."""
    rows = conn.execute(select(calls).where(calls.c.number == number).order_by(calls.c.started_at.desc()).limit(limit))
    return [_call(row) for row in rows]


def _insert(conn: Connection, table: Table) -> Any:
    # Only the dialects' own INSERT knows ON CONFLICT.
    return (postgresql if conn.dialect.name == "postgresql" else sqlite).insert(table)


def _call(row: Row[Any]) -> Call:
    return Call(**{name: getattr(row, name) for name in Call.__slots__})
