"""Supervisors in others' calls: they listen, whisper to the agent, or speak to both, and may take the call over.

Their leg comes and goes without touching the call: no music, no end, no change of state.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, RowMapping, func, select, update

from callqueue import chores, seats, states, transfers
from callqueue.chores import Chore
from callqueue.incall_model import SuperviseMode, SupervisionState
from callqueue.model import TicketState
from callqueue.ports import Seat
from callqueue.store import agents, supervisions, tickets
from callqueue.work import Tx

COME_SECONDS = 45
"""A supervisor who has not come by then is not coming: time to pick up a telephone and press 1."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a supervisor's leg goes: the conference of ticket ``room``, and how they sit there."""

    room: int
    seat: Seat


def supervise(tx: Tx, ticket_id: int, agent: int, mode: SuperviseMode) -> int | None:
    """Into the call, or another mode, or out. Returns the supervision; None: no such call, their own, or they are in a
    call themselves."""
    ticket = states.lock(tx, ticket_id)
    row = tx.conn.execute(states.open_supervisions().where(supervisions.c.agent == agent)).mappings().first()
    if mode is SuperviseMode.LEAVE:
        here = row is not None and row["ticket"] == ticket_id
        return row["id"] if row is not None and here and states.end_supervision(tx, row) else None
    talking = ticket is not None and ticket["state"] == TicketState.CONNECTED and ticket["caller_in"]
    if ticket is None or not talking or ticket["agent"] is None or ticket["agent"] == agent:
        return None
    if row is not None and row["ticket"] == ticket_id:
        return _change(tx, row, mode)
    busy = select(agents.c.ticket).where(agents.c.id == agent, agents.c.ticket.is_not(None))
    if tx.conn.execute(busy).first() is not None:
        return None
    if row is not None:
        states.end_supervision(tx, row)
    made = tx.conn.execute(
        supervisions.insert().values(
            ticket=ticket_id, agent=agent, mode=mode, state=SupervisionState.ASKED, made_at=tx.now
        )
    ).inserted_primary_key
    assert made is not None
    supervision: int = made[0]
    if tx.conn.execute(select(agents.c.phone).where(agents.c.id == agent)).scalar():
        chores.add(tx, Chore.CALL_SUPERVISOR, supervision)
    _told(tx, agent, supervision, ticket_id, SupervisionState.ASKED, mode)
    return supervision


def _change(tx: Tx, row: RowMapping, mode: SuperviseMode) -> int:
    if row["mode"] != mode:
        tx.conn.execute(update(supervisions).where(supervisions.c.id == row["id"]).values(mode=mode))
        if row["leg"]:
            chores.ask(tx, Chore.SEAT, row["leg"])
        _told(tx, row["agent"], row["id"], row["ticket"], SupervisionState(row["state"]), mode)
    supervision: int = row["id"]
    return supervision


def _told(tx: Tx, agent: int, supervision: int, ticket: int, state: SupervisionState, mode: str) -> None:
    tx.tell(agent, "supervision", supervision=supervision, ticket=ticket, state=state.value, mode=str(mode))
    tx.push("desk", "agents")


def entry(conn: Connection, supervision: int, agent: int) -> Entry | None:
    """Where this supervisor's leg may go; None when it may not (any more)."""
    row = (
        conn.execute(states.open_supervisions().where(supervisions.c.id == supervision, supervisions.c.agent == agent))
        .mappings()
        .first()
    )
    if row is None:
        return None
    ticket = conn.execute(select(tickets).where(tickets.c.id == row["ticket"])).mappings().first()
    if ticket is None or ticket["state"] != TicketState.CONNECTED:
        return None
    return Entry(states.room_of(ticket), seats.seat_of(row["mode"], ticket))


def joined(tx: Tx, supervision: int, leg: str) -> None:
    """Their leg is in the conference. Nobody's any more: hung up. A second leg replaces the first."""
    row = tx.conn.execute(states.open_supervisions().where(supervisions.c.id == supervision)).mappings().first()
    ticket = states.lock(tx, row["ticket"]) if row is not None else None
    if row is None or ticket is None or ticket["state"] != TicketState.CONNECTED:
        took_over = select(tickets.c.id).where(tickets.c.agent_leg == leg, tickets.c.state == TicketState.CONNECTED)
        if tx.conn.execute(took_over).first() is None:
            chores.add(tx, Chore.HANG_UP, leg)
        return
    if row["leg"] not in (None, leg):
        chores.add(tx, Chore.HANG_UP, row["leg"])
    tx.conn.execute(
        update(supervisions)
        .where(supervisions.c.id == supervision)
        .values(leg=leg, state=SupervisionState.IN, joined_at=func.coalesce(supervisions.c.joined_at, tx.now))
    )
    # The mode may have changed since their leg was told how to sit.
    chores.ask(tx, Chore.SEAT, leg)
    _told(tx, row["agent"], supervision, row["ticket"], SupervisionState.IN, row["mode"])


def left(tx: Tx, leg: str) -> bool:
    """A leg that may be a supervisor's is over. False: it was none."""
    row = tx.conn.execute(states.open_supervisions().where(supervisions.c.leg == leg)).mappings().first()
    return row is not None and states.end_supervision(tx, row, gone=leg)


def not_come(tx: Tx, supervision: int) -> bool:
    """Asked to come long ago."""
    row = (
        tx.conn.execute(
            states.open_supervisions().where(
                supervisions.c.id == supervision,
                supervisions.c.state == SupervisionState.ASKED,
                supervisions.c.made_at <= tx.now - timedelta(seconds=COME_SECONDS),
            )
        )
        .mappings()
        .first()
    )
    return row is not None and states.end_supervision(tx, row)


def take_over(tx: Tx, ticket_id: int, agent: int) -> int | None:
    """A supervisor in the call becomes its agent; the one who had it wraps up. Returns the new ticket; None when they
    are not in it, or have a call of their own."""
    ticket = states.lock(tx, ticket_id)
    row = (
        tx.conn.execute(
            states.open_supervisions().where(
                supervisions.c.agent == agent, supervisions.c.ticket == ticket_id, supervisions.c.leg.is_not(None)
            )
        )
        .mappings()
        .first()
    )
    if ticket is None or row is None or ticket["state"] != TicketState.CONNECTED or not ticket["caller_in"]:
        return None
    made = transfers.split(
        tx,
        ticket,
        state=TicketState.CONNECTED,
        room=states.room_of(ticket),
        conference=ticket["conference"],
        agent=agent,
        agent_leg=row["leg"],
        connected_at=tx.now,
        reason="taken_over",
    )
    free = (agents.c.id == agent) & agents.c.ticket.is_(None)
    if not tx.conn.execute(update(agents).where(free).values(ticket=made, last_call_at=tx.now)).rowcount:
        raise transfers.NotNow
    tx.conn.execute(
        update(supervisions)
        .where(supervisions.c.id == row["id"])
        .values(state=SupervisionState.OVER, ended_at=tx.now, leg=None)
    )
    transfers.give(tx, ticket, made, caller_in=True)
    chores.ask(tx, Chore.SEAT, row["leg"])
    _told(tx, agent, row["id"], ticket_id, SupervisionState.OVER, row["mode"])
    return made
