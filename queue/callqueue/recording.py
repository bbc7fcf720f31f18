"""Conversations recorded: on the customer's leg, from their first agent on, through transfers.

What the customer does not hear (a consultation, a whisper) is not in it. Paused while card data is spoken, and never
begun without the customer knowing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, false, or_, select, update

from callqueue import chores, seats
from callqueue.chores import Chore
from callqueue.incall_model import RecordingState, RecordingView
from callqueue.rules import Rules
from callqueue.store import recordings, tickets
from callqueue.work import Tx

OPEN = (RecordingState.ASKED, RecordingState.ON)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a recording should be: ``sid`` None: begun; ``paused`` or not."""

    id: int
    call: str
    sid: str | None
    paused: bool


def _wanted(ticket: RowMapping, policy: str) -> bool:
    return policy != "off" and ticket["record"] is not False


def notice_due(conn: Connection, ticket_id: int, policy: str) -> bool:
    """Whether the customer must hear now that they are recorded: they will be, and have not been yet."""
    ticket = conn.execute(select(tickets).where(tickets.c.id == ticket_id)).mappings().first()
    if ticket is None or not _wanted(ticket, policy):
        return False
    known = select(recordings.c.id).where(recordings.c.call == ticket["leg"], recordings.c.state.in_(OPEN))
    return conn.execute(known).first() is None


def refuse(tx: Tx, ticket_id: int) -> None:
    """The customer does not want to be recorded; that goes for all of this call."""
    call = tx.conn.execute(select(tickets.c.call).where(tickets.c.id == ticket_id)).scalar()
    tx.conn.execute(update(tickets).where(or_(tickets.c.id == ticket_id, tickets.c.call == call)).values(record=False))


def begin(tx: Tx, ticket: RowMapping) -> None:
    """The conversation has begun: record it, once per leg."""
    if not _wanted(ticket, tx.rules.record) or ticket["leg"] is None or of_call(tx.conn, ticket["leg"]) is not None:
        return
    made = tx.conn.execute(
        recordings.insert().values(
            ticket=ticket["id"], call=ticket["leg"], state=RecordingState.ASKED, seconds=0, made_at=tx.now
        )
    ).inserted_primary_key
    assert made is not None
    chores.ask(tx, Chore.RECORD, made[0])


def of_call(conn: Connection, call: str) -> RowMapping | None:
    """The recording in progress of a leg."""
    going_on = (recordings.c.call == call) & recordings.c.state.in_(OPEN)
    return conn.execute(select(recordings).where(going_on)).mappings().first()


def pause(tx: Tx, ticket_id: int, agent: int, on: bool) -> bool:
    """Card data is spoken, or is not any more; said again, the time for it begins anew. False: no conversation of
    theirs, or it is not recorded."""
    ticket = seats.mine(tx, ticket_id, agent)
    row = of_call(tx.conn, ticket["leg"]) if ticket is not None and ticket["leg"] else None
    if row is None:
        return False
    was = row["paused_at"] is not None
    if on or was:
        paused_at = tx.now if on else None
        tx.conn.execute(update(recordings).where(recordings.c.id == row["id"]).values(paused_at=paused_at))
        tx.tell(agent, "controls", ticket=ticket_id)
    if on != was:
        chores.ask(tx, Chore.RECORD, row["id"])
    return True


def paused_too_long(now: datetime, rules: Rules) -> Select[Any]:
    """Ids of recordings whose pause nobody ended in time."""
    forgotten = recordings.c.paused_at <= now - timedelta(seconds=rules.pause_seconds)
    return select(recordings.c.id).where(recordings.c.state.in_(OPEN), forgotten if rules.pause_seconds else false())


def go_on(tx: Tx, id: int) -> bool:
    """The pause was forgotten: record again."""
    mine = recordings.c.id.in_(paused_too_long(tx.now, tx.rules)) & (recordings.c.id == id)
    if not tx.conn.execute(update(recordings).where(mine).values(paused_at=None)).rowcount:
        return False
    chores.ask(tx, Chore.RECORD, id)
    _told(tx, id)
    return True


def wish(tx: Tx, id: int) -> Wish | None:
    """What it should be now; None: it is over."""
    row = tx.conn.execute(select(recordings).where(recordings.c.id == id).with_for_update()).mappings().first()
    if row is None or row["state"] not in OPEN:
        return None
    return Wish(id, row["call"], row["sid"], row["paused_at"] is not None)


def began(tx: Tx, id: int, sid: str) -> None:
    """The carrier records."""
    asked = (recordings.c.id == id) & (recordings.c.state == RecordingState.ASKED)
    tx.conn.execute(update(recordings).where(asked).values(sid=sid, state=RecordingState.ON))
    _told(tx, id)


def failed(tx: Tx, id: int) -> None:
    """The carrier does not record it: the leg is over, or it refuses."""
    mine = (recordings.c.id == id) & recordings.c.state.in_(OPEN)
    tx.conn.execute(update(recordings).where(mine).values(state=RecordingState.FAILED, ended_at=tx.now))
    _told(tx, id)


def ended(tx: Tx, id: int, sid: str, seconds: int) -> None:
    """The sound is there. Told twice: the same."""
    mine = (recordings.c.id == id) & (recordings.c.state != RecordingState.KEPT)
    tx.conn.execute(
        update(recordings)
        .where(mine)
        .values(state=RecordingState.KEPT, sid=sid, seconds=seconds, ended_at=tx.now, paused_at=None)
    )


def _told(tx: Tx, id: int) -> None:
    call = select(recordings.c.call).where(recordings.c.id == id).scalar_subquery()
    for row in tx.conn.execute(select(tickets.c.agent, tickets.c.id).where(tickets.c.leg == call)):
        tx.tell(row.agent, "controls", ticket=row.id)


def kept(conn: Connection, before: datetime | None, limit: int) -> list[RecordingView]:
    """Recordings with sound, newest first; ``before``: older ones than that."""
    query = (
        select(recordings, tickets.c.number, tickets.c.queue, tickets.c.agent)
        .join(tickets, tickets.c.id == recordings.c.ticket)
        .where(recordings.c.state == RecordingState.KEPT, recordings.c.sid.is_not(None))
        .order_by(recordings.c.made_at.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(recordings.c.made_at < before)
    return [_view(row) for row in conn.execute(query).mappings()]


def one(conn: Connection, id: int) -> RecordingView | None:
    """One recording that has sound."""
    query = (
        select(recordings, tickets.c.number, tickets.c.queue, tickets.c.agent)
        .join(tickets, tickets.c.id == recordings.c.ticket)
        .where(recordings.c.id == id, recordings.c.sid.is_not(None))
    )
    row = conn.execute(query).mappings().first()
    return _view(row) if row is not None else None


def _view(row: RowMapping) -> RecordingView:
    return RecordingView(
        id=row["id"],
        ticket=row["ticket"],
        sid=row["sid"],
        seconds=row["seconds"],
        made_at=row["made_at"],
        number=row["number"],
        queue=row["queue"],
        agent=row["agent"],
    )
