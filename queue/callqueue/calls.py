"""What the call loop asks: may they join the line, put them in it, where are they, they left."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select

from callqueue import callbacks, chores, dialling, matching, proposals, states
from callqueue.chores import Chore
from callqueue.model import (
    Admission,
    AttemptOutcome,
    HandOffRequest,
    MessageRequest,
    MessageState,
    OfferState,
    TicketState,
    Waiting,
)
from callqueue.routing import expected_wait
from callqueue.rules import Rules
from callqueue.store import callbacks as callback_rows
from callqueue.store import messages, tickets
from callqueue.turns import take_turn
from callqueue.work import Tx

ELSEWHERE = frozenset({"bridged", "redirected", "redirected-from-bridged"})
"""QueueResults that say the caller was brought to their agent: the conference's events tell the rest."""

HANDLED = 20
"""How many past conversations the expected wait averages."""


def admit(conn: Connection, queue: str, open_now: bool, now: datetime, rules: Rules) -> Admission:
    """Whether a caller may join the line."""
    if not open_now:
        return "closed"
    if matching.on_duty(conn, queue, now, rules) == 0:
        return "nobody"
    return "full" if _full(conn, queue, rules) else "admitted"


def _full(conn: Connection, queue: str, rules: Rules) -> bool:
    waiting: int = conn.execute(
        select(func.count()).select_from(tickets).where(tickets.c.queue == queue, tickets.c.state.in_(states.IN_LINE))
    ).scalar_one()
    most = rules.queue(queue).max_waiting
    return waiting >= (rules.queue_max if most is None else most)


class QueueFull(Exception):
    """Others who were admitted with this caller took the last places; nothing was changed."""


def hand_off(tx: Tx, request: HandOffRequest) -> int:
    """Put the caller in line, once per key. A promise open for their number, and a place they had left, are kept.
    Raises :class:`QueueFull`: two who are admitted at the same time do not both get the last place."""
    known: int | None = tx.conn.execute(select(tickets.c.id).where(tickets.c.key == request.key)).scalar()
    if known is not None:
        return known
    since, has_place = tx.now, False
    before = states.of_leg(tx, request.call)
    if before is not None and before["state"] != TicketState.CONNECTED:
        before = states.without_agent(tx, before, "moved")
        if states.close(tx, before["id"], (TicketState.WAITING,), "moved"):
            since, has_place = min(since, before["since"]), before["queue"] == request.queue
    promised_since = callbacks.merge(tx, request.number)
    if promised_since is not None:
        since = min(since, promised_since)
    if not has_place:
        take_turn(tx, f"line:{request.queue}")
        if _full(tx.conn, request.queue, tx.rules):
            raise QueueFull(f"queue {request.queue} is full")
    made = tx.conn.execute(
        tickets.insert().values(
            key=request.key,
            kind="call",
            call=request.call,
            leg=request.call,
            number=request.number,
            language=request.language,
            queue=request.queue,
            priority=request.priority,
            reason=request.reason,
            summary=request.summary,
            context=dict(request.context),
            state=TicketState.WAITING,
            **states.newcomer(tx, request.number, request.queue, request.priority, since),
        )
    ).inserted_primary_key
    assert made is not None
    tx.push("desk", "line")
    tx.match()
    ticket: int = made[0]
    return ticket


def waiting(conn: Connection, call: str, now: datetime, rules: Rules) -> Waiting | None:
    """The open ticket of a caller's leg, with their place among those of the same queue."""
    row = (
        conn.execute(
            select(tickets)
            .where(tickets.c.leg == call, tickets.c.state.in_(states.ON_THE_LINE))
            .order_by(tickets.c.id.desc())
        )
        .mappings()
        .first()
    )
    if row is None:
        return None
    in_line = row["state"] in states.IN_LINE
    ahead = matching.ahead(conn, row) if in_line else {}
    on_duty = [agent["skills"] for agent in matching.ready(conn, now, rules)]
    wait = expected_wait(row["queue"], now - row["queued_at"], ahead, on_duty, handling(conn, rules), rules)
    position = ahead.get(row["queue"], 0) + 1
    return Waiting(row["id"], TicketState(row["state"]), position, wait, row["since"], row["queue_sid"])


