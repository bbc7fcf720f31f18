"""What the conference and the legs tell: who came, who went. Each may be told twice, late or in the wrong order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, or_, select, update

from callqueue import (
    agents,
    calls,
    chores,
    dialling,
    proposals,
    recording,
    seats,
    segments,
    states,
    supervising,
    transfers,
)
from callqueue.chores import Chore
from callqueue.model import CallbackState, OfferState, TicketState
from callqueue.store import agents as agent_rows
from callqueue.store import callbacks as callback_rows
from callqueue.store import offers, tickets
from callqueue.work import Tx

WITH_AGENT = (TicketState.CONNECTING, TicketState.CONNECTED)

CALLER_SECONDS = 20
"""The caller should be in the conference so long after the agent; then the carrier is asked who lives."""


def _stale(ticket: RowMapping, conference: str) -> bool:
    """Told about an earlier conference of the same ticket."""
    return bool(conference and ticket["conference"] and ticket["conference"] != conference)


def _in_room(tx: Tx, room: int, *which: ColumnElement[bool]) -> RowMapping | None:
    """The ticket of this conference that ``which`` picks, locked: a conference is known by the ticket it was made for,
    and after a transfer it is another's."""
    here = or_(tickets.c.id == room, tickets.c.room == room)
    found = tx.conn.execute(select(tickets.c.id).where(here, *which).order_by(tickets.c.id.desc())).scalar()
    return states.lock(tx, found)


def agent_joined(tx: Tx, room: int, agent: int, leg: str, conference: str) -> bool:
    """Their leg is in: bring the customer, or they are there already. A second leg replaces the first (a page that was
    reloaded)."""
    ticket = _in_room(tx, room, tickets.c.agent == agent, tickets.c.state.in_(WITH_AGENT))
    if ticket is None or ticket["state"] not in WITH_AGENT or ticket["agent"] != agent:
        # Too late, or never theirs: no leg may stay in a conference where nobody comes.
        chores.add(tx, Chore.HANG_UP, leg)
        return False
    if ticket["agent_leg"] == leg and ticket["conference"] in (None, conference or None):
        return True
    if ticket["agent_leg"] not in (None, leg):
        chores.add(tx, Chore.HANG_UP, ticket["agent_leg"])
    ticket_id: int = ticket["id"]
    until = tx.now + timedelta(seconds=CALLER_SECONDS)
    states.change(
        tx, ticket_id, agent_leg=leg, deadline=until, conference=conference or ticket["conference"], checked_at=tx.now
    )
    if ticket["state"] == TicketState.CONNECTED:
        # Back before the caller was returned to the line: go on talking.
        chores.drop(tx, Chore.REQUEUE, ticket_id)
        seats.of_new_leg(tx, ticket, leg)
        return True
    if states.consults(ticket):
        transfers.consulting(tx, ticket)
    elif ticket["caller_in"]:
        chores.drop(tx, Chore.REQUEUE, ticket_id)
        _connected(tx, ticket)
    elif ticket["leg"] is not None:
        chores.add(tx, Chore.CONNECT, ticket_id)
    else:
        due = select(callback_rows.c.id).where(
            callback_rows.c.id == ticket["callback"], callback_rows.c.state == CallbackState.DUE
        )
        if tx.conn.execute(due).first():
            chores.add(tx, Chore.DIAL, ticket["callback"])
    return True


def _connected(tx: Tx, ticket: RowMapping) -> None:
    if not states.move(
        tx,
        ticket["id"],
        (TicketState.CONNECTING,),
        TicketState.CONNECTED,
        deadline=None,
        head=0,
        checked_at=tx.now,
        connected_at=ticket["connected_at"] or tx.now,
    ):
        return
    segments.begin(tx, ticket, ticket["agent"])
    dialling.kept(tx, ticket["callback"])
    proposals.put_away(tx, ticket["number"], "served")
    recording.begin(tx, ticket)
    chores.drop(tx, Chore.CONNECT, ticket["id"])
    tx.conn.execute(update(agent_rows).where(agent_rows.c.id == ticket["agent"]).values(last_call_at=tx.now))
    tx.tell(ticket["agent"], "state", ticket=ticket["id"], state=TicketState.CONNECTED.value, reason="connected")
    tx.push("desk", "agents")


def caller_joined(tx: Tx, room: int, leg: str, conference: str) -> None:
    """Connected with their agent; alone, back to music and their place; nobody's any more, hung up."""
    mine = (tickets.c.leg == leg) & tickets.c.state.in_(states.ON_THE_LINE)
    ticket = _in_room(tx, room, mine) or states.lock(tx, room)
    if ticket is None:
        return
    ticket_id: int = ticket["id"]
    if ticket["state"] not in states.ON_THE_LINE or ticket["leg"] != leg:
        # A late word about a caller who was handed on since is no reason to end their call.
        if ticket["state"] != TicketState.CONNECTED and states.of_leg(tx, leg) is None:
            chores.add(tx, Chore.HANG_UP, leg)
        return
    if ticket["caller_in"]:
        return
    states.change(tx, ticket_id, caller_in=True, conference=conference or ticket["conference"], checked_at=tx.now)
    if ticket["state"] == TicketState.CONNECTING:
        if ticket["agent_leg"] is not None:
            _connected(tx, ticket)
    elif ticket["state"] in states.IN_LINE:
        chores.add(tx, Chore.REQUEUE, ticket_id)


