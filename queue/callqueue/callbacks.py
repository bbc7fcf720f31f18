"""Promises to phone back: making, changing, merging, falling due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, delete, func, select, update

from callqueue import chores, proposals, slots, states
from callqueue.chores import Chore
from callqueue.hours import diallable, in_hours, next_opening
from callqueue.model import (
    CALLBACK_NEXT,
    OPEN_CALLBACK,
    CallbackRequest,
    CallbackState,
    OptOut,
    PromiseResult,
    Refusal,
    TicketState,
)
from callqueue.store import callbacks, opt_outs, promises, tickets
from callqueue.work import Tx

STILL_ON_LINE = timedelta(minutes=3)
"""How long a promise waits for word that the call which asked for it has ended: dialled before, it would be busy. When
that word never comes it goes ahead all the same."""
OUT_OF_HOURS = "outside hours"
"""Why a promise waits for the next opening."""
NOT_DIALLED = (CallbackState.DUE_LATER, CallbackState.DUE)
IN_THE_AIR = (CallbackState.DIALING, CallbackState.UNKNOWN)


def lock(tx: Tx, callback: int) -> tuple[RowMapping, RowMapping | None] | None:
    """The promise and its ticket, both locked (the ticket first); None for no such promise."""
    known = tx.conn.execute(select(callbacks.c.ticket).where(callbacks.c.id == callback)).first()
    if known is None:
        return None
    ticket = states.lock(tx, known[0])
    row = tx.conn.execute(select(callbacks).where(callbacks.c.id == callback).with_for_update()).mappings().one()
    if row["ticket"] != known[0]:
        # It got its ticket between the two looks.
        ticket = states.lock(tx, row["ticket"])
    return row, ticket


def move(tx: Tx, callback: int, before: Iterable[CallbackState], after: CallbackState, **values: Any) -> bool:
    """The compare-and-set. ValueError: a step that :data:`CALLBACK_NEXT` forbids."""
    were = tuple(before)
    for state in were:
        if after not in CALLBACK_NEXT[state]:
            raise ValueError(f"a callback cannot go from {state} to {after}")
    moved = tx.conn.execute(
        update(callbacks)
        .where(callbacks.c.id == callback, callbacks.c.state.in_(were))
        .values(state=after, state_at=tx.now, **values)
    ).rowcount
    if moved:
        tx.push("desk", "callbacks")
    return moved > 0


# Making and changing.


def refusal(tx: Tx, request: CallbackRequest, besides: int | None) -> PromiseResult | None:
    """Why this promise cannot be given; None when it can. ``besides``: the promise that it changes."""
    rules, at = tx.rules, request.at or tx.now
    why: Refusal | None = None
    if not diallable(request.number, rules):
        why = "prefix"
    elif opted_out(tx, request.number):
        why = "opt_out"
    elif at < tx.now - timedelta(minutes=1):
        why = "past"
    elif at > tx.now + timedelta(days=rules.max_days_ahead):
        why = "far"
    elif not in_hours(request.number, request.queue, at, rules):
        why = "hours"
    elif _given(tx, request.number) >= rules.promises_per_day:
        why = "full"
    elif request.at is not None and not slots.room(tx, request.queue, at, besides):
        free = slots.nearest(tx, request.queue, request.number, at, besides)
        return PromiseResult("refused", reason="slot", free=free)
    return PromiseResult("refused", reason=why) if why else None


def opted_out(tx: Tx, number: str) -> bool:
    """Whether they asked not to be phoned."""
    return tx.conn.execute(select(opt_outs.c.number).where(opt_outs.c.number == number)).first() is not None


def _given(tx: Tx, number: str) -> int:
    """Promises that the number was given in the last 24 hours."""
    given: int = tx.conn.execute(
        select(func.count())
        .select_from(promises.join(callbacks, callbacks.c.id == promises.c.callback))
        .where(callbacks.c.number == number, promises.c.at > tx.now - timedelta(days=1))
    ).scalar_one()
    return given


def given(tx: Tx, key: str) -> PromiseResult | None:
    """The promise that was given under this key."""
    known = tx.conn.execute(
        select(callbacks.c.id, callbacks.c.at, callbacks.c.due_at)
        .join(promises, promises.c.callback == callbacks.c.id)
        .where(promises.c.key == key)
    ).first()
    return None if known is None else PromiseResult("promised", known.id, due_at=known.at or known.due_at)


def promise(tx: Tx, request: CallbackRequest) -> PromiseResult:
    """Give the promise, once per key. The number's open one is changed instead of a second: the later choice wins."""
    known = given(tx, request.key)
    if known is not None:
        return known
    earlier = open_promise(tx, request.number)
    refused = refusal(tx, request, earlier["id"] if earlier is not None else None)
    if refused is not None:
        return refused
    own = states.of_leg(tx, request.call)
    if own is not None and own["state"] == TicketState.CONNECTED:
        own = None
    if earlier is not None and own is not None and earlier["ticket"] == own["id"]:
        pass  # our own call to them, in line after its agent was lost: it becomes this promise again
    elif earlier is not None and earlier["state"] not in NOT_DIALLED:
        cancel(tx, earlier["id"], "replaced")
        earlier = None
    if own is not None:
        own = _into_callback(tx, own)
    promised_at = max(request.at or tx.now, tx.now)
    due_at = max(promised_at, tx.now + STILL_ON_LINE) if request.on_line else promised_at
    since = min([tx.now, *(row["since"] for row in (own, earlier) if row is not None)])
    values: dict[str, Any] = {
        "call": request.call,
        "number": request.number,
        "language": request.language,
        "queue": request.queue,
        "summary": request.summary,
        "context": dict(request.context),
        "at": request.at,
        "promised_for": _promised_for(tx, promised_at, earlier),
        "origin": request.origin,
        "due_at": due_at,
        "since": since,
        "state_at": tx.now,
        "state": CallbackState.DUE_LATER,
        "leg": None,
        "reason": "",
        "last_attempt": (0 if earlier is None else earlier["attempt"]) + tx.rules.max_attempts,
    }
    if earlier is None:
        made = tx.conn.execute(
            callbacks.insert().values(key=request.key, created_at=tx.now, attempt=0, priority=0, **values)
        ).inserted_primary_key
        assert made is not None
        callback: int = made[0]
    else:
        callback = earlier["id"]
        _take_back(tx, callback, own, "changed")
        tx.conn.execute(
            update(callbacks).where(callbacks.c.id == callback, callbacks.c.state.in_(OPEN_CALLBACK)).values(**values)
        )
    if own is not None:
        tx.conn.execute(
            update(callbacks).where(callbacks.c.id == callback).values(ticket=own["id"], priority=own["priority"])
        )
        states.change(tx, own["id"], callback=callback, number=request.number, kind="callback", head=0, since=since)
        states.change(tx, own["id"], place=tx.rules.place(own["queue"], own["priority"], since))
    tx.conn.execute(promises.insert().values(key=request.key, callback=callback, at=tx.now))
    proposals.put_away(tx, request.number, "promised")
    tx.push("desk", "callbacks")
    if due_at <= tx.now:
        due(tx, callback)
    return PromiseResult("promised", callback, due_at=promised_at)


