"""The buttons of a call: hold, mute, keys, transfers, and a supervisor's own. Each answers with their panel."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from flask import abort, make_response, render_template, request
from werkzeug.wrappers import Response

from callqueue.incall_model import SuperviseMode, Target, TransferResult
from ivr.desk import formats, texts
from ivr.desk.blueprint import blueprint
from ivr.desk.panels import own_ticket, view
from ivr.desk.phones import phone_kind
from ivr.desk.roles import DESK_ROLES, language, me, requires
from ivr.queueing import callqueue

SUPERVISORS = ("supervisor", "admin")


def controls_data() -> dict[str, Any]:
    """What the panel shows: the call's state, and whom it may go to."""
    agent, queue = view(), callqueue()
    in_call = queue.in_call(agent.id)
    until = in_call.paused_until
    return {
        "agent": agent,
        "in_call": in_call,
        "pause_left": max(0, round((until - datetime.now(UTC)).total_seconds())) if until is not None else None,
        "phone_kind": phone_kind(agent),
        "colleagues": [one for one in queue.agents() if one.id != agent.id and one.state not in ("off", "break")],
        "queues": queue.queue_names(language()),
    }


@blueprint.get("/desk/controls")
@requires(*DESK_ROLES)
def controls() -> str:
    return render_template("desk/controls.html", **controls_data())


@blueprint.post("/desk/tickets/<int:id>/hold")
@requires(*DESK_ROLES)
def hold(id: int) -> Response:
    """Form: ``on``, 1 or 0."""
    return _done(callqueue().hold(own_ticket(id).id, me().id, _on()))


@blueprint.post("/desk/tickets/<int:id>/mute")
@requires(*DESK_ROLES)
def mute(id: int) -> Response:
    """Form: ``on``, 1 or 0. For agents on a telephone; a phone in the page has its own."""
    return _done(callqueue().mute(own_ticket(id).id, me().id, _on()))


@blueprint.post("/desk/tickets/<int:id>/recording")
@requires(*DESK_ROLES)
def pause_recording(id: int) -> Response:
    """Form: ``on``, 1 to pause (card data is spoken) or to have more time for it, 0 to go on."""
    return _done(callqueue().pause_recording(own_ticket(id).id, me().id, _on()))


@blueprint.post("/desk/tickets/<int:id>/keys")
@requires(*DESK_ROLES)
def press_keys(id: int) -> Response:
    """Form: ``digits``, played once to the added number, else to the caller."""
    digits = "".join(request.form.get("digits", "").split())
    return _done(callqueue().press(own_ticket(id).id, me().id, digits), "keys_refused")


@blueprint.post("/desk/tickets/<int:id>/transfer")
@requires(*DESK_ROLES)
def transfer(id: int) -> Response:
    """Form: ``target`` (``agent:7``, ``queue:orders`` or ``number``), ``number``, and ``how``: warm or cold."""
    kind, _, value = request.form.get("target", "").partition(":")
    if kind == "number":
        value = "".join(c for c in request.form.get("number", "") if c not in " ()-.")
    queues = callqueue().queue_names(language())
    well = {"agent": value.isdecimal(), "queue": value in queues, "number": formats.is_number(value)}
    if not well.get(kind):
        return _answer("transfer_choose")
    target = Target(kind, value)  # type: ignore[arg-type]
    warm = request.form.get("how") == "warm"
    result: TransferResult = callqueue().transfer(own_ticket(id).id, me().id, target, warm=warm)
    if result.refused is not None:
        return _answer(f"transfer_{result.refused}")
    return _answer("", *(() if warm else ("call", "status")))


@blueprint.post("/desk/tickets/<int:id>/hand-over")
@requires(*DESK_ROLES)
def hand_over(id: int) -> Response:
    return _done(callqueue().hand_over(own_ticket(id).id, me().id), "hand_over_refused", "call", "status")


@blueprint.post("/desk/tickets/<int:id>/take-back")
@requires(*DESK_ROLES)
def take_back(id: int) -> Response:
    return _done(callqueue().take_back(own_ticket(id).id, me().id))


@blueprint.post("/desk/supervise/<int:id>")
@requires(*DESK_ROLES)
def supervise(id: int) -> Response:
    """Form: ``mode``: listen, whisper, barge or leave. Supervisors only; for others there is no such page."""
    _supervisors_only()
    try:
        mode = SuperviseMode(request.form.get("mode", ""))
    except ValueError:
        abort(400)
    view()  # registers who isn't an agent yet
    return _done(callqueue().supervise(id, me().id, mode) is not None, "supervise_refused")


@blueprint.post("/desk/take-over/<int:id>")
@requires(*DESK_ROLES)
def take_over(id: int) -> Response:
    """A supervisor in the call becomes its agent."""
    _supervisors_only()
    return _done(callqueue().take_over(id, me().id) is not None, "supervise_refused", "call", "status")


def _supervisors_only() -> None:
    if me().role not in SUPERVISORS:
        abort(404)


def _on() -> bool:
    return request.form.get("on") == "1"


def _done(done: bool, otherwise: str = "control_refused", *panels: str) -> Response:
    return _answer("" if done else otherwise, *panels)


def _answer(notice: str, *panels: str) -> Response:
    """The panel, with a sentence when nothing came of it; ``panels`` changed too."""
    words = texts.texts(language())
    shown = words.get(notice) if notice else ""
    answer = make_response(render_template("desk/controls.html", control_notice=shown, **controls_data()))
    if panels:
        answer.headers["X-Desk-Events"] = json.dumps({"panels-changed": {"panels": list(panels)}})
    return answer
