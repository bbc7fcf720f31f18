"""Transactions that must not run beside each other: each waits for the one before it to commit."""

from __future__ import annotations

from sqlalchemy import update

from callqueue.store import leases
from callqueue.work import Tx


def take_turn(tx: Tx, name: str) -> None:
    """Until the commit nobody else has the turn of this name. Taken after the locks of tickets, callbacks and agents.
    On SQLite every transaction is alone anyhow."""
    name = name[:64]
    if not tx.conn.execute(update(leases).where(leases.c.name == name).values(until=tx.now)).rowcount:
        # Two who make the row at once: one of them loses the race and runs again.
        tx.conn.execute(leases.insert().values(name=name, holder="turns", until=tx.now))
