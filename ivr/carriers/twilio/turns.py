"""Turns: an incoming call, and each time the caller pressed, said or waited through something."""

from __future__ import annotations

from flask import Response, abort, request
from twilio.twiml.voice_response import VoiceResponse

from ivr.calls import alarm
from ivr.calls.words import words
from ivr.carriers.twilio import parse, twiml
from ivr.carriers.twilio.edge import edge
from ivr.carriers.twilio.guard import xml


def voice() -> Response:
    """A call comes in."""
    facts = parse.facts(request.form.to_dict())
    if not facts.call:
        abort(400, "CallSid is missing")
    return xml(edge().loop.incoming(facts))


def turn(call: str, n: int) -> Response:
    """Turn ``n`` of a call."""
    # A redirected leg keeps its id, so the address and the form must name the same call.
    form = request.form.to_dict()
    if parse.call_of(form) != call:
        abort(400, "CallSid is not the call of this address")
    return xml(edge().loop.turn(call, n, parse.arrival(form, request.args.to_dict(), call)))


def stream_over(call: str, stream: str) -> Response:
    """The stream in which we heard the caller is over."""
    if parse.call_of(request.form) != call:
        abort(400, "CallSid is not the call of this address")
    return xml(edge().loop.stream_over(parse.facts(request.form, call), stream[:64]))


def fallback() -> Response:
    """The carrier could not reach another address of ours, or comes back from what we sent it to instead."""
    here = edge()
    if "over" in request.args or "recorded" in request.args:
        response = VoiceResponse()
        said = "thanks" if parse.kept(request.form).get("recording") else "goodbye"
        twiml.say(response, words(said, *here.languages()))
        response.hangup()
        return xml(twiml.document(response))
    facts = parse.facts(request.form)
    if not facts.call:
        abort(400, "CallSid is missing")
    alarm.fallback_used("the carrier asked our fallback address", facts.call)
    return xml(here.loop.resume(facts))
