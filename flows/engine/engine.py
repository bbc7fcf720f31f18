"""``start`` and ``advance``: one input in, a new session and the events to act on out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flows.engine.events import Event
from flows.engine.inputs import Input
from flows.engine.session import CallFacts, HoursSetting, Session
from flows.language.flow import Flow


@dataclass(frozen=True, slots=True)
class Step:
    """What came of one input. ``events`` end with one that waits, or with ``HangUp``."""

    session: Session
    events: tuple[Event, ...]


def start(flow: Flow, facts: CallFacts, now: datetime, hours: HoursSetting = "flow") -> Step:
    """A call begins. ``now`` is aware."""
    raise NotImplementedError


def advance(flow: Flow, session: Session, input: Input, now: datetime) -> Step:
    """A call goes on. ``flow`` is the session's revision. ``now`` is aware."""
    raise NotImplementedError
