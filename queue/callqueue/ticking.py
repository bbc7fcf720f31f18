"""One look at the clock: what is due moves, one transaction each, so that a row that raises stops no other."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, or_, select, update

from callqueue import (
    agents,
    callbacks,
    chores,
    desk,
    matching,
    moves,
    proposals,
    recording,
    supervising,
    tasks,
    transfers,
)
from callqueue.chores import Chore
from callqueue.hours import in_hours
from callqueue.incall_model import SupervisionState
from callqueue.model import AgentStatus, CallbackState, OfferState, Ticked, TicketState
from callqueue.rules import Rules
from callqueue.states import ON_THE_LINE
from callqueue.store import agents as agent_rows
from callqueue.store import callbacks as callback_rows
from callqueue.store import offers, supervisions, tickets
from callqueue.store import tasks as task_rows
from callqueue.work import Records, Tx

log = logging.getLogger(__name__)

AT_ONCE = 50
"""Units of one kind in one look; the next look is half a second away."""

REOPENED = timedelta(seconds=10)
"""How soon promises that were put off to the next opening are taken up when the queue opens before it."""

CHECKS = 10
"""Tickets whose legs the carrier is asked about, per look."""


def tick(records: Records, now: datetime) -> Ticked:
    """Everything due, found in the records alone: what a lost wake-up or a dead worker left is found here."""
    failed = 0

    def each(found: list[int], work: Callable[..., Any], *args: Any) -> int:
        nonlocal failed
        moved = 0
        for unit in found:
            try:
                moved += bool(records.write(now, work, unit, *args))
            except Exception:
                # Whatever is wrong with one row must not stop the others; it is logged and met again.
                log.exception("clock: %s of %d failed", work.__name__, unit)
                failed += 1
        return moved

    with records.reading() as conn:
        due = _due(conn, now, records)
    silent_since = now - timedelta(seconds=records.rules.alive_seconds)
    counts = {
        "missed": each(due["offers"], agents.missed),
        "not_joined": each(due["not_joined"], agents.not_joined),
        "overflowed": each(due["overflow"], moves.overflow),
        "wrapped_up": each(due["wrap_up"], desk.wrap_up_over),
        "off_duty": each(due["silent"], agents.off_duty, "page closed", silent_since),
        "callbacks_due": each(due["callbacks"], callbacks.due) + each(due["reopened"], callbacks.reopened),
        "put_away": each(due["stale"], proposals.stale),
        "waited": each(due["waited"], transfers.waited) + each(due["supervisions"], supervising.not_come),
        "checked": each(due["unchecked"], _check),
        "overdue": each(due["tasks"], tasks.overdue),
        "recorded": each(due["pauses"], recording.go_on),
    }
    for name, work in (("woken", _wake), ("offered", matching.match)):
        try:
            counts[name] = work(records, now)
        except Exception:
            log.exception("clock: %s failed", name)
            failed += 1
    return Ticked(**{**asdict(Ticked()), **counts, "failed": failed})


def _due(conn: Connection, now: datetime, records: Records) -> dict[str, list[int]]:
    """Ids of what is due, each found by an index."""
    rules = records.rules

    def ids(statement: Any) -> list[int]:
        return list(conn.execute(statement.limit(AT_ONCE)).scalars())

    def late(state: TicketState) -> Any:
        return select(tickets.c.id).where(tickets.c.state == state, tickets.c.deadline <= now)

    return {
        "offers": ids(select(offers.c.id).where(offers.c.state == OfferState.OFFERED, offers.c.deadline <= now)),
        "not_joined": ids(late(TicketState.CONNECTING).where(tickets.c.agent_leg.is_(None))),
        "overflow": moves.too_long(conn, now, rules, AT_ONCE),
        "wrap_up": ids(late(TicketState.WRAP_UP)),
        "silent": ids(
            select(agent_rows.c.id)
            .outerjoin(tickets, tickets.c.id == agent_rows.c.ticket)
            .where(
                agent_rows.c.status != AgentStatus.OFF,
                agent_rows.c.alive_at < now - timedelta(seconds=rules.alive_seconds),
                # One in a call stays on duty until it ends.
                tickets.c.state.is_distinct_from(TicketState.CONNECTED),
            )
        ),
        "callbacks": ids(
            select(callback_rows.c.id)
            .where(callback_rows.c.state == CallbackState.DUE_LATER, callback_rows.c.due_at <= now)
            .order_by(callback_rows.c.due_at)
        ),
        "reopened": _reopened(conn, now, rules),
        "tasks": ids(
            select(task_rows.c.id).where(
                task_rows.c.state.in_(tasks.UNANSWERED), task_rows.c.due_at <= now, task_rows.c.overdue_at.is_(None)
            )
        ),
        "pauses": ids(recording.paused_too_long(now, rules)),
        "stale": ids(
            select(callback_rows.c.id).where(
                callback_rows.c.state == CallbackState.PROPOSED, callback_rows.c.due_at <= now
            )
        ),
        "waited": ids(
            select(tickets.c.id).where(
                tickets.c.state == TicketState.WAITING,
                or_(
                    (tickets.c.kind == "consult")
                    & (tickets.c.created_at <= now - timedelta(seconds=transfers.CONSULT_SECONDS)),
                    tickets.c.target_until <= now,
                ),
            )
        ),
        "supervisions": ids(
            select(supervisions.c.id).where(
                supervisions.c.state == SupervisionState.ASKED,
                supervisions.c.made_at <= now - timedelta(seconds=supervising.COME_SECONDS),
            )
        ),
        "unchecked": ids(
            select(tickets.c.id)
            .where(
                tickets.c.state.in_(ON_THE_LINE),
                tickets.c.checked_at <= now - timedelta(seconds=rules.check_seconds),
            )
            .order_by(tickets.c.checked_at)
        )[:CHECKS],
    }


def _reopened(conn: Connection, now: datetime, rules: Rules) -> list[int]:
    """Promises put off to the next opening of a queue that is open now; looked for in one look of a few."""
    if now.timestamp() % REOPENED.total_seconds() >= 1:
        return []
    postponed = select(callback_rows.c.id, callback_rows.c.number, callback_rows.c.queue).where(
        callback_rows.c.state == CallbackState.DUE_LATER,
        callback_rows.c.due_at > now,
        callback_rows.c.reason == callbacks.OUT_OF_HOURS,
    )
    found = conn.execute(postponed.order_by(callback_rows.c.due_at).limit(AT_ONCE * 10))
    return [row.id for row in found if in_hours(row.number, row.queue, now, rules)][:AT_ONCE]


def _check(tx: Tx, ticket: int) -> bool:
    """Have the carrier asked about a ticket's legs."""
    mine = (tickets.c.id == ticket) & tickets.c.state.in_(ON_THE_LINE)
    if not tx.conn.execute(update(tickets).where(mine).values(checked_at=tx.now)).rowcount:
        return False
    chores.add(tx, Chore.RECONCILE, ticket)
    return True


def _wake(records: Records, now: datetime) -> int:
    with records.reading() as conn:
        any_due = conn.execute(chores.due_query(now)).first()
    # No write lock for the usual look that finds nothing.
    return records.write(now, chores.wake_due) if any_due else 0
