"""What the conference and the legs tell: who came, who went. Each may be told twice, late or in the wrong order."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import RowMapping, select, update

from callqueue import agents, calls, chores, dialling, proposals, segments, states
from callqueue.chores import Chore
from callqueue.model import CallbackState, OfferState, TicketState
from callqueue.store import agents as agent_rows
from callqueue.store import callbacks as callback_rows
from callqueue.store import offers, tickets
from callqueue.work import Tx

CALLER_SECONDS = 20
"""The caller should be in the conference so long after the agent; then the carrier is asked who lives."""


def _stale(ticket: RowMapping, conference: str) -> bool:
    """Told about an earlier conference of the same ticket."""
    return bool(conference and ticket["conference"] and ticket["conference"] != conference)


def agent_joined(tx: Tx, ticket_id: int, agent: int, leg: str, conference: str) -> bool:
    """Their leg is in: bring the customer, or they are there already. A second leg replaces the first (a page that was
    reloaded)."""
    ticket = states.lock(tx, ticket_id)
    mine = ticket is not None and ticket["agent"] == agent
    if ticket is None or not mine or ticket["state"] not in (TicketState.CONNECTING, TicketState.CONNECTED):
        # Too late, or never theirs: no leg may stay in a conference where nobody comes.
        chores.add(tx, Chore.HANG_UP, leg)
        return False
    if ticket["agent_leg"] == leg and ticket["conference"] in (None, conference or None):
        return True
    if ticket["agent_leg"] not in (None, leg):
        chores.add(tx, Chore.HANG_UP, ticket["agent_leg"])
    until = tx.now + timedelta(seconds=CALLER_SECONDS)
    states.change(
        tx, ticket_id, agent_leg=leg, deadline=until, conference=conference or ticket["conference"], checked_at=tx.now
    )
    if ticket["state"] == TicketState.CONNECTED:
        # Back before the caller was returned to the line: go on talking.
        chores.drop(tx, Chore.REQUEUE, ticket_id)
        return True
    if ticket["caller_in"]:
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
    chores.drop(tx, Chore.CONNECT, ticket["id"])
    tx.conn.execute(update(agent_rows).where(agent_rows.c.id == ticket["agent"]).values(last_call_at=tx.now))
    tx.tell(ticket["agent"], "state", ticket=ticket["id"], state=TicketState.CONNECTED.value, reason="connected")
    tx.push("desk", "agents")


def caller_joined(tx: Tx, ticket_id: int, leg: str, conference: str) -> None:
    """Connected with their agent; alone, back to music and their place; nobody's any more, hung up."""
    ticket = states.lock(tx, ticket_id)
    if ticket is None:
        return
    if ticket["state"] not in states.ON_THE_LINE or ticket["leg"] != leg:
        if ticket["state"] != TicketState.CONNECTED:
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


def caller_left(tx: Tx, ticket_id: int, conference: str) -> None:
    """Their leg is out of the conference: the end, unless we moved it back to the line ourselves."""
    ticket = states.lock(tx, ticket_id)
    if ticket is None or _stale(ticket, conference) or not ticket["caller_in"]:
        return
    if ticket["state"] in (TicketState.CONNECTING, TicketState.CONNECTED):
        calls.lose_caller(tx, ticket, "hangup")
    elif ticket["state"] in states.IN_LINE:
        states.change(tx, ticket_id, caller_in=False)


def agent_left(tx: Tx, ticket_id: int, leg: str, conference: str) -> None:
    """Their leg is out. In a conversation the caller is asked for first: both may be gone, told in this order."""
    ticket = states.lock(tx, ticket_id)
    if ticket is None or not leg or ticket["agent_leg"] != leg or _stale(ticket, conference):
        return
    if ticket["state"] == TicketState.CONNECTED:
        states.change(tx, ticket_id, agent_leg=None)
        chores.add(tx, Chore.REQUEUE, ticket_id)
    elif ticket["state"] == TicketState.CONNECTING:
        states.lose_agent(tx, ticket, "line lost", pause="line")


def conference_ended(tx: Tx, ticket_id: int, conference: str) -> None:
    """Everybody is out of it."""
    ticket = states.lock(tx, ticket_id)
    if ticket is None or _stale(ticket, conference):
        return
    if ticket["state"] == TicketState.CONNECTED:
        states.finish(tx, ticket, "ended")
    elif ticket["state"] == TicketState.CONNECTING and ticket["agent_leg"] is not None and ticket["conference"]:
        if ticket["caller_in"]:
            calls.lose_caller(tx, ticket, "hangup")
        else:
            states.lose_agent(tx, ticket, "line lost", pause="line")


def call_gone(tx: Tx, call: str) -> None:
    """A leg has ended, whosever it was."""
    if not call:
        return
    ticket = states.of_leg(tx, call)
    if ticket is not None:
        calls.lose_caller(tx, ticket, "hangup", gone=call)
        return
    with_agent = tx.conn.execute(
        select(tickets.c.id).where(
            tickets.c.agent_leg == call, tickets.c.state.in_((TicketState.CONNECTING, TicketState.CONNECTED))
        )
    ).scalar()
    if with_agent is not None:
        agent_left(tx, with_agent, call, "")
    elif not agents.phone_gone(tx, call):
        dialling.gone(tx, call)


def end_call(tx: Tx, ticket_id: int, agent: int) -> bool:
    """The agent hangs up. Before the customer is there, that declines the ticket."""
    ticket = states.lock(tx, ticket_id)
    if ticket is None or ticket["agent"] != agent:
        return False
    if ticket["state"] == TicketState.CONNECTED:
        states.finish(tx, ticket, "agent")
        return True
    if ticket["state"] != TicketState.CONNECTING:
        return False
    tx.conn.execute(
        update(offers).where(offers.c.id == ticket["offer"]).values(state=OfferState.DECLINED, ended_at=tx.now)
    )
    states.lose_agent(tx, ticket, "declined")
    return True


def returning(tx: Tx, ticket_id: int) -> str | None:
    """The agent is lost and the caller lives: first in line again, before the carrier moves their leg. Returns it;
    None when they need not be moved."""
    ticket = states.lock(tx, ticket_id)
    if ticket is None or ticket["leg"] is None:
        return None
    if ticket["state"] == TicketState.CONNECTED and ticket["agent_leg"] is None:
        states.move(
            tx,
            ticket_id,
            (TicketState.CONNECTED,),
            TicketState.WAITING,
            head=1,
            caller_in=False,
            queue_sid=None,
            conference=None,
            **states.WITHOUT_AGENT,
        )
        segments.end_talk(tx, ticket_id, wrap_up=False)
        states.free_agent(tx, ticket["agent"], ticket_id, pause="line", spoke=True)
        tx.tell(ticket["agent"], "state", ticket=ticket_id, state=TicketState.WAITING.value, reason="line lost")
        tx.match()
    elif ticket["state"] in states.IN_LINE or (
        ticket["state"] == TicketState.CONNECTING and ticket["agent_leg"] is None
    ):
        states.change(tx, ticket_id, caller_in=False, queue_sid=None, conference=None)
    else:
        return None
    leg: str = ticket["leg"]
    return leg
