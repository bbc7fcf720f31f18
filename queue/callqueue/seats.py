"""How each leg sits in its conference: on hold with music, muted, heard by one only; and keys played to the other.

What is wanted stands in the records; a job compares nothing, has it so, and looks whether it is still wanted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, RowMapping, delete, or_, select

from callqueue import chores, segments, states
from callqueue.chores import Chore
from callqueue.incall_model import SuperviseMode, SupervisionState
from callqueue.model import TicketState
from callqueue.ports import Seat
from callqueue.store import keys, supervisions, tickets
from callqueue.work import Tx

TALKING = (TicketState.CONNECTING, TicketState.CONNECTED)

DIGITS = re.compile(r"[0-9*#]{1,32}")

KEYS_KEPT = timedelta(minutes=1)
"""Keys not played by then are not played any more."""


@dataclass(frozen=True, slots=True)
class Place:
    """A leg, the carrier's conference it is in, and how it should sit there."""

    leg: str
    conference: str
    seat: Seat


def mine(tx: Tx, ticket_id: int, agent: int) -> RowMapping | None:
    """The ticket, locked, when this agent talks (or consults) in it."""
    ticket = states.lock(tx, ticket_id)
    talks = ticket is not None and ticket["agent"] == agent and ticket["state"] == TicketState.CONNECTED
    return ticket if talks else None


def hold(tx: Tx, ticket_id: int, agent: int, on: bool) -> bool:
    """Music for the caller, or the conversation again. True also when it is so already."""
    ticket = mine(tx, ticket_id, agent)
    if ticket is None or ticket["leg"] is None:
        return False
    put_on_hold(tx, ticket, on)
    return True


def put_on_hold(tx: Tx, ticket: RowMapping, on: bool) -> None:
    """The same of a ticket that is locked already."""
    if (ticket["held_at"] is not None) == on:
        return
    states.change(tx, ticket["id"], held_at=tx.now if on else None)
    segments.hold(tx, ticket["id"], on)
    chores.ask(tx, Chore.SEAT, ticket["leg"])
    tx.tell(ticket["agent"], "controls", ticket=ticket["id"])


def mute(tx: Tx, ticket_id: int, agent: int, on: bool) -> bool:
    """The agent's microphone, off or on, wherever they talk from."""
    ticket = mine(tx, ticket_id, agent)
    if ticket is None:
        return False
    if ticket["muted"] != on:
        states.change(tx, ticket_id, muted=on)
        if ticket["agent_leg"]:
            chores.ask(tx, Chore.SEAT, ticket["agent_leg"])
        tx.tell(agent, "controls", ticket=ticket_id)
    return True


def press(tx: Tx, ticket_id: int, agent: int, digits: str) -> bool:
    """Keys towards the number that was added, else the caller: played once at most. False: no call, or no keys."""
    ticket = mine(tx, ticket_id, agent)
    if ticket is None or not DIGITS.fullmatch(digits):
        return False
    added = tx.conn.execute(
        select(tickets.c.agent_leg).where(
            tickets.c.parent == ticket_id,
            tickets.c.kind == "consult",
            tickets.c.outside.is_not(None),
            tickets.c.state == TicketState.CONNECTED,
        )
    ).scalar()
    leg = added or ticket["leg"]
    if leg is None:
        return False
    tx.conn.execute(delete(keys).where(keys.c.made_at < tx.now - KEYS_KEPT))
    made = tx.conn.execute(
        keys.insert().values(ticket=ticket_id, leg=leg, digits=digits, made_at=tx.now)
    ).inserted_primary_key
    assert made is not None
    chores.add(tx, Chore.PLAY_KEYS, made[0])
    return True


def digits(conn: Connection, id: int) -> str:
    """The keys to play; '' when they are gone."""
    return conn.execute(select(keys.c.digits).where(keys.c.id == id)).scalar() or ""


def of_new_leg(tx: Tx, ticket: RowMapping, leg: str) -> None:
    """An agent's leg took another's place in the conversation: muted as they wished, and coached as before."""
    if ticket["muted"]:
        chores.ask(tx, Chore.SEAT, leg)
    whispering = states.open_supervisions().where(
        supervisions.c.ticket == ticket["id"],
        supervisions.c.state == SupervisionState.IN,
        supervisions.c.mode == SuperviseMode.WHISPER,
    )
    for row in tx.conn.execute(whispering).mappings():
        chores.ask(tx, Chore.SEAT, row["leg"])


def wanted(tx: Tx, leg: str) -> Place | None:
    """How a leg should sit; None when it has no place in a conference (any more). Its ticket is locked."""
    found = tx.conn.execute(
        select(tickets.c.id)
        .where(or_(tickets.c.leg == leg, tickets.c.agent_leg == leg), tickets.c.state.in_(TALKING))
        .order_by(tickets.c.id.desc())
    ).scalar()
    ticket = states.lock(tx, found)
    if ticket is not None and ticket["conference"] and ticket["state"] in TALKING:
        if ticket["leg"] == leg and ticket["caller_in"]:
            return Place(leg, ticket["conference"], Seat(hold=ticket["held_at"] is not None))
        if ticket["agent_leg"] == leg:
            return Place(leg, ticket["conference"], Seat(muted=ticket["muted"], coach=""))
        return None
    return _supervisor(tx, leg)


def _supervisor(tx: Tx, leg: str) -> Place | None:
    listening = states.open_supervisions().where(supervisions.c.leg == leg)
    row = tx.conn.execute(listening).mappings().first()
    ticket = states.lock(tx, row["ticket"]) if row is not None else None
    if row is None or ticket is None or not ticket["conference"] or ticket["state"] != TicketState.CONNECTED:
        return None
    # The mode may have been changed before the ticket was locked.
    row = tx.conn.execute(listening).mappings().first()
    return Place(leg, ticket["conference"], seat_of(row["mode"], ticket)) if row is not None else None


def seat_of(mode: str, ticket: RowMapping) -> Seat:
    """A supervisor's seat. One who would whisper to an agent whose leg is away only listens."""
    if mode == SuperviseMode.BARGE:
        return Seat(muted=False, coach="")
    if mode == SuperviseMode.WHISPER and ticket["agent_leg"]:
        return Seat(muted=False, coach=ticket["agent_leg"])
    return Seat(muted=True, coach="")
