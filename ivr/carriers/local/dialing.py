"""Dial: a conference, a number or a client; what the other end does, and what is asked when it is over."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ivr.carriers.local.conferences import Participant
from ivr.carriers.local.mixing import Mixer
from ivr.carriers.local.model import CallStatus, Hook, Request
from ivr.carriers.local.twiml import Document, Element, TwimlError, flag, number, text_of

if TYPE_CHECKING:
    from ivr.carriers.local.call import Call
    from ivr.carriers.local.interpreter import Interpreter

_TARGETS = frozenset({"Number", "Client", "Conference"})


async def dial(interpreter: Interpreter, verb: Element, document: Document) -> None:
    """Connects the call. Raises ``GoTo`` the action when there is one; returns to the next verb otherwise."""
    from ivr.carriers.local.interpreter import GoTo

    call = interpreter.call
    targets = list(verb)
    if any(target.tag not in _TARGETS for target in targets):
        raise TwimlError(12200, f"<Dial> with <{targets[0].tag}>")
    action = verb.get("action")
    form: dict[str, str] = {}
    try:
        limit = number(verb, "timeLimit", 14_400)
        try:
            async with asyncio.timeout(limit):
                if targets and targets[0].tag == "Conference":
                    form = await _confer(call, targets[0], document)
                else:
                    form = await _call_out(call, verb, targets)
        except TimeoutError:
            form = {"DialCallStatus": "completed"}
    except asyncio.CancelledError:
        if action and not call.is_redirected:
            gone = call.form() | {"CallStatus": "completed", "DialCallStatus": "completed"}
            call.events.tell(document.resolve(action), verb.get("method", "POST"), gone, call.chaos)
        raise
    if action:
        raise GoTo(Request(document.resolve(action), verb.get("method", "POST"), form))


async def _confer(call: Call, noun: Element, document: Document) -> dict[str, str]:
    """Until this call or the conference leaves the other."""
    exchange = call.exchange
    name = text_of(noun)
    if not name:
        raise TwimlError(12200, "<Conference> without a name")
    hook, events = None, frozenset(noun.get("statusCallbackEvent", "").lower().split())
    if url := noun.get("statusCallback"):
        hook = Hook(document.resolve(url), noun.get("statusCallbackMethod", "POST"))
    wait_url = noun.get("waitUrl")
    participant = Participant(
        call,
        label=noun.get("participantLabel", ""),
        muted=flag(noun, "muted", False),
        coaching=noun.get("coach", ""),
        start_on_enter=flag(noun, "startConferenceOnEnter", True),
        end_on_exit=flag(noun, "endConferenceOnExit", False),
        wait_url=document.resolve(wait_url) if wait_url else wait_url,
        wait_method=noun.get("waitMethod", "POST"),
    )
    conference = exchange.conference_named(name)
    if hook is not None:
        conference.listen(hook, events)
    if len(conference.participants) >= int(number(noun, "maxParticipants", 250)):
        return {"DialCallStatus": "failed"}
    conference.join(participant)
    if noun.get("beep", "true") in ("true", "onEnter"):
        await _beep(conference.participants, participant)
    try:
        await participant.left.wait()
    finally:
        conference.leave(participant, "participant_hung_up")
    return {"DialCallStatus": "completed"}


async def _beep(participants: list[Participant], new: Participant) -> None:
    """The others hear that somebody came."""
    for other in list(participants):
        if other is not new and other.call.handset and not other.music:
            await other.call.handset.tone("beep", wait=False)


@dataclass(slots=True)
class Bridge:
    """Two calls that hear each other."""

    calls: list[Call] = field(default_factory=list)

    def said(self, call: Call, text: str) -> None:
        language = call.handset.language if call.handset else "ru"
        for other in self.calls:
            if other is not call and other.handset:
                other.exchange.webhooks.spawn(other.handset.peer(text, language))


async def _call_out(call: Call, verb: Element, targets: list[Element]) -> dict[str, str]:
    """Rings all targets at once; the first that answers is connected, and the others stop ringing."""
    from ivr.carriers.local.call import Call as Leg

    exchange = call.exchange
    addresses = [_address(target) for target in targets] or [text_of(verb)]
    answered: asyncio.Future[Call] = asyncio.get_running_loop().create_future()

    def take(leg: Call) -> None:
        if not answered.done():
            answered.set_result(leg)

    legs = []
    for address in addresses:
        leg = Leg(
            exchange,
            from_=verb.get("callerId", call.from_),
            to=address,
            direction="outbound-dial",
            first=Request(twiml="<Response/>"),
            parent=call,
            chaos=call.chaos,
            timeout=number(verb, "timeout", 30),
        )
        leg.after_answer = take
        legs.append(leg)
        exchange.add(leg)
        leg.start_outbound()
    try:
        await _first(answered, legs)
        if not answered.done():
            worst = next((leg.status for leg in legs if leg.status is CallStatus.BUSY), legs[0].status)
            return {"DialCallStatus": str(worst), "DialCallSid": legs[0].sid}
        leg = answered.result()
        for other in legs:
            if other is not leg:
                other.hang_up("canceled")
        await _bridged(call, leg)
    finally:
        for leg in legs:
            leg.hang_up("completed" if leg.started else "canceled")
    return {
        "DialCallStatus": "completed",
        "DialCallSid": leg.sid,
        "DialCallDuration": str(leg.duration),
        "DialBridged": "true",
    }


async def _first(answered: asyncio.Future[Call], legs: list[Call]) -> None:
    """Until one answers or all are over."""
    ends = asyncio.gather(*(leg.over.wait() for leg in legs))
    try:
        either: set[asyncio.Future[Any]] = {answered, ends}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ends.cancel()


async def _bridged(call: Call, leg: Call) -> None:
    """They talk until the other end is gone."""
    bridge, mixer = Bridge([call, leg]), Mixer(lambda _listener, _speaker: True)
    for one in bridge.calls:
        one.room = bridge
        if one.handset:
            mixer.add(one.handset)
            one.handset.listening(dtmf=False, speech=True, talk=True)
    try:
        await leg.over.wait()
    finally:
        for one in bridge.calls:
            one.room = None
            if one.handset:
                mixer.remove(one.handset)
        if call.handset:
            call.handset.listening(dtmf=False, speech=False)


def _address(target: Element) -> str:
    if target.tag == "Client":
        identity = target.find("Identity")
        return f"client:{text_of(identity if identity is not None else target)}"
    return text_of(target)
