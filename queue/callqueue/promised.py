"""What became of promises: read for lists and figures, a fixed number of queries whatever the period."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from callqueue.model import OPEN_CALLBACK, AttemptOutcome, CallbackState, Promise
from callqueue.store import attempts, callbacks, tickets

STATES = frozenset(CallbackState) - {CallbackState.PROPOSED}


def promises(
    conn: Connection,
    since: datetime,
    until: datetime,
    states: Collection[CallbackState] = STATES,
    queue: str | None = None,
    limit: int | None = None,
) -> list[Promise]:
    """Promises for ``since <= promised_for < until``, by that time, then by id."""
    first_dial = (
        select(attempts.c.callback, func.min(attempts.c.started_at).label("first_dial_at"))
        .group_by(attempts.c.callback)
        .join(callbacks, callbacks.c.id == attempts.c.callback)
        .where(callbacks.c.promised_for >= since, callbacks.c.promised_for < until)
        .subquery()
    )
    wanted = (
        select(callbacks, tickets.c.agent, first_dial.c.first_dial_at)
        .outerjoin(tickets, tickets.c.id == callbacks.c.ticket)
        .outerjoin(first_dial, first_dial.c.callback == callbacks.c.id)
        .where(callbacks.c.promised_for >= since, callbacks.c.promised_for < until, callbacks.c.state.in_(states))
        .order_by(callbacks.c.promised_for, callbacks.c.id)
        .limit(limit)
    )
    if queue is not None:
        wanted = wanted.where(callbacks.c.queue == queue)
    return [_promise({**row}) for row in conn.execute(wanted).mappings()]


def open_of(conn: Connection, number: str) -> Promise | None:
    """The promise that is open for a number, if there is one."""
    found = (
        conn.execute(
            select(callbacks, tickets.c.agent)
            .outerjoin(tickets, tickets.c.id == callbacks.c.ticket)
            .where(callbacks.c.number == number, callbacks.c.state.in_(OPEN_CALLBACK))
        )
        .mappings()
        .first()
    )
    return _promise({**found, "first_dial_at": None}) if found is not None else None


def numbers(conn: Connection, after: int) -> dict[int, str]:
    """Id -> number of the open promises with a greater id than ``after``."""
    wanted = select(callbacks.c.id, callbacks.c.number)
    found = conn.execute(wanted.where(callbacks.c.id > after, callbacks.c.state.in_(OPEN_CALLBACK)))
    return {row.id: row.number for row in found}


def again(conn: Connection, call: str) -> bool:
    """Whether the call is an attempt that was answered, of a promise that has another (see ``dialling.ended``)."""
    mine = select(callbacks.c.id).where(
        callbacks.c.leg == call,
        callbacks.c.state == CallbackState.ANSWERED,
        callbacks.c.attempt < callbacks.c.last_attempt,
    )
    return conn.execute(mine).first() is not None


def _promise(row: Mapping[str, Any]) -> Promise:
    state = CallbackState(row["state"])
    kept = state is CallbackState.KEPT
    return Promise(
        id=row["id"],
        state=state,
        origin=row["origin"],
        number=row["number"],
        language=row["language"],
        queue=row["queue"],
        summary=row["summary"],
        at=row["at"],
        promised_for=row["promised_for"],
        due_at=row["due_at"],
        created_at=row["created_at"],
        first_dial_at=row["first_dial_at"],
        kept_at=row["state_at"] if kept else None,
        attempt=row["attempt"],
        last_outcome=AttemptOutcome(row["last_outcome"]) if row["last_outcome"] else None,
        reason=row["reason"],
        ticket=row["ticket"],
        agent=row["agent"] if kept else None,
    )
