"""The switchboard in the records: what is switched, by whom and until when. What each switch means is in
:mod:`ivr.calls.board`; how it is set, in :mod:`ivr.studio.switchboard`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, Integer, String, Table, delete, insert, select, update

from ivr.store.tables import metadata
from ivr.store.types import UtcDateTime

switches = Table(
    "switches",
    metadata,
    Column("name", String(100), primary_key=True, comment="announcement, hours, queue:support, number:+7…, calendar:…"),
    Column("value", JSON, nullable=False),
    Column("until", UtcDateTime, comment="null: until it is taken back"),
    Column("by", Integer, comment="people.id; null for a command"),
    Column("at", UtcDateTime, nullable=False),
)

SERIAL = "serial"
"""The row that counts changes, so that a copy is never replaced by an older one."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch that is set. ``until`` None: until it is taken back."""

    name: str
    value: Mapping[str, Any]
    until: datetime | None
    by: int | None
    at: datetime

    def shown(self) -> dict[str, Any]:
        """For the audit list."""
        return {**self.value, "until": self.until}


def everything(conn: Connection) -> list[Switch]:
    """All that are set, by name; those whose time is over too."""
    rows = conn.execute(select(switches).where(switches.c.name != SERIAL).order_by(switches.c.name))
    return [_switch(row) for row in rows]


def by_name(conn: Connection, name: str) -> Switch | None:
    row = conn.execute(select(switches).where(switches.c.name == name)).one_or_none()
    return _switch(row) if row else None


def put(
    conn: Connection, name: str, value: Mapping[str, Any], until: datetime | None, by: int | None, now: datetime
) -> None:
    """Set a switch; what it was before is replaced."""
    values = {"value": dict(value), "until": until, "by": by, "at": now}
    if not conn.execute(update(switches).where(switches.c.name == name).values(**values)).rowcount:
        conn.execute(insert(switches).values(name=name, **values))


def drop(conn: Connection, name: str) -> bool:
    """Take a switch back."""
    return conn.execute(delete(switches).where(switches.c.name == name)).rowcount > 0


def count(conn: Connection, now: datetime) -> None:
    """Something that calls go by was changed: the next serial, in the change's own transaction."""
    put(conn, SERIAL, {"serial": serial(conn) + 1}, None, None, now)


def serial(conn: Connection) -> int:
    """How often it was changed."""
    found = by_name(conn, SERIAL)
    return int(found.value["serial"]) if found else 0


def _switch(row: Any) -> Switch:
    return Switch(**{name: getattr(row, name) for name in Switch.__slots__})
