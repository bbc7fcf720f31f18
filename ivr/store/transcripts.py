"""What recordings say: one row for each that was, or is being, written down.

A row is claimed by a worker for a while; whoever dies leaves one that is due again. Text and words are masked before
they come here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from callqueue import store as queue
from ivr.store.tables import metadata
from ivr.store.types import UtcDateTime

CLAIM = timedelta(minutes=15)
"""Longer than any recording takes; a claim not finished by then was its worker's last."""
TRIES = 3
AGE = timedelta(days=7)
"""Older recordings are left as they are, so that a new model does not begin with last year's."""

transcripts = Table(
    "transcripts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False, comment="message or conversation"),
    Column("subject", Integer, nullable=False, comment="Its id in that table"),
    Column("state", String(10), nullable=False),
    Column("due_at", UtcDateTime, nullable=False, comment="When a claim is over, or the next try is due"),
    Column("tries", Integer, nullable=False, default=0),
    Column("text", Text, nullable=False, default=""),
    Column("words", JSON, nullable=False, comment="[text, start, end, confidence], seconds from the beginning"),
    Column("engine", String(100), nullable=False, default=""),
    Column("reason", String(300), nullable=False, default="", comment="Why there is none"),
    Column("made_at", UtcDateTime),
    UniqueConstraint("kind", "subject", name="uq_transcripts_kind_subject"),
    Index("ix_transcripts_made_at", "made_at"),
)


class State(StrEnum):
    """``CLAIMED``: a worker writes, or its turn comes again; ``DONE``; ``FAILED``: never."""

    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A recording to write down. ``recording``: the carrier's name for it."""

    kind: str
    subject: int
    recording: str
    language: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """As the desk shows it."""

    state: str
    text: str
    engine: str
    reason: str


def next_wanted(conn: Connection, languages: Collection[str] | None, now: datetime) -> Wanted | None:
    """The oldest recording that nobody writes down. ``languages``: only these; None: any. Messages come first: an
    agent waits for them."""
    for query in (_messages(now), _conversations(now)):
        rows = query if languages is None else query.where(query.selected_columns.language.in_(languages))
        row = conn.execute(rows.limit(1)).mappings().first()
        if row is not None:
            return Wanted(row["kind"], row["subject"], row["recording"], row["language"])
    return None


def claim(conn: Connection, wanted: Wanted, now: datetime) -> int | None:
    """Take it, for :data:`CLAIM`; how often it was taken, this time included. None: another worker was first."""
    values = {"state": State.CLAIMED, "due_at": now + CLAIM, "reason": ""}
    key = _key(wanted)
    again = update(transcripts).where(key, transcripts.c.state == State.CLAIMED, transcripts.c.due_at <= now)
    if conn.execute(again.values(tries=transcripts.c.tries + 1, **values)).rowcount:
        tries: int = conn.execute(select(transcripts.c.tries).where(key)).scalar_one()
        return tries
    try:
        with conn.begin_nested():
            conn.execute(
                insert(transcripts).values(kind=wanted.kind, subject=wanted.subject, tries=1, words=[], **values)
            )
    except IntegrityError:
        return None
    return 1


def finish(conn: Connection, wanted: Wanted, text: str, words: list[Any], engine: str, now: datetime) -> bool:
    """What it says. False: somebody finished it before."""
    return _end(conn, wanted, state=State.DONE, text=text, words=words, engine=engine, made_at=now)


def fail(conn: Connection, wanted: Wanted, reason: str, now: datetime) -> bool:
    """It will never be written down."""
    return _end(conn, wanted, state=State.FAILED, reason=reason[:300], made_at=now)


def put_off(conn: Connection, wanted: Wanted, until: datetime, reason: str) -> None:
    """Not now."""
    open_row = and_(_key(wanted), transcripts.c.state == State.CLAIMED)
    conn.execute(update(transcripts).where(open_row).values(due_at=until, reason=reason[:300]))


def of(conn: Connection, kind: str, subject: int) -> Transcript | None:
    """None: nobody has begun."""
    key = (transcripts.c.kind == kind) & (transcripts.c.subject == subject)
    row = conn.execute(select(transcripts).where(key)).mappings().first()
    return Transcript(row["state"], row["text"], row["engine"], row["reason"]) if row else None


def _end(conn: Connection, wanted: Wanted, **values: Any) -> bool:
    open_row = and_(_key(wanted), transcripts.c.state == State.CLAIMED)
    return conn.execute(update(transcripts).where(open_row).values(**values)).rowcount > 0


def _key(wanted: Wanted) -> Any:
    return and_(transcripts.c.kind == wanted.kind, transcripts.c.subject == wanted.subject)


def _free(now: datetime) -> Any:
    nobody = transcripts.c.id.is_(None)
    return or_(nobody, and_(transcripts.c.state == State.CLAIMED, transcripts.c.due_at <= now))


def _messages(now: datetime) -> Select[Any]:
    message = queue.messages
    ours = and_(transcripts.c.kind == "message", transcripts.c.subject == message.c.id)
    return (
        _select("message", message.c.id, message.c.recording, message.c.language)
        .select_from(message.outerjoin(transcripts, ours))
        .where(message.c.recording != "", message.c.created_at > now - AGE, _free(now))
        .order_by(message.c.id)
    )


def _conversations(now: datetime) -> Select[Any]:
    made, ticket = queue.recordings, queue.tickets
    ours = and_(transcripts.c.kind == "conversation", transcripts.c.subject == made.c.id)
    joined = made.join(ticket, ticket.c.id == made.c.ticket).outerjoin(transcripts, ours)
    return (
        _select("conversation", made.c.id, made.c.sid, ticket.c.language)
        .select_from(joined)
        .where(made.c.sid.is_not(None), made.c.ended_at > now - AGE, _free(now))
        .order_by(made.c.id)
    )


def _select(kind: str, subject: Column[Any], recording: Column[Any], language: Column[Any]) -> Select[Any]:
    return select(
        literal(kind).label("kind"), subject.label("subject"), recording.label("recording"), language.label("language")
    )
