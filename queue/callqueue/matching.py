"""Matching: who is in line, who is free, and offers of the one to the other.

A match takes four queries, however long the line and however many the agents, and reads of a ticket only what the
rules ask for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, or_, select, update

from callqueue import chores, customer_first, states
from callqueue.chores import Chore
from callqueue.hours import open_in, zones
from callqueue.model import AgentStatus, CallbackState, OfferState, TicketState
from callqueue.routing import FreeAgent, InLine, pick, reaches
from callqueue.rules import Rules
from callqueue.store import agents, callbacks, offers, tickets
from callqueue.work import Records, Tx, moment

LINE_LIMIT = 2000
"""Callers, and callbacks, looked at in one match; more are looked at when these are served."""

FRESH_SECONDS = 10
"""For so long after the carrier was asked, or the caller came, nobody doubts that they are there."""
ANSWER_SECONDS = 3
"""So long its answer is waited for with an offer."""

ORDER = (tickets.c.head.desc(), tickets.c.place, tickets.c.id)
"""The line over all queues, as :func:`callqueue.routing.order`."""

CALLERS = and_(tickets.c.state.in_(states.IN_LINE), tickets.c.leaving.is_(False))
"""Tickets whose caller waits on the line."""

_ASKED = (
    tickets.c.id,
    tickets.c.queue,
    tickets.c.head,
    tickets.c.place,
    tickets.c.queued_at,
    tickets.c.familiar,
    tickets.c.state,
    tickets.c.number,
    tickets.c.target,
)


def line(conn: Connection, columns: Collection[ColumnElement[Any]], *only: ColumnElement[bool]) -> list[RowMapping]:
    """Tickets to be served, in order: in line (offered ones too), and callbacks that are due. ``columns`` of them
    (``head``, ``place`` and ``id`` among these)."""
    live = select(*columns).where(CALLERS, *only)
    due = (
        select(*columns)
        .join(callbacks, callbacks.c.ticket == tickets.c.id)
        .where(callbacks.c.state == CallbackState.DUE, tickets.c.state == TicketState.CALLBACK, *only)
    )
    rows = [
        *conn.execute(live.order_by(*ORDER).limit(LINE_LIMIT)).mappings(),
        *conn.execute(due.order_by(*ORDER).limit(LINE_LIMIT)).mappings(),
    ]
    return sorted(rows, key=lambda row: (-row["head"], row["place"], row["id"]))


def ahead(conn: Connection, ticket: RowMapping) -> dict[str, int]:
    """How many are served before this ticket, by queue."""
    before = or_(
        tickets.c.head > ticket["head"],
        and_(tickets.c.head == ticket["head"], tickets.c.place < ticket["place"]),
        and_(tickets.c.head == ticket["head"], tickets.c.place == ticket["place"], tickets.c.id < ticket["id"]),
    )
    live = select(tickets.c.queue, func.count()).where(CALLERS, before).group_by(tickets.c.queue)
    due = (
        select(tickets.c.queue, func.count())
        .join(callbacks, callbacks.c.ticket == tickets.c.id)
        .where(callbacks.c.state == CallbackState.DUE, tickets.c.state == TicketState.CALLBACK, before)
        .group_by(tickets.c.queue)
    )
    counted: dict[str, int] = {}
    for statement in (live, due):
        for queue, count in conn.execute(statement):
            counted[queue] = counted.get(queue, 0) + count
    return counted


def ready(conn: Connection, now: datetime, rules: Rules) -> list[RowMapping]:
    """Agents on duty: ready, alive, not paused; those in a call included."""
    return list(
        conn.execute(
            select(agents).where(
                agents.c.status == AgentStatus.READY,
                agents.c.paused == "",
                agents.c.alive_at >= now - timedelta(seconds=rules.alive_seconds),
            )
        ).mappings()
    )


def on_duty(conn: Connection, queue: str, now: datetime, rules: Rules) -> int:
    """How many agents on duty may come to take this queue's calls, be it after an overflow."""
    return sum(reaches(row["skills"], queue, rules) for row in ready(conn, now, rules))


