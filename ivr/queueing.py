"""The call queue of this process, built from the settings; and what a worker binds its jobs to."""

from __future__ import annotations

import importlib
import logging
import time
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from pathlib import Path

from redis.exceptions import RedisError

import callqueue as callqueue_package
from callqueue.callback_rules import SPACING, CallbackRules
from callqueue.model import AttemptOutcome
from callqueue.ports import Telephone
from callqueue.service import CallQueue, Rules
from flows.engine.hours import home_zone, is_open
from flows.language.flow import Flow
from flows.library import PATH
from ivr.calls.flow import ServedFlows
from ivr.calls.store import CallStore
from ivr.jobs import wake
from ivr.live.push import RedisPush
from ivr.queues import Queues, load_queues, with_queues
from ivr.redis_client import client
from ivr.settings import Settings, settings, spacing
from ivr.store.engine import engine

TELEPHONE = "ivr.carriers.twilio.telephone:TwilioTelephone"
"""Named, not imported: pages and calls use the queue and must not load the carrier's SDK."""

log = logging.getLogger(__name__)


LOOK_SECONDS = 1.0
"""How often it is looked whether another flow is live."""


class FlowHours:
    """The queues' hours as the live flow has them; looked at again once a second. What cannot be read leaves the hours
    as they were, and every queue open when there never were any. Where the queues' file has hours of its own, those
    are in their place."""

    def __init__(self, path: Path, queues: Queues) -> None:
        self._flows = ServedFlows(lambda: path, CallStore(client()), queues, learns=False)
        self._next = 0.0
        self._flow: Flow | None = None

    def opens(self, queue: str, at: datetime) -> bool:
        """Whether the queue works at that moment."""
        self._look()
        return self._flow is None or is_open(self._flow, queue, at)

    def zone(self) -> tzinfo:
        """The shop's own zone: that of the flow's first hours; UTC when it has none."""
        self._look()
        return (home_zone(self._flow) if self._flow is not None else None) or UTC

    @property
    def flow(self) -> Flow | None:
        """The live flow; None when there never was one."""
        self._look()
        return self._flow

    def _look(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + LOOK_SECONDS
        try:
            try:
                board = self._flows.board()
            except RedisError:
                board = self._flows.last_board
            self._flow = self._flows.live(board)
        except Exception:
            # Whatever is wrong: promises are kept by the hours known before.
            log.exception("the working hours of the flow cannot be read")


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
        pause_seconds=configured.record_pause_seconds,
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
