"""A ticket's transitions: the only place that changes ``tickets.state``.

Each locks the ticket first, then its callback, then its agent: one order everywhere, so that two transactions never
wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, Select, select, update

from callqueue import chores, segments, todo
from callqueue.chores import Chore
from callqueue.incall_model import SupervisionState
from callqueue.model import NEXT, OfferState, TicketState
from callqueue.store import agents, offers, supervisions, tickets
from callqueue.work import Tx

IN_LINE = (TicketState.WAITING, TicketState.OFFERED)
OVER = (TicketState.CLOSED, TicketState.ABANDONED)
ON_THE_LINE = (TicketState.WAITING, TicketState.OFFERED, TicketState.CONNECTING, TicketState.CONNECTED)

CUT_OFF = 2
"""``tickets.head`` of a caller who lost their agent in a conversation: before everybody."""
PASSED_OVER = 1
"""``tickets.head`` of a caller whose agent let the offer pass: before everybody who was not offered yet."""

WITHOUT_AGENT: dict[str, Any] = {"agent": None, "offer": None, "agent_leg": None, "deadline": None, "muted": False}
FOR_ANYBODY: dict[str, Any] = {
    "target": None,
    "target_until": None,
    "outside": None,
    "outside_leg": None,
    "head": CUT_OFF,
}
"""Meant for one agent or number who did not take it: first in line for all."""


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


def newcomer(tx: Tx, number: str | None, queue: str, priority: int, since: datetime) -> dict[str, Any]:
    """What a new ticket begins with: its moments, its place in line, and the agent who knows the caller."""
    place = tx.rules.place(queue, priority, since)
    now = dict.fromkeys(("state_at", "created_at", "checked_at", "queued_at"), tx.now)
    return {**now, "since": since, "place": place, "familiar": _familiar(tx, number)}


def _familiar(tx: Tx, number: str | None) -> int | None:
    if number is None:
        return None
    """Who spoke with them last; not who speaks with somebody else of the same number at this moment."""
    spoke = select(tickets.c.agent).where(
        tickets.c.number == number,
        tickets.c.connected_at >= tx.now - timedelta(days=tx.rules.familiar_days),
        tickets.c.agent.is_not(None),
        tickets.c.state.in_((TicketState.WRAP_UP, TicketState.CLOSED)),
    )
    agent: int | None = tx.conn.execute(spoke.order_by(tickets.c.connected_at.desc()).limit(1)).scalar()
    return agent


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
    in_line = ticket["leg"] is not None or ticket["kind"] == "consult"
    return TicketState.WAITING if in_line else TicketState.CALLBACK


def consults(ticket: RowMapping) -> bool:
    """Whether this ticket is a consultation: its agent is asked by another, whose caller hears music."""
    return ticket["kind"] == "consult" and ticket["leg"] is None


def room_of(ticket: RowMapping) -> int:
    """The ticket whose conference this one is in."""
    room: int = ticket["room"] or ticket["id"]
    return room


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


def back_to_line(tx: Tx, ticket: RowMapping, reason: str, *, offer: OfferState, pause: str = "", head: int = 0) -> None:
    """From OFFERED: the offer is over (``offer`` says how), the ticket keeps its place, or gets one at the ``head``."""
    values = WITHOUT_AGENT | ({"head": head} if head > ticket["head"] else {})
    if not move(tx, ticket["id"], (TicketState.OFFERED,), home(ticket), **values):
        return
    end_offer(tx, ticket, offer)
    free_agent(tx, ticket["agent"], ticket["id"], pause=pause)
    tx.tell(ticket["agent"], "withdrawn", offer=ticket["offer"], ticket=ticket["id"], reason=reason)
    _not_taken(tx, ticket, reason)
    tx.match()


def lose_agent(tx: Tx, ticket: RowMapping, reason: str, *, pause: str = "", head: int = 0) -> None:
    """From CONNECTING: its agent did not come, or went; back where it belongs, the agent's leg hung up."""
    values = WITHOUT_AGENT | ({"head": head} if head > ticket["head"] else {})
    if not move(tx, ticket["id"], (TicketState.CONNECTING,), home(ticket), **values):
        return
    hang_up_agent(tx, ticket)
    chores.drop(tx, Chore.CONNECT, ticket["id"])
    if ticket["callback"] is not None:
        chores.drop(tx, Chore.DIAL, ticket["callback"])
    if ticket["caller_in"]:
        # Alone in the conference: music and their place instead.
        chores.add(tx, Chore.REQUEUE, ticket["id"])
    free_agent(tx, ticket["agent"], ticket["id"], pause=pause)
    tx.tell(ticket["agent"], "state", ticket=ticket["id"], state=home(ticket).value, reason=reason)
    _not_taken(tx, ticket, reason)
    tx.match()


def _not_taken(tx: Tx, ticket: RowMapping, reason: str) -> None:
    """The one it was meant for did not take it: a caller goes before everybody, a consultation is over."""
    if ticket["target"] is None and ticket["outside"] is None:
        return
    if consults(ticket):
        row = lock(tx, ticket["id"])
        assert row is not None
        consult_over(tx, row, reason)
    else:
        change(tx, ticket["id"], **FOR_ANYBODY)


def hang_up_agent(tx: Tx, ticket: RowMapping, gone: str | None = None) -> None:
    """End the leg of the ticket's agent, or of the number in their place, ringing or not. ``gone``: over already."""
    chores.drop(tx, Chore.CALL_OUT, ticket["id"])
    for leg in {ticket["agent_leg"], ticket["outside_leg"]} - {None, gone}:
        chores.add(tx, Chore.HANG_UP, leg)


