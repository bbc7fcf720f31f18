"""The numbers the queue goes by, and what each queue asks for: pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from callqueue.callback_rules import CallbackRules

MOST_PRIORITY = 100
"""A ticket's priority and its queue's together count as no more than this, and as no less than 0: it is what keeps
anybody from waiting for ever (see :meth:`Rules.place`)."""


@dataclass(frozen=True, slots=True)
class Overflow:
    """What happens to a ticket ``after`` so many seconds in its queue; exactly one of the three.

    ``also``: the agents of that queue get it too. ``needs``: these skills suffice from now on (none: anybody's).
    ``move``: it goes over to that queue.
    """

    after: int
    also: str | None = None
    needs: Mapping[str, int] | None = None
    move: str | None = None


@dataclass(frozen=True, slots=True)
class QueueRules:
    """One queue. A queue of which nothing is said is as this is without arguments: any agent's, at any length."""

    names: Mapping[str, str] = field(default_factory=dict)
    """What people call it, by language."""
    needs: Mapping[str, int] = field(default_factory=dict)
    """Skills an agent must have for it, and the least level of each (1 to 10)."""
    priority: int = 0
    """Points added to each of its tickets."""
    max_waiting: int | None = None
    """Callers in line at once; None: ``Rules.queue_max``."""
    prefer: Literal["idle", "level"] = "idle"
    """Of several free agents: who has been idle longest, or who is best at what the queue needs."""
    overflow: tuple[Overflow, ...] = ()
    """By ``after``, the soonest first."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers that the queue goes by. Seconds, unless the name says otherwise."""

    ring_seconds: int = 15
    phone_extra_seconds: int = 10
    """More time for an agent's telephone, which the carrier takes a while to ring."""
    wrap_up_seconds: int = 120
    join_seconds: int = 10
    alive_seconds: int = 14
    """A page silent for so long is gone: with the clock's half second, its agent is off duty within 15 s."""
    decline_seconds: int = 20
    """A ticket goes back to an agent who declined it only after this, and only when nobody else is free."""
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
    """Callers in line at once in a queue that says nothing of it."""
    max_attempts: int = 3
    max_days_ahead: int = 14
    promises_per_day: int = 10
    """Promises one number may get in 24 hours, against toll fraud."""
    record: Literal["off", "ask", "on"] = "off"
    """Whether conversations are recorded: never, unless the customer refuses, or always; they hear so before."""
    pause_seconds: int = 120
    """A pause of the recording that the agent does not end is over after this; 0: it lasts until they do."""
    task_hours: float = 4
    """A question left open is to be answered within so many of its queue's working hours."""
    dial_every: timedelta = timedelta(seconds=1)
    """The carrier's rate: calls per account and second."""
    unknown_seconds: int = 60
    """After this without a trace at the carrier, an attempt whose answer was lost counts as not dialled."""
    check_seconds: int = 30
    """How often the carrier is asked whether the legs of an open ticket still live."""
    usual_handling_seconds: int = 180
    """Taken for the length of a conversation until there are some to average."""
    callbacks: CallbackRules = field(default_factory=CallbackRules)
    queues: Mapping[str, QueueRules] = field(default_factory=dict)
    """What is said of each queue."""
    point_seconds: int = 30
    """One point of priority is worth so many seconds of waiting."""
    familiar_days: int = 30
    """So long an agent is remembered as the one who spoke with a caller last."""
    familiar_seconds: int = 15
    """So long a caller waits for that agent while they are busy; then anybody takes the call. 0: not at all."""

    def queue(self, name: str) -> QueueRules:
        """What is said of this queue."""
        return self.queues.get(name) or QueueRules()

    def place(self, queue: str, priority: int, since: datetime) -> datetime:
        """The moment that orders the line, the earliest first: ``since`` less ``point_seconds`` for each point.

        Whoever arrives more than ``MOST_PRIORITY × point_seconds`` after somebody comes behind them, whatever their
        priority: nobody starves.
        """
        points = min(max(priority + self.queue(queue).priority, 0), MOST_PRIORITY)
        return since - timedelta(seconds=points * self.point_seconds)
