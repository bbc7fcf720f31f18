"""The customer on the agent's screen: asked of the shop with a time limit, so that a slow shop holds up no call."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ivr.shop import shop
from ivr.shop.port import ShopFailed

log = logging.getLogger(__name__)

SECONDS = 2.5
"""How long an agent's panel waits for the shop before it says so and offers to try again."""
AT_ONCE = 4
"""Requests to the shop at one time, of the threads of a web process."""

_slots = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Found:
    """``known`` has ``data`` (see ``Shop.context``); ``withheld``: no number to look for; ``away``: try again."""

    kind: Literal["known", "unknown", "withheld", "away"]
    data: Mapping[str, Any] | None = None


@lru_cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="shop-context")


def find(number: str | None) -> Found:
    """The customer with this number, within :data:`SECONDS`. Never raises for a shop's fault."""
    if not number:
        return Found("withheld")
    if not _slots.acquire(blocking=False):
        return Found("away")
    asked = _threads().submit(_ask, number)
    try:
        data = asked.result(timeout=SECONDS)
    except NotInTime:
        log.warning("customer's panel: the shop took over %s s", SECONDS)
        return Found("away")
    except ShopFailed as error:
        log.warning("customer's panel: the shop failed (%s)", "may be tried again" if error.again else "won't help")
        return Found("away")
    return Found("known", data) if data else Found("unknown")


def _ask(number: str) -> Mapping[str, Any] | None:
    # The slot is free when the shop has answered, not when the page stopped waiting.
    try:
        return shop().context(number)
    finally:
        _slots.release()