def consult_over(tx: Tx, ticket: RowMapping, reason: str, *, resume: bool = True) -> None:
    """Nothing came of a consultation: its agent is free, and the caller (``resume``) hears the one who asked."""
    before = (TicketState.WAITING, TicketState.OFFERED, TicketState.CONNECTING, TicketState.CONNECTED)
    if not close(tx, ticket["id"], before, reason):
        return
    if ticket["state"] == TicketState.OFFERED:
        end_offer(tx, ticket, OfferState.WITHDRAWN)
        tx.tell(ticket["agent"], "withdrawn", offer=ticket["offer"], ticket=ticket["id"], reason=reason)
    hang_up_agent(tx, ticket)
    free_agent(tx, ticket["agent"], ticket["id"])
    tx.tell(ticket["agent"], "state", ticket=ticket["id"], state=TicketState.CLOSED.value, reason=reason)
    asked = lock(tx, ticket["parent"]) if resume else None
    if asked is None or asked["state"] != TicketState.CONNECTED:
        return
    change(tx, asked["id"], held_at=None)
    segments.hold(tx, asked["id"], False)
    if asked["held_at"] is not None and asked["leg"]:
        chores.ask(tx, Chore.SEAT, asked["leg"])
    tx.tell(asked["agent"], "state", ticket=asked["id"], state=TicketState.CONNECTED.value, reason=f"consult {reason}")


def consultation(tx: Tx, ticket_id: int) -> RowMapping | None:
    """The open consultation of this ticket's agent, locked."""
    found = tx.conn.execute(
        select(tickets.c.id).where(
            tickets.c.parent == ticket_id,
            tickets.c.kind == "consult",
            tickets.c.state.in_(ON_THE_LINE),
        )
    ).scalar()
    return lock(tx, found)


def alone(tx: Tx, ticket: RowMapping, reason: str) -> None:
    """Nobody but caller and agent stays in this call: a consultation is over, supervisors are out."""
    consulting = consultation(tx, ticket["id"])
    if consulting is not None:
        consult_over(tx, consulting, reason, resume=False)
    for row in tx.conn.execute(open_supervisions().where(supervisions.c.ticket == ticket["id"])).mappings().all():
        end_supervision(tx, row)


def open_supervisions() -> Select[Any]:
    """Supervisors in calls, or on their way."""
    return select(supervisions).where(supervisions.c.state.in_((SupervisionState.ASKED, SupervisionState.IN)))


def end_supervision(tx: Tx, row: RowMapping, gone: str | None = None) -> bool:
    """A supervisor is out of the call; it goes on. ``gone``: their leg, when it is known to be over."""
    ended = tx.conn.execute(
        update(supervisions)
        .where(supervisions.c.id == row["id"], supervisions.c.state != SupervisionState.OVER)
        .values(state=SupervisionState.OVER, ended_at=tx.now)
    ).rowcount
    if not ended:
        return False
    chores.drop(tx, Chore.CALL_SUPERVISOR, row["id"])
    if row["leg"] and row["leg"] != gone:
        chores.add(tx, Chore.HANG_UP, row["leg"])
    tx.tell(row["agent"], "supervision", supervision=row["id"], ticket=row["ticket"], state=SupervisionState.OVER.value)
    tx.push("desk", "agents")
    return True


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
        hang_up_agent(tx, ticket)
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
    if part(tx, ticket, reason, gone=gone) and ticket["leg"] and ticket["leg"] != gone:
        chores.add(tx, Chore.HANG_UP, ticket["leg"])


def part(tx: Tx, ticket: RowMapping, reason: str, *, gone: str | None = None) -> bool:
    """From CONNECTED: its agent is out of the conversation and wraps up, whatever becomes of the caller. A number that
    the call was handed to has no wrap-up."""
    left: dict[str, Any] = {"caller_in": False, "leg": None, "held_at": None, "muted": False}
    if ticket["agent"] is None:
        parted = close(tx, ticket["id"], (TicketState.CONNECTED,), reason, held_at=None)
    else:
        until = tx.now + timedelta(seconds=tx.rules.wrap_up_seconds)
        parted = move(tx, ticket["id"], (TicketState.CONNECTED,), TicketState.WRAP_UP, deadline=until, **left)
    if not parted:
        return False
    alone(tx, ticket, reason)
    hang_up_agent(tx, ticket, gone)
    segments.end_talk(tx, ticket["id"])
    chores.drop(tx, Chore.REQUEUE, ticket["id"])
    tx.tell(ticket["agent"], "state", ticket=ticket["id"], state=TicketState.WRAP_UP.value, reason=reason)
    tx.push("desk", "agents")
    return True


def wrapped_up(tx: Tx, ticket: RowMapping, outcome: str, **values: Any) -> bool:
    """From WRAP_UP: the agent is free. ``tickets.agent`` stays: who it was."""
    if not close(tx, ticket["id"], (TicketState.WRAP_UP,), outcome, **values):
        return False
    segments.wrapped_up(tx, ticket["id"], ticket["agent"])
    free_agent(tx, ticket["agent"], ticket["id"], spoke=True)
    tx.tell(ticket["agent"], "state", ticket=ticket["id"], state=TicketState.CLOSED.value, reason=outcome)
    return True