def caller_left(tx: Tx, room: int, conference: str) -> None:
    """Their leg is out of the conference: the end, unless we moved it back to the line ourselves."""
    ticket = _in_room(tx, room, tickets.c.caller_in, tickets.c.state.in_(states.ON_THE_LINE))
    if ticket is None or _stale(ticket, conference) or not ticket["caller_in"]:
        return
    if ticket["state"] in (TicketState.CONNECTING, TicketState.CONNECTED):
        calls.lose_caller(tx, ticket, "hangup")
    elif ticket["state"] in states.IN_LINE:
        states.change(tx, ticket["id"], caller_in=False)


def agent_left(tx: Tx, room: int, leg: str, conference: str) -> None:
    """Their leg is out: an agent's, that of a number in their place, or a supervisor's. In a conversation the caller is
    asked for first: both may be gone, told in this order."""
    if not leg:
        return
    ticket = _in_room(tx, room, tickets.c.agent_leg == leg, tickets.c.state.in_(WITH_AGENT))
    if ticket is None:
        supervising.left(tx, leg)
        return
    if ticket["agent_leg"] != leg or ticket["state"] not in WITH_AGENT or _stale(ticket, conference):
        return
    if states.consults(ticket):
        states.consult_over(tx, ticket, "line lost")
    elif ticket["state"] == TicketState.CONNECTED and ticket["agent"] is None:
        states.finish(tx, ticket, "outside", gone=leg)
    elif ticket["state"] == TicketState.CONNECTED:
        states.change(tx, ticket["id"], agent_leg=None)
        chores.add(tx, Chore.REQUEUE, ticket["id"])
    elif ticket["state"] == TicketState.CONNECTING:
        states.lose_agent(tx, ticket, "line lost", pause="line", head=states.PASSED_OVER)


def conference_ended(tx: Tx, room: int, conference: str) -> None:
    """Everybody is out of it."""
    ticket = _in_room(tx, room, tickets.c.kind != "consult", tickets.c.state.in_(WITH_AGENT))
    if ticket is None or _stale(ticket, conference):
        return
    there = ticket["agent_leg"] is not None or ticket["outside"] is not None
    if ticket["state"] == TicketState.CONNECTED:
        states.finish(tx, ticket, "ended")
    elif ticket["state"] == TicketState.CONNECTING and there and ticket["conference"]:
        if ticket["caller_in"]:
            calls.lose_caller(tx, ticket, "hangup")
        else:
            states.lose_agent(tx, ticket, "line lost", pause="line", head=states.PASSED_OVER)


def call_gone(tx: Tx, call: str) -> None:
    """A leg has ended, whosever it was."""
    if not call:
        return
    ticket = states.of_leg(tx, call)
    if ticket is not None:
        calls.lose_caller(tx, ticket, "hangup", gone=call)
        return
    with_agent = tx.conn.execute(
        select(tickets.c.id).where(tickets.c.agent_leg == call, tickets.c.state.in_(WITH_AGENT))
    ).scalar()
    if with_agent is not None:
        agent_left(tx, with_agent, call, "")
    elif not (supervising.left(tx, call) or transfers.outside_gone(tx, call) or agents.phone_gone(tx, call)):
        dialling.gone(tx, call)


def end_call(tx: Tx, ticket_id: int, agent: int) -> bool:
    """The agent hangs up. Before the customer is there, that declines the ticket."""
    ticket = states.lock(tx, ticket_id)
    if ticket is None or ticket["agent"] != agent:
        return False
    if ticket["state"] not in WITH_AGENT:
        return False
    if ticket["state"] == TicketState.CONNECTED and states.consults(ticket):
        states.consult_over(tx, ticket, "declined")
        return True
    if ticket["state"] == TicketState.CONNECTED:
        states.finish(tx, ticket, "agent")
        return True
    tx.conn.execute(
        update(offers).where(offers.c.id == ticket["offer"]).values(state=OfferState.DECLINED, ended_at=tx.now)
    )
    states.lose_agent(tx, ticket, "declined", head=states.PASSED_OVER)
    return True


def returning(tx: Tx, ticket_id: int) -> str | None:
    """The agent is lost and the caller lives: first in line again, before the carrier moves their leg. Returns it;
    None when they need not be moved."""
    ticket = states.lock(tx, ticket_id)
    if ticket is None or ticket["leg"] is None:
        return None
    alone: dict[str, Any] = {"caller_in": False, "queue_sid": None, "conference": None, "room": None, "held_at": None}
    if ticket["state"] == TicketState.CONNECTED and ticket["agent_leg"] is None:
        states.alone(tx, ticket, "line lost")
        states.move(
            tx,
            ticket_id,
            (TicketState.CONNECTED,),
            TicketState.WAITING,
            head=states.CUT_OFF,
            **alone,
            **states.WITHOUT_AGENT,
        )
        segments.end_talk(tx, ticket_id, wrap_up=False)
        states.free_agent(tx, ticket["agent"], ticket_id, pause="line", spoke=True)
        tx.tell(ticket["agent"], "state", ticket=ticket_id, state=TicketState.WAITING.value, reason="line lost")
        tx.match()
    elif ticket["state"] in states.IN_LINE or (
        ticket["state"] == TicketState.CONNECTING and ticket["agent_leg"] is None
    ):
        states.change(tx, ticket_id, **alone)
    else:
        return None
    leg: str = ticket["leg"]
    return leg
