"""What happens during a call as values: transfers, consultations, supervisors, and what the agent's buttons show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from callqueue.model import TicketState


class SupervisionState(StrEnum):
    """A supervisor's way into a call: asked to come, in it, out of it."""

    ASKED = "asked"
    IN = "in"
    OVER = "over"


class RecordingState(StrEnum):
    """A conversation's recording: the carrier is asked, records (or is paused), has the sound, or does not record."""

    ASKED = "asked"
    ON = "on"
    KEPT = "kept"
    FAILED = "failed"


class SuperviseMode(StrEnum):
    """How a supervisor is in a call: heard by nobody, by the agent only, or by both; or out of it."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"
    LEAVE = "leave"


TransferRefusal = Literal["not_yours", "consulting", "self", "unknown", "away", "busy", "prefix"]
"""Why a call is not transferred. ``not_yours``: no conversation of this agent; ``consulting``: somebody is asked
already; ``away``: that agent takes no calls now; ``busy``: is in one; ``prefix``: not a number we may dial."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a transfer goes: a queue's name, an agent's id, or a number in international form."""

    kind: Literal["queue", "agent", "number"]
    value: str


@dataclass(frozen=True, slots=True)
class TransferResult:
    """``ticket`` goes on with the call (or is the consultation), or why there is none."""

    ticket: int | None = None
    refused: TransferRefusal | None = None


@dataclass(frozen=True, slots=True)
class Consult:
    """A consultation as one of its two agents sees it. ``state``: waiting, offered, connecting or connected; ``since``
    that state; ``name``: the other agent ('' while nobody has come), ``number`` when it is one, ``queue`` asked."""

    ticket: int
    state: TicketState
    since: datetime
    name: str
    number: str | None
    queue: str


@dataclass(frozen=True, slots=True)
class Supervision:
    """A supervisor in a call. ``name`` is its agent's for the supervisor, the supervisor's in a list of them."""

    id: int
    ticket: int
    agent: int
    mode: SuperviseMode
    state: SupervisionState
    name: str


@dataclass(frozen=True, slots=True)
class Before:
    """What an agent left to the next one: the ticket before a transfer."""

    ticket: int
    name: str
    notes: str


@dataclass(frozen=True, slots=True)
class RecordingView:
    """A recorded conversation. ``ticket`` is where it began, ``agent`` who had it then; ``sid`` the carrier's name."""

    id: int
    ticket: int
    sid: str
    seconds: int
    made_at: datetime
    number: str | None
    queue: str
    agent: int | None


@dataclass(frozen=True, slots=True)
class InCall:
    """The agent's call, for its buttons. ``ticket`` None: in no conversation. ``held_at``: the caller hears music since
    then. ``recording``: asked for or on; ``paused_at``: not meanwhile, until
    ``paused_until`` at most (None: until they say so). ``consult``: whom this agent asked;
    ``asked_by``: who asked this agent (the caller is not theirs yet)."""

    ticket: int | None = None
    held_at: datetime | None = None
    muted: bool = False
    consult: Consult | None = None
    asked_by: Consult | None = None
    recording: RecordingState | None = None
    paused_at: datetime | None = None
    paused_until: datetime | None = None
    before: tuple[Before, ...] = ()
    supervising: Supervision | None = None
