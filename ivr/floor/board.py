"""The floor as it is now: one reading of the records for every page that is open, however many there are."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Generic, Literal, TypeVar

from sqlalchemy import Connection, and_, func, or_, select

from callqueue import store as queue
from callqueue.matching import ORDER
from callqueue.model import OPEN_CALLBACK, AgentStatus, CallbackState, OfferState, Promise, TicketState
from callqueue.promised import promises as promised
from callqueue.service import CallQueue
from callqueue.states import IN_LINE
from callqueue.task_model import TaskCounts
from ivr.floor import figures, periods, records
from ivr.floor.alerts import most_waiting
from ivr.floor.figures import Data, Figures
from ivr.settings import Settings
from ivr.store import alerts
from ivr.store.alerts import Alert
from ivr.store.engine import reading
from ivr.store.people import people

T = TypeVar("T")

SHOWN = 60
"""Callers and conversations that a page lists; the counts are of all."""
PROMISES_SHOWN = 40
RECENT = timedelta(hours=12)
EARLIER_SECONDS = 60
"""How long the figures of the same day last week are kept: they hardly move."""

State = Literal["off", "break", "free", "paused", "offered", "connecting", "connected", "wrap_up"]
STATES: tuple[State, ...] = ("connected", "connecting", "offered", "wrap_up", "free", "paused", "break", "off")


@dataclass(frozen=True, slots=True)
class QueueNow:
    """A queue: how many wait, since when the first does, and how many it takes."""

    name: str
    waiting: int
    since: datetime | None
    most: int


@dataclass(frozen=True, slots=True)
class InLine:
    """Somebody in line; ``agent``: the name of who is being offered them. ``callback``: we phone them when it is their
    turn."""

    ticket: int
    queue: str
    language: str
    number: str | None
    since: datetime
    priority: int
    reason: str
    agent: str
    callback: bool


@dataclass(frozen=True, slots=True)
class AgentNow:
    """An agent and since when they are in their state. ``forgotten``: on a break for longer than the setting allows."""

    id: int
    name: str
    state: State
    reason: str
    since: datetime
    alive: bool
    ticket: int | None
    forgotten: bool


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation, or one that is being connected."""

    ticket: int
    queue: str
    language: str
    number: str | None
    state: Literal["connecting", "connected"]
    since: datetime
    agent: int | None
    name: str
    held: bool
    callback: bool


@dataclass(frozen=True, slots=True)
class Board:
    """All of it at a moment. ``today`` and ``last_week`` are the same hours of both days."""

    at: datetime
    today: Figures
    last_week: Figures
    parts: tuple[tuple[datetime, Figures, Figures], ...]
    by_queue: dict[str, Figures]
    queues: tuple[QueueNow, ...]
    line: tuple[InLine, ...]
    waiting: int
    agents: tuple[AgentNow, ...]
    counts: dict[State, int]
    talks: tuple[Talk, ...]
    talking: int
    promises: tuple[Promise, ...]
    promises_open: int
    promises_overdue: int
    tasks: TaskCounts
    alerts: tuple[Alert, ...]
    seen_by: dict[int, str]