def _promised_for(tx: Tx, promised_at: datetime, earlier: RowMapping | None) -> datetime:
    """What the promise is measured by. Moving one whose time has passed without a call makes it no less late."""
    if earlier is None or earlier["at"] is None or earlier["attempt"] or earlier["promised_for"] >= tx.now:
        return promised_at
    late: datetime = earlier["promised_for"]
    return late


def off_line(tx: Tx, call: str) -> None:
    """The call that asked for it is over: its customer can be dialled as promised."""
    query = select(callbacks.c.id, callbacks.c.at).where(
        callbacks.c.call == call, callbacks.c.state == CallbackState.DUE_LATER, callbacks.c.attempt == 0
    )
    for row in tx.conn.execute(query).all():
        due_at = max(row.at or tx.now, tx.now)
        tx.conn.execute(
            update(callbacks)
            .where(callbacks.c.id == row.id, callbacks.c.state == CallbackState.DUE_LATER, callbacks.c.attempt == 0)
            .values(due_at=due_at)
        )
        if due_at <= tx.now:
            due(tx, row.id)


def open_promise(tx: Tx, number: str | None) -> RowMapping | None:
    """The number's open promise, locked with its ticket; None when it has none."""
    if number is None:
        return None
    found = tx.conn.execute(
        select(callbacks.c.id).where(callbacks.c.number == number, callbacks.c.state.in_(OPEN_CALLBACK))
    ).scalar()
    locked = lock(tx, found) if found is not None else None
    return locked[0] if locked is not None and locked[0]["state"] in OPEN_CALLBACK else None


def _into_callback(tx: Tx, ticket: RowMapping) -> RowMapping:
    """The caller's ticket leaves the line for a promise; its place stays."""
    ticket = states.without_agent(tx, ticket, "callback")
    gone = {"leg": None, "caller_in": False, "leaving": False, "queue_sid": None}
    states.move(tx, ticket["id"], (TicketState.WAITING,), TicketState.CALLBACK, **gone)
    chores.drop(tx, Chore.REQUEUE, ticket["id"])
    row = states.lock(tx, ticket["id"])
    assert row is not None
    return row


