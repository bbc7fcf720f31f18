"""The alarm: a caller went the fallback way, as we could not serve them. An alert, a line in the audit list, a log.

Raised inside webhooks, while the very things it is written to may be away: so it is only put down here, and a thread of
this process writes it as soon as the records can be reached. The log has it at once.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ivr.floor.alerts import raise_alert
from ivr.store import audit
from ivr.store.engine import engine

log = logging.getLogger(__name__)

GATHER_SECONDS = 1.0
"""What happens within this is one line, however many calls it is."""
RETRY_SECONDS = 5.0
MOST = 10_000
"""Uses kept while the records are away; more are only counted in the log."""
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Use:
    """A caller who was sent the fallback way, and the records that are to know it."""

    reason: str
    call: str
    records: Engine


_used: queue.Queue[Use] = queue.Queue(MOST)
_lock = threading.Lock()
_writer: tuple[int, threading.Thread] | None = None


def fallback_used(reason: str, call: str) -> None:
    """A caller is sent to the fallback number or recorder. Never raises and never waits."""
    log.error("call %s goes the fallback way: %s", call or "unknown", reason)
    try:
        _used.put_nowait(Use(reason, call, engine()))
    except queue.Full:
        return
    _start()


def _start() -> None:
    global _writer
    with _lock:
        if _writer is None or _writer[0] != os.getpid() or not _writer[1].is_alive():
            thread = threading.Thread(target=_run, name="fallback-alarm", daemon=True)
            _writer = (os.getpid(), thread)
            thread.start()


def _run() -> None:
    waiting: list[Use] = []
    while True:
        with suppress(queue.Empty):
            waiting.append(_used.get(timeout=RETRY_SECONDS if waiting else None))
            time.sleep(GATHER_SECONDS)
        with suppress(queue.Empty):
            while len(waiting) < MOST:
                waiting.append(_used.get_nowait())
        for records in {use.records for use in waiting}:
            mine = [use for use in waiting if use.records is records]
            if _written(records, mine):
                waiting = [use for use in waiting if use.records is not records]


def _written(records: Engine, uses: list[Use]) -> bool:
    by_reason: dict[str, list[str]] = {}
    for use in uses:
        by_reason.setdefault(use.reason, []).append(use.call)
    try:
        with records.begin() as conn:
            for reason, calls in by_reason.items():
                told = {"reason": reason, "count": len(calls), "calls": calls[:SHOWN]}
                audit.record(conn, None, "fallback.used", "calls", {}, told, via="program")
        if records is engine():
            raise_alert("fallback", "; ".join(by_reason), data={"calls": len(uses)})
    except (SQLAlchemyError, OSError) as error:
        log.warning("the fallback alarm cannot be written yet: %s", type(error).__name__)
        return False
    return True
