"""Tasks and messages as values: what is left to do for customers when nobody is on the line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from callqueue.model import CallbackState, Refusal


class TaskState(StrEnum):
    """A question left open. ``OPEN``: to be looked into; ``DOING``: its owner is at it; ``ANSWERED``: the answer is
    known and the customer has not heard it yet; ``CLOSED``: they have, or need it no more."""

    OPEN = "open"
    DOING = "doing"
    ANSWERED = "answered"
    CLOSED = "closed"


TASK_NEXT: Mapping[TaskState, frozenset[TaskState]] = {
    TaskState.OPEN: frozenset({TaskState.DOING, TaskState.ANSWERED, TaskState.CLOSED}),
    TaskState.DOING: frozenset({TaskState.OPEN, TaskState.ANSWERED, TaskState.CLOSED}),
    TaskState.ANSWERED: frozenset({TaskState.CLOSED}),
    TaskState.CLOSED: frozenset(),
}
"""What may follow what. Every change of state is a compare-and-set, as a ticket's are."""

TaskOutcome = Literal["called", "told", "no_need"]
"""How a task ended: the promised call was kept; the customer was told some other way; they need it no more."""

MessageOutcome = Literal["called_back", "answered", "no_need"]
"""How a message ended: a call back was promised; answered some other way; nothing was to be done."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of finishing a task or a message. ``late``: somebody else was first, or it isn't theirs. ``refused``:
    the call back cannot be promised, ``reason`` says why. ``due_at``: when the customer is called, not earlier."""

    kind: Literal["done", "late", "refused"]
    reason: Refusal | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as the desk lists it.

    ``owner`` None: whoever takes it. ``free``: anybody may take it, since nobody owns it or its owner is off duty.
    ``stuck``: the answer is known, but no call that would bring it is under way. ``callback_at``: when that call is
    due; both None without one.
    """

    id: int
    state: TaskState
    question: int
    ticket: int
    text: str
    answer: str | None
    number: str | None
    language: str
    queue: str
    owner: int | None
    free: bool
    due_at: datetime
    overdue: bool
    stuck: bool
    callback: int | None
    callback_state: CallbackState | None
    callback_at: datetime | None
    outcome: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """Tasks not closed, those of them past their time, and those whose answer nobody is bringing."""

    open: int
    overdue: int
    stuck: int
