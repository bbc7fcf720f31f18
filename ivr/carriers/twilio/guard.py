"""Who may come in, and what a caller hears when something of ours is away: never an error page."""

from __future__ import annotations

import logging
import time

from flask import Request, Response, abort, g, request
from redis.exceptions import RedisError
from twilio.twiml.voice_response import VoiceResponse
from werkzeug.exceptions import HTTPException

from flows.engine.events import Record
from ivr import counting
from ivr.calls import alarm
from ivr.calls.words import words
from ivr.carriers.twilio import parse, signature, twiml
from ivr.carriers.twilio.edge import Edge, edge

log = logging.getLogger(__name__)

MOST_DOWN = 5
"""Times a caller hears that they should hold on, before they are sent to the fallback number or a recorder."""
DOWN_PAUSE = 3
EVENTS = ("/twilio/status", "/twilio/conference", "/twilio/recording/")
"""Addresses where nobody listens to the answer: a 503 there makes the carrier tell us again."""


def begin() -> None:
    """Before everything else: when the request came."""
    g.webhook_begun = time.perf_counter()


def count(response: Response) -> Response:
    """After every view: how long the carrier waited, and what came of it."""
    if (path := request.path).startswith("/twilio/"):
        outcome = "broke" if "webhook_broke" in g else "refused" if response.status_code >= 400 else "ok"
        counting.webhook(path, time.perf_counter() - g.webhook_begun, outcome)
    return response


def check_signature() -> None:
    """Before every view under /twilio/: a request that the carrier did not sign gets 403 and does nothing."""
    # The request itself: each use of the proxy would look it up again.
    asked: Request = request._get_current_object()  # type: ignore[attr-defined]
    if not asked.path.startswith("/twilio/"):
        return
    here = edge()
    body = asked.get_data() if asked.mimetype == "application/json" else None
    params = asked.form.to_dict(flat=False)
    given = asked.headers.get(signature.HEADER, "")
    if not signature.valid(here.token, public_url(here, asked), params, given, body):
        log.warning("403 for %s: the signature does not fit %s (is PUBLIC_URL the address the carrier calls?)",
                    asked.path, here.urls.base)  # fmt: skip
        abort(403)


def public_url(here: Edge, asked: Request) -> str:
    """The address as the carrier knows it: ours from the settings, never the one that the request claims."""
    raw = asked.environ.get("RAW_URI") or asked.environ.get("REQUEST_URI") or asked.full_path.removesuffix("?")
    if not raw.startswith("/"):
        raw = "/" + raw.split("://", 1)[-1].partition("/")[2]
    return here.urls.base + str(raw)


def on_error(error: Exception) -> Response | HTTPException:
    """Whatever rises in a view: logged, and turned into words for whoever is on the line."""
    if isinstance(error, HTTPException):
        return error
    g.webhook_broke = True
    if isinstance(error, RedisError):
        log.error("Redis is away (%s) at %s", type(error).__name__, request.path)
    else:
        log.exception("%s broke", request.path)
    if request.path.startswith(EVENTS):
        return Response(status=503)
    return xml(hold_on(edge()))


def hold_on(here: Edge) -> bytes:
    """A reply that needs no state: a sentence and the same address again; in the end somebody else, or a recorder."""
    query = {**request.args.to_dict(), **parse.kept(request.form)}
    down = int(query.get("down", "0")) if query.get("down", "0").isdigit() else 0
    if down >= MOST_DOWN:
        return give_up(here)
    response = VoiceResponse()
    twiml.say(response, words("moment", *here.languages()))
    response.pause(length=DOWN_PAUSE)
    response.redirect(here.urls.again(request.path, {**query, "down": str(down + 1)}))
    return twiml.document(response)


def give_up(here: Edge) -> bytes:
    """Where it does not come back. A wait document may neither dial nor record: the turn that follows does. An agent
    gets no message to leave, and is missed in their conference soon enough."""
    response = VoiceResponse()
    if request.path.startswith("/twilio/wait/"):
        response.leave()
    elif request.path.startswith("/twilio/agent"):
        twiml.say(response, words("gone", *here.languages()))
        response.hangup()
    else:
        return somebody_else(here)
    return twiml.document(response)


def somebody_else(here: Edge) -> bytes:
    """The fallback number; without one, a recorded message."""
    alarm.fallback_used("Redis or a webhook of ours was away", parse.call_of(request.form))
    response = VoiceResponse()
    if here.settings.fallback_number:
        twiml.say(response, words("connecting", *here.languages()))
        dial = response.dial(action=here.urls.fallback(over=1), timeout=30, caller_id=here.settings.phone_number)
        dial.number(here.settings.fallback_number)
    else:
        twiml.say(response, words("message", *here.languages()))
        call = parse.call_of(request.form) or "unknown"
        record = Record("sorry", "message", 120, 5, "#", here.languages()[0])
        here.twiml.record(response, record, here.urls.fallback(recorded=1), here.urls.recording(call, 0))
        response.redirect(here.urls.fallback(over=1))
    return twiml.document(response)


def xml(data: bytes) -> Response:
    return Response(data, mimetype="text/xml")
