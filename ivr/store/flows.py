"""Flows that people edit: the working copy of each, its numbered revisions, and which of them answers calls.

A revision never changes once it is written. Which one is live is a pointer of the flow; taking a revision back moves
the pointer and deletes nothing. The texts are files as they were written, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Integer, String, Table, Text, UniqueConstraint, func, insert, select, update

from ivr.store.tables import metadata
from ivr.store.types import UtcDateTime

LONGEST_WHY = 300

flows = Table(
    "flows",
    metadata,
    Column("name", String(48), primary_key=True),
    Column("live", Integer, comment="number of the revision that answers; null: the flow file does"),
    Column("candidate", Integer, comment="number of the revision that part of the calls get"),
    Column("share", Integer, nullable=False, comment="how many calls of a hundred get the candidate"),
    Column("changed_at", UtcDateTime, nullable=False),
)

drafts = Table(
    "flow_drafts",
    metadata,
    Column("flow", String(48), primary_key=True),
    Column("version", Integer, nullable=False, comment="one more with each save; never goes back"),
    Column("base", Integer, comment="number of the revision it began from"),
    Column("text", Text, nullable=False),
    Column("scenarios", Text, nullable=False),
    Column("author", Integer, comment="people.id of who saved it last; null for a command"),
    Column("saved_at", UtcDateTime, nullable=False),
)

revisions = Table(
    "flow_revisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("flow", String(48), nullable=False),
    Column("number", Integer, nullable=False),
    Column("revision", String(64), nullable=False, index=True, comment="hash of the text, as calls name it"),
    Column("text", Text, nullable=False),
    Column("scenarios", Text, nullable=False),
    Column("author", Integer, comment="people.id; null for a command"),
    Column("why", String(LONGEST_WHY), nullable=False),
    Column("overruled", Text, nullable=False, comment="what was wrong and published all the same; empty: nothing"),
    Column("published_at", UtcDateTime, nullable=False),
    UniqueConstraint("flow", "number", name="uq_flow_revisions_flow_number"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """Which revisions of a flow answer, by number. ``live`` None: its file does."""

    name: str
    live: int | None
    candidate: int | None
    share: int
    changed_at: datetime

    def shown(self) -> dict[str, Any]:
        """For the audit list."""
        return {"live": self.live, "candidate": self.candidate, "share": self.share}


@dataclass(frozen=True, slots=True)
class Draft:
    """The working copy. ``version`` 0: nobody has saved one yet."""

    flow: str
    version: int
    base: int | None
    text: str
    scenarios: str
    author: int | None
    saved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Revision:
    """A published text. ``revision`` is the hash by which calls name it."""

    flow: str
    number: int
    revision: str
    text: str
    scenarios: str
    author: int | None
    why: str
    overruled: str
    published_at: datetime


def everything(conn: Connection) -> list[Row]:
    """Flows that were edited or published here, by name."""
    return [_flow(row) for row in conn.execute(select(flows).order_by(flows.c.name))]


def by_name(conn: Connection, name: str) -> Row | None:
    row = conn.execute(select(flows).where(flows.c.name == name)).one_or_none()
    return _flow(row) if row else None


def point(conn: Connection, name: str, now: datetime, **values: Any) -> Row:
    """Move the pointers of a flow (``live``, ``candidate``, ``share``); made when it is not there yet."""
    if not conn.execute(update(flows).where(flows.c.name == name).values(**values, changed_at=now)).rowcount:
        made = {"live": None, "candidate": None, "share": 0, **values}
        conn.execute(insert(flows).values(name=name, changed_at=now, **made))
    found = by_name(conn, name)
    assert found is not None
    return found


def draft_of(conn: Connection, name: str) -> Draft | None:
    row = conn.execute(select(drafts).where(drafts.c.flow == name)).one_or_none()
    return Draft(**{field: getattr(row, field) for field in Draft.__slots__}) if row else None


def put_draft(conn: Connection, name: str, version: int, now: datetime, **values: Any) -> bool:
    """Save the working copy over ``version`` (0: there is none yet), as the next one. False: it is another by now."""
    if version == 0:
        if draft_of(conn, name) is not None:
            return False
        conn.execute(insert(drafts).values(flow=name, version=1, saved_at=now, **values))
        return True
    ours = (drafts.c.flow == name) & (drafts.c.version == version)
    return conn.execute(update(drafts).where(ours).values(version=version + 1, saved_at=now, **values)).rowcount > 0


def add_revision(conn: Connection, name: str, now: datetime, **values: Any) -> Revision:
    """Write the next revision; it never changes again."""
    last = conn.execute(select(func.max(revisions.c.number)).where(revisions.c.flow == name)).scalar()
    number = (last or 0) + 1
    conn.execute(insert(revisions).values(flow=name, number=number, published_at=now, **values))
    found = numbered(conn, name, number)
    assert found is not None
    return found


def numbered(conn: Connection, name: str, number: int) -> Revision | None:
    """The revision of that number."""
    where = (revisions.c.flow == name) & (revisions.c.number == number)
    row = conn.execute(select(revisions).where(where)).one_or_none()
    return _revision(row) if row else None


def revisions_of(conn: Connection, name: str) -> list[Revision]:
    """All of a flow, the newest first."""
    rows = conn.execute(select(revisions).where(revisions.c.flow == name).order_by(revisions.c.number.desc()))
    return [_revision(row) for row in rows]


def text_of(conn: Connection, revision: str) -> str | None:
    """The text that calls of this revision (a hash) run on."""
    found: str | None = conn.execute(select(revisions.c.text).where(revisions.c.revision == revision)).scalars().first()
    return found


def serving(conn: Connection) -> Mapping[str, dict[str, Any]]:
    """Of each flow with a live revision: ``live`` and ``candidate`` as hashes ('' for none), and ``share``."""
    found: dict[str, dict[str, Any]] = {}
    for row in everything(conn):
        hashes = {
            one.number: one.revision
            for one in conn.execute(
                select(revisions.c.number, revisions.c.revision).where(
                    revisions.c.flow == row.name, revisions.c.number.in_([row.live, row.candidate])
                )
            )
        }
        if row.live in hashes or row.candidate in hashes:
            found[row.name] = {
                "live": hashes.get(row.live, ""),
                "candidate": hashes.get(row.candidate, ""),
                "share": row.share,
            }
    return found


def _flow(row: Any) -> Row:
    return Row(**{name: getattr(row, name) for name in Row.__slots__})


def _revision(row: Any) -> Revision:
    return Revision(**{name: getattr(row, name) for name in Revision.__slots__})
