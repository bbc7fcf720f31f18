"""Transfers: a call goes on with another agent, another queue or a number, cold or after a consultation.

Each agent who spoke has a ticket of their own: a transfer makes a new one, whose ``parent`` is the one before, and
gives it the caller. So everybody's wrap-up is their own, and the ticket before keeps what its agent wrote.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import RowMapping, func, select, update

from callqueue import chores, dialling, seats, segments, states
from callqueue.chores import Chore
from callqueue.hours import diallable
from callqueue.incall_model import SupervisionState, Target, TransferRefusal, TransferResult
from callqueue.model import AgentStatus, TicketState
from callqueue.store import agents, questions, supervisions, tickets
from callqueue.work import Tx

CONSULT_SECONDS = 60
"""Nobody of a queue came to a consultation: the caller hears the first agent again."""
DIRECT_SECONDS = 45
"""A caller waits so long for the one agent they were given to; then anybody may have them."""
OUTSIDE_SECONDS = 45
"""A number has so long to answer, the carrier's own time to ring it included."""


class NotNow(Exception):
    """Somebody was faster; nothing is changed."""


def transfer(tx: Tx, ticket_id: int, agent: int, target: Target, warm: bool) -> TransferResult:
    """Begin a consultation (``warm``), or give the caller away at once."""
    ticket = seats.mine(tx, ticket_id, agent)
    if ticket is None or ticket["leg"] is None or not ticket["caller_in"]:
        return TransferResult(refused="not_yours")
    if states.consultation(tx, ticket_id) is not None:
        return TransferResult(refused="consulting")
    refused = _refused(tx, agent, target, warm)
    if refused is not None:
        return TransferResult(refused=refused)
    return TransferResult(ticket=_consult(tx, ticket, target) if warm else _give_away(tx, ticket, target))


def _refused(tx: Tx, agent: int, target: Target, warm: bool) -> TransferRefusal | None:
    if target.kind == "number":
        return None if diallable(target.value, tx.rules) else "prefix"
    if target.kind == "queue":
        known = tx.rules.queues
        return None if target.value and (not known or target.value in known) else "unknown"
    other = tx.conn.execute(select(agents).where(agents.c.id == int(target.value))).mappings().first()
    if other is None:
        return "unknown"
    if other["id"] == agent:
        return "self"
    silent = other["alive_at"] < tx.now - timedelta(seconds=tx.rules.alive_seconds)
    if other["status"] != AgentStatus.READY or other["paused"] or silent:
        return "away"
    return "busy" if warm and other["ticket"] is not None else None


def _meant_for(tx: Tx, target: Target, seconds: int) -> dict[str, Any]:
    if target.kind == "queue":
        return {"queue": target.value}
    if target.kind == "agent":
        return {"target": int(target.value), "target_until": tx.now + timedelta(seconds=seconds)}
    return {"outside": target.value, "deadline": tx.now + timedelta(seconds=OUTSIDE_SECONDS)}


def split(tx: Tx, ticket: RowMapping, **values: Any) -> int:
    """A ticket that goes on from this one, as it is told by ``values``; it has no caller yet."""
    before = tx.conn.execute(
        select(func.count()).select_from(tickets).where(tickets.c.parent == ticket["id"])
    ).scalar_one()
    same = ("call", "number", "language", "queue", "priority", "summary", "context", "record")
    new: dict[str, Any] = {
        "key": f"transfer:{ticket['id']}:{before + 1}",
        "kind": "call",
        "reason": "transfer",
        "state_at": tx.now,
        "since": tx.now,
        "created_at": tx.now,
        "checked_at": tx.now,
        "parent": ticket["id"],
        **{name: ticket[name] for name in same},
        **values,
    }
    new["place"] = tx.rules.place(new["queue"], new["priority"], new["since"])
    made = tx.conn.execute(tickets.insert().values(**new)).inserted_primary_key
    assert made is not None
    tx.push("desk", "line")
    id: int = made[0]
    return id