def handling(conn: Connection, rules: Rules) -> float:
    """Average seconds from connected to closed (wrap-up included) of the last conversations."""
    spans = [
        (row.closed_at - row.connected_at).total_seconds()
        for row in conn.execute(
            select(tickets.c.connected_at, tickets.c.closed_at)
            .where(tickets.c.closed_at.is_not(None), tickets.c.connected_at.is_not(None))
            .order_by(tickets.c.closed_at.desc())
            .limit(HANDLED)
        )
    ]
    return sum(spans) / len(spans) if spans else float(rules.usual_handling_seconds)


def entered(tx: Tx, call: str, queue_sid: str) -> None:
    """The carrier's queue holds the caller: an agent who is there already can have them now."""
    ticket = states.of_leg(tx, call)
    if ticket is None or ticket["queue_sid"] == queue_sid:
        return
    states.change(tx, ticket["id"], queue_sid=queue_sid)
    if ticket["state"] == TicketState.CONNECTING and ticket["agent_leg"] and not ticket["caller_in"]:
        chores.add(tx, Chore.CONNECT, ticket["id"])


def wants_callback(tx: Tx, call: str) -> bool:
    """The callback key: the place is kept while they choose. False: an agent is coming, stay."""
    ticket = states.of_leg(tx, call)
    if ticket is None or ticket["state"] not in states.IN_LINE:
        return False
    if ticket["state"] == TicketState.OFFERED:
        states.back_to_line(tx, ticket, "callback", offer=OfferState.WITHDRAWN)
    states.change(tx, ticket["id"], leaving=True)
    tx.push("desk", "line")
    return True


def left(tx: Tx, call: str, reason: str) -> None:
    """The caller's leg left the queue or hung up."""
    if reason in ELSEWHERE:
        return
    if reason != "leave":
        callbacks.off_line(tx, call)
    ticket = states.of_leg(tx, call)
    if ticket is None:
        return
    if reason == "leave" and (ticket["leaving"] or ticket["state"] not in states.IN_LINE):
        return
    lose_caller(tx, ticket, reason, gone=None if reason == "leave" else call)


def lose_caller(tx: Tx, ticket: RowMapping, reason: str, *, gone: str | None = None) -> None:
    """Nobody is on the customer's end any more. Before a conversation: abandoned (a callback: tried again); in one:
    wrap-up. ``gone``: their leg, when it is known to be over."""
    if ticket["state"] == TicketState.CONNECTED:
        states.finish(tx, ticket, reason, gone=gone)
        return
    if ticket["callback"] is not None:
        attempt = tx.conn.execute(
            select(callback_rows.c.attempt).where(callback_rows.c.id == ticket["callback"])
        ).scalar_one()
        if dialling.ended(tx, ticket["callback"], attempt, AttemptOutcome.GONE):
            return
    if states.abandon(tx, ticket, reason) and reason != "leave":
        proposals.abandoned(tx, ticket)


def message(tx: Tx, request: MessageRequest) -> int:
    """Keep a recording, once per key."""
    known: int | None = tx.conn.execute(select(messages.c.id).where(messages.c.key == request.key)).scalar()
    if known is not None:
        return known
    made = tx.conn.execute(
        messages.insert().values(
            key=request.key,
            state=MessageState.OPEN,
            call=request.call,
            number=request.number,
            language=request.language,
            purpose=request.purpose,
            recording=request.recording,
            seconds=request.seconds,
            summary=request.summary,
            queue=request.queue,
            created_at=tx.now,
            state_at=tx.now,
        )
    ).inserted_primary_key
    assert made is not None
    proposals.left_message(tx, request.call)
    tx.push("desk", "messages")
    kept: int = made[0]
    return kept
