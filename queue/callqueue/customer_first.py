"""Customers dialled before their agent: only while an agent is kept free for them, and few of them hear nobody."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from callqueue.model import AttemptOutcome, CallbackState, TicketState
from callqueue.rules import Rules
from callqueue.store import attempts, callbacks, tickets

LOOKED_BACK = timedelta(days=1)
ONE_IS_CHANCE = 1
"""With few calls a single one who hung up is more than the share that may; that alone changes nothing."""


def queues(conn: Connection, named: Collection[str], now: datetime, rules: Rules) -> frozenset[str]:
    """Those of these queues whose customers are dialled first now: as their rules say, and none while too many who
    answered were gone before an agent spoke with them."""
    wanted = frozenset(name for name in named if rules.callbacks.first_of(name) == "customer")
    return wanted if wanted and not too_many_abandoned(conn, now, rules) else frozenset()


def too_many_abandoned(conn: Connection, now: datetime, rules: Rules) -> bool:
    """Gone before an agent / answered, of the customers dialled first in the last day, against the share that may."""
    mine = (attempts.c.customer_first.is_(True), attempts.c.started_at > now - LOOKED_BACK)
    answered = select(func.count()).where(*mine, attempts.c.answered_at.is_not(None))
    gone = answered.where(attempts.c.outcome == AttemptOutcome.GONE)
    abandoned: int = conn.execute(gone).scalar_one()
    if abandoned <= ONE_IS_CHANCE:
        return False
    return bool(abandoned > rules.callbacks.most_abandoned * conn.execute(answered).scalar_one())


def ringing(conn: Connection) -> frozenset[int]:
    """Tickets whose customer is being dialled and who have no agent: whoever answers needs one at once."""
    found = conn.execute(
        select(tickets.c.id)
        .join(callbacks, callbacks.c.ticket == tickets.c.id)
        .where(
            callbacks.c.state.in_((CallbackState.DIALING, CallbackState.UNKNOWN)),
            tickets.c.state == TicketState.CALLBACK,
        )
    ).scalars()
    return frozenset(found)
