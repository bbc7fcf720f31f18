"""A ticket's transitions: the only place that changes ``tickets.state``.

Each locks the ticket first, then its callback, then its agent: one order everywhere, so that two transactions never
wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import RowMapping, select, update

from callqueue import chores, segments, todo
from callqueue.chores import Chore
from callqueue.model import NEXT, OfferState, TicketState
from callqueue.store import agents, offers, tickets
from callqueue.work import Tx

IN_LINE = (TicketState.WAITING, TicketState.OFFERED)
OVER = (TicketState.CLOSED, TicketState.ABANDONED)
ON_THE_LINE = (TicketState.WAITING, TicketState.OFFERED, TicketState.CONNECTING, TicketState.CONNECTED)

WITHOUT_AGENT: dict[str, Any] = {"agent": None, "offer": None, "agent_leg": None, "deadline": None}


def lock(tx: Tx, ticket: int | None) -> RowMapping | None:
    """The ticket's row, locked until the commit (on SQLite the transaction already is); None for none."""
    if ticket is None:
        return None
    return tx.conn.execute(select(tickets).where(tickets.c.id == ticket).with_for_update()).mappings().first()


def of_leg(tx: Tx, leg: str) -> RowMapping | None:
    """The open ticket whose customer is on this leg, locked; the newest if there are two."""
    if not leg:
        return None  # to SQL, no leg would be any ticket without one
    found = tx.conn.execute(
        select(tickets.c.id)
        .where(tickets.c.leg == leg, tickets.c.state.in_(ON_THE_LINE))
        .order_by(tickets.c.id.desc())
        .limit(1)
    ).scalar()
    row = lock(tx, found)
    return row if row is not None and row["leg"] == leg and row["state"] in ON_THE_LINE else None


def move(tx: Tx, ticket: int, before: Iterable[TicketState], after: TicketState, **values: Any) -> bool:
    """The compare-and-set. False: the ticket is in none of ``before``. ValueError: a step that :data:`NEXT` forbids."""
    states = tuple(before)
    for state in states:
        if after not in NEXT[state]:
            raise ValueError(f"a ticket cannot go from {state} to {after}")
    moved = tx.conn.execute(
        update(tickets)
        .where(tickets.c.id == ticket, tickets.c.state.in_(states))
        .values(state=after, state_at=tx.now, **values)
    ).rowcount
    if moved:
        tx.push("desk", "line")
        if after in OVER:
            todo.left_open(tx, ticket)
    return moved > 0


def change(tx: Tx, ticket: int, **values: Any) -> None:
    """Other columns than the state."""
    tx.conn.execute(update(tickets).where(tickets.c.id == ticket).values(**values))


def home(ticket: RowMapping) -> TicketState:
    """Where a ticket without an agent belongs: in line, or to be dialled when nobody is on the line."""
    return TicketState.WAITING if ticket["leg"] is not None else TicketState.CALLBACK


def free_agent(tx: Tx, agent: int | None, ticket: int, *, pause: str = "", spoke: bool = False) -> None:
    """Take the ticket from its agent. ``pause``: why they get no other until they press Ready."""
    if agent is None:
        return
    values: dict[str, Any] = {"ticket": None}
    if pause:
        values["paused"] = pause
    if spoke:
        values["last_call_at"] = tx.now
    freed = tx.conn.execute(update(agents).where(agents.c.id == agent, agents.c.ticket == ticket).values(**values))
    if freed.rowcount:
        tx.push("desk", "agents")
        tx.match()


def end_offer(tx: Tx, ticket: RowMapping, outcome: OfferState) -> None:
    """Close the ticket's open offer, and the telephone it rings on."""
    if ticket["offer"] is None:
        return
    ended = tx.conn.execute(
        update(offers)
        .where(offers.c.id == ticket["offer"], offers.c.state == OfferState.OFFERED)
        .values(state=outcome, ended_at=tx.now)
    ).rowcount
    if ended:
        stop_ringing(tx, ticket["offer"])


def stop_ringing(tx: Tx, offer: int) -> None:
    """Hang up the agent's telephone that rings for an offer, and do not ring it any more."""
    chores.drop(tx, Chore.RING, offer)
    leg = tx.conn.execute(select(offers.c.leg).where(offers.c.id == offer)).scalar()
    if leg:
        chores.add(tx, Chore.HANG_UP, leg)


def back_to_line(tx: Tx, ticket: RowMapping, reason: str, *, offer: OfferState, pause: str = "") -> None:
    """From OFFERED: the offer is over (``offer`` says how), the ticket keeps its place."""
    if not move(tx, ticket["id"], (TicketState.OFFERED,), home(ticket), **WITHOUT_AGENT):
        return
    end_offer(tx, ticket, offer)
    free_agent(tx, ticket["agent"], ticket["id"], pause=pause)
    tx.tell(ticket["agent"], "withdrawn", offer=ticket["offer"], ticket=ticket["id"], reason=reason)
    tx.match()


