"""What the engine wants done: the values that come out of :func:`flows.engine.advance`, in order.

A turn's events end with exactly one that waits (``Listen``, ``Lookup``, ``Change``, ``Record``, ``HandOff``) or with
``HangUp``. ``Say`` and the traces (``Entered``, ``Understood``, ``Trouble``) may come before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Say:
    """Words to speak, ready for a voice: values are already put as a person says them. ``language``: ``ru``, ``en``…"""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for keys or words. The ``Say`` events of the same turn are its prompt, interruptible when ``barge_in``.

    Times are seconds. ``max_digits`` 0 means keys end by ``finish_on`` or by ``between_digits``. ``hints`` are the
    phrases that a recogniser should expect. ``secret`` means that what is keyed or said must never be shown or kept.
    """

    kind: str
    language: str
    min_digits: int = 1
    max_digits: int = 1
    finish_on: str = ""
    hints: tuple[str, ...] = ()
    no_input_after: float = 5.0
    between_digits: float = 3.0
    end_of_speech: float = 1.0
    barge_in: bool = True
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Lookup:
    """Ask the shop; answer with ``LookupDone(id)``. Reads only. ``filler`` is said when the answer is slow."""

    id: str
    action: str
    arguments: Mapping[str, str]
    filler: str
    language: str


@dataclass(frozen=True, slots=True)
class Change:
    """Change something, exactly once; answer with ``LookupDone(id)`` when it is committed.

    ``action`` is one of the catalogue, or ``callbacks.promise`` with arguments ``queue``, ``number`` (E.164), ``kind``
    (``keep_place`` or ``at_time``), ``at`` (ISO 8601 with offset, or empty), ``summary``, ``language``; or
    ``callbacks.move`` with the same but for ``queue`` and ``summary``. Refused, they answer with ``reason`` and, for
    the reason ``slot``, ``free``: moments.
    """

    id: str
    action: str
    arguments: Mapping[str, str]
    filler: str
    language: str


@dataclass(frozen=True, slots=True)
class Record:
    """Record the caller after a beep; answer with ``RecordingDone``. ``purpose``: ``message`` or ``complaint``."""

    id: str
    purpose: str
    max_seconds: int
    silence_seconds: int
    finish_on: str
    language: str
    summary: str = ""
    queue: str = ""


@dataclass(frozen=True, slots=True)
class HandOff:
    """Give the caller to a human. Answered with ``TransferEnded`` when that is over or cannot be.

    ``priority``: higher goes first, 0 is usual. ``reason`` says in a word why: ``asked``, ``no_match``, ``no_input``,
    ``limit``, ``failed`` or ``flow``. ``open`` is whether the queue's working hours hold at ``now``.
    """

    id: str
    queue: str
    priority: int
    summary: str
    reason: str
    language: str
    open: bool = True


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call. ``reason``: ``done``, ``caller``, or the rule that ended it."""

    reason: str = "done"


@dataclass(frozen=True, slots=True)
class Entered:
    """Trace: the call came to this step."""

    step: str


@dataclass(frozen=True, slots=True)
class Understood:
    """Trace: how an input was taken at a step. ``as_``: the choice's key, ``value``, ``no_match`` or ``no_input``."""

    step: str
    as_: str
    by: Literal["keys", "words", "silence"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Trace: something failed and the caller was sent on. ``what`` names it (``orders.status failed``, ``limit …``)."""

    step: str
    what: str
    detail: Mapping[str, Any] = field(default_factory=dict)


Event = Say | Listen | Lookup | Change | Record | HandOff | HangUp | Entered | Understood | Trouble
Waits = Listen | Lookup | Change | Record | HandOff
