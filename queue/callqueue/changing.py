"""What customers by phone, and agents on their page, do to a promise: move it, take it back, have it dialled now."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, exists, select, update

from callqueue import callbacks, proposals, states
from callqueue.callbacks import IN_THE_AIR, NOT_DIALLED
from callqueue.hours import diallable, in_hours
from callqueue.model import CallbackRequest, CallbackState, Origin, PromiseResult, TicketState
from callqueue.states import ON_THE_LINE
from callqueue.store import callbacks as rows
from callqueue.store import tickets
from callqueue.work import Tx

GONE = PromiseResult("refused", reason="none")
"""There is no such promise, or it is over, or being dialled."""

ASKED_TWICE = timedelta(minutes=2)
"""A worker that died after the promise was taken back is followed by another, who must give the same answer."""


def move_mine(
    tx: Tx, key: str, number: str, at: datetime | None, call: str, language: str, on_line: bool
) -> PromiseResult:
    """The customer phoned again and chose another time, once per key; what the promise is about stays."""
    known = callbacks.given(tx, key)
    if known is not None:
        return known
    row = callbacks.open_promise(tx, number)
    return GONE if row is None else _move(tx, row, key, at, call, language, on_line, "asked")


def cancel_mine(tx: Tx, number: str) -> bool:
    """The customer phoned again and needs no call any more, also while their phone rings. True also for a repeat."""
    row = callbacks.open_promise(tx, number)
    if row is not None:
        return callbacks.cancel(tx, row["id"], "customer")
    just_now = tx.now - ASKED_TWICE
    done = exists().where(rows.c.number == number, rows.c.reason == "customer", rows.c.state_at > just_now)
    return bool(tx.conn.execute(select(done)).scalar())


def move(tx: Tx, callback: int, at: datetime | None) -> PromiseResult:
    """An agent moves it; ``at`` None: as soon as possible. Not while it is being dialled."""
    locked = callbacks.lock(tx, callback)
    if locked is None or locked[0]["state"] not in NOT_DIALLED:
        return GONE
    row = locked[0]
    key = f"moved:{callback}:{secrets.token_hex(8)}"
    return _move(tx, row, key, at, row["call"], row["language"], False, row["origin"])


def _move(
    tx: Tx, row: RowMapping, key: str, at: datetime | None, call: str, language: str, on_line: bool, origin: Origin
) -> PromiseResult:
    request = CallbackRequest(
        key=key,
        call=call,
        number=row["number"],
        language=language,
        queue=row["queue"],
        summary=row["summary"],
        at=at,
        context=row["context"],
        on_line=on_line,
        origin=origin,
    )
    return callbacks.promise(tx, request)


def cancel(tx: Tx, callback: int) -> bool:
    """An agent takes it back, or puts a proposal away. False: over, or being spoken."""
    return proposals.dismiss(tx, callback, "agent") or callbacks.cancel(tx, callback, "agent")


def call_now(tx: Tx, callback: int) -> PromiseResult:
    """An agent has it dialled without waiting for its time; a proposal becomes a callback. What is promised to the
    customer stays what it is measured by."""
    locked = callbacks.lock(tx, callback)
    row = locked[0] if locked is not None else None
    if row is None or row["state"] not in (CallbackState.PROPOSED, CallbackState.DUE_LATER):
        return GONE
    if not diallable(row["number"], tx.rules):
        return PromiseResult("refused", reason="prefix")
    if callbacks.opted_out(tx, row["number"]):
        return PromiseResult("refused", reason="opt_out")
    if not in_hours(row["number"], row["queue"], tx.now, tx.rules):
        return PromiseResult("refused", reason="hours")
    if _on_the_line(tx, row["number"]):
        return PromiseResult("refused", reason="in_line")
    if row["state"] == CallbackState.PROPOSED:
        if callbacks.open_promise(tx, row["number"]) is not None:
            proposals.dismiss(tx, callback, "promised")
            return GONE
        callbacks.move(
            tx, callback, (CallbackState.PROPOSED,), CallbackState.DUE_LATER, promised_for=tx.now, due_at=tx.now
        )
    else:
        tx.conn.execute(update(rows).where(rows.c.id == callback).values(due_at=tx.now, reason=""))
    callbacks.due(tx, callback)
    return PromiseResult("promised", callback, due_at=tx.now)


def _on_the_line(tx: Tx, number: str) -> bool:
    """Whether they have phoned us just now, and wait or speak."""
    here = exists().where(tickets.c.number == number, tickets.c.leg.is_not(None), tickets.c.state.in_(ON_THE_LINE))
    return bool(tx.conn.execute(select(here)).scalar())


def refuse(tx: Tx, callback: int, attempt: int, call: str) -> bool:
    """The customer, in the call that we placed, presses the key that says: do not phone me. Their number is never
    dialled again and the agent is free. False: not the call of that promise."""
    locked = callbacks.lock(tx, callback)
    if locked is None or locked[0]["attempt"] != attempt or locked[0]["leg"] not in (None, call):
        return False
    row, ticket = locked
    if row["state"] in (*IN_THE_AIR, CallbackState.ANSWERED):
        callbacks.move(tx, callback, (*IN_THE_AIR, CallbackState.ANSWERED), CallbackState.CANCELLED, reason="opt_out")
        if ticket is not None:
            ticket = states.without_agent(tx, ticket, "opt_out")
            states.close(tx, ticket["id"], (TicketState.WAITING, TicketState.CALLBACK), "opt_out")
    callbacks.opt_out(tx, row["number"], "key")
    return True