def give(tx: Tx, ticket: RowMapping, new: int, *, caller_in: bool) -> None:
    """The caller, what is open and who listens go from ``ticket`` to ``new``; its agent wraps up."""
    if caller_in:
        tx.conn.execute(
            update(supervisions)
            .where(supervisions.c.ticket == ticket["id"], supervisions.c.state != SupervisionState.OVER)
            .values(ticket=new)
        )
    known = select(questions.c.text).where(questions.c.ticket == new)
    tx.conn.execute(
        update(questions)
        .where(questions.c.ticket == ticket["id"], questions.c.answered_at.is_(None), questions.c.text.not_in(known))
        .values(ticket=new)
    )
    states.change(tx, new, leg=ticket["leg"], caller_in=caller_in)
    if not states.part(tx, ticket, "transferred"):
        raise NotNow
    row = states.lock(tx, new)
    if row is not None and caller_in:
        if row["state"] == TicketState.CONNECTED:
            segments.begin(tx, row, row["agent"])
        chores.ask(tx, Chore.SEAT, ticket["leg"])
        seats.of_new_leg(tx, row, row["agent_leg"] or "")
        tx.tell(row["agent"], "state", ticket=new, state=row["state"], reason="handed over")


def _give_away(tx: Tx, ticket: RowMapping, target: Target) -> int:
    meant = _meant_for(tx, target, DIRECT_SECONDS)
    if target.kind != "number":
        # Their place is that of when they began to wait for us.
        new = split(tx, ticket, state=TicketState.WAITING, since=ticket["since"], **meant)
        give(tx, ticket, new, caller_in=False)
        chores.add(tx, Chore.REQUEUE, new)
        tx.match()
        return new
    new = split(
        tx,
        ticket,
        state=TicketState.CONNECTING,
        since=ticket["since"],
        room=states.room_of(ticket),
        conference=ticket["conference"],
        held_at=tx.now,
        **meant,
    )
    give(tx, ticket, new, caller_in=True)
    chores.add(tx, Chore.CALL_OUT, new)
    return new


def _consult(tx: Tx, ticket: RowMapping, target: Target) -> int:
    seats.put_on_hold(tx, ticket, True)
    meant = _meant_for(tx, target, CONSULT_SECONDS)
    outside = target.kind == "number"
    state = TicketState.CONNECTING if outside else TicketState.WAITING
    new = split(tx, ticket, kind="consult", state=state, head=states.CUT_OFF, room=states.room_of(ticket), **meant)
    if outside:
        chores.add(tx, Chore.CALL_OUT, new)
    tx.match()
    tx.tell(ticket["agent"], "controls", ticket=ticket["id"])
    return new


def consulting(tx: Tx, ticket: RowMapping) -> None:
    """The one who was asked has come: they speak with the first agent."""
    if not states.move(tx, ticket["id"], (TicketState.CONNECTING,), TicketState.CONNECTED, deadline=None):
        return
    tx.tell(ticket["agent"], "state", ticket=ticket["id"], state=TicketState.CONNECTED.value, reason="consulting")
    asked = tx.conn.execute(select(tickets.c.agent).where(tickets.c.id == ticket["parent"])).scalar()
    tx.tell(asked, "controls", ticket=ticket["parent"])
    tx.push("desk", "agents")


def hand_over(tx: Tx, ticket_id: int, agent: int) -> bool:
    """The caller goes to the one who was consulted; this agent wraps up. False: nobody is there to take them."""
    ticket = seats.mine(tx, ticket_id, agent)
    if ticket is None or not ticket["caller_in"]:
        return False
    other = states.consultation(tx, ticket_id)
    if other is None or other["state"] != TicketState.CONNECTED or other["agent_leg"] is None:
        return False
    states.change(
        tx,
        other["id"],
        kind="call",
        conference=ticket["conference"],
        connected_at=tx.now,
        target=None,
        target_until=None,
        head=0,
    )
    give(tx, ticket, other["id"], caller_in=True)
    if other["agent"] is not None:
        tx.conn.execute(update(agents).where(agents.c.id == other["agent"]).values(last_call_at=tx.now))
    return True


