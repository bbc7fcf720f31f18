"""Links with which somebody sets their own password: once, and not after they expire. Only their hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Column, ColumnElement, Connection, Integer, String, Table, delete, insert, select, update

from ivr.store.tables import metadata
from ivr.store.types import UtcDateTime

Purpose = Literal["invite", "reset"]
LIFE: dict[Purpose, timedelta] = {"invite": timedelta(days=7), "reset": timedelta(hours=24)}
"""How long a link works."""

links = Table(
    "password_links",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True, comment="SHA-256 of the token; the token is nowhere"),
    Column("person", Integer, nullable=False, index=True),
    Column("purpose", String(16), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link that works. ``person`` is whose password it sets."""

    person: int
    purpose: Purpose
    expires_at: datetime


def make(conn: Connection, person: int, purpose: Purpose, now: datetime) -> str:
    """A token for this person, shown once and never kept; their earlier links stop working."""
    revoke(conn, person)
    token = secrets.token_urlsafe(32)
    values = {"token_hash": _hash(token), "person": person, "purpose": purpose, "made_at": now}
    conn.execute(insert(links).values(**values, expires_at=now + LIFE[purpose]))
    return token


def revoke(conn: Connection, person: int) -> None:
    """Links of this person that were not used work no more."""
    conn.execute(delete(links).where(links.c.person == person, links.c.used_at.is_(None)))


def look(conn: Connection, token: str, now: datetime) -> Link | None:
    """The link, while it works."""
    row = conn.execute(select(links).where(_works(token, now))).one_or_none()
    return Link(row.person, row.purpose, row.expires_at) if row else None


def use(conn: Connection, token: str, now: datetime) -> Link | None:
    """Use it up: the link for exactly one of those who try, None for all others and when it works no more."""
    link = look(conn, token, now)
    if link is None or not conn.execute(update(links).where(_works(token, now)).values(used_at=now)).rowcount:
        return None
    return link


def open_until(conn: Connection, now: datetime) -> dict[int, datetime]:
    """Until when each person's unused link works."""
    rows = conn.execute(
        select(links.c.person, links.c.expires_at).where(links.c.used_at.is_(None), links.c.expires_at > now)
    )
    return {row.person: row.expires_at for row in rows}


def _works(token: str, now: datetime) -> ColumnElement[bool]:
    return (links.c.token_hash == _hash(token)) & links.c.used_at.is_(None) & (links.c.expires_at > now)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
