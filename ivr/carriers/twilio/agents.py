"""Legs of agents and of customers we phone: they join a ticket's conference, if it is still theirs to join."""

from __future__ import annotations

from flask import Response, request
from twilio.twiml.voice_response import Gather, VoiceResponse

from callqueue.model import AttemptOutcome, TicketState
from ivr.calls.words import words
from ivr.carriers.twilio import company, parse, twiml
from ivr.carriers.twilio.edge import edge
from ivr.carriers.twilio.guard import xml
from ivr.queueing import callqueue

MACHINES = ("machine", "fax")
NEVER_AGAIN = "9"
"""The key, in a call that we placed, that says: do not phone me."""
HELLO = {"asked": "callback", "agent": "callback", "abandoned": "callback_ours", "missed": "callback_ours"}
"""What the customer hears first, by whose wish the call is."""


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
    queue = callqueue()
    promised = queue.callback(callback)
    languages = (promised.language,) if promised else here.languages()
    if request.form.get("Digits", "") == NEVER_AGAIN and queue.refuse_calls(callback, attempt, call):
        twiml.say(response, words("never_again", *languages))
        response.hangup()
        return xml(twiml.document(response))
    ticket = queue.callback_answered(callback, attempt, call)
    if ticket is None or promised is None:
        twiml.say(response, words("callback_over", *languages))
        response.hangup()
        return xml(twiml.document(response))
    if "heard" not in request.args:
        here.twiml.hello(response, callback, attempt, words(HELLO[promised.origin], *languages))
    found = queue.ticket(ticket)
    if found is not None and found.state in (TicketState.WAITING, TicketState.OFFERED):
        # Their agent is not in the conference: music and the first place, not a silent line.
        parked = here.loop.back_in_line(parse.facts(request.form, call), found.queue, promised.language)
        if parked is not None:
            here.twiml.park(response, found.queue, call, parked.n)
            return xml(twiml.document(response))
    here.twiml.bring(response, ticket, "", here.loop.notice(ticket, languages[0]))
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
