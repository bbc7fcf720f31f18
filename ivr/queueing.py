"""The call queue of this process, built from the settings; and what a worker binds its jobs to."""

from __future__ import annotations

import importlib
from functools import lru_cache

import callqueue as callqueue_package
from callqueue.ports import Telephone
from callqueue.service import CallQueue, Rules
from ivr.jobs import wake
from ivr.live.push import RedisPush
from ivr.redis_client import client
from ivr.settings import Settings, settings
from ivr.store.engine import engine

TELEPHONE = "ivr.carriers.twilio.telephone:TwilioTelephone"
"""Named, not imported: pages and calls use the queue and must not load the carrier's SDK."""


def rules(configured: Settings) -> Rules:
    """The queue's numbers as the settings have them."""
    return Rules(
        ring_seconds=configured.ring_seconds,
        wrap_up_seconds=configured.wrap_up_seconds,
        prefixes=tuple(part.strip() for part in configured.callback_prefixes.split(",") if part.strip()),
        ignore_hours=configured.working_hours == "open",
    )


@lru_cache
def callqueue() -> CallQueue:
    """The process-wide queue."""
    return CallQueue(engine(), wake, RedisPush(client()), rules(settings()))


def bind_worker() -> None:
    """Give this process's jobs their queue and telephone. ``hotline worker`` and ``hotline clock`` call it at start."""
    module, _, name = TELEPHONE.partition(":")
    telephone: Telephone = getattr(importlib.import_module(module), name)()
    callqueue_package.bind(queue=callqueue(), telephone=telephone)