def _take_back(tx: Tx, callback: int, keep: RowMapping | None, reason: str) -> None:
    """A promise not dialled yet loses agent and offer; its ticket too, when ``keep`` takes its place."""
    locked = lock(tx, callback)
    ticket = locked[1] if locked is not None else None
    if ticket is None:
        return
    ticket = states.without_agent(tx, ticket, reason)
    if keep is not None and keep["id"] != ticket["id"]:
        states.close(tx, ticket["id"], (TicketState.CALLBACK,), reason)


def cancel(tx: Tx, callback: int, reason: str) -> bool:
    """Take a promise back, also while its phone rings: that call is hung up. False: over, or being spoken."""
    locked = lock(tx, callback)
    if locked is None:
        return False
    row, ticket = locked
    if not move(tx, callback, (*NOT_DIALLED, *IN_THE_AIR), CallbackState.CANCELLED, reason=reason):
        return False
    for kind in (Chore.DIAL, Chore.TRACE):
        chores.drop(tx, kind, callback)
    if row["leg"]:
        chores.add(tx, Chore.HANG_UP, row["leg"])
    if ticket is not None:
        ticket = states.without_agent(tx, ticket, reason)
        states.close(tx, ticket["id"], (TicketState.CALLBACK,), reason)
    return True


def merge(tx: Tx, number: str | None) -> datetime | None:
    """The customer phoned us and reached the line: their promise is kept by that. Returns its place in line."""
    row = open_promise(tx, number)
    if row is None or not cancel(tx, row["id"], "merged"):
        return None
    since: datetime = row["since"]
    return since


def opt_out(tx: Tx, number: str, how: OptOut) -> None:
    """Never dial it again."""
    if not opted_out(tx, number):
        tx.conn.execute(opt_outs.insert().values(number=number, at=tx.now, how=how))
    proposals.put_away(tx, number, "opt_out")
    row = open_promise(tx, number)
    if row is not None:
        cancel(tx, row["id"], "opt_out")


def opt_in(tx: Tx, number: str) -> bool:
    """They may be phoned again. False: nothing forbade it."""
    return tx.conn.execute(delete(opt_outs).where(opt_outs.c.number == number)).rowcount > 0


def reopened(tx: Tx, callback: int) -> bool:
    """One put off to the next opening, now that the queue is open after all (its hours were changed, or a closing was
    taken back): its turn is now, not then."""
    locked = lock(tx, callback)
    if locked is None:
        return False
    row, _ = locked
    if row["state"] != CallbackState.DUE_LATER or row["reason"] != OUT_OF_HOURS or row["due_at"] <= tx.now:
        return False
    tx.conn.execute(update(callbacks).where(callbacks.c.id == callback).values(due_at=tx.now, reason=""))
    return due(tx, callback)


def due(tx: Tx, callback: int) -> bool:
    """DUE_LATER whose time has come: into the line, with a ticket; or to the next opening."""
    locked = lock(tx, callback)
    if locked is None:
        return False
    row, ticket = locked
    if row["state"] != CallbackState.DUE_LATER or row["due_at"] > tx.now:
        return False
    why = proposals.unwanted(tx, row)
    if why:
        cancel(tx, callback, why)
        return False
    opening = next_opening(row["number"], row["queue"], tx.now, tx.rules)
    if opening > tx.now:
        tx.conn.execute(update(callbacks).where(callbacks.c.id == callback).values(due_at=opening, reason=OUT_OF_HOURS))
        return False
    if ticket is None or ticket["state"] != TicketState.CALLBACK:
        made = tx.conn.execute(tickets.insert().values(**_ticket(tx, row))).inserted_primary_key
        assert made is not None
        tx.conn.execute(update(callbacks).where(callbacks.c.id == callback).values(ticket=made[0]))
    move(tx, callback, (CallbackState.DUE_LATER,), CallbackState.DUE, reason="")
    tx.push("desk", "line")
    tx.match()
    return True


_SHARED = ("call", "number", "language", "queue", "priority", "summary", "context")


def _ticket(tx: Tx, row: RowMapping) -> dict[str, Any]:
    made = tx.conn.execute(select(func.count()).select_from(tickets).where(tickets.c.call == row["call"])).scalar_one()
    begins = states.newcomer(tx, row["number"], row["queue"], row["priority"], row["since"])
    if isinstance(knows := row["context"].get("agent"), int):
        begins["familiar"] = knows  # who found the answer that this call brings
    return {
        "key": f"callback:{row['id']}:{made}",
        "kind": "callback",
        "reason": "callback",
        "state": TicketState.CALLBACK,
        "callback": row["id"],
        **{name: row[name] for name in _SHARED},
        **begins,
    }
