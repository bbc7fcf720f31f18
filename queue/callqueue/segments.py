"""Who spoke with whom and for how long: one row for each agent's share of a ticket.

A transfer ends one share and begins another; an agent's leg that dropped ends one without wrap-up. Supervisors' figures
(talk, hold, wrap-up) are read from here.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping, select, update

from callqueue.store import segments
from callqueue.work import Tx


def begin(tx: Tx, ticket: RowMapping, agent: int | None) -> None:
    """The agent and the customer are connected. Nothing when this agent's share is open already."""
    if agent is None or _open(tx, ticket["id"], agent):
        return
    tx.conn.execute(
        segments.insert().values(
            ticket=ticket["id"],
            agent=agent,
            queue=ticket["queue"],
            language=ticket["language"],
            began_at=tx.now,
            held_seconds=0,
        )
    )


def hold(tx: Tx, ticket: int, held: bool) -> None:
    """The customer is put on hold, or taken off it. Twice the same is once."""
    for row in _open(tx, ticket):
        if held and row["held_since"] is None:
            tx.conn.execute(update(segments).where(segments.c.id == row["id"]).values(held_since=tx.now))
        elif not held and row["held_since"] is not None:
            tx.conn.execute(update(segments).where(segments.c.id == row["id"]).values(**_off_hold(tx, row)))


def end_talk(tx: Tx, ticket: int, agent: int | None = None, *, wrap_up: bool = True) -> None:
    """The conversation is over, for one agent or for all who are in it. ``wrap_up`` False: none follows."""
    for row in _open(tx, ticket, agent):
        values: dict[str, Any] = {"talked_until": tx.now, **_off_hold(tx, row)}
        if not wrap_up:
            values["wrapped_at"] = tx.now
        tx.conn.execute(
            update(segments).where(segments.c.id == row["id"], segments.c.talked_until.is_(None)).values(**values)
        )


def wrapped_up(tx: Tx, ticket: int, agent: int | None) -> None:
    """The agent's wrap-up is finished, or its time is over."""
    tx.conn.execute(
        update(segments)
        .where(
            segments.c.ticket == ticket,
            segments.c.agent == agent,
            segments.c.talked_until.is_not(None),
            segments.c.wrapped_at.is_(None),
        )
        .values(wrapped_at=tx.now)
    )


def _open(tx: Tx, ticket: int, agent: int | None = None) -> list[RowMapping]:
    query = select(segments).where(segments.c.ticket == ticket, segments.c.talked_until.is_(None))
    if agent is not None:
        query = query.where(segments.c.agent == agent)
    return list(tx.conn.execute(query).mappings())


def _off_hold(tx: Tx, row: RowMapping) -> dict[str, Any]:
    since = row["held_since"]
    held = (tx.now - since).total_seconds() if since is not None else 0
    return {"held_since": None, "held_seconds": row["held_seconds"] + round(held)}
