"""The call queue of this process, built from the settings; and what a worker binds its jobs to."""

from __future__ import annotations

import importlib
import logging
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from pathlib import Path

import callqueue as callqueue_package
from callqueue.callback_rules import SPACING, CallbackRules
from callqueue.model import AttemptOutcome
from callqueue.ports import Telephone
from callqueue.service import CallQueue, Rules
from flows.engine.hours import home_zone, is_open
from flows.language.flow import Flow
from flows.language.loader import parse_flow
from flows.library import PATH
from ivr.actions import CATALOGUE
from ivr.jobs import wake
from ivr.live.push import RedisPush
from ivr.queues import Queues, load_queues, with_hours, with_queues
from ivr.redis_client import client
from ivr.settings import Settings, settings, spacing
from ivr.store.engine import engine

TELEPHONE = "ivr.carriers.twilio.telephone:TwilioTelephone"
"""Named, not imported: pages and calls use the queue and must not load the carrier's SDK."""

log = logging.getLogger(__name__)


class FlowHours:
    """The queues' hours as the served flow has them; read again when its file changes. A file that cannot be read
    leaves the hours as they were, and every queue open when there never were any. Where the queues' file has hours of
    its own, those are in their place."""

    def __init__(self, path: Path, queues: Queues) -> None:
        self._path = path
        self._queues = queues
        self._seen: tuple[int, int] | None = None
        self._flow: Flow | None = None

    def opens(self, queue: str, at: datetime) -> bool:
        """Whether the queue works at that moment."""
        self._look()
        return self._flow is None or is_open(self._flow, queue, at)

    def zone(self) -> tzinfo:
        """The shop's own zone: that of the flow's first hours; UTC when it has none."""
        self._look()
        return (home_zone(self._flow) if self._flow is not None else None) or UTC

    def _look(self) -> None:
        try:
            stat = self._path.stat()
            seen = (stat.st_mtime_ns, stat.st_size)
            if seen == self._seen:
                return
            self._seen = seen
            self._flow = with_hours(parse_flow(self._path.read_text("utf-8"), self._path.name, CATALOGUE), self._queues)
        except Exception:
            # Whatever is wrong with the file: promises are kept by the hours known before.
            log.exception("the working hours in %s cannot be read", self._path.name)


def callback_rules(configured: Settings) -> CallbackRules:
    """The numbers of promises as the settings have them."""
    minutes = spacing(configured.callback_spacing)
    return CallbackRules(
        per_slot=configured.callbacks_per_slot,
        slot_minutes=configured.callback_slot_minutes,
        first=configured.callback_first,
        spacing={**SPACING, **{AttemptOutcome(name): timedelta(minutes=after) for name, after in minutes.items()}},
        abandoned=configured.callback_abandoned,
        abandoned_seconds=configured.callback_abandoned_seconds,
        missed=configured.callback_missed,
    )


def rules(configured: Settings) -> Rules:
    """The queue's numbers as the settings and the queues' file have them. Raises :class:`ivr.queues.QueuesError`."""
    queues = load_queues(configured.queues)
    numbers = Rules(
        ring_seconds=configured.ring_seconds,
        wrap_up_seconds=configured.wrap_up_seconds,
        task_hours=configured.task_hours,
        record=configured.record_calls,
        callbacks=callback_rules(configured),
        max_attempts=configured.callback_attempts,
        dial_every=timedelta(seconds=1 / configured.callbacks_per_second),
        day_starts=int(configured.callback_day.partition("-")[0]),
        day_ends=int(configured.callback_day.partition("-")[2]),
        prefixes=tuple(part.strip() for part in configured.callback_prefixes.split(",") if part.strip()),
        ignore_hours=configured.working_hours == "open",
        # Closed by force is closed to callers now; promises are dialled by the flow's hours all the same.
        opens=None if configured.working_hours == "open" else FlowHours(configured.flow or PATH, queues).opens,
    )
    return with_queues(numbers, queues)


@lru_cache
def callqueue() -> CallQueue:
    """The process-wide queue."""
    return CallQueue(engine(), wake, RedisPush(client()), rules(settings()))


def bind_worker() -> None:
    """Give this process's jobs their queue and telephone. ``hotline worker`` and ``hotline clock`` call it at start."""
    module, _, name = TELEPHONE.partition(":")
    telephone: Telephone = getattr(importlib.import_module(module), name)()
    callqueue_package.bind(queue=callqueue(), telephone=telephone)
