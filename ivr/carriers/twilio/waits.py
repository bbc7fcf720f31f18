"""The wait lane, and the ways out of it and back: to an agent's conference, or back in line."""

from __future__ import annotations

from flask import Response, abort, request
from twilio.twiml.voice_response import VoiceResponse

from ivr.calls.model import Awaits
from ivr.calls.rescue import QUEUE
from ivr.calls.waiting import Look
from ivr.calls.words import words
from ivr.carriers.twilio import parse, twiml
from ivr.carriers.twilio.edge import edge
from ivr.carriers.twilio.guard import xml
from ivr.queueing import callqueue


def wait(call: str, n: int) -> Response:
    """What the caller in line hears next."""
    here = edge()
    query = request.args
    look = Look(
        call=call,
        n=n,
        round=query.get("round", 0, int),
        away=query.get("away", 0, int),
        again="again" in query,
        digits=request.form.get("Digits", "")[:1],
        queue_sid=request.form.get("QueueSid", "")[:64],
    )
    return xml(here.twiml.wait(call, n, look.round, look.again, here.lane.look(look)))


def connect(ticket: int) -> Response:
    """The queue member was moved here: into the conference where the agent is."""
    here = edge()
    call = _call()
    found = here.store.load(call, -1)
    response = VoiceResponse()
    action = here.urls.turn(call, found.n) if found is not None and not found.completed else ""
    language = found.wait.language if found is not None else here.languages()[0]
    here.twiml.bring(response, ticket, action, here.loop.notice(ticket, language))
    return xml(twiml.document(response))


def consent(ticket: int) -> Response:
    """A key pressed at the notice: 2 refuses to be recorded; then to the agent, either way."""
    here = edge()
    if request.form.get("Digits", "") == "2":
        callqueue().refuse_recording(ticket)
    found = here.store.load(_call(), -1)
    response = VoiceResponse()
    action = here.urls.turn(_call(), found.n) if found is not None and not found.completed else ""
    here.twiml.conference(response, ticket, "caller", action)
    return xml(twiml.document(response))


def requeue(ticket: int) -> Response:
    """The agent's leg dropped: a sentence, and first in line again; or they are being transferred."""
    here = edge()
    call = _call()
    found = here.store.load(call, -1)
    if found is None:
        view = callqueue().ticket(ticket)
        queue, language = (view.queue, view.language) if view else (QUEUE, here.languages()[0])
        found = here.loop.back_in_line(parse.facts(request.form, call), queue, language)
    response = VoiceResponse()
    if found is None or found.completed:
        response.hangup()
    elif found.wait.kind not in (Awaits.HAND_OFF, Awaits.LINE):
        response.redirect(here.urls.turn(call, found.n))
    else:
        if "transfer" in request.args:
            twiml.say(response, words("transferring", found.wait.language))
        else:
            twiml.say(response, words("moment" if found.session else "back_in_line", found.wait.language))
        here.twiml.park(response, found.wait.queue or QUEUE, call, found.n, again="transfer" not in request.args)
    return xml(twiml.document(response))


def _call() -> str:
    call = parse.call_of(request.form)
    if not call:
        abort(400, "CallSid is missing")
    return call