def match(records: Records, now: datetime | None) -> int:
    """Offer until nothing fits; each offer is a transaction of its own. Returns how many were made."""
    made = 0
    while True:
        with records.reading() as conn:
            wanted = plan(conn, moment(now), records.rules)
        offered = sum(records.write(now, offer, *pair) for pair in wanted.offers)
        offered += sum(records.write(now, _dial, ticket) for ticket in wanted.dials)
        made += offered
        if not offered:
            # Nothing fits; or others matched the same pairs meanwhile, and what is left they, or the clock, will see.
            return made


@dataclass(frozen=True, slots=True)
class Plan:
    """``offers``: ticket, agent and the ticket's queue, for each offer to make. ``dials``: tickets of callbacks whose
    customer is to be dialled first, since an agent is free for them and stays so while it rings."""

    offers: list[tuple[int, int, str]] = field(default_factory=list)
    dials: list[int] = field(default_factory=list)


def plan(conn: Connection, now: datetime, rules: Rules) -> Plan:
    """Who would get whom now."""
    on = ready(conn, now, rules)
    free = [
        FreeAgent(row["id"], row["skills"], max(row["since"], row["last_call_at"] or row["since"]))
        for row in on
        if row["ticket"] is None
    ]
    if not free:
        return Plan()
    in_line = line(conn, _ASKED, _for(free, rules))
    waiting: list[Mapping[str, Any]] = [{**row} for row in in_line if row["state"] != TicketState.OFFERED]
    # Given to one agent, for a while: to nobody else.
    meant = {row["target"]: (row["id"], row["queue"]) for row in reversed(waiting) if row["target"] is not None}
    direct = [(meant[agent.id][0], agent.id, meant[agent.id][1]) for agent in free if agent.id in meant]
    if direct:
        return Plan(direct)
    waiting = _in_hours([row for row in waiting if row["target"] is None], now, rules)
    if not waiting:
        return Plan()
    ringing = customer_first.ringing(conn)
    if ringing:
        # Whoever picks up is first in line: their agent is kept free for them, and offered to nobody else.
        waiting += [
            {**row, "head": states.CUT_OFF}
            for row in conn.execute(select(*_ASKED).where(tickets.c.id.in_(ringing))).mappings()
        ]
    due = [row["queue"] for row in waiting if row["state"] == TicketState.CALLBACK]
    first = customer_first.queues(conn, due, now, rules)
    declined = _declined(conn, [row["id"] for row in waiting])
    rows = {row["id"]: row for row in waiting}
    found = [
        InLine(
            row["id"],
            row["queue"],
            row["head"],
            row["place"],
            row["queued_at"],
            row["familiar"],
            declined.get(row["id"], {}),
        )
        for row in waiting
    ]
    busy = {row["id"]: row["skills"] for row in on if row["ticket"] is not None}
    made = Plan()
    for ticket, agent in pick(free, found, now, rules, busy):
        row = rows[ticket]
        if ticket in ringing:
            continue
        if row["state"] == TicketState.CALLBACK and row["queue"] in first:
            made.dials.append(ticket)
        else:
            made.offers.append((ticket, agent, row["queue"]))
    return made


def _dial(tx: Tx, ticket: int) -> bool:
    """Have the customer of a callback dialled, whose agent is free. False: it is under way already."""
    row = states.lock(tx, ticket)
    if row is None or row["state"] != TicketState.CALLBACK or row["callback"] is None:
        return False
    if chores.wanted(tx, Chore.DIAL, row["callback"]):
        return False
    chores.add(tx, Chore.DIAL, row["callback"])
    return True


def _for(free: list[FreeAgent], rules: Rules) -> ColumnElement[bool]:
    """Only queues that these agents may get calls of: so that a long line of others does not hide theirs."""
    closed = [name for name in rules.queues if not any(reaches(agent.skills, name, rules) for agent in free)]
    return or_(tickets.c.target.is_not(None), tickets.c.queue.not_in(closed))


