"""What only the carrier's API can do, kept in the records until done.

A transition adds a chore in its own transaction; a job claims it by moving ``due_at``, talks to the carrier with no
transaction open, and finishes or puts it off. A lost wake-up, or a worker killed half way, leaves a row that the
clock finds.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping, Select, delete, select, update

from callqueue.store import chores
from callqueue.work import DIALING, ERRANDS, HANDOFFS, Tx

CLAIM = timedelta(seconds=15)
"""A claimed chore not finished by then is due again: its worker died. Longer than the carrier's time limits."""

WOKEN = timedelta(seconds=1)
"""The clock wakes for the same chore no more often than this."""


class Chore(StrEnum):
    """Kinds, named as their jobs. Subject: a ticket, callback, offer, supervision or keys id; for ``HANG_UP`` and
    ``SEAT`` the call."""

    CONNECT = "connect"
    DIAL = "dial"
    REQUEUE = "requeue"
    HANG_UP = "hang_up"
    RING = "ring"
    RECONCILE = "reconcile"
    TRACE = "trace"
    SEAT = "seat"
    CALL_OUT = "call_out"
    CALL_SUPERVISOR = "call_supervisor"
    PLAY_KEYS = "play_keys"
    RECORD = "record"


OF_CALLS = frozenset({Chore.HANG_UP, Chore.SEAT})


QUEUE_OF = {
    **dict.fromkeys(Chore, ERRANDS),
    **dict.fromkeys((Chore.CONNECT, Chore.REQUEUE, Chore.RING), HANDOFFS),
    **dict.fromkeys((Chore.DIAL, Chore.TRACE), DIALING),
}


def add(tx: Tx, kind: Chore, subject: int | str, after: timedelta = timedelta(0)) -> None:
    """Have it done ``after`` from now; one there already is moved to that time."""
    key = (chores.c.kind == kind) & (chores.c.subject == str(subject))
    values = {"due_at": tx.now + after, "woken_at": tx.now, "tries": 0}
    if not tx.conn.execute(update(chores).where(key).values(**values)).rowcount:
        tx.conn.execute(chores.insert().values(kind=kind, subject=str(subject), **values))
    if not after:
        tx.wake(QUEUE_OF[kind], kind, subject)


def ask(tx: Tx, kind: Chore, subject: int | str) -> None:
    """Have it done; one that is being done goes on, and looks at the records again before it is finished. So two jobs
    never tell the carrier opposite things at once."""
    key = (chores.c.kind == kind) & (chores.c.subject == str(subject))
    if tx.conn.execute(select(chores.c.id).where(key)).first() is None:
        values = {"due_at": tx.now, "woken_at": tx.now, "tries": 0}
        tx.conn.execute(chores.insert().values(kind=kind, subject=str(subject), **values))
    tx.wake(QUEUE_OF[kind], kind, subject)


def drop(tx: Tx, kind: Chore, subject: int | str) -> bool:
    """It need not be done (any more). True when it was there."""
    key = (chores.c.kind == kind) & (chores.c.subject == str(subject))
    return tx.conn.execute(delete(chores).where(key)).rowcount > 0


def wanted(tx: Tx, kind: Chore, subject: int | str) -> bool:
    """Whether it is to be done."""
    key = (chores.c.kind == kind) & (chores.c.subject == str(subject))
    return tx.conn.execute(select(chores.c.id).where(key)).first() is not None


def claim(tx: Tx, kind: Chore, subject: int | str) -> int | None:
    """Take it for :data:`CLAIM`. Returns how often it was taken, this time included; None: not due, or not there."""
    key = (chores.c.kind == kind) & (chores.c.subject == str(subject))
    taken = tx.conn.execute(
        update(chores)
        .where(key, chores.c.due_at <= tx.now)
        .values(due_at=tx.now + CLAIM, woken_at=tx.now, tries=chores.c.tries + 1)
    ).rowcount
    if not taken:
        return None
    tries: int = tx.conn.execute(select(chores.c.tries).where(key)).scalar_one()
    return tries


def put_off(tx: Tx, kind: Chore, subject: int | str, after: timedelta) -> None:
    """Not now: again ``after`` from now, its tries kept. Nothing when it was dropped meanwhile."""
    key = (chores.c.kind == kind) & (chores.c.subject == str(subject))
    tx.conn.execute(update(chores).where(key).values(due_at=tx.now + after))


def due_query(now: datetime) -> Select[Any]:
    """What is due and has not been woken for just now."""
    return select(chores).where(chores.c.due_at <= now, chores.c.woken_at <= now - WOKEN).order_by(chores.c.due_at)


def wake_due(tx: Tx, limit: int = 100) -> int:
    """Wake workers for what is due; returns how many wake-ups."""
    due: list[RowMapping] = list(tx.conn.execute(due_query(tx.now).limit(limit)).mappings())
    if due:
        ids = [row["id"] for row in due]
        tx.conn.execute(update(chores).where(chores.c.id.in_(ids)).values(woken_at=tx.now))
    for row in due:
        kind = Chore(row["kind"])
        tx.wake(QUEUE_OF[kind], kind, row["subject"] if kind in OF_CALLS else int(row["subject"]))
    return len(due)
