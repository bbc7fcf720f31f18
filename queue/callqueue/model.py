"""Hand-offs, agents and callbacks as values: the states, what may follow what, and the records that cross the edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class TicketState(StrEnum):
    """Where a hand-off is. ``CALLBACK``: the caller hung up and waits to be dialled."""

    WAITING = "waiting"
    OFFERED = "offered"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    WRAP_UP = "wrap_up"
    CLOSED = "closed"
    ABANDONED = "abandoned"
    CALLBACK = "callback"


NEXT: Mapping[TicketState, frozenset[TicketState]] = {
    TicketState.WAITING: frozenset(
        {TicketState.OFFERED, TicketState.ABANDONED, TicketState.CALLBACK, TicketState.CLOSED}
    ),
    TicketState.OFFERED: frozenset(
        {
            TicketState.WAITING,
            TicketState.CONNECTING,
            TicketState.ABANDONED,
            TicketState.CALLBACK,
            TicketState.CLOSED,
        }
    ),
    TicketState.CONNECTING: frozenset(
        {TicketState.CONNECTED, TicketState.WAITING, TicketState.ABANDONED, TicketState.CALLBACK}
    ),
    TicketState.CONNECTED: frozenset({TicketState.WRAP_UP, TicketState.WAITING}),
    TicketState.WRAP_UP: frozenset({TicketState.CLOSED}),
    TicketState.CALLBACK: frozenset({TicketState.OFFERED, TicketState.CONNECTING, TicketState.CLOSED}),
    TicketState.CLOSED: frozenset(),
    TicketState.ABANDONED: frozenset(),
}
"""What may follow what. Every change of state is ``UPDATE … WHERE id = … AND state IN (…)`` and counts its rows."""


class AgentStatus(StrEnum):
    """What the agent chose. Ours to read, never to overwrite, but for ``OFF`` when their page is dead."""

    READY = "ready"
    BREAK = "break"
    OFF = "off"


class CallbackState(StrEnum):
    """Where a promise is. ``UNKNOWN``: the carrier may or may not have dialled; reconcile before anything else."""

    DUE_LATER = "due_later"
    DUE = "due"
    DIALING = "dialing"
    UNKNOWN = "unknown"
    ANSWERED = "answered"
    KEPT = "kept"
    FAILED = "failed"
    CANCELLED = "cancelled"


class AttemptOutcome(StrEnum):
    """How one attempt to dial ended."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    MACHINE = "machine"
    PROVIDER_ERROR = "provider_error"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class HandOffRequest:
    """A caller to be given to a human. ``key`` (``call:n:id``) makes it happen once. ``number`` None: withheld."""

    key: str
    call: str
    number: str | None
    language: str
    queue: str
    priority: int
    reason: str
    summary: str
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """A promise to phone back. ``at`` None keeps the place in line; otherwise never earlier than ``at`` (aware)."""

    key: str
    call: str
    number: str
    language: str
    queue: str
    summary: str
    at: datetime | None = None
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ticket as its caller hears it. ``position`` counts from 1; ``expected_wait`` in seconds, None when unknown."""

    ticket: int
    state: TicketState
    position: int
    expected_wait: int | None
    since: datetime
