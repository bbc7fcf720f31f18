"""The REST API: the part of Twilio's 2010-04-01 that calls, queues, conferences, numbers and recordings need."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from quart import Blueprint, Quart, Response, current_app, jsonify, request
from werkzeug.exceptions import MethodNotAllowed, NotFound

from ivr.carriers.local import shapes
from ivr.carriers.local.call import Call
from ivr.carriers.local.conferences import Participant
from ivr.carriers.local.exchange import Exchange
from ivr.carriers.local.model import API_VERSION, CallStatus, Hook, RestError
from ivr.carriers.local.model import Request as Next

blueprint = Blueprint("rest", __name__, url_prefix=f"/{API_VERSION}/Accounts")

LARGEST_TWIML = 4000
_LONGEST_RING = 600
Form = dict[str, str]


def exchange() -> Exchange:
    found: Exchange = current_app.config["EXCHANGE"]
    return found


@blueprint.before_request
async def _who() -> None:
    """Basic auth: the account and its token. Raises 401; 404 for somebody else's account."""
    given = request.authorization
    known = exchange()
    right = (
        given is not None
        and given.type == "basic"
        and hmac.compare_digest((given.username or "").encode(), known.account_sid.encode())
        and hmac.compare_digest((given.password or "").encode(), known.auth_token.encode())
    )
    if not right:
        raise RestError(401, 20003, "Authenticate")
    if (request.view_args or {}).get("account", known.account_sid) != known.account_sid:
        raise RestError(404, 20404, f"The requested resource {request.path} was not found")


def error_reply(status: int, code: int, message: str) -> tuple[Response, int]:
    """Twilio's shape of an error."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    reply: Response = jsonify({"code": code, "message": message, "more_info": more, "status": status})
    if status == 401:
        reply.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return reply, status


@blueprint.errorhandler(RestError)
async def _refused(error: RestError) -> tuple[Response, int]:
    return error_reply(error.status, error.code, str(error))


def install(app: Quart) -> None:
    """The blueprint, and Twilio's words for addresses that do not exist."""
    app.register_blueprint(blueprint)

    @app.errorhandler(NotFound)
    async def _missing(_: NotFound) -> tuple[Response, int]:
        return error_reply(404, 20404, f"The requested resource {request.path} was not found")

    @app.errorhandler(MethodNotAllowed)
    async def _method(_: MethodNotAllowed) -> tuple[Response, int]:
        return error_reply(405, 20004, "Method not allowed")


# -- helpers --------------------------------------------------------------------------------------------------


async def _form() -> Form:
    return {name: str(value) for name, value in (await request.form).items()}


async def _many(name: str) -> list[str]:
    return [str(value) for value in (await request.form).getlist(name)]


def _need(form: Form, name: str) -> str:
    if not form.get(name):
        raise RestError(400, 21201 if name == "To" else 20001, f"Missing parameter: {name}")
    return form[name]


def _yes(form: Form, name: str) -> bool | None:
    return form[name].lower() == "true" if name in form else None


def _hook(form: Form, name: str, method: str) -> Hook | None:
    return Hook(form[name], form.get(method, "POST").upper()) if form.get(name) else None


def _next(form: Form) -> Next | None:
    """The document that a form names, by ``Url`` or ``Twiml``."""
    if form.get("Twiml"):
        if len(form["Twiml"]) > LARGEST_TWIML:
            raise RestError(400, 21624, f"Twiml is over {LARGEST_TWIML} characters")
        return Next(twiml=form["Twiml"])
    if form.get("Url"):
        if not form["Url"].startswith(("http://", "https://")):
            raise RestError(400, 21205, f"Url is not a valid URL: {form['Url']}")
        return Next(form["Url"], form.get("Method", "POST").upper())
    return None


def _listed(key: str, items: list[shapes.Json]) -> Response:
    try:
        number, size = int(request.args.get("Page", 0)), int(request.args.get("PageSize", 50))
    except ValueError as error:
        raise RestError(400, 20001, "Page and PageSize are numbers") from error
    rest = [(name, value) for name, value in request.args.items(multi=True) if name not in ("Page", "PageSize")]
    path = request.path + (f"?{urlencode(rest)}" if rest else "")
    reply: Response = jsonify(shapes.page(key, items, path, max(0, number), min(1000, max(1, size))))
    return reply


def _moment(text: str) -> datetime:
    try:
        when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise RestError(400, 20001, f"Not a date: {text}") from error
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _reply(what: shapes.Json, status: int = 200) -> tuple[Response, int]:
    return jsonify(what), status


Reply = tuple[Response, int]


@blueprint.get("/<account>.json")
async def fetch_account(account: str) -> Reply:
    return _reply(shapes.account(account))


# -- calls ----------------------------------------------------------------------------------------------------


