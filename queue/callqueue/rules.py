"""Who gets whom, when to dial again, whom we may dial and when: pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers that the queue goes by. Seconds, unless the name says otherwise."""

    ring_seconds: int = 15
    wrap_up_seconds: int = 120
    join_seconds: int = 10
    alive_seconds: int = 15
    prefixes: tuple[str, ...] = ("+7", "+380", "+44")
    """Beginnings of numbers that callbacks may dial."""
    ignore_hours: bool = False
    """True: dial at any hour (``HOURS=open``)."""
    day_starts: int = 9
    day_ends: int = 21
    """Hours of the called person's day, local time, in which we dial."""
    opens: Callable[[str, datetime], bool] | None = None
    """Whether a queue works at a moment; None: always."""
    queue_max: int = 1000
    max_attempts: int = 3
    max_days_ahead: int = 14
    promises_per_day: int = 10
    """Promises one number may get in 24 hours, against toll fraud."""
    dial_every: timedelta = timedelta(seconds=1)
    needs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Skills a queue asks for; an agent without any skill listed serves every queue."""