class Fresh(Generic[T]):
    """A value that many ask for and one makes: who asks while it is being made waits for it."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._kept: tuple[float, T] | None = None

    def get(self, since: float) -> T:
        """One whose making began at ``since`` (seconds, as ``time.time``) or later."""
        kept = self._kept
        if kept is not None and kept[0] >= since:
            return kept[1]
        with self._lock:
            kept = self._kept
            if kept is not None and kept[0] >= since:
                return kept[1]
            begun = time.time()
            value = self._make()
            self._kept = (begun, value)
            return value


class Floor:
    """Makes boards. One for a process."""

    def __init__(self, calls: CallQueue, settings: Settings, zone: Callable[[], tzinfo]) -> None:
        self._queue, self._settings, self._zone = calls, settings, zone
        self._boards = Fresh(self.read)
        self._earlier: tuple[float, datetime, Data] | None = None

    def board(self, since: float | None = None) -> Board:
        """Read at ``since`` or later; by default two seconds ago at most. Raises ``SQLAlchemyError``."""
        now = time.time()
        # A clock ahead of ours must not make us read for every page.
        return self._boards.get(min(since, now) if since is not None else now - 2.0)

    def read(self, now: datetime | None = None) -> Board:
        """From the records, now."""
        at = now or datetime.now(UTC)
        shown, earlier, until = periods.so_far(at, self._zone())
        seconds = self._settings.service_level_seconds
        with reading(self._queue.records.engine) as conn:
            today = records.data(conn, shown.start, shown.end)
            last_week = self._last_week(conn, earlier)
            queues, waiting = _queues(conn, self._queue)
            agents = self._agents(conn, at)
            talks, talking = _talks(conn)
            open_ones = _promises(conn, at)
            found_alerts = alerts.recent(conn, at - RECENT)
            line = _line(conn)
            seen_by = _names(conn, {person for alert in found_alerts for person in alert.seen})
        parts = zip(
            shown.edges,
            figures.intervals(today, shown.edges),
            figures.intervals(last_week, [edge - periods.WEEK for edge in shown.edges]),
            strict=False,
        )
        return Board(
            at=at,
            today=figures.figures(today, at, seconds),
            last_week=figures.figures(last_week.within(earlier.start, until), until, seconds),
            parts=tuple(
                (edge, figures.figures(new, at, seconds), figures.figures(old, at, seconds)) for edge, new, old in parts
            ),
            by_queue={
                name: figures.figures(part, at, seconds)
                for name, part in figures.by_queue(today, (one.name for one in queues)).items()
            },
            queues=queues,
            line=line,
            waiting=waiting,
            agents=agents,
            counts={state: sum(one.state == state for one in agents) for state in STATES},
            talks=talks,
            talking=talking,
            promises=tuple(open_ones[:PROMISES_SHOWN]),
            promises_open=len(open_ones),
            promises_overdue=figures.overdue(open_ones, at),
            tasks=self._queue.task_counts(now=at),
            alerts=tuple(found_alerts),
            seen_by=seen_by,
        )

    def _last_week(self, conn: Connection, earlier: periods.Period) -> Data:
        kept = self._earlier
        if kept is not None and kept[1] == earlier.start and time.monotonic() - kept[0] < EARLIER_SECONDS:
            return kept[2]
        found = records.data(conn, earlier.start, earlier.end)
        self._earlier = (time.monotonic(), earlier.start, found)
        return found

    def _agents(self, conn: Connection, now: datetime) -> tuple[AgentNow, ...]:
        agent, ticket = queue.agents.c, queue.tickets.c
        rows = conn.execute(
            select(queue.agents, ticket.state.label("ticket_state"), ticket.state_at)
            .outerjoin(queue.tickets, ticket.id == agent.ticket)
            .order_by(agent.name, agent.id)
        ).mappings()
        alive_since = now - timedelta(seconds=self._queue.records.rules.alive_seconds)
        long_ago = now - timedelta(minutes=self._settings.break_minutes)
        missed = _missed(conn, now)
        found = []
        for row in rows:
            state, since = _state(row, missed)
            forgotten = state == "break" and since < long_ago
            alive = row["alive_at"] >= alive_since
            found.append(AgentNow(row["id"], row["name"], state, row["reason"], since, alive, row["ticket"], forgotten))
        return tuple(sorted(found, key=lambda one: (STATES.index(one.state), one.since)))


def _state(row: Any, missed: dict[int, datetime]) -> tuple[State, datetime]:
    """What the agent does, and since when."""
    held = row["ticket_state"]
    if held in (TicketState.OFFERED, TicketState.CONNECTING, TicketState.CONNECTED, TicketState.WRAP_UP):
        return held, row["state_at"]
    since: datetime = row["since"]
    if row["status"] == AgentStatus.OFF:
        return "off", since
    # A status that was chosen during a call counts from the call's end.
    since = max(since, row["last_call_at"] or since)
    if row["status"] == AgentStatus.BREAK:
        return "break", since
    return ("paused", max(since, missed.get(row["id"], since))) if row["paused"] else ("free", since)


def _missed(conn: Connection, now: datetime) -> dict[int, datetime]:
    """When the agents who are paused missed a call last."""
    offer = queue.offers.c
    paused = select(queue.agents.c.id).where(queue.agents.c.paused != "")
    rows = conn.execute(
        select(offer.agent, func.max(offer.ended_at))
        .where(offer.made_at >= now - RECENT, offer.state == OfferState.MISSED, offer.agent.in_(paused))
        .group_by(offer.agent)
    )
    return {agent: at for agent, at in rows if at is not None}


def _queues(conn: Connection, calls: CallQueue) -> tuple[tuple[QueueNow, ...], int]:
    row = queue.tickets.c
    found = conn.execute(
        select(row.queue, func.count(), func.min(row.since)).where(row.state.in_(IN_LINE)).group_by(row.queue)
    ).all()
    queues = tuple(
        QueueNow(name, count, since, most_waiting(calls, name)) for name, count, since in sorted(found, key=_name)
    )
    return queues, sum(one.waiting for one in queues)


def _names(conn: Connection, ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    found = conn.execute(select(people.c.id, people.c.name).where(people.c.id.in_(ids)))
    return {row.id: row.name for row in found}


def _name(row: Any) -> str:
    return str(row[0])


def _line(conn: Connection) -> tuple[InLine, ...]:
    """The first in line, in the order they will be served; due callbacks among them."""
    row, callback = queue.tickets.c, queue.callbacks.c
    due = and_(row.state == TicketState.CALLBACK, callback.state == CallbackState.DUE)
    found = conn.execute(
        select(
            row.id,
            row.queue,
            row.language,
            row.number,
            row.since,
            row.priority,
            row.reason,
            queue.agents.c.name,
            row.kind,
        )
        .outerjoin(queue.callbacks, callback.id == row.callback)
        .outerjoin(queue.agents, queue.agents.c.id == row.agent)
        .where(row.state.in_((*IN_LINE, TicketState.CALLBACK)), or_(row.state.in_(IN_LINE), due))
        .order_by(*ORDER)
        .limit(SHOWN)
    )
    return tuple(
        InLine(id, name, language, number, since, priority, reason, agent or "", kind == "callback")
        for id, name, language, number, since, priority, reason, agent, kind in found
    )


def _talks(conn: Connection) -> tuple[tuple[Talk, ...], int]:
    row = queue.tickets.c
    mine = row.state.in_((TicketState.CONNECTING, TicketState.CONNECTED))
    count = conn.execute(select(func.count()).where(mine)).scalar_one()
    found = conn.execute(
        select(
            row.id,
            row.queue,
            row.language,
            row.number,
            row.state,
            row.state_at,
            row.agent,
            queue.agents.c.name,
            row.kind,
        )
        .outerjoin(queue.agents, queue.agents.c.id == row.agent)
        .where(mine)
        .order_by(row.state_at, row.id)
        .limit(SHOWN)
    ).all()
    share = queue.segments.c
    held = set(
        conn.execute(
            select(share.ticket).where(
                share.ticket.in_([one.id for one in found]), share.talked_until.is_(None), share.held_since.is_not(None)
            )
        ).scalars()
    )
    talks = tuple(
        Talk(id, name, language, number, state, since, agent, agent_name or "", id in held, kind == "callback")
        for id, name, language, number, state, since, agent, agent_name, kind in found
    )
    return talks, count


def _promises(conn: Connection, now: datetime) -> list[Promise]:
    """Open promises of yesterday and the next days, by their time."""
    return promised(conn, now - timedelta(days=3), now + timedelta(days=15), OPEN_CALLBACK)
