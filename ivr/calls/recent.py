"""Calls whose last turn this process committed: what it then wrote need not be read again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from ivr.calls.model import Awaits, Facts, Wait

MOST = 4096
"""Calls remembered, some 3 kB each; those longest without a turn go first."""


@dataclass(frozen=True, slots=True)
class Written:
    """What the call's hash held after the turn that made it await ``n``."""

    n: int
    session: str
    wait: Wait
    facts: Facts
    revision: str


class Recent:
    """A guess, never the truth: another process may have moved the call since. Whoever goes on from here must commit
    with the compare-and-set on ``n``, which a call that was moved or ended refuses. Only calls that wait for their
    caller are kept: a wait for an answer or an agent is ended by what somebody else writes. Thread-safe."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._calls: OrderedDict[str, Written] = OrderedDict()

    def put(self, call: str, written: Written) -> None:
        """Remember it if its caller is listened to; forget what was known of the call otherwise."""
        with self._lock:
            self._calls.pop(call, None)
            if written.wait.kind is Awaits.LISTEN:
                self._calls[call] = written
                if len(self._calls) > self._most:
                    self._calls.popitem(last=False)

    def take(self, call: str, n: int) -> Written | None:
        """What was written for turn ``n``, once; None when that is not the last thing this process wrote."""
        with self._lock:
            known = self._calls.get(call)
            return self._calls.pop(call) if known is not None and known.n == n else None

    def forget(self, call: str) -> None:
        """The call is elsewhere by now."""
        with self._lock:
            self._calls.pop(call, None)
