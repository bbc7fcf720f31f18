"""Dialling for a callback: one attempt at a time, committed before the carrier is asked, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, delete, select, update

from callqueue import chores, matching, proposals, states, todo
from callqueue.callbacks import IN_THE_AIR, OUT_OF_HOURS, cancel, lock, move, opted_out
from callqueue.chores import Chore
from callqueue.hours import diallable, next_opening
from callqueue.model import AttemptOutcome, CallbackState, TicketState
from callqueue.rules import Rules
from callqueue.store import attempts, callbacks, leases
from callqueue.work import Tx

PACE = "dial"
"""Name of the lease that paces dialling."""

TRACE_AFTER = timedelta(seconds=20)
"""A placed call about which nothing was told for so long is asked for: longer than placing it may take."""


@dataclass(frozen=True, slots=True)
class Order:
    """One call to place, committed before it is placed."""

    callback: int
    attempt: int
    number: str


def begin_dial(tx: Tx, callback: int) -> Order | None:
    """Claim the next attempt: committed as DIALING before the carrier is asked. None: not now, or not at all."""
    locked = lock(tx, callback)
    if locked is None:
        chores.drop(tx, Chore.DIAL, callback)
        return None
    row, ticket = locked
    with_agent = ticket is not None and ticket["state"] == TicketState.CONNECTING and ticket["agent_leg"] is not None
    if ticket is None or row["state"] != CallbackState.DUE or tx.now < row["due_at"]:
        chores.drop(tx, Chore.DIAL, callback)
        return None
    if not with_agent and not (
        ticket["state"] == TicketState.CALLBACK and ticket["id"] in matching.plan(tx.conn, tx.now, tx.rules).dials
    ):
        # No agent in the conference, and none who is kept free for them (any more).
        chores.drop(tx, Chore.DIAL, callback)
        return None
    why = "opt_out" if opted_out(tx, row["number"]) else proposals.unwanted(tx, row)
    if why or not diallable(row["number"], tx.rules):
        cancel(tx, callback, why or "prefix")
        return None
    opening = next_opening(row["number"], row["queue"], tx.now, tx.rules)
    if opening > tx.now:
        states.without_agent(tx, ticket, OUT_OF_HOURS)
        chores.drop(tx, Chore.DIAL, callback)
        move(tx, callback, (CallbackState.DUE,), CallbackState.DUE_LATER, due_at=opening, reason=OUT_OF_HOURS)
        return None
    wait = _pace(tx, tx.rules)
    if wait > timedelta(0):
        chores.put_off(tx, Chore.DIAL, callback, wait)
        return None
    attempt: int = row["attempt"] + 1
    move(tx, callback, (CallbackState.DUE,), CallbackState.DIALING, attempt=attempt, leg=None, reason="")
    tx.conn.execute(
        attempts.insert().values(callback=callback, attempt=attempt, started_at=tx.now, customer_first=not with_agent)
    )
    chores.drop(tx, Chore.DIAL, callback)
    chores.add(tx, Chore.TRACE, callback, TRACE_AFTER)
    tx.tell(ticket["agent"], "state", ticket=ticket["id"], state=TicketState.CONNECTING.value, reason="dialing")
    return Order(callback, attempt, row["number"])


def _pace(tx: Tx, rules: Rules) -> timedelta:
    """Take the right to dial now; or how long until it may be taken."""
    until = tx.now + rules.dial_every
    row = leases.c.name == PACE
    taken = tx.conn.execute(update(leases).where(row, leases.c.until <= tx.now).values(until=until, holder=PACE))
    if taken.rowcount:
        return timedelta(0)
    busy: datetime | None = tx.conn.execute(select(leases.c.until).where(row)).scalar()
    if busy is not None:
        return busy - tx.now
    tx.conn.execute(leases.insert().values(name=PACE, holder=PACE, until=until))
    return timedelta(0)


def dialed(tx: Tx, callback: int, attempt: int, call: str) -> None:
    """The carrier took it (or, traced later, has it): remember the call. One whose promise is off by now is ended."""
    tx.conn.execute(
        update(attempts)
        .where(attempts.c.callback == callback, attempts.c.attempt == attempt, attempts.c.call.is_(None))
        .values(call=call)
    )
    locked = lock(tx, callback)
    if locked is None or locked[0]["attempt"] != attempt:
        return
    row = locked[0]
    if row["state"] == CallbackState.CANCELLED:
        chores.add(tx, Chore.HANG_UP, call)
    if row["state"] in IN_THE_AIR:
        tx.conn.execute(update(callbacks).where(callbacks.c.id == callback).values(leg=call))
        move(tx, callback, (CallbackState.UNKNOWN,), CallbackState.DIALING)
        chores.add(tx, Chore.TRACE, callback, timedelta(seconds=60))


def throttled(tx: Tx, callback: int, attempt: int) -> None:
    """429: the carrier never processed it. The same attempt again, shortly."""
    locked = lock(tx, callback)
    if locked is None or locked[0]["attempt"] != attempt or locked[0]["state"] != CallbackState.DIALING:
        return
    tx.conn.execute(delete(attempts).where(attempts.c.callback == callback, attempts.c.attempt == attempt))
    move(tx, callback, (CallbackState.DIALING,), CallbackState.DUE, attempt=attempt - 1, reason="carrier busy")
    chores.drop(tx, Chore.TRACE, callback)
    chores.add(tx, Chore.DIAL, callback, timedelta(seconds=2))


def unsure(tx: Tx, callback: int, attempt: int) -> None:
    """The carrier's answer was lost: it may ring. :func:`callqueue.jobs.trace` finds out."""
    mine = callbacks.c.attempt == attempt
    row = tx.conn.execute(select(callbacks.c.id).where(callbacks.c.id == callback, mine)).first()
    if row is not None and move(tx, callback, (CallbackState.DIALING,), CallbackState.UNKNOWN):
        chores.add(tx, Chore.TRACE, callback, timedelta(seconds=3))