@blueprint.post("/<account>/Calls.json")
async def create_call(account: str) -> Reply:
    form = await _form()
    to, from_ = _need(form, "To"), _need(form, "From")
    first = _next(form)
    if first is None:
        raise RestError(400, 21205, "Url or Twiml is required")
    if not to.startswith("client:") and not (to.startswith("+") and to[1:].isdigit() and 8 <= len(to) <= 16):
        raise RestError(400, 21211, f"The phone number you are attempting to call, {to}, is not valid.")
    events = frozenset(" ".join(await _many("StatusCallbackEvent")).lower().split()) or frozenset({"completed"})
    try:
        timeout = min(_LONGEST_RING, max(1, int(form.get("Timeout", 60))))
    except ValueError as error:
        raise RestError(400, 20001, "Timeout is a number of seconds") from error
    call = exchange().outgoing(
        from_=from_,
        to=to,
        first=first,
        fallback=_hook(form, "FallbackUrl", "FallbackMethod"),
        status_hook=_hook(form, "StatusCallback", "StatusCallbackMethod"),
        status_events=events,
        timeout=timeout,
        detect_machine=form.get("MachineDetection", "") in ("Enable", "DetectMessageEnd"),
    )
    return _reply(shapes.call(call, account), 201)


@blueprint.get("/<account>/Calls.json")
async def list_calls(account: str) -> Response:
    calls = [call for call in reversed(exchange().calls.values()) if _matches(call)]
    return _listed("calls", [shapes.call(call, account) for call in calls])


def _matches(call: Call) -> bool:
    args = request.args
    wanted = {"To": call.to, "From": call.from_, "Status": str(call.status)}
    if any(args.get(name) not in (None, "", value) for name, value in wanted.items()):
        return False
    if args.get("ParentCallSid") and args["ParentCallSid"] != (call.parent.sid if call.parent else None):
        return False
    started = call.started or call.created
    if args.get("StartTime") and started.date() != _moment(args["StartTime"]).date():
        return False
    if args.get("StartTime>") and started < _moment(args["StartTime>"]):
        return False
    return not (args.get("StartTime<") and started > _moment(args["StartTime<"]))


@blueprint.get("/<account>/Calls/<key>.json")
async def fetch_call(account: str, key: str) -> Reply:
    return _reply(shapes.call(exchange().call(key), account))


@blueprint.post("/<account>/Calls/<key>.json")
async def update_call(account: str, key: str) -> Reply:
    form, call = await _form(), exchange().call(key)
    status = form.get("Status", "")
    if status and status not in ("completed", "canceled"):
        raise RestError(400, 20001, "Status is completed or canceled")
    there = _next(form)
    if call.status.over:
        if there is not None:
            raise RestError(400, 21220, "Call is not in-progress. Cannot redirect.")
        return _reply(shapes.call(call, account))
    if status == "completed" or (status == "canceled" and call.started is None):
        call.hang_up("completed" if call.started else "canceled")
        await call.over.wait()
    elif there is not None:
        if call.status is not CallStatus.IN_PROGRESS:
            raise RestError(400, 21220, "Call is not in-progress. Cannot redirect.")
        call.redirect(there)
    return _reply(shapes.call(call, account))


# -- queues ---------------------------------------------------------------------------------------------------


@blueprint.get("/<account>/Queues.json")
async def list_queues(account: str) -> Response:
    return _listed("queues", [shapes.queue(queue, account) for queue in exchange().queues.values()])


@blueprint.post("/<account>/Queues.json")
async def create_queue(account: str) -> Reply:
    form = await _form()
    name = _need(form, "FriendlyName")
    if any(queue.name == name for queue in exchange().queues.values()):
        raise RestError(400, 22003, f"A queue named {name} already exists")
    queue = exchange().queue_named(name)
    queue.max_size = min(5000, int(form.get("MaxSize", queue.max_size)))
    return _reply(shapes.queue(queue, account), 201)


@blueprint.get("/<account>/Queues/<key>.json")
async def fetch_queue(account: str, key: str) -> Reply:
    return _reply(shapes.queue(exchange().queue(key), account))


@blueprint.get("/<account>/Queues/<key>/Members.json")
async def list_members(account: str, key: str) -> Response:
    members = exchange().queue(key).members
    shown = [shapes.member(member, place, account) for place, member in enumerate(members, 1)]
    return _listed("queue_members", shown)


@blueprint.get("/<account>/Queues/<key>/Members/<call>.json")
async def fetch_member(account: str, key: str, call: str) -> Reply:
    queue = exchange().queue(key)
    member = queue.member(call)
    return _reply(shapes.member(member, queue.members.index(member) + 1, account))


@blueprint.post("/<account>/Queues/<key>/Members/<call>.json")
async def update_member(account: str, key: str, call: str) -> Reply:
    form, queue = await _form(), exchange().queue(key)
    there = _next(form)
    if there is None or there.twiml is not None:
        raise RestError(400, 20001, "Missing parameter: Url")
    member = queue.member(call)
    shown = shapes.member(member, queue.members.index(member) + 1, account)
    queue.dequeue(member, there)
    return _reply(shown)


