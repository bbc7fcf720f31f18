"""What the active clock does now and then besides finding what is due."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ivr.calls import door

COPY_SECONDS = 10.0
"""How often the blocked callers are brought to the door: an emptied Redis blocks again after this at most."""


@dataclass
class Rounds:
    """Made once per clock; :meth:`look` is called at every tick and mostly does nothing."""

    _next: dict[str, float] = field(default_factory=dict)

    def look(self) -> None:
        """Raises ``SQLAlchemyError`` and ``RedisError``; then it is done at the next look."""
        if self._due("blocked"):
            door.copy_blocked()
            self._done("blocked", COPY_SECONDS)

    def _due(self, name: str) -> bool:
        return time.monotonic() >= self._next.get(name, 0.0)

    def _done(self, name: str, seconds: float) -> None:
        self._next[name] = time.monotonic() + seconds
