"""What can happen to a call: the values that go into :func:`flows.engine.advance`.

Each is plain data. ``to_dict`` and :func:`input_from_dict` carry them through JSON (scenarios, the journal).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

LookupOutcome = Literal["found", "missing", "refused", "limited", "failed"]
"""``found``/done; ``missing``: no such thing, or its state does not allow it; ``refused``: the proof is wrong;
``limited``: too many wrong proofs, ask no more; ``failed``: slow, down or garbage."""

TransferOutcome = Literal["connected", "callback", "nobody", "closed", "full", "failed"]
"""``connected``: an agent spoke with the caller and the call came back; ``callback``: the caller chose a callback
while waiting; ``nobody``: no agent on duty; ``closed``: outside the queue's hours; ``full``: at its maximum length;
``failed``: the queue, its records or the carrier broke."""


@dataclass(frozen=True, slots=True)
class Digits:
    """Keys pressed, in order: any of ``0123456789*#``, never empty."""

    digits: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """One reading of what was said; ``confidence`` is 0..1 (1.0 for typed words)."""

    text: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Speech:
    """Words said (or typed), best reading first; never empty."""

    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class NoInput:
    """The caller was silent for as long as the step listens."""


@dataclass(frozen=True, slots=True)
class LookupDone:
    """The answer to a ``Lookup`` or ``Change`` with the same id. ``value`` is JSON data, shaped by the action."""

    id: str
    outcome: LookupOutcome
    value: Any = None


@dataclass(frozen=True, slots=True)
class RecordingDone:
    """A recording ended. ``recording`` names it at the carrier; ``seconds`` is 0 when nothing was said."""

    recording: str
    seconds: int


@dataclass(frozen=True, slots=True)
class TransferEnded:
    """The hand-off did not happen, or is over and the caller is still there."""

    outcome: TransferOutcome


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """The media stream ended unasked (local voice only)."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller hung up."""


Input = Digits | Speech | NoInput | LookupDone | RecordingDone | TransferEnded | StreamEnded | HungUp

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (Digits, Speech, NoInput, LookupDone, RecordingDone, TransferEnded, StreamEnded, HungUp)
}


def input_to_dict(value: Input) -> dict[str, Any]:
    """The input as JSON data: its fields and ``kind``."""
    return {"kind": type(value).__name__, **asdict(value)}


def input_from_dict(data: dict[str, Any]) -> Input:
    """The inverse of :func:`input_to_dict`. Raises ``KeyError`` for an unknown kind."""
    fields = {key: value for key, value in data.items() if key != "kind"}
    if data["kind"] == "Speech":
        fields["alternatives"] = tuple(Alternative(**item) for item in fields["alternatives"])
    made: Input = _KINDS[data["kind"]](**fields)
    return made
