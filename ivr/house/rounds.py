"""What the active clock does now and then besides finding what is due."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ivr.calls import board, door
from ivr.house import retention, transcribe
from ivr.jobs import wake

COPY_SECONDS = 10.0
"""How often blocked callers and the switchboard are brought to the door: an emptied Redis has them again after this."""

TRANSCRIBE_SECONDS = 2.0
"""How often it is looked whether a recording waits to be written down."""

LOOK_SECONDS = 60.0
"""How often it is looked whether the daily round is due; a job that died is woken again by then."""


@dataclass
class Rounds:
    """Made once per clock; :meth:`look` is called at every tick and mostly does nothing."""

    _next: dict[str, float] = field(default_factory=dict)

    def look(self) -> None:
        """Raises ``SQLAlchemyError`` and ``RedisError``; then it is done at the next look."""
        if self._due("blocked"):
            door.copy_blocked()
            board.copy_board()
            self._done("blocked", COPY_SECONDS)
        if self._due("transcribe"):
            if transcribe.due():
                wake("transcripts", transcribe.JOB)
            self._done("transcribe", TRANSCRIBE_SECONDS)
        if self._due(retention.MARK):
            if retention.due(datetime.now(UTC)):
                wake("house", retention.JOB)
            self._done(retention.MARK, LOOK_SECONDS)

    def _due(self, name: str) -> bool:
        return time.monotonic() >= self._next.get(name, 0.0)

    def _done(self, name: str, seconds: float) -> None:
        self._next[name] = time.monotonic() + seconds
