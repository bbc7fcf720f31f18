"""A hundred thousand scheduled callbacks: what one look of the clock costs, and how late due ones are."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

from floor import quiet_queue
from load import Times
from sqlalchemy import select

from callqueue.store import callbacks
from ivr.store.engine import engine

AT_ONCE = 5_000


async def promises(count: int, due: int, over: float) -> tuple[Times, Times, int]:
    """Seconds of each look; seconds from due to in line of each that fell due; how many were early.

    ``due`` of the ``count`` fall due within ``over`` seconds, the rest in the next days.
    """
    _schedule(range(due, count), datetime.now(UTC) + timedelta(hours=1), timedelta(seconds=12))
    begin = datetime.now(UTC) + timedelta(seconds=2)
    _schedule(range(due), begin, timedelta(seconds=over / due))
    soon = begin + timedelta(seconds=over)
    await asyncio.sleep(over + 6)
    with engine().connect() as conn:
        rows = conn.execute(
            select(callbacks.c.due_at, callbacks.c.state_at, callbacks.c.state).where(
                callbacks.c.due_at <= soon, callbacks.c.key.like("bench:%")
            )
        ).all()
    late = Times([(row.state_at - row.due_at).total_seconds() for row in rows if row.state == "due"])
    if len(late.seconds) < due * 0.99:
        raise RuntimeError(f"of {due} due callbacks {len(late.seconds)} are in line: {rows[:3]}")
    early = sum(seconds < 0 for seconds in late.seconds)
    queue, looks = quiet_queue(), Times()
    for _ in range(40):
        begun = time.perf_counter()
        queue.tick()
        looks.seconds.append(time.perf_counter() - begun)
        await asyncio.sleep(0.05)
    return looks, late, early


def _schedule(numbers: range, first: datetime, apart: timedelta) -> None:
    """Promises at set times, one after the other."""
    now = datetime.now(UTC)
    values = []
    for place, number in enumerate(numbers):
        at = first + place * apart
        values.append(
            {
                "key": f"bench:{number}",
                "call": f"CA{number:032x}",
                "number": f"+7916{number:07d}",
                "language": "ru",
                "queue": "support",
                "priority": 0,
                "summary": "",
                "context": {},
                "at": at,
                "since": now,
                "due_at": at,
                "promised_for": at,
                "state": "due_later",
                "state_at": now,
                "created_at": now,
            }
        )
    for start in range(0, len(values), AT_ONCE):
        with engine().begin() as conn:
            conn.execute(callbacks.insert(), values[start : start + AT_ONCE])