# -- conferences ----------------------------------------------------------------------------------------------


@blueprint.get("/<account>/Conferences.json")
async def list_conferences(account: str) -> Response:
    name, status = request.args.get("FriendlyName"), request.args.get("Status")
    shown = [
        shapes.conference(one, account)
        for one in reversed(exchange().conferences.values())
        if name in (None, one.name) and status in (None, one.status)
    ]
    return _listed("conferences", shown)


@blueprint.get("/<account>/Conferences/<key>.json")
async def fetch_conference(account: str, key: str) -> Reply:
    return _reply(shapes.conference(exchange().conference(key), account))


@blueprint.post("/<account>/Conferences/<key>.json")
async def update_conference(account: str, key: str) -> Reply:
    form, conference = await _form(), exchange().conference(key)
    if form.get("Status"):
        if form["Status"] != "completed":
            raise RestError(400, 20001, "Status is completed")
        conference.end()
    return _reply(shapes.conference(conference, account))


@blueprint.get("/<account>/Conferences/<key>/Participants.json")
async def list_participants(account: str, key: str) -> Response:
    conference = exchange().conference(key)
    muted, hold = request.args.get("Muted"), request.args.get("Hold")
    shown = [
        shapes.participant(one, conference, account)
        for one in conference.participants
        if muted in (None, str(one.muted).lower()) and hold in (None, str(one.hold).lower())
    ]
    return _listed("participants", shown)


@blueprint.post("/<account>/Conferences/<key>/Participants.json")
async def create_participant(account: str, key: str) -> Reply:
    """Dials somebody into a conference; by its name it is begun when there is none."""
    form = await _form()
    to, from_ = _need(form, "To"), _need(form, "From")
    known = exchange()
    conference = known.conference(key) if key.startswith("CF") else known.conference_named(key)
    if conference.status == "completed":
        raise RestError(404, 20404, f"The requested resource {request.path} was not found")
    events = frozenset(" ".join(await _many("StatusCallbackEvent")).lower().split()) or frozenset({"completed"})
    attributes = {
        "participantLabel": form.get("Label"),
        "startConferenceOnEnter": form.get("StartConferenceOnEnter"),
        "endConferenceOnExit": form.get("EndConferenceOnExit"),
        "muted": form.get("Muted"),
        "beep": form.get("Beep"),
        "waitUrl": form.get("WaitUrl"),
        "coach": form.get("CallSidToCoach"),
        "statusCallback": form.get("ConferenceStatusCallback"),
        "statusCallbackEvent": " ".join(await _many("ConferenceStatusCallbackEvent")) or None,
    }
    marks = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items() if value is not None)
    twiml = f"<Response><Dial><Conference{marks}>{escape(conference.name)}</Conference></Dial></Response>"
    call = known.outgoing(
        from_=from_,
        to=to,
        first=Next(twiml=twiml),
        status_hook=_hook(form, "StatusCallback", "StatusCallbackMethod"),
        status_events=events,
        timeout=min(_LONGEST_RING, int(form.get("Timeout", 60))),
    )
    shown = shapes.participant(Participant(call, label=form.get("Label", "")), conference, account)
    return _reply(shown | {"status": "queued"}, 201)


@blueprint.get("/<account>/Conferences/<key>/Participants/<call>.json")
async def fetch_participant(account: str, key: str, call: str) -> Reply:
    conference = exchange().conference(key)
    return _reply(shapes.participant(conference.participant(call), conference, account))


@blueprint.post("/<account>/Conferences/<key>/Participants/<call>.json")
async def update_participant(account: str, key: str, call: str) -> Reply:
    form, conference = await _form(), exchange().conference(key)
    participant = conference.participant(call)
    if (end := _yes(form, "EndConferenceOnExit")) is not None:
        participant.end_on_exit = end
    if (coaching := _yes(form, "Coaching")) is not None:
        coached = form.get("CallSidToCoach", participant.coaching) if coaching else ""
        if coaching and not any(one.call.sid == coached for one in conference.participants):
            raise RestError(400, 16025, "CallSidToCoach is not a participant of this conference")
        participant.coaching = coached
    if (muted := _yes(form, "Muted")) is not None:
        conference.mute(participant, muted)
    if (hold := _yes(form, "Hold")) is not None:
        conference.hold(participant, hold, form.get("HoldUrl") or None, form.get("HoldMethod", "POST").upper())
    if form.get("AnnounceUrl"):
        if participant.hold:
            raise RestError(400, 20001, "A participant on hold hears no announcement")
        conference.announce(participant, Next(form["AnnounceUrl"], form.get("AnnounceMethod", "POST").upper()))
    return _reply(shapes.participant(participant, conference, account))


@blueprint.delete("/<account>/Conferences/<key>/Participants/<call>.json")
async def delete_participant(account: str, key: str, call: str) -> Response:
    conference = exchange().conference(key)
    conference.leave(conference.participant(call), "participant_removed_via_api")
    return Response("", 204)