def answered(tx: Tx, callback: int, attempt: int, call: str) -> int | None:
    """The customer picked up: the ticket to bring them to. None: not a call we wait for, say sorry and hang up."""
    locked = lock(tx, callback)
    if locked is None or locked[1] is None or locked[0]["attempt"] != attempt:
        return None
    row, ticket = locked
    if row["state"] in (CallbackState.ANSWERED, CallbackState.KEPT):
        # A repeat of the same webhook hears the same, while there is something to join.
        again = row["leg"] == call and ticket is not None and ticket["state"] in states.ON_THE_LINE
        return int(ticket["id"]) if again and ticket is not None else None
    if row["state"] not in IN_THE_AIR or row["leg"] not in (None, call) or ticket is None:
        return None
    move(tx, callback, IN_THE_AIR, CallbackState.ANSWERED, leg=call)
    tx.conn.execute(
        update(attempts)
        .where(attempts.c.callback == callback, attempts.c.attempt == attempt)
        .values(call=call, outcome=AttemptOutcome.ANSWERED, answered_at=tx.now)
    )
    chores.drop(tx, Chore.TRACE, callback)
    states.change(tx, ticket["id"], leg=call, checked_at=tx.now)
    if ticket["state"] == TicketState.CALLBACK:
        # Dialled before an agent, or their agent went while it rang: first in line.
        states.move(tx, ticket["id"], (TicketState.CALLBACK,), TicketState.WAITING, head=states.CUT_OFF)
        tx.match()
    return int(ticket["id"])


def ended(tx: Tx, callback: int, attempt: int, outcome: AttemptOutcome) -> bool:
    """An attempt is over without a conversation: another one later, or the promise failed; the agent is free."""
    locked = lock(tx, callback)
    if locked is None or outcome == AttemptOutcome.ANSWERED:
        return False
    row, ticket = locked
    if row["attempt"] != attempt or row["state"] not in (*IN_THE_AIR, CallbackState.ANSWERED):
        return False
    if ticket is not None and ticket["state"] in (TicketState.CONNECTED, TicketState.WRAP_UP):
        return False
    tx.conn.execute(
        update(attempts)
        .where(attempts.c.callback == callback, attempts.c.attempt == attempt)
        .values(ended_at=tx.now, outcome=outcome)
    )
    chores.drop(tx, Chore.TRACE, callback)
    if row["leg"] and outcome == AttemptOutcome.MACHINE:
        chores.add(tx, Chore.HANG_UP, row["leg"])
    before = (*IN_THE_AIR, CallbackState.ANSWERED)
    last = attempt >= row["last_attempt"]
    if last:
        move(tx, callback, before, CallbackState.FAILED, last_outcome=outcome, reason=outcome.value)
    else:
        again = next_opening(row["number"], row["queue"], tx.now + tx.rules.callbacks.spacing[outcome], tx.rules)
        move(
            tx,
            callback,
            before,
            CallbackState.DUE_LATER,
            last_outcome=outcome,
            reason=outcome.value,
            due_at=again,
            leg=None,
        )
    if ticket is not None:
        _free(tx, ticket, outcome.value, over=last)
        tx.match()
    return True


def _free(tx: Tx, ticket: RowMapping, reason: str, *, over: bool) -> None:
    """Nobody is on the line: the ticket without leg and agent, back to being a callback; closed when ``over``."""
    states.change(tx, ticket["id"], leg=None, caller_in=False, head=0)
    row = states.lock(tx, ticket["id"])
    assert row is not None
    row = states.without_agent(tx, row, reason)
    states.move(tx, row["id"], (TicketState.WAITING,), TicketState.CALLBACK)
    chores.drop(tx, Chore.REQUEUE, row["id"])
    if over:
        states.close(tx, row["id"], (TicketState.CALLBACK,), "not reached")


def kept(tx: Tx, callback: int | None) -> None:
    """The customer and an agent are connected."""
    if callback is not None and move(tx, callback, (CallbackState.ANSWERED,), CallbackState.KEPT, reason=""):
        todo.brought(tx, callback)


def gone(tx: Tx, call: str) -> bool:
    """The call we placed has ended, and nothing else was told about it."""
    row = tx.conn.execute(
        select(callbacks.c.id, callbacks.c.attempt).where(
            callbacks.c.leg == call, callbacks.c.state.in_((*IN_THE_AIR, CallbackState.ANSWERED))
        )
    ).first()
    return row is not None and ended(tx, row.id, row.attempt, AttemptOutcome.GONE)
