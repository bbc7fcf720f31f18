"""What the jobs need from the program that runs them: bound at start by ``hotline worker`` and ``hotline clock``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class CarrierRefused(Exception):
    """The carrier answered 4xx: nothing was done, trying again won't help (but see ``again`` for 429)."""

    def __init__(self, message: str, *, again: bool = False) -> None:
        super().__init__(message)
        self.again = again


class CarrierUnknown(Exception):
    """A timeout or 5xx: it may or may not have been done. Reconcile; never just repeat."""


@dataclass(frozen=True, slots=True)
class Seat:
    """How a leg sits in a conference; what is None stays as it is. ``coach``: only this leg hears it, '': all do."""

    hold: bool | None = None
    muted: bool | None = None
    coach: str | None = None


class Telephone(Protocol):
    """The carrier's REST API, as the jobs use it. Every method has a time limit and raises the two errors above."""

    def connect_waiting(self, call: str, queue_sid: str, ticket: int) -> None:
        """Take the waiting caller out of the carrier's queue and into the ticket's conference. ``CarrierRefused``:
        the caller has left, or somebody was first."""
        ...

    def call_customer(self, number: str, callback: int, attempt: int) -> str:
        """Dial for a callback; returns the call's id. Callback's id and attempt are in the addresses we give."""
        ...

    def call_agent(self, number: str, ticket: int, agent: int, offer: int) -> str:
        """Dial an agent's telephone for an offer ("press 1 to accept"); returns the call's id."""
        ...

    def return_to_line(self, call: str, ticket: int, dropped: bool = True) -> None:
        """Move the caller's live call to a sentence and into the queue: the agent's leg is gone (``dropped``), or they
        are being transferred."""
        ...

    def hang_up(self, call: str) -> None:
        """End a leg, if it still lives."""
        ...

    def is_live(self, call: str) -> bool:
        """Whether the carrier still holds this call."""
        ...

    def seat(self, conference: str, call: str, seat: Seat) -> None:
        """Have a leg sit like this in a conference. ``CarrierRefused``: it is not there."""
        ...

    def call_outside(self, number: str, ticket: int) -> str:
        """Dial a number to which a call is transferred; returns the call's id."""
        ...

    def call_supervisor(self, number: str, supervision: int, agent: int) -> str:
        """Dial a supervisor's telephone ("press 1"); returns the call's id."""
        ...

    def play_keys(self, conference: str, call: str, keys: int) -> None:
        """Play the keys of that id to one leg of a conference."""
        ...

    def start_recording(self, call: str, recording: int) -> str:
        """Record a leg, both ways; returns the carrier's name for it. Its end is told with our id."""
        ...

    def find_recording(self, call: str) -> str | None:
        """After ``CarrierUnknown``: the recording in progress of this leg, if any."""
        ...

    def pause_recording(self, call: str, sid: str, paused: bool) -> None:
        """Pause it (silence in the sound), or go on."""
        ...

    def find_callback_call(self, number: str, callback: int, attempt: int, since: Any) -> str | None:
        """After ``CarrierUnknown``: the call that was placed for this attempt, if any."""
        ...


class Push(Protocol):
    """Tells open pages that something changed. Loss is harmless: pages ask again when they come back."""

    def send(self, audience: str, event: str, data: Mapping[str, Any]) -> None:
        """``audience``: ``agent:7`` or ``desk`` (everyone)."""
        ...


class Wake(Protocol):
    """Enqueues a wake-up for a worker. Loss is harmless: the clock finds what is due."""

    def __call__(self, queue: str, job: str, /, *args: Any) -> None: ...
