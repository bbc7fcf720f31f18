"""``hotline clock``: twice a second, finds what is due and unclaimed."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType

import click
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from ivr import logs, ready
from ivr.settings import settings

PERIOD = 0.5
"""Seconds from one look to the next."""
REMIND = 30.0
"""A trouble that goes on is logged this often, not twice a second."""

log = logging.getLogger(__name__)


@click.command()
def command() -> None:
    """Find what is due: callbacks, offers, effects, the journal, alerts. Any number may run; one is active."""
    from callqueue.clock import Lease
    from ivr.calls import door, outbox, promised
    from ivr.floor.alerts import Watch
    from ivr.house.rounds import Rounds
    from ivr.queueing import bind_worker, callqueue
    from ivr.store.engine import engine

    logs.set_up(settings().log_level)
    bind_worker()
    stop = threading.Event()
    lease = Lease(engine(), "clock", f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}")

    watch = Watch(callqueue(), settings(), engine())
    rounds = Rounds()
    copy = promised.Copy()
    active = False

    def queue() -> None:
        nonlocal active
        active = False
        active = lease.take()
        if active:
            callqueue().tick()

    def promises() -> None:
        if active:
            copy.look(callqueue())

    def alerts() -> None:
        if active:
            watch.look()

    def house() -> None:
        if active:
            rounds.look()

    def leave(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    # Sweeping takes no lease: it only wakes workers, and must go on while the records (and so the lease) are away.
    ready.tell()
    looks = {"queue": queue, "outbox": outbox.sweep, "door": door.sweep, "promises": promises, "alerts": alerts}
    run({**looks, "house": house}, stop)
    with contextlib.suppress(SQLAlchemyError):  # it runs out by itself
        lease.release()


def run(looks: Mapping[str, Callable[[], object]], stop: threading.Event, period: float = PERIOD) -> None:
    """Do each look once a ``period`` (seconds) until ``stop``. One that fails is logged and hinders no other."""
    reminded: dict[str, float] = {}
    while not stop.is_set():
        begun = time.monotonic()
        for name, look in looks.items():
            try:
                look()
            except (SQLAlchemyError, RedisError, OSError) as error:
                if begun - reminded.get(name, -REMIND) >= REMIND:
                    reminded[name] = begun
                    log.error("%s: %s; looking again every %.1f s", name, _short(error), period)
            except Exception:
                # A row that raises must not stop the looks at all others.
                if begun - reminded.get(name, -REMIND) >= REMIND:
                    reminded[name] = begun
                    log.exception("%s: a fault of ours; looking again every %.1f s", name, period)
            else:
                if reminded.pop(name, None) is not None:
                    log.info("%s: well again", name)
        stop.wait(max(0.05, period - (time.monotonic() - begun)))


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {str(getattr(error, 'orig', None) or error).splitlines()[0]}"
