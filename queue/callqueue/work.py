"""A transaction and what follows it: pushes and wake-ups, done after the commit and never inside."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from callqueue.ports import Push, Wake
from callqueue.rules import Rules

log = logging.getLogger(__name__)
T = TypeVar("T")

TRIES = 6
"""A transaction that lost a race (unique row, deadlock) looks again this often; the second look finds the winner."""

HANDOFFS, ERRANDS, DIALING = "handoffs", "errands", "dialing"
"""Workers' queues: what a caller or an agent waits for; whatever else is asked of the carrier; callbacks. So no request
of the second kind that the carrier does not answer keeps a caller from their agent."""


def moment(now: datetime | None) -> datetime:
    """``now`` or the clock."""
    return now if now is not None else datetime.now(UTC)


@dataclass(slots=True)
class Tx:
    """One write transaction: its connection, its moment, and the effects to run once it is committed."""

    conn: Connection
    now: datetime
    rules: Rules
    wakes: list[tuple[str, str, tuple[Any, ...]]] = field(default_factory=list)
    pushes: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def wake(self, queue: str, job: str, *args: Any) -> None:
        """After the commit: wake a worker. Repeats within the transaction are one."""
        wanted = (queue, f"callqueue.jobs:{job}", args)
        if wanted not in self.wakes:
            self.wakes.append(wanted)

    def push(self, audience: str, event: str, **data: Any) -> None:
        """After the commit: tell open pages. Repeats within the transaction are one."""
        wanted = (audience, event, data)
        if wanted not in self.pushes:
            self.pushes.append(wanted)

    def tell(self, agent: int | None, event: str, **data: Any) -> None:
        """After the commit: tell an agent's page."""
        if agent is not None:
            self.push(f"agent:{agent}", event, **data)

    def match(self) -> None:
        """After the commit: somebody or something became free to be matched."""
        self.wake(HANDOFFS, "match")


class Records:
    """The engine with the effects' ports: every change goes through :meth:`write`."""

    def __init__(self, engine: Engine, wake: Wake, push: Push, rules: Rules) -> None:
        self.engine, self.rules = engine, rules
        self._wake, self._push = wake, push

    def write(self, now: datetime | None, work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run ``work(tx, …)`` in a transaction, commit, then its effects. A lost race runs it again from the start.

        Raises SQLAlchemyError when the records cannot be reached; then nothing happened.
        """
        for attempt in range(1, TRIES + 1):
            try:
                with self.engine.begin() as conn:
                    # The clock is read with the lock held (SQLite), so that what follows in the records is later.
                    tx = Tx(conn, moment(now), self.rules)
                    result = work(tx, *args, **kwargs)
            except DBAPIError as error:
                if attempt == TRIES or not _lost_race(error):
                    raise
                time.sleep(random.uniform(0.001, 0.01) * attempt)
            else:
                self._after(tx)
                return result
        raise AssertionError("unreachable")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that only reads; on SQLite it takes no write lock (``readonly``, see ``make_engine``)."""
        with self.engine.connect().execution_options(readonly=True) as conn:
            yield conn

    def _after(self, tx: Tx) -> None:
        for audience, event, data in tx.pushes:
            try:
                self._push.send(audience, event, data)
            except Exception:
                # Whatever the push channel threw: pages ask again when they come back.
                log.warning("push %s lost", event, exc_info=True)
        for queue, job, args in tx.wakes:
            try:
                self._wake(queue, job, *args)
            except Exception:
                # Whatever the job queue threw: the clock finds what is due.
                log.warning("wake-up %s lost", job, exc_info=True)


def _lost_race(error: DBAPIError) -> bool:
    """Whether another transaction was first: a unique row, a serialisation failure or a deadlock."""
    return isinstance(error, IntegrityError) or getattr(error.orig, "sqlstate", None) in ("40001", "40P01")
