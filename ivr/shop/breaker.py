"""A breaker for each action: a shop that is down is left alone for a while, and its callers are answered at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from ivr.shop.port import ShopFailed

FAILURES = 5
"""So many in a row open the breaker."""
REST_SECONDS = 10.0
SLOW_SECONDS = 3.0
"""An answer that took longer counts as a failure: the caller has been waiting too long."""

Value = TypeVar("Value")


@dataclass
class _Line:
    failures: int = 0
    opened_at: float | None = None
    trying: bool = False


class Breakers:
    """Closed, open for 10 s after five failures in a row, then half open: one call tries, the others are refused.

    Of this process only: what one has learnt costs the next five calls. Thread-safe.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lines: dict[str, _Line] = {}
        self._lock = threading.Lock()

    def call(self, name: str, act: Callable[[], Value]) -> Value:
        """Run ``act``. Raises :class:`ShopFailed` without running it while the breaker is open, and what it raises."""
        began = self._clock()
        self._enter(name, began)
        worked = False
        try:
            value = act()
            worked = self._clock() - began <= SLOW_SECONDS
            return value
        except ShopFailed as failure:
            # One bad row says nothing about the shop: garbage answers quickly and hurts nobody else.
            worked = not failure.again and self._clock() - began <= SLOW_SECONDS
            raise
        finally:
            self._leave(name, worked)

    def state(self, name: str) -> Literal["closed", "open", "half_open"]:
        """How this action's breaker stands."""
        with self._lock:
            line = self._lines.get(name, _Line())
            if line.opened_at is None:
                return "closed"
            return "open" if self._clock() - line.opened_at < REST_SECONDS else "half_open"

    def _enter(self, name: str, now: float) -> None:
        with self._lock:
            line = self._lines.setdefault(name, _Line())
            if line.opened_at is None:
                return
            left = line.opened_at + REST_SECONDS - now
            if left > 0 or line.trying:
                raise ShopFailed(
                    f"{name}: the shop rests after {FAILURES} failures in a row; try in {max(1, left):.0f} s"
                )
            line.trying = True

    def _leave(self, name: str, worked: bool) -> None:
        with self._lock:
            line = self._lines[name]
            if worked:
                line.failures, line.opened_at, line.trying = 0, None, False
                return
            line.failures += 1
            if line.trying or line.failures >= FAILURES:
                line.opened_at, line.trying = self._clock(), False
