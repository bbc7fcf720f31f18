"""Hand-offs, agents and callbacks as values: the states, what may follow what, and the records that cross the edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal


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
    # Straight to CLOSED: a consultation is over, or a number that a call was handed to hung up; nobody wraps up.
    TicketState.CONNECTING: frozenset(
        {
            TicketState.CONNECTED,
            TicketState.WAITING,
            TicketState.ABANDONED,
            TicketState.CALLBACK,
            TicketState.CLOSED,
        }
    ),
    TicketState.CONNECTED: frozenset({TicketState.WRAP_UP, TicketState.WAITING, TicketState.CLOSED}),
    TicketState.WRAP_UP: frozenset({TicketState.CLOSED}),
    # Straight to WAITING: the customer answered our callback when its agent had just been lost.
    TicketState.CALLBACK: frozenset(
        {TicketState.OFFERED, TicketState.CONNECTING, TicketState.WAITING, TicketState.CLOSED}
    ),
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
    """Where a promise is. ``PROPOSED``: nobody promised anything yet, a rule found that a caller was not served;
    ``UNKNOWN``: the carrier may or may not have dialled; reconcile before anything else."""

    PROPOSED = "proposed"
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
    """A promise to phone back. ``at`` None keeps the place in line; otherwise never earlier than ``at`` (aware).

    ``on_line``: the customer is still in the call that asked for it, and is not dialled before that has ended.
    ``origin``: whose wish it is.
    """

    key: str
    call: str
    number: str
    language: str
    queue: str
    summary: str
    at: datetime | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    on_line: bool = False
    origin: Origin = "asked"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ticket as its caller hears it. ``position`` counts from 1; ``expected_wait`` in seconds, None when unknown;
    ``queue_sid`` is the carrier's queue that holds them, None while we have not been told."""

    ticket: int
    state: TicketState
    position: int
    expected_wait: int | None
    since: datetime
    queue_sid: str | None = None


CALLBACK_NEXT: Mapping[CallbackState, frozenset[CallbackState]] = {
    CallbackState.PROPOSED: frozenset({CallbackState.DUE_LATER, CallbackState.CANCELLED}),
    CallbackState.DUE_LATER: frozenset({CallbackState.DUE, CallbackState.CANCELLED, CallbackState.FAILED}),
    CallbackState.DUE: frozenset(
        {CallbackState.DIALING, CallbackState.DUE_LATER, CallbackState.CANCELLED, CallbackState.FAILED}
    ),
    CallbackState.DIALING: frozenset(
        {
            CallbackState.UNKNOWN,
            CallbackState.ANSWERED,
            CallbackState.DUE,
            CallbackState.DUE_LATER,
            CallbackState.FAILED,
            CallbackState.CANCELLED,
        }
    ),
    CallbackState.UNKNOWN: frozenset(
        {
            CallbackState.DIALING,
            CallbackState.ANSWERED,
            CallbackState.DUE_LATER,
            CallbackState.FAILED,
            CallbackState.CANCELLED,
        }
    ),
    CallbackState.ANSWERED: frozenset(
        {CallbackState.KEPT, CallbackState.DUE_LATER, CallbackState.FAILED, CallbackState.CANCELLED}
    ),
    CallbackState.KEPT: frozenset(),
    CallbackState.FAILED: frozenset(),
    CallbackState.CANCELLED: frozenset(),
}
"""The same for promises. ``DIALING -> DUE`` is the carrier's 429 only: it never dialled, the attempt is not spent."""

OPEN_CALLBACK: frozenset[CallbackState] = frozenset(
    {
        CallbackState.DUE_LATER,
        CallbackState.DUE,
        CallbackState.DIALING,
        CallbackState.UNKNOWN,
        CallbackState.ANSWERED,
    }
)
"""A promise not yet kept, failed or cancelled. A number has at most one, and beside it at most one proposal."""


