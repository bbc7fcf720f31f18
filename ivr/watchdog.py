"""Ends a process that makes no progress: alive to its supervisor, and no use to anybody.

A worker was seen to stand for minutes with hundreds of wake-ups before it. Whatever the cause, a worker that is ended
is started again, and what it had in hand is due again by itself.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable

EXIT = 70
"""The process's exit code then (EX_SOFTWARE)."""


class Watchdog:
    """Call :meth:`progress` at every step. Without one for ``seconds`` the stacks of all threads go to stderr and the
    process ends at once: what hangs cannot be asked to leave."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._last = clock()

    def start(self) -> None:
        """Begin to watch, from a thread of its own."""
        self.progress()
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def progress(self) -> None:
        """Something moved."""
        self._last = self._clock()

    @property
    def idle(self) -> float:
        """Seconds since the last progress."""
        return self._clock() - self._last

    def _watch(self) -> None:
        while (left := self._seconds - self.idle) > 0:
            time.sleep(min(left, 1.0))
        print(f"no progress for {self._seconds:g} s: ending this process", file=sys.stderr, flush=True)
        faulthandler.dump_traceback(sys.stderr)
        os._exit(EXIT)
