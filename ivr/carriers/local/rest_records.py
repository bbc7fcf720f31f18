"""The REST API, second part: incoming numbers and recordings."""

from __future__ import annotations

from quart import Response, request

from ivr.carriers.local import shapes
from ivr.carriers.local.model import Hook, RestError, now
from ivr.carriers.local.recorder import Recorder
from ivr.carriers.local.rest import Form, Reply, _form, _hook, _listed, _reply, blueprint, exchange


@blueprint.get("/<account>/IncomingPhoneNumbers.json")
async def list_numbers(account: str) -> Response:
    wanted = request.args.get("PhoneNumber")
    name = request.args.get("FriendlyName")
    shown = [
        shapes.number(one, account)
        for one in exchange().numbers.values()
        if (wanted is None or wanted in one.phone_number) and name in (None, one.friendly_name)
    ]
    return _listed("incoming_phone_numbers", shown)


@blueprint.get("/<account>/IncomingPhoneNumbers/<key>.json")
async def fetch_number(account: str, key: str) -> Reply:
    number = exchange().numbers.get(key)
    if number is None:
        raise RestError(404, 20404, f"The requested resource {request.path} was not found")
    return _reply(shapes.number(number, account))


@blueprint.post("/<account>/IncomingPhoneNumbers/<key>.json")
async def update_number(account: str, key: str) -> Reply:
    """What is named changes, the rest stays; an empty address takes it away."""
    number = exchange().numbers.get(key)
    if number is None:
        raise RestError(404, 20404, f"The requested resource {request.path} was not found")
    form = await _form()
    for name in ("VoiceUrl", "VoiceFallbackUrl", "StatusCallback"):
        if form.get(name) and not form[name].startswith(("http://", "https://")):
            raise RestError(400, 21402, f"{name} is not a valid URL: {form[name]}")
    number.voice = _changed(form, "VoiceUrl", "VoiceMethod", number.voice) or Hook("")
    number.fallback = _changed(form, "VoiceFallbackUrl", "VoiceFallbackMethod", number.fallback)
    number.status = _changed(form, "StatusCallback", "StatusCallbackMethod", number.status)
    number.friendly_name = form.get("FriendlyName", number.friendly_name)
    number.updated = now()
    return _reply(shapes.number(number, account))


def _changed(form: Form, name: str, method: str, old: Hook | None) -> Hook | None:
    url = form.get(name, old.url if old else "")
    return Hook(url, form.get(method, old.method if old else "POST").upper()) if url else None


@blueprint.get("/<account>/Recordings.json")
async def list_recordings(account: str) -> Response:
    call = request.args.get("CallSid")
    kept = reversed(exchange().recordings.values())
    return _listed("recordings", [shapes.recording(one, account) for one in kept if call in (None, one.call_sid)])


@blueprint.get("/<account>/Recordings/<key>.json")
async def fetch_recording(account: str, key: str) -> Reply:
    return _reply(shapes.recording(exchange().recording(key), account))


@blueprint.get("/<account>/Recordings/<key>.wav")
@blueprint.get("/<account>/Recordings/<key>")
async def recording_media(account: str, key: str) -> Response:
    return Response(exchange().recording(key).wav, content_type="audio/x-wav")


@blueprint.delete("/<account>/Recordings/<key>.json")
async def delete_recording(account: str, key: str) -> Response:
    del exchange().recordings[exchange().recording(key).sid]
    return Response("", 204)


# -- of a call in progress --------------------------------------------------------------------------------------


@blueprint.post("/<account>/Calls/<call>/Recordings.json")
async def start_recording(account: str, call: str) -> Reply:
    """Records a call both ways, from now on to its end."""
    form, leg = await _form(), exchange().call(call)
    if leg.status.over or leg.started is None:
        raise RestError(400, 21220, "Requested resource is not eligible for recording")
    recorder = Recorder(leg, _hook(form, "RecordingStatusCallback", "RecordingStatusCallbackMethod"))
    leg.recorders.append(recorder)
    return _reply(shapes.recorder(recorder, account), 201)


@blueprint.get("/<account>/Calls/<call>/Recordings.json")
async def list_call_recordings(account: str, call: str) -> Response:
    leg = exchange().call(call)
    kept = [shapes.recording(one, account) for one in exchange().recordings.values() if one.call_sid == leg.sid]
    return _listed("recordings", [shapes.recorder(one, account) for one in leg.recorders] + kept)


@blueprint.post("/<account>/Calls/<call>/Recordings/<key>.json")
async def update_recording(account: str, call: str, key: str) -> Reply:
    """Pauses it, goes on, or ends it. ``Twilio.CURRENT`` is the one in progress."""
    form, leg = await _form(), exchange().call(call)
    found = [one for one in leg.recorders if not one.over and key in (one.sid, "Twilio.CURRENT")]
    if not found:
        raise RestError(404, 20404, f"The requested resource {request.path} was not found")
    match form.get("Status", ""):
        case "paused":
            found[0].paused = True
        case "in-progress":
            found[0].paused = False
        case "stopped":
            found[0].stop()
        case _:
            raise RestError(400, 20001, "Status is in-progress, paused or stopped")
    return _reply(shapes.recorder(found[0], account))