class OfferState(StrEnum):
    """How an offer to an agent stands. ``WITHDRAWN``: the caller or the agent's page went, or the agent paused."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"


class MessageState(StrEnum):
    """A recorded message: nobody has it, an agent has it, done."""

    OPEN = "open"
    CLAIMED = "claimed"
    CLOSED = "closed"


Admission = Literal["admitted", "nobody", "closed", "full"]

AgentState = Literal["off", "break", "free", "paused", "offered", "connecting", "connected", "wrap_up"]
"""What an agent is doing, for the page: their call if they have one, else their own status (``free``: ready)."""

TicketKind = Literal["call", "callback", "consult"]
"""``consult``: another agent is asked to join while the caller is on hold; becomes ``call`` when it is handed over."""

Refusal = Literal["prefix", "hours", "past", "far", "full", "slot", "opt_out", "none", "in_line"]
"""Why a callback is not promised. ``prefix``: not a number we may dial; ``hours``: outside the called person's or the
queue's hours; ``past``; ``far``: more than 14 days ahead; ``full``: too many promises to this number; ``slot``: as many
at that time as the queue can keep; ``opt_out``: asked not to be phoned; ``none``: there is no promise to move;
``in_line``: they have phoned us, and wait or speak."""

OptOut = Literal["key", "desk", "command"]
"""Where somebody said that they do not want to be phoned."""

Origin = Literal["asked", "agent", "abandoned", "missed"]
"""Whose wish a callback is: the customer's, an agent's; or a rule's, because they hung up in line (``abandoned``) or
wanted a human when nobody could come, and left nothing (``missed``)."""


@dataclass(frozen=True, slots=True)
class PromiseResult:
    """``callback`` is its id when promised, ``reason`` a :data:`Refusal` when refused; ``due_at``: not earlier;
    ``free``: when the slot is full, the nearest times that are free, in order, two at most."""

    kind: Literal["promised", "refused"]
    callback: int | None = None
    reason: Refusal | None = None
    due_at: datetime | None = None
    free: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageRequest:
    """A recording left for a human. ``key`` makes it happen once. ``purpose``: ``message`` or ``complaint``."""

    key: str
    call: str
    number: str | None
    language: str
    purpose: str
    recording: str
    seconds: int
    summary: str = ""
    queue: str = ""


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question the customer asked; it stays open until ``answer`` is given."""

    id: int
    ticket: int
    text: str
    answer: str | None
    asked_at: datetime
    answered_at: datetime | None
    answered_by: int | None
    owner: int | None = None
    """Whose task it becomes when it stays open: an agent; 0, anybody's; None, who wraps up."""
    due_at: datetime | None = None
    """When that task is due; None: after ``Rules.task_hours``."""


