"""Legs that are added to a call: a supervisor's, a number's; and keys played to one of them."""

from __future__ import annotations

from flask import Response, request
from twilio.twiml.voice_response import Gather, VoiceResponse

from ivr.calls.words import words
from ivr.carriers.twilio import parse, twiml
from ivr.carriers.twilio.edge import edge
from ivr.carriers.twilio.guard import xml
from ivr.queueing import callqueue


def supervise(supervision: int, agent: int) -> Response:
    """A supervisor's leg goes into the call, heard as they chose; none may any more: a sentence."""
    entry = callqueue().supervisor_for(supervision, agent)
    response = VoiceResponse()
    if entry is None:
        return _gone(response)
    edge().twiml.conference(response, entry.room, f"supervisor-{supervision}", seat=entry.seat)
    return xml(twiml.document(response))


def supervisor_phone(supervision: int) -> Response:
    """A supervisor's telephone was answered; "1" lets it into the call, so that no voicemail ever listens."""
    here = edge()
    agent = request.args.get("agent", 0, int)
    digits = request.form.get("Digits", "")
    if digits == "1":
        return supervise(supervision, agent)
    response = VoiceResponse()
    if not digits:
        gather = Gather(
            input="dtmf",
            num_digits=1,
            timeout=8,
            action=here.urls.supervisor_phone(supervision, agent),
            method="POST",
        )
        twiml.say(gather, words("accept_supervision", *here.languages()))
        response.append(gather)
    response.hangup()
    return xml(twiml.document(response))


def outside(ticket: int) -> Response:
    """A number to which a call is transferred picked up. The row decides before anything is said."""
    room = callqueue().outside_answered(ticket, parse.call_of(request.form))
    response = VoiceResponse()
    if room is None:
        return _gone(response)
    edge().twiml.conference(response, room, f"outside-{ticket}")
    response.hangup()
    return xml(twiml.document(response))


def keys(id: int) -> Response:
    """What a leg hears when an agent pressed keys: their tones. The keys are in the records, not in the address."""
    digits = callqueue().keys(id)
    response = VoiceResponse()
    if digits:
        response.play(digits=digits)
    return xml(twiml.document(response))


def _gone(response: VoiceResponse) -> Response:
    twiml.say(response, words("gone", *edge().languages()))
    response.hangup()
    return xml(twiml.document(response))
