"""Webhook forms as values. What is not as documented becomes nothing, never an error: the caller is on the line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flows.engine.inputs import Alternative
from ivr.calls.model import Arrival, Facts, Recording

Form = Mapping[str, str]

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_UNSPOKEN = re.compile("[\u0000-\u001f\u007f-\u009f\ud800-\udfff]")
_KEYS = re.compile(r"[0-9*#]")
_CALL = re.compile(r"[A-Za-z0-9_-]{1,64}")
_AGENT = re.compile(r"(?:client:)?agent-(\d{1,9})")

WITHHELD = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253", "+464"})
"""What carriers put for no number: the keypad spelling of "anonymous", "restricted", "blocked", "unknown",
"unavailable" (https://help.twilio.com/articles/223179988)."""

MAX_DIGITS = 64
MAX_SPEECH = 500


@dataclass(frozen=True, slots=True)
class Status:
    """A call's status callback. ``answered_by`` '' when no machine detection ran."""

    call: str
    state: str
    answered_by: str
    duration: int

    @property
    def over(self) -> bool:
        return self.state in OVER


OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


@dataclass(frozen=True, slots=True)
class ConferenceEvent:
    """A conference's event. ``event`` e.g. ``participant-join``; ``label`` is the participant's, e.g. ``agent-7``;
    ``sequence`` orders the events of one conference."""

    conference: str
    event: str
    call: str
    label: str
    sequence: int

    @property
    def agent(self) -> int | None:
        return agent_of(self.label)

    @property
    def supervision(self) -> int | None:
        return _labelled("supervisor", self.label)

    @property
    def outside(self) -> int | None:
        """The ticket that was given to a number."""
        return _labelled("outside", self.label)

    @property
    def ours(self) -> bool:
        """Whether it is anybody's but the customer's."""
        return not (self.agent is self.supervision is self.outside is None)


@dataclass(frozen=True, slots=True)
class RecordingEvent:
    """A recording's status callback."""

    call: str
    state: str
    recording: Recording


def call_of(form: Form) -> str:
    """The call's id; '' when there is none or it is no id."""
    call = form.get("CallSid", "")
    return call if _CALL.fullmatch(call) else ""


def number_of(text: str) -> str | None:
    """E.164, or None for a withheld or unusable number."""
    text = text.strip()
    return text if _E164.fullmatch(text) and text not in WITHHELD else None


def agent_of(text: str) -> int | None:
    """The agent in ``client:agent-7`` or ``agent-7``."""
    match = _AGENT.fullmatch(text)
    return int(match[1]) if match else None


def _labelled(name: str, label: str) -> int | None:
    match = re.fullmatch(rf"{name}-(\d{{1,9}})", label)
    return int(match[1]) if match else None


def offer_of(form: Form) -> int:
    """The offer with which an agent's page dialled; 0 for none."""
    return _number(form.get("offer", "") or form.get("Offer", ""))


def supervision_of(form: Form) -> int:
    """The supervision with which a supervisor's page dialled; 0 for none."""
    return _number(form.get("supervision", "") or form.get("Supervision", ""))


def facts(form: Form, call: str = "") -> Facts:
    """Who phones whom. A telephone without sound says so in a header of its own."""
    called = number_of(form.get("To", "")) or ""
    typed = form.get("SipHeader_X-Sound", "") == "none"
    return Facts(call or call_of(form), number_of(form.get("From", "")), called, typed=typed)


def arrival(form: Form, query: Form, call: str) -> Arrival:
    """What a turn brought. ``query`` carries what must survive a redirect while Redis is away."""
    digits = "".join(_KEYS.findall(form.get("Digits", "")))[:MAX_DIGITS]
    text = " ".join(_UNSPOKEN.sub(" ", form.get("SpeechResult", "")).split())[:MAX_SPEECH]
    said = (Alternative(text, _fraction(form.get("Confidence", ""))),) if text else ()
    name = form.get("RecordingSid", "") or query.get("recording", "")
    seconds = form.get("RecordingDuration", "") or query.get("seconds", "")
    return Arrival(
        facts=facts(form, call),
        digits=digits,
        said=said,
        left=(form.get("QueueResult", "") or query.get("left", ""))[:32],
        dialled=(form.get("DialCallStatus", "") or query.get("dialled", ""))[:32],
        over=form.get("CallStatus", "") in OVER,
        recording=Recording(name[:64], _number(seconds)) if name else None,
        repeat="down" in query and not digits and not said,
    )


def kept(form: Form) -> dict[str, str]:
    """What of a turn may go into an address (never keys or words: addresses are logged by proxies)."""
    names = {"QueueResult": "left", "DialCallStatus": "dialled", "RecordingSid": "recording"}
    found = {key: form[name] for name, key in names.items() if form.get(name)}
    if offer := offer_of(form):
        found["offer"] = str(offer)
    if supervision := supervision_of(form):
        found["supervision"] = str(supervision)
    if form.get("RecordingDuration"):
        found["seconds"] = form["RecordingDuration"]
    return {key: value[:64] for key, value in found.items() if _CALL.fullmatch(value[:64])}


def status(form: Form) -> Status:
    return Status(
        call_of(form), form.get("CallStatus", ""), form.get("AnsweredBy", ""), _number(form.get("CallDuration", ""))
    )


def conference(form: Form) -> ConferenceEvent:
    return ConferenceEvent(
        conference=form.get("ConferenceSid", "")[:64],
        event=form.get("StatusCallbackEvent", ""),
        call=call_of(form),
        label=form.get("ParticipantLabel", ""),
        sequence=_number(form.get("SequenceNumber", "")),
    )


def recording(form: Form) -> RecordingEvent:
    return RecordingEvent(
        call_of(form),
        form.get("RecordingStatus", "completed"),
        Recording(form.get("RecordingSid", "")[:64], _number(form.get("RecordingDuration", ""))),
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _fraction(text: str) -> float:
    """Confidence 0..1; absent (some languages have none) counts as sure enough to act on, not as certain."""
    try:
        value = float(text)
    except ValueError:
        return 0.8
    return min(1.0, max(0.0, value)) if value == value else 0.0
