"""How many promises a queue can keep at a time: slots, what is taken in them, and the nearest that are free."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import func, select

from callqueue.hours import in_hours
from callqueue.model import OPEN_CALLBACK
from callqueue.store import callbacks
from callqueue.turns import take_turn
from callqueue.work import Tx

EARLIER, LATER = timedelta(hours=12), timedelta(hours=48)
"""How far around the time that was asked for a free slot is looked for."""
NOT_AT_ONCE = timedelta(minutes=10)
"""A free time that is offered lies so far ahead at least: the customer is still choosing."""
OFFERED = 2


def room(tx: Tx, queue: str, at: datetime, besides: int | None) -> bool:
    """Whether the slot of ``at`` has room for one more promise, not counting ``besides`` (which may move into it).

    Until the commit nobody else promises a time for this queue: two who take the last place take turns.
    """
    rules = tx.rules.callbacks
    most = rules.per_slot_of(queue)
    if not most:
        return True
    take_turn(tx, f"slots:{queue}")
    starts = rules.slot(at)
    taken = select(func.count()).where(
        callbacks.c.queue == queue,
        callbacks.c.at >= starts,
        callbacks.c.at < starts + rules.slot_length,
        callbacks.c.state.in_(OPEN_CALLBACK),
        callbacks.c.id.is_distinct_from(besides),
    )
    return bool(tx.conn.execute(taken).scalar_one() < most)


def nearest(tx: Tx, queue: str, number: str, at: datetime, besides: int | None) -> tuple[datetime, ...]:
    """The beginnings of the slots nearest to ``at`` that are free and within the hours, in order of time."""
    rules = tx.rules.callbacks
    most, length = rules.per_slot_of(queue), rules.slot_length
    asked = rules.slot(at)
    first = max(asked - EARLIER, rules.slot(tx.now + NOT_AT_ONCE) + length)
    last = min(asked + LATER, tx.now + timedelta(days=tx.rules.max_days_ahead))
    rows = tx.conn.execute(
        select(callbacks.c.at).where(
            callbacks.c.queue == queue,
            callbacks.c.at >= first,
            callbacks.c.at < last + length,
            callbacks.c.state.in_(OPEN_CALLBACK),
            callbacks.c.id.is_distinct_from(besides),
        )
    ).scalars()
    taken = Counter(rules.slot(each) for each in rows)
    found: list[datetime] = []
    steps = int((last - first) / length) + 1
    every = sorted((first + n * length for n in range(max(0, steps))), key=lambda one: (abs(one - asked), one))
    for slot in every:
        if slot <= last and taken[slot] < most and in_hours(number, queue, slot, tx.rules):
            found.append(slot)
            if len(found) == OFFERED:
                break
    return tuple(sorted(found))
