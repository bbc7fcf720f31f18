"""A ticket that goes over to another queue: by a person, or because it waited too long."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, and_, select, update

from callqueue import states
from callqueue.model import OPEN_CALLBACK, CallbackState, OfferState, TicketState
from callqueue.routing import moves_to
from callqueue.rules import Rules
from callqueue.store import callbacks, tickets
from callqueue.work import Tx

MOVABLE = (TicketState.WAITING, TicketState.OFFERED, TicketState.CALLBACK)


def move_ticket(tx: Tx, ticket_id: int, queue: str, by: int | None) -> bool:
    """Into ``queue``, with the time waited so far; an open offer is withdrawn. False: not in line, or in that queue
    already. Raises ``ValueError`` for a queue that the rules do not know, when they know any."""
    known = tx.rules.queues
    if known and queue not in known:
        raise ValueError(f"there is no queue {queue!r}; there are {', '.join(sorted(known))}")
    ticket = states.lock(tx, ticket_id)
    if ticket is None or ticket["state"] not in MOVABLE or states.consults(ticket) or ticket["queue"] == queue:
        return False
    if ticket["state"] == TicketState.OFFERED:
        states.back_to_line(tx, ticket, "moved", offer=OfferState.WITHDRAWN)
    _into(tx, ticket, queue, by)
    return True


def too_long(conn: Connection, now: datetime, rules: Rules, limit: int) -> list[int]:
    """Tickets in line longer than their queue lets them before they go over to another."""
    found: list[int] = []
    for name, queue in rules.queues.items():
        after = next((step.after for step in queue.overflow if step.move is not None), None)
        if after is None:
            continue
        late = and_(
            tickets.c.queue == name,
            tickets.c.queued_at <= now - timedelta(seconds=after),
            tickets.c.target.is_(None),
            tickets.c.kind != "consult",
        )
        callers = select(tickets.c.id).where(late, tickets.c.state == TicketState.WAITING)
        promised = (
            select(tickets.c.id)
            .join(callbacks, callbacks.c.ticket == tickets.c.id)
            .where(late, tickets.c.state == TicketState.CALLBACK, callbacks.c.state == CallbackState.DUE)
        )
        for query in (callers, promised):
            found += conn.execute(query.limit(limit)).scalars()
    return found[:limit]


def overflow(tx: Tx, ticket_id: int) -> bool:
    """Move it where its queue's rules say, if it still waits."""
    ticket = states.lock(tx, ticket_id)
    if ticket is None or ticket["state"] not in (TicketState.WAITING, TicketState.CALLBACK):
        return False
    if ticket["target"] is not None or states.consults(ticket):
        return False
    queue = moves_to(ticket["queue"], tx.now - ticket["queued_at"], tx.rules)
    if queue is None:
        return False
    _into(tx, ticket, queue, None)
    return True


def _into(tx: Tx, ticket: RowMapping, queue: str, by: int | None) -> None:
    states.change(
        tx,
        ticket["id"],
        queue=queue,
        target=None,
        target_until=None,
        queued_at=tx.now,
        place=tx.rules.place(queue, ticket["priority"], ticket["since"]),
        came_from=ticket["queue"],
        moved_by=by,
    )
    if ticket["callback"] is not None:
        promise = (callbacks.c.id == ticket["callback"]) & callbacks.c.state.in_(OPEN_CALLBACK)
        tx.conn.execute(update(callbacks).where(promise).values(queue=queue))
        tx.push("desk", "callbacks")
    tx.push("desk", "line")
    tx.match()
