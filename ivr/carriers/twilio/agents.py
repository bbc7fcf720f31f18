"""Legs of agents and of customers we phone: they join a ticket's conference, if it is still theirs to join."""

from __future__ import annotations

from flask import Response, request
from twilio.twiml.voice_response import Gather, VoiceResponse

from callqueue.model import AttemptOutcome
from ivr.calls.words import words
from ivr.carriers.twilio import company, parse, twiml
from ivr.carriers.twilio.edge import edge
from ivr.carriers.twilio.guard import xml
from ivr.queueing import callqueue

MACHINES = ("machine", "fax")


def browser() -> Response:
    """An agent's page dialled, with the offer that its agent accepted."""
    agent = parse.agent_of(request.form.get("From", ""))
    supervision = parse.supervision_of(request.form) or parse.supervision_of(request.args)
    if agent is not None and supervision:
        return company.supervise(supervision, agent)
    # A redirect while something was away brings it in the address: the carrier gives a page's parameters only once.
    offer = parse.offer_of(request.form) or parse.offer_of(request.args)
    ticket = None
    if agent is not None and offer:
        ticket = callqueue().agent_for_offer(offer, agent)
    return _join(ticket, agent)


def phone(offer: int) -> Response:
    """An agent's telephone was answered; "1" accepts the offer."""
    here = edge()
    agent = request.args.get("agent", 0, int)
    response = VoiceResponse()
    digits = request.form.get("Digits", "")
    if digits == "1":
        return _join(callqueue().offer_answered(offer, parse.call_of(request.form)), agent)
    if digits or "asked" in request.args:
        response.hangup()
        return xml(twiml.document(response))
    gather = Gather(input="dtmf", num_digits=1, timeout=8, action=here.urls.agent_phone(offer, agent), method="POST")
    twiml.say(gather, words("accept", *here.languages()))
    response.append(gather)
    response.hangup()
    return xml(twiml.document(response))


def callback(callback: int, attempt: int) -> Response:
    """A customer whom we phone back picked up. The row decides before anything is said."""
    here = edge()
    call = parse.call_of(request.form)
    response = VoiceResponse()
    if request.form.get("AnsweredBy", "").startswith(MACHINES):
        callqueue().callback_ended(callback, attempt, AttemptOutcome.MACHINE)
        response.hangup()
        return xml(twiml.document(response))
    promised = callqueue().callback(callback)
    languages = (promised.language,) if promised else here.languages()
    ticket = callqueue().callback_answered(callback, attempt, call)
    if ticket is None:
        twiml.say(response, words("callback_over", *languages))
        response.hangup()
        return xml(twiml.document(response))
    twiml.say(response, words("callback", *languages))
    here.twiml.conference(response, ticket, "caller")
    twiml.say(response, words("goodbye", *languages))
    response.hangup()
    return xml(twiml.document(response))


def _join(ticket: int | None, agent: int | None) -> Response:
    response = VoiceResponse()
    if ticket is None or agent is None:
        twiml.say(response, words("gone", *edge().languages()))
        response.hangup()
    else:
        edge().twiml.conference(response, ticket, f"agent-{agent}")
    return xml(twiml.document(response))
