"""Callers who are not served: proposed by agents, decided by supervisors. The records; see ``ivr.calls.door``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Column, Connection, Integer, String, Table, delete, insert, or_, select, update

from ivr.store.tables import metadata
from ivr.store.types import UtcDateTime

State = Literal["proposed", "active"]
Answer = Literal["sentence", "message"]
"""What a blocked caller gets: a sentence and the end, or a recorded message."""
ANSWERS: tuple[Answer, ...] = ("sentence", "message")
LONGEST_REASON = 300

blocked = Table(
    "blocked_callers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(32), nullable=False, unique=True, comment="E.164"),
    Column("state", String(16), nullable=False),
    Column("answer", String(16), nullable=False),
    Column("reason", String(LONGEST_REASON), nullable=False),
    Column("until", UtcDateTime, comment="null: until it is lifted"),
    Column("made_by", Integer, comment="people.id; null for a command"),
    Column("made_at", UtcDateTime, nullable=False),
    Column("decided_by", Integer),
    Column("decided_at", UtcDateTime),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A number that is blocked, or that an agent would have blocked."""

    id: int
    number: str
    state: State
    answer: Answer
    reason: str
    until: datetime | None
    made_by: int | None
    made_at: datetime
    decided_by: int | None
    decided_at: datetime | None

    def shown(self) -> dict[str, Any]:
        """For the audit list."""
        return {"state": self.state, "answer": self.answer, "reason": self.reason, "until": self.until}


def put(conn: Connection, number: str, by: int | None, now: datetime, **values: Any) -> Block:
    """Block a number (``state`` active) or propose it; what is there for the number already is changed."""
    decided = {"decided_by": by, "decided_at": now} if values["state"] == "active" else {}
    if not conn.execute(update(blocked).where(blocked.c.number == number).values(**values, **decided)).rowcount:
        conn.execute(insert(blocked).values(number=number, made_by=by, made_at=now, **values, **decided))
    found = of_number(conn, number)
    assert found is not None
    return found


def lift(conn: Connection, id: int) -> bool:
    """The number is served again (or was proposed in vain)."""
    return conn.execute(delete(blocked).where(blocked.c.id == id)).rowcount > 0


def by_id(conn: Connection, id: int) -> Block | None:
    row = conn.execute(select(blocked).where(blocked.c.id == id)).one_or_none()
    return _block(row) if row else None


def of_number(conn: Connection, number: str) -> Block | None:
    row = conn.execute(select(blocked).where(blocked.c.number == number)).one_or_none()
    return _block(row) if row else None


def everything(conn: Connection, limit: int = 1000) -> list[Block]:
    """Proposed ones first, then by when they were made, newest first."""
    rows = conn.execute(select(blocked).order_by(blocked.c.state.desc(), blocked.c.id.desc()).limit(limit))
    return [_block(row) for row in rows]


def active(conn: Connection, now: datetime) -> list[Block]:
    """Those that hold now."""
    holds = or_(blocked.c.until.is_(None), blocked.c.until > now)
    return [_block(row) for row in conn.execute(select(blocked).where(blocked.c.state == "active", holds))]


def forget_expired(conn: Connection, before: datetime) -> int:
    """Take out what expired before then."""
    return conn.execute(delete(blocked).where(blocked.c.until < before)).rowcount


def _block(row: Any) -> Block:
    return Block(**{name: getattr(row, name) for name in Block.__slots__})
