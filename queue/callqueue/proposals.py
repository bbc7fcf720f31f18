"""Calls that nobody served, found by rule: listed for an agent to phone back, or phoned once.

A proposal (``proposed``) is no promise: nobody was told anything. It goes when the customer reaches us another way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, exists, select, update

from callqueue.callback_rules import ByRule
from callqueue.hours import diallable, next_opening
from callqueue.model import OPEN_CALLBACK, CallbackState, Origin
from callqueue.store import callbacks, messages, opt_outs, tickets
from callqueue.work import Tx

BY_RULE: frozenset[Origin] = frozenset({"abandoned", "missed"})
ONCE_A = timedelta(days=1)
"""A number is phoned by rule once in so long; what comes besides is listed."""


@dataclass(frozen=True, slots=True)
class MissedCall:
    """A call that wanted a human, got none, and has ended. ``number`` None: withheld."""

    call: str
    number: str | None
    language: str
    queue: str
    summary: str = ""


def abandoned(tx: Tx, ticket: RowMapping) -> int | None:
    """A caller hung up in line (``ticket`` as it was). Returns the callback, if the rule makes one."""
    rules = tx.rules.callbacks
    # Their place: somebody who phoned before, and was to be phoned back, has waited since then.
    if tx.now - ticket["since"] < timedelta(seconds=rules.abandoned_seconds):
        return None
    about = {name: ticket[name] for name in ("call", "number", "language", "queue", "priority", "summary", "since")}
    return _propose(tx, "abandoned", rules.abandoned, {**about, "context": ticket["context"]})


def missed(tx: Tx, call: MissedCall) -> int | None:
    """A call that wanted a human has ended. Nothing when it left a promise or a message, or spoke with an agent."""
    left = [table.c.call == call.call for table in (callbacks, messages)]
    for one in (*left, (tickets.c.call == call.call) & tickets.c.connected_at.is_not(None)):
        if tx.conn.execute(select(exists().where(one))).scalar():
            return None
    about = {"call": call.call, "number": call.number, "language": call.language, "queue": call.queue}
    more = {"priority": 0, "summary": call.summary, "since": tx.now, "context": {}}
    return _propose(tx, "missed", tx.rules.callbacks.missed, {**about, **more})


def _propose(tx: Tx, origin: Origin, rule: ByRule, about: dict[str, Any]) -> int | None:
    number: str | None = about["number"]
    if rule == "off" or number is None or not diallable(number, tx.rules):
        return None
    if tx.conn.execute(select(opt_outs.c.number).where(opt_outs.c.number == number)).first():
        return None
    mine = callbacks.c.number == number
    if tx.conn.execute(select(callbacks.c.id).where(mine, callbacks.c.state.in_(OPEN_CALLBACK))).first():
        return None
    phone = (
        rule == "call"
        and not tx.conn.execute(
            select(callbacks.c.id).where(
                mine, callbacks.c.origin.in_(BY_RULE), callbacks.c.attempt > 0, callbacks.c.created_at > tx.now - ONCE_A
            )
        ).first()
    )
    due_at = tx.now + timedelta(days=tx.rules.callbacks.proposal_days)
    if phone:
        due_at = next_opening(number, about["queue"], tx.now + tx.rules.callbacks.settle, tx.rules)
        put_away(tx, number, "phoned again")
    values = {
        **about,
        "origin": origin,
        "state": CallbackState.DUE_LATER if phone else CallbackState.PROPOSED,
        "state_at": tx.now,
        "promised_for": tx.now,
        "due_at": due_at,
        "created_at": tx.now,
    }
    tx.push("desk", "callbacks")
    listed: int | None = tx.conn.execute(
        select(callbacks.c.id).where(mine, callbacks.c.state == CallbackState.PROPOSED)
    ).scalar()
    if listed is not None:
        del values["since"]  # the place of the first call
        tx.conn.execute(update(callbacks).where(callbacks.c.id == listed).values(**values))
        return listed
    made = tx.conn.execute(
        callbacks.insert().values(key=f"{origin}:{about['call']}", attempt=0, last_attempt=1, **values)
    ).inserted_primary_key
    assert made is not None
    callback: int = made[0]
    return callback


def put_away(tx: Tx, number: str | None, reason: str) -> None:
    """What is listed for this number need not be done any more: they reached us, or were promised a call."""
    if number is None:
        return
    listed = (callbacks.c.number == number) & (callbacks.c.state == CallbackState.PROPOSED)
    _cancel(tx, listed, reason)


def left_message(tx: Tx, call: str) -> None:
    """The recording of a call that had ended is told afterwards: its message is listed, so the call need not be."""
    _cancel(tx, (callbacks.c.call == call) & (callbacks.c.state == CallbackState.PROPOSED), "left a message")


def dismiss(tx: Tx, callback: int, reason: str) -> bool:
    """An agent decides that this one is not phoned. False: it is no proposal (any more)."""
    return _cancel(tx, (callbacks.c.id == callback) & (callbacks.c.state == CallbackState.PROPOSED), reason)


def stale(tx: Tx, callback: int) -> bool:
    """Nobody took it up for days."""
    due = (callbacks.c.id == callback) & (callbacks.c.due_at <= tx.now)
    return _cancel(tx, due & (callbacks.c.state == CallbackState.PROPOSED), "too old")


def _cancel(tx: Tx, which: Any, reason: str) -> bool:
    values = {"state": CallbackState.CANCELLED, "state_at": tx.now, "reason": reason}
    moved = tx.conn.execute(update(callbacks).where(which).values(**values)).rowcount > 0
    if moved:
        tx.push("desk", "callbacks")
    return moved


def unwanted(tx: Tx, row: RowMapping) -> str:
    """Why a callback that a rule made is not dialled any more; '' when it is."""
    if row["origin"] not in BY_RULE:
        return ""
    since: datetime = row["created_at"]
    spoke = exists().where(tickets.c.number == row["number"], tickets.c.connected_at >= since)
    if tx.conn.execute(select(spoke)).scalar():
        return "served"
    left = exists().where(messages.c.call == row["call"])
    return "left a message" if tx.conn.execute(select(left)).scalar() else ""