def _in_hours(waiting: Sequence[Mapping[str, Any]], now: datetime, rules: Rules) -> list[Mapping[str, Any]]:
    """Without callbacks that may not be dialled now. Many numbers are in few zones: each is looked at once."""
    known: dict[Any, bool] = {}

    def may(row: Mapping[str, Any]) -> bool:
        if row["state"] != TicketState.CALLBACK:
            return True
        where = (zones(row["number"]), row["queue"])
        if where not in known:
            known[where] = open_in(*where, now, rules)
        return known[where]

    return [row for row in waiting if may(row)]


def _declined(conn: Connection, wanted: list[int]) -> Mapping[int, Mapping[int, datetime]]:
    """Of each ticket, who declined it and when last."""
    found: dict[int, dict[int, datetime]] = {}
    query = select(offers.c.ticket, offers.c.agent, offers.c.ended_at).where(
        offers.c.ticket.in_(wanted), offers.c.state == OfferState.DECLINED
    )
    for row in conn.execute(query):
        latest = found.setdefault(row.ticket, {})
        latest[row.agent] = max(row.ended_at, latest.get(row.agent, row.ended_at))
    return found


def _unchecked(tx: Tx, row: RowMapping) -> bool:
    """Whether it is so long since the carrier was asked if this caller still lives (we were down, or busy) that nobody
    is offered them before it has answered; and have it asked. A shorter while since, it is asked beside the offer,
    which is withdrawn from a caller who is gone. A carrier that does not answer holds nobody up for long."""
    since: float = (tx.now - row["checked_at"]).total_seconds()
    if row["leg"] is None or since < ANSWER_SECONDS:
        return row["leg"] is not None and chores.wanted(tx, Chore.RECONCILE, row["id"])
    if since < FRESH_SECONDS:
        return False
    states.change(tx, row["id"], checked_at=tx.now)
    chores.add(tx, Chore.RECONCILE, row["id"])
    return since > tx.rules.check_seconds + FRESH_SECONDS


def offer(tx: Tx, ticket: int, agent: int, queue: str) -> bool:
    """Offer a ticket to an agent, if it still waits in ``queue`` and they are still free."""
    row = states.lock(tx, ticket)
    if row is None or row["leaving"] or row["queue"] != queue:
        return False
    if row["state"] == TicketState.CALLBACK:
        due = select(callbacks.c.id).where(callbacks.c.id == row["callback"], callbacks.c.state == CallbackState.DUE)
        if tx.conn.execute(due).first() is None:
            return False
    elif row["state"] != TicketState.WAITING or _unchecked(tx, row):
        return False
    taken = tx.conn.execute(
        update(agents)
        .where(
            agents.c.id == agent,
            agents.c.ticket.is_(None),
            agents.c.status == AgentStatus.READY,
            agents.c.paused == "",
            agents.c.alive_at >= tx.now - timedelta(seconds=tx.rules.alive_seconds),
        )
        .values(ticket=ticket)
    ).rowcount
    if not taken:
        return False
    phone = tx.conn.execute(select(agents.c.phone).where(agents.c.id == agent)).scalar()
    seconds = tx.rules.ring_seconds + (tx.rules.phone_extra_seconds if phone else 0)
    deadline = tx.now + timedelta(seconds=seconds)
    made = tx.conn.execute(
        offers.insert().values(
            ticket=ticket, agent=agent, state=OfferState.OFFERED, made_at=tx.now, deadline=deadline, ended_at=None
        )
    ).inserted_primary_key
    assert made is not None
    before = TicketState(row["state"])
    states.move(tx, ticket, (before,), TicketState.OFFERED, agent=agent, offer=made[0], deadline=deadline)
    if phone:
        chores.add(tx, Chore.RING, made[0])
    tx.tell(agent, "offer", offer=made[0], ticket=ticket, kind=row["kind"], deadline=deadline.isoformat())
    tx.push("desk", "agents")
    return True
