"""Events that the carrier tells: of calls, conferences, recordings. Twice, late and out of order as they come."""

from __future__ import annotations

import logging
from typing import Any

from flask import Response, request
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from callqueue.model import AttemptOutcome
from ivr.calls import effects, outbox
from ivr.calls.model import Awaits, Effect, Facts, Wait
from ivr.calls.rescue import message
from ivr.carriers.twilio import parse
from ivr.carriers.twilio.edge import edge

log = logging.getLogger(__name__)

OUTCOMES = {
    "busy": AttemptOutcome.BUSY,
    "no-answer": AttemptOutcome.NO_ANSWER,
    "canceled": AttemptOutcome.NO_ANSWER,
    "failed": AttemptOutcome.PROVIDER_ERROR,
}
"""How an attempt to dial ended, by the call's last state. ``completed`` may have been a conversation: there the queue
decides, told that the leg is gone."""

TOLD = """
local have = redis.call('HGET', KEYS[1], ARGV[1])
if have and tonumber(have) >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], 86400)
return 1
"""
"""Newest event of each leg of a conference that the queue was told: an older one, or the same again, moves nothing."""


def status() -> Response:
    """A call's state. Only its end is of interest, and only once; and a ringing telephone of an agent."""
    told = parse.status(request.form)
    callback, attempt = request.args.get("callback", 0, int), request.args.get("attempt", 0, int)
    offer = request.args.get("offer", 0, int)
    if not told.call:
        return _done()
    if callback and attempt:
        if told.over:
            outcome = AttemptOutcome.MACHINE if told.answered_by.startswith("machine") else OUTCOMES.get(told.state)
            if outcome is not None:
                _tell(f"{told.call}:ended", "callback_ended", callback, attempt, outcome.value)
            _tell(f"{told.call}:gone", "call_gone", told.call)
    elif outside := request.args.get("outside", 0, int):
        if told.over:
            _tell(f"{told.call}:gone", "call_gone", told.call)
        else:
            _tell(f"{told.call}:placed", "outside_placed", outside, told.call)
    elif "supervision" in request.args:
        if told.over:
            _tell(f"{told.call}:gone", "call_gone", told.call)
    elif offer:
        if told.state == "ringing":
            _tell(f"{told.call}:ringing", "offer_ringing", offer)
        elif told.over:
            _tell(f"{told.call}:gone", "call_gone", told.call)
    elif told.over:
        edge().loop.hung_up(told.call, "caller" if told.state == "completed" else told.state)
    return _done()


def conference() -> Response:
    """Who joined and left a ticket's conference, and its end."""
    told = parse.conference(request.form)
    ticket = request.args.get("ticket", 0, int)
    if not ticket or not told.event:
        return _done()
    if not _newer(told):
        return _done()
    key = f"{told.conference}:{told.sequence}:{told.event}:{told.call}"
    agent = told.agent
    match told.event:
        case "participant-join" if agent is not None:
            _tell(key, "agent_joined", ticket, agent, told.call, told.conference)
        case "participant-join" if told.supervision is not None:
            _tell(key, "supervisor_joined", told.supervision, told.call)
        case "participant-join" if told.outside is not None:
            _tell(key, "outside_joined", told.outside, told.call, told.conference)
        case "participant-join":
            _tell(key, "caller_joined", ticket, told.call, told.conference)
        case "participant-leave" if told.ours:
            _tell(key, "agent_left", ticket, told.call, told.conference)
        case "participant-leave":
            _tell(key, "caller_left", ticket, told.conference)
        case "conference-end":
            _tell(key, "conference_ended", ticket, told.conference)
        case _:
            pass
    _remember(told)
    return _done()


def recording(call: str, n: int) -> Response:
    """A recording is ready, also when its caller hung up instead of ending it: it becomes the same message."""
    told = parse.recording(request.form)
    made = told.recording
    if told.state != "completed" or not made.name or not made.seconds:
        return _done()
    store = edge().store
    try:
        about, found = store.record(call, n), store.load(call, -1)
    except RedisError:
        about, found = None, None
    facts = found.facts if found else Facts(call, None, "")
    about = about or {"purpose": "message", "language": edge().languages()[0], "queue": "", "summary": ""}
    wait = Wait(Awaits.RECORD, 0, **about)
    effect = message(facts, n, wait, made)
    try:
        outbox.defer(effect)
    except RedisError:
        # Redis is away, but the records may not be. The key makes a repeat harmless.
        effects.do(effect)
    return _done()


def recorded(recording: int) -> Response:
    """A conversation's recording: its sound is there, or there is none."""
    told = parse.recording(request.form)
    made = told.recording
    if told.state == "completed" and made.name:
        _tell(f"recorded:{recording}", "recording_ended", recording, made.name, made.seconds or 0)
    return _done()


def _newer(told: parse.ConferenceEvent) -> bool:
    """Whether the queue was told nothing newer of this leg. Redis away: taken as new; the records' own compare-and-sets
    bear a repeat."""
    try:
        newest: Any = edge().store.redis.hget(_events(told), _leg(told))
    except RedisError:
        return True
    return newest is None or int(newest) < told.sequence


def _remember(told: parse.ConferenceEvent) -> None:
    """Only once the queue was told: one whose telling was cut short is told again when the carrier repeats it."""
    try:
        edge().store.redis.eval(TOLD, 1, _events(told), _leg(told), told.sequence)
    except RedisError as error:
        log.warning("Redis is away (%s): an event of a conference may be told twice", type(error).__name__)


def _events(told: parse.ConferenceEvent) -> str:
    return f"conference:{told.conference}"


def _leg(told: parse.ConferenceEvent) -> str:
    return told.call if told.event.startswith("participant-") else "conference"


def _tell(key: str, method: str, *arguments: Any) -> None:
    """Tell the queue now; with the records away, as soon as they are back."""
    event = {"method": method, "arguments": list(arguments)}
    try:
        effects.tell(event)
    except (SQLAlchemyError, OSError):
        outbox.defer(Effect(f"event:{key}", "event", key.partition(":")[0], event))


def _done() -> Response:
    return Response(status=204)