@dataclass(frozen=True, slots=True)
class CallbackView:
    """A promise as the desk lists it. ``attempt`` counts from 0 (not dialled yet); ``reason`` explains the state."""

    id: int
    state: CallbackState
    number: str
    language: str
    queue: str
    summary: str
    at: datetime | None
    due_at: datetime
    since: datetime
    attempt: int
    max_attempts: int
    last_outcome: AttemptOutcome | None
    reason: str
    ticket: int | None
    call: str
    created_at: datetime
    origin: Origin


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise and what became of it, for lists and figures; proposals that nobody took up are none.

    ``promised_for``: the time that was promised; for "as soon as possible" (``at`` None) when it was promised.
    ``first_dial_at``: the first attempt; ``kept_at``: the customer spoke with an agent (``agent``, who it was);
    None: not (yet). Times are aware, UTC.
    """

    id: int
    state: CallbackState
    origin: Origin
    number: str
    language: str
    queue: str
    summary: str
    at: datetime | None
    promised_for: datetime
    due_at: datetime
    created_at: datetime
    first_dial_at: datetime | None
    kept_at: datetime | None
    attempt: int
    last_outcome: AttemptOutcome | None
    reason: str
    ticket: int | None
    agent: int | None

    @property
    def open(self) -> bool:
        return self.state in OPEN_CALLBACK

    def kept_within(self, seconds: float) -> bool:
        """Kept, and so soon after the promised time."""
        return self.kept_at is not None and (self.kept_at - self.promised_for).total_seconds() <= seconds

    def as_promised(self, now: datetime, grace: float) -> bool | None:
        """At a time: whether we dialled then, or ``grace`` seconds later at most. As soon as possible: whether it was
        kept. None: not decided yet, or taken back (cancelled, merged) before it was."""
        if self.at is None:
            over = self.state in (CallbackState.KEPT, CallbackState.FAILED)
            return self.state is CallbackState.KEPT if over else None
        late = (now - self.promised_for).total_seconds() > grace
        if self.first_dial_at is not None:
            return (self.first_dial_at - self.promised_for).total_seconds() <= grace
        if self.state is CallbackState.CANCELLED:
            return None
        return False if late else None


@dataclass(frozen=True, slots=True)
class TicketView:
    """A hand-off with all that its agent sees. ``number`` None: withheld. ``context`` is what the flow gathered.
    ``came_from``: the queue it was moved from last, by the person ``moved_by`` (None: it waited too long there)."""

    id: int
    state: TicketState
    kind: TicketKind
    call: str
    number: str | None
    language: str
    queue: str
    priority: int
    reason: str
    summary: str
    context: Mapping[str, Any]
    since: datetime
    state_at: datetime
    agent: int | None
    caller_in: bool
    outcome: str | None
    notes: str
    notes_version: int
    wrap_up_until: datetime | None
    questions: tuple[QuestionView, ...]
    callback: CallbackView | None
    came_from: str | None = None
    moved_by: int | None = None


@dataclass(frozen=True, slots=True)
class OfferView:
    """An offer on the agent's page, with the ticket it is about. After ``deadline`` it counts as missed."""

    id: int
    agent: int
    state: OfferState
    made_at: datetime
    deadline: datetime
    ticket: TicketView


@dataclass(frozen=True, slots=True)
class AgentView:
    """An agent's page in one look. ``offer`` only while it is open; ``ticket`` from acceptance to the end of wrap-up.

    ``paused``: '' or why no calls are offered until they press Ready again (``missed``, ``line``). ``skills``: what
    they can do, and how well (1 to 10)."""

    id: int
    name: str
    status: AgentStatus
    reason: str
    since: datetime
    state: AgentState
    paused: str
    phone: str | None
    skills: Mapping[str, int]
    offer: OfferView | None
    ticket: TicketView | None


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An agent in the list of all."""

    id: int
    name: str
    status: AgentStatus
    reason: str
    since: datetime
    state: AgentState
    paused: str
    alive: bool
    skills: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LineView:
    """A ticket in the waiting list, in the order it will be served; ``position`` counts from 1."""

    ticket: int
    position: int
    state: TicketState
    kind: TicketKind
    number: str | None
    language: str
    queue: str
    priority: int
    reason: str
    summary: str
    since: datetime


@dataclass(frozen=True, slots=True)
class MessageView:
    """A recorded message as the desk lists it."""

    id: int
    state: MessageState
    call: str
    number: str | None
    language: str
    purpose: str
    recording: str
    seconds: int
    summary: str
    queue: str
    agent: int | None
    note: str
    created_at: datetime
    outcome: str = ""
    callback: int | None = None
    state_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one look of the clock moved: counts."""

    missed: int = 0
    not_joined: int = 0
    wrapped_up: int = 0
    off_duty: int = 0
    overflowed: int = 0
    callbacks_due: int = 0
    put_away: int = 0
    waited: int = 0
    checked: int = 0
    woken: int = 0
    offered: int = 0
    overdue: int = 0
    recorded: int = 0
    failed: int = 0
    """Units that raised; each is logged and tried again at the next look."""