def take_back(tx: Tx, ticket_id: int, agent: int) -> bool:
    """The consultation is over, or not awaited any longer; the caller hears this agent."""
    ticket = seats.mine(tx, ticket_id, agent)
    other = states.consultation(tx, ticket_id) if ticket is not None else None
    if other is None:
        return False
    states.consult_over(tx, other, "taken back")
    return True


def waited(tx: Tx, ticket_id: int) -> bool:
    """Nobody of a queue came to a consultation, or the one agent a caller was given to did not take them."""
    ticket = states.lock(tx, ticket_id)
    if ticket is None or ticket["state"] != TicketState.WAITING:
        return False
    if states.consults(ticket):
        if ticket["created_at"] > tx.now - timedelta(seconds=CONSULT_SECONDS):
            return False
        states.consult_over(tx, ticket, "no answer")
        return True
    if ticket["target"] is None or ticket["target_until"] > tx.now:
        return False
    states.change(tx, ticket_id, **states.FOR_ANYBODY)
    tx.match()
    return True


# A number in an agent's place.


def placed(tx: Tx, ticket_id: int, leg: str) -> None:
    """The carrier rings the number. Too late: it stops."""
    ticket = states.lock(tx, ticket_id)
    if ticket is None or ticket["outside"] is None or ticket["state"] != TicketState.CONNECTING:
        if ticket is None or ticket["agent_leg"] != leg:
            chores.add(tx, Chore.HANG_UP, leg)
    elif ticket["outside_leg"] is None:
        states.change(tx, ticket_id, outside_leg=leg)


def not_placed(tx: Tx, ticket_id: int) -> None:
    """The carrier refuses the number."""
    ticket = states.lock(tx, ticket_id)
    if ticket is not None and ticket["outside"] is not None and ticket["state"] == TicketState.CONNECTING:
        states.lose_agent(tx, ticket, "not reached")


def answered(tx: Tx, ticket_id: int, leg: str) -> int | None:
    """The number picked up: the conference to join, by its ticket; None: too late, say sorry and hang up."""
    ticket = states.lock(tx, ticket_id)
    if ticket is None or ticket["outside"] is None or ticket["outside_leg"] not in (None, leg):
        return None
    if ticket["state"] not in (TicketState.CONNECTING, TicketState.CONNECTED):
        return None
    states.change(tx, ticket_id, outside_leg=leg)
    return states.room_of(ticket)


def outside_joined(tx: Tx, ticket_id: int, leg: str, conference: str) -> bool:
    """The number is in the conference: with the first agent, or with the caller who was given to it."""
    ticket = states.lock(tx, ticket_id)
    if ticket is None or ticket["outside"] is None or ticket["state"] not in seats.TALKING:
        chores.add(tx, Chore.HANG_UP, leg)
        return False
    if ticket["agent_leg"] == leg:
        return True
    states.change(tx, ticket_id, agent_leg=leg, outside_leg=leg, conference=conference or ticket["conference"])
    if states.consults(ticket):
        consulting(tx, ticket)
    elif states.move(
        tx,
        ticket_id,
        (TicketState.CONNECTING,),
        TicketState.CONNECTED,
        deadline=None,
        head=0,
        held_at=None,
        connected_at=tx.now,
    ):
        dialling.kept(tx, ticket["callback"])
        chores.ask(tx, Chore.SEAT, ticket["leg"])
    return True


def outside_gone(tx: Tx, leg: str) -> bool:
    """The call to a number is over before it was in. False: it was none of those."""
    found = tx.conn.execute(
        select(tickets.c.id).where(tickets.c.outside_leg == leg, tickets.c.state == TicketState.CONNECTING)
    ).scalar()
    ticket = states.lock(tx, found)
    if ticket is None or ticket["outside_leg"] != leg or ticket["state"] != TicketState.CONNECTING:
        return False
    states.lose_agent(tx, ticket, "not reached")
    return True
