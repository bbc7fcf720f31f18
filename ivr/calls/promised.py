"""Numbers that may have been promised a call back: whoever is not among them was promised none, and their call begins
without a query of the records.

The records are the truth. This is a copy in Redis, a sorted set of numbers by when each was last known, with too many
rather than too few: the clock adds the new ones at every look and all open ones now and then, and a turn that leaves
work behind adds its own caller, since that work may become a promise. One who is among them is looked up. While no
clock vouches for the copy (:data:`WHOLE` runs out), everybody is.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from callqueue.service import CallQueue
from ivr.calls.store import PROMISED, now_ms
from ivr.redis_client import client

WHOLE = "door:promised:whole"

VOUCHED_SECONDS = 15
"""How long the copy is believed after the clock last brought it up to date."""

ALL_SECONDS = 300.0
"""How often all open promises are copied again: what was kept since is then forgotten."""

OVERLAP = 500
"""New promises are read from so many before the last one seen: a transaction with a smaller number may end later."""

_BATCH = 5000


@dataclass
class Copy:
    """The clock's. Made once; :meth:`look` at every tick."""

    _all_at: float = 0.0
    _last: int = 0

    def look(self, queue: CallQueue) -> None:
        """Bring Redis' copy up to date. Raises ``SQLAlchemyError`` and ``RedisError``."""
        redis, now = client(), time.monotonic()
        whole = now >= self._all_at or not redis.exists(WHOLE)
        begun = now_ms()
        found = queue.promised_numbers(0 if whole else max(0, self._last - OVERLAP))
        numbers = sorted(set(found.values()))
        for at in range(0, len(numbers), _BATCH):
            redis.zadd(PROMISED, dict.fromkeys(numbers[at : at + _BATCH], begun), gt=True)
        if whole:
            # Those that turns have added since the last time stay: their work may not be in the records yet.
            redis.zremrangebyscore(PROMISED, "-inf", begun - int(ALL_SECONDS * 1000))
            self._all_at = now + ALL_SECONDS
        redis.set(WHOLE, 1, ex=VOUCHED_SECONDS)
        self._last = max(found, default=self._last)