def lose_agent(tx: Tx, ticket: RowMapping, reason: str, *, pause: str = "") -> None:
    """From CONNECTING: its agent did not come, or went; back where it belongs, the agent's leg hung up."""
    if not move(tx, ticket["id"], (TicketState.CONNECTING,), home(ticket), **WITHOUT_AGENT):
        return
    if ticket["agent_leg"]:
        chores.add(tx, Chore.HANG_UP, ticket["agent_leg"])
    chores.drop(tx, Chore.CONNECT, ticket["id"])
    if ticket["callback"] is not None:
        chores.drop(tx, Chore.DIAL, ticket["callback"])
    if ticket["caller_in"]:
        # Alone in the conference: music and their place instead.
        chores.add(tx, Chore.REQUEUE, ticket["id"])
    free_agent(tx, ticket["agent"], ticket["id"], pause=pause)
    tx.tell(ticket["agent"], "state", ticket=ticket["id"], state=home(ticket).value, reason=reason)
    tx.match()


def without_agent(tx: Tx, ticket: RowMapping, reason: str) -> RowMapping:
    """Take an offered or connecting ticket back; its row as it is then."""
    if ticket["state"] == TicketState.OFFERED:
        back_to_line(tx, ticket, reason, offer=OfferState.WITHDRAWN)
    elif ticket["state"] == TicketState.CONNECTING:
        lose_agent(tx, ticket, reason)
    else:
        return ticket
    row = lock(tx, ticket["id"])
    assert row is not None
    return row


def abandon(tx: Tx, ticket: RowMapping, reason: str) -> bool:
    """The caller left before an agent spoke with them: no miss for anybody, no leg left. False: it was over."""
    gone = {"leg": None, "caller_in": False, "leaving": False, "deadline": None, "outcome": reason, "closed_at": tx.now}
    waiting = (TicketState.WAITING, TicketState.OFFERED, TicketState.CONNECTING)
    if not move(tx, ticket["id"], waiting, TicketState.ABANDONED, **gone):
        return False
    was = ticket["state"]
    if was == TicketState.OFFERED:
        end_offer(tx, ticket, OfferState.WITHDRAWN)
        tx.tell(ticket["agent"], "withdrawn", offer=ticket["offer"], ticket=ticket["id"], reason=reason)
    elif was == TicketState.CONNECTING:
        if ticket["agent_leg"]:
            chores.add(tx, Chore.HANG_UP, ticket["agent_leg"])
        tx.tell(ticket["agent"], "state", ticket=ticket["id"], state=TicketState.ABANDONED.value, reason=reason)
    free_agent(tx, ticket["agent"], ticket["id"])
    for kind in (Chore.CONNECT, Chore.REQUEUE):
        chores.drop(tx, kind, ticket["id"])
    return True


def close(tx: Tx, ticket: int, before: Iterable[TicketState], outcome: str, **values: Any) -> bool:
    """Over, without a conversation or after wrap-up."""
    over = {"leg": None, "caller_in": False, "leaving": False, "deadline": None, "closed_at": tx.now}
    return move(tx, ticket, before, TicketState.CLOSED, **over, outcome=outcome, **values)


def finish(tx: Tx, ticket: RowMapping, reason: str, *, gone: str | None = None) -> None:
    """From CONNECTED: the conversation is over; wrap-up begins, and no leg stays. ``gone``: a leg known to be over."""
    until = tx.now + timedelta(seconds=tx.rules.wrap_up_seconds)
    values: dict[str, Any] = {"deadline": until, "caller_in": False, "leg": None}
    if not move(tx, ticket["id"], (TicketState.CONNECTED,), TicketState.WRAP_UP, **values):
        return
    for leg in (ticket["leg"], ticket["agent_leg"]):
        if leg and leg != gone:
            chores.add(tx, Chore.HANG_UP, leg)
    segments.end_talk(tx, ticket["id"])
    chores.drop(tx, Chore.REQUEUE, ticket["id"])
    tx.tell(ticket["agent"], "state", ticket=ticket["id"], state=TicketState.WRAP_UP.value, reason=reason)
    tx.push("desk", "agents")


def wrapped_up(tx: Tx, ticket: RowMapping, outcome: str, **values: Any) -> bool:
    """From WRAP_UP: the agent is free. ``tickets.agent`` stays: who it was."""
    if not close(tx, ticket["id"], (TicketState.WRAP_UP,), outcome, **values):
        return False
    segments.wrapped_up(tx, ticket["id"], ticket["agent"])
    free_agent(tx, ticket["agent"], ticket["id"], spoke=True)
    tx.tell(ticket["agent"], "state", ticket=ticket["id"], state=TicketState.CLOSED.value, reason=outcome)
    return True
