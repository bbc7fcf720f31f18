"""The numbers that promises to phone back go by: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from callqueue.model import AttemptOutcome

First = Literal["agent", "customer"]
"""Who is dialled first: the agent, who then hears the customer's phone ring; or the customer, for whom an agent is
kept free."""

ByRule = Literal["off", "list", "call"]
"""What a rule does about a caller nobody served: nothing, list them for an agent, or phone them once."""

SPACING: Mapping[AttemptOutcome, timedelta] = {
    AttemptOutcome.BUSY: timedelta(minutes=5),
    AttemptOutcome.NO_ANSWER: timedelta(minutes=30),
    AttemptOutcome.MACHINE: timedelta(minutes=60),
    AttemptOutcome.PROVIDER_ERROR: timedelta(minutes=2),
    AttemptOutcome.GONE: timedelta(minutes=30),
}
"""How long after an attempt the next may follow."""


@dataclass(frozen=True, slots=True)
class QueueCallbacks:
    """What one queue has different; None: as for all."""

    per_slot: int | None = None
    first: First | None = None


@dataclass(frozen=True, slots=True)
class CallbackRules:
    """For all queues, but for what ``queues`` has different."""

    per_slot: int = 10
    """Promises that a queue can keep in each slot of time; 0: any number."""
    slot_minutes: int = 15
    """Length of a slot; divides an hour."""
    first: First = "agent"
    most_abandoned: float = 0.03
    """Of the customers dialled first who answered in the last day: at most this share may be gone before an agent
    spoke with them. Past it, agents are dialled first until the share is down."""
    spacing: Mapping[AttemptOutcome, timedelta] = field(default_factory=lambda: SPACING)
    abandoned: ByRule = "list"
    """Callers who hung up in line."""
    abandoned_seconds: int = 30
    """Who hung up sooner is taken for somebody who thought better of it."""
    missed: ByRule = "list"
    """Callers who wanted a human when nobody could come, and left neither a promise nor a message."""
    settle: timedelta = timedelta(minutes=2)
    """How long a rule waits before it phones: they may be phoning again."""
    proposal_days: int = 7
    """A proposal that nobody took up is put away after so long."""
    queues: Mapping[str, QueueCallbacks] = field(default_factory=dict)

    def per_slot_of(self, queue: str) -> int:
        """How many promises the queue can keep in a slot; 0: any number."""
        own = self.queues.get(queue)
        return self.per_slot if own is None or own.per_slot is None else own.per_slot

    def first_of(self, queue: str) -> First:
        """Who is dialled first for the queue."""
        own = self.queues.get(queue)
        return self.first if own is None or own.first is None else own.first

    def slot(self, at: datetime) -> datetime:
        """The beginning of the slot that a moment is in."""
        seconds = self.slot_minutes * 60
        return datetime.fromtimestamp(at.timestamp() // seconds * seconds, UTC)

    @property
    def slot_length(self) -> timedelta:
        return timedelta(minutes=self.slot_minutes)
