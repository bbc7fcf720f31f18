"""The plain things beside ours, under the same server and flags.

A Flask view that returns a constant; and a turn as one would write it first: the SDK's signature check, TwiML objects,
two Redis round trips, but no engine, no journal and no stored replies.
"""

from __future__ import annotations

import json

from flask import Flask, Response, abort, request
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Gather, VoiceResponse

from ivr.redis_client import client
from ivr.settings import settings

app = Flask(__name__)
REPLY = b'<?xml version="1.0" encoding="UTF-8"?><Response><Hangup/></Response>'
PROMPT = (
    "Где заказ: один. Подтвердить заказ: два. Баллы: три. Магазины и условия: четыре. Жалоба: пять. Сотрудник: ноль."
)
HINTS = "доставка, заказ, баллы"
validator = RequestValidator(settings().auth_token)


@app.post("/bare")
def bare() -> Response:
    return Response(REPLY, content_type="text/xml")


@app.post("/naive")
def naive() -> Response:
    if not validator.validate(request.url, request.form.to_dict(), request.headers.get("X-Twilio-Signature", "")):
        abort(403)
    key = f"naive:{request.form['CallSid']}"
    session = json.loads(client().get(key) or b'{"turn": 0}')  # type: ignore[arg-type]
    session["turn"] += 1
    client().set(key, json.dumps(session), ex=86_400)
    response = VoiceResponse()
    gather = Gather(input="dtmf speech", action=request.url, language="ru-RU", hints=HINTS, timeout=5)
    gather.say(PROMPT, language="ru-RU")
    response.append(gather)
    response.redirect(request.url)
    return Response(str(response), content_type="text/xml")
