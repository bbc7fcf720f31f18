"""Raising alerts: the clock looks for trouble, anybody may raise one; pages and the webhook are told."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, select

from callqueue import store as queue
from callqueue.model import OPEN_CALLBACK
from callqueue.service import CallQueue
from callqueue.states import IN_LINE
from ivr.floor import figures, records
from ivr.floor.judging import Threshold, verdict
from ivr.jobs import wake
from ivr.live.push import RedisPush
from ivr.redis_client import client
from ivr.settings import Settings
from ivr.settings import settings as process_settings
from ivr.store import alerts as rows
from ivr.store.alerts import Kind
from ivr.store.engine import engine, reading

log = logging.getLogger(__name__)

DELIVER = "ivr.floor.webhook:deliver"
QUEUE = "house"
EVERY = timedelta(seconds=5)
"""How often the clock looks for trouble."""
QUIET = timedelta(minutes=10)
"""An alert that somebody raised, and not the clock, closes when it was not raised again for this long."""
RAISED: tuple[Kind, ...] = ("fallback",)
"""Kinds that are raised by whoever meets the trouble; nobody can look whether they are over."""


def raise_alert(kind: Kind, text: str = "", subject: str = "", *, data: Mapping[str, Any] | None = None) -> bool:
    """Open an alert, or say that an open one is still so. True when it is new. Raises ``SQLAlchemyError``.

    ``text``: a sentence for people, without personal data. It has a transaction of its own.
    """
    now = datetime.now(UTC)
    with engine().begin() as conn:
        opened = rows.open_alert(conn, kind, subject, {"text": text, **(data or {})}, now, _tells())
    if opened is not None:
        log.warning("alert opened: %s %s", kind, subject)
        _spread()
    return opened is not None


def settle(kind: Kind, subject: str = "") -> bool:
    """It is over: close the open alert, if there is one."""
    with engine().begin() as conn:
        closed = rows.close_alert(conn, kind, subject, datetime.now(UTC), _tells())
    if closed is not None:
        log.info("alert closed: %s %s", kind, subject)
        _spread()
    return closed is not None


class Watch:
    """The clock's look for trouble: a few indexed queries every five seconds."""

    def __init__(self, calls: CallQueue, settings: Settings, source: Engine) -> None:
        self._queue, self._settings, self._engine = calls, settings, source
        self._next = datetime.min.replace(tzinfo=UTC)

    def look(self, now: datetime | None = None) -> None:
        """Nothing when the last look was a moment ago; wakes the worker for what the webhook was not told yet."""
        at = now or datetime.now(UTC)
        if at < self._next:
            return
        self._next = at + EVERY
        self._service_level(at)
        self._full_queues()
        self._promises(at)
        with reading(self._engine) as conn:
            quiet = [(kind, subject) for kind in RAISED for subject in rows.quiet_since(conn, kind, at - QUIET)]
            due = rows.due_deliveries(conn, at)
        for kind, subject in quiet:
            settle(kind, subject)
        for delivery in due:
            wake(QUEUE, DELIVER, delivery)

    def _service_level(self, now: datetime) -> None:
        since = now - timedelta(minutes=self._settings.alert_window_minutes)
        with reading(self._engine) as conn:
            came = records.came(conn, since, now)
            is_open = "" in rows.open_subjects(conn, "service_level")
        level = figures.service_level(came, self._settings.service_level_seconds, now)
        told = {
            "percent": round(level.share * 100) if level.share is not None else None,
            "part": level.part,
            "whole": level.whole,
            "minutes": self._settings.alert_window_minutes,
            "seconds": self._settings.service_level_seconds,
        }
        match verdict(level, is_open, Threshold.of(self._settings)):
            case "open":
                raise_alert("service_level", data=told)
            case "close":
                settle("service_level")
            case _ if is_open:
                raise_alert("service_level", data=told)

    def _full_queues(self) -> None:
        row = queue.tickets.c
        with reading(self._engine) as conn:
            counted = select(row.queue, func.count()).where(row.state.in_(IN_LINE)).group_by(row.queue)
            waiting: dict[str, int] = dict(conn.execute(counted).all())
            known = rows.open_subjects(conn, "queue_full")
        for name in sorted({*waiting, *known}):
            most = most_waiting(self._queue, name)
            if waiting.get(name, 0) >= most:
                raise_alert("queue_full", subject=name, data={"waiting": waiting[name], "most": most})
            elif name in known:
                settle("queue_full", name)

    def _promises(self, now: datetime) -> None:
        row = queue.callbacks.c
        grace = now - timedelta(seconds=figures.GRACE)
        late = select(func.count()).where(row.state.in_(OPEN_CALLBACK), row.due_at < grace, row.promised_for < grace)
        with reading(self._engine) as conn:
            count = conn.execute(late).scalar_one()
        if count:
            raise_alert("promise_overdue", data={"count": count, "minutes": figures.GRACE // 60})
        else:
            settle("promise_overdue")


def most_waiting(calls: CallQueue, queue: str) -> int:
    """How many callers the queue takes."""
    rules = calls.records.rules
    asked = rules.queues.get(queue)
    return asked.max_waiting if asked is not None and asked.max_waiting is not None else rules.queue_max


def _tells() -> bool:
    return bool(process_settings().alert_webhook)


def _spread() -> None:
    RedisPush(client()).send("floor", "alerts", {})
