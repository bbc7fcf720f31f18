"""Promises to phone back on the desk: one opened, moved, taken back, dialled now, or never again. Each act leaves its
line in the audit list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import abort, make_response, render_template
from werkzeug.wrappers import Response

from callqueue.model import OPEN_CALLBACK, CallbackState, CallbackView, PromiseResult
from ivr.desk import texts
from ivr.desk.audited import audits, nothing_changed
from ivr.desk.blueprint import blueprint
from ivr.desk.marks import NOT_DONE
from ivr.desk.roles import DESK_ROLES, language, me, requires
from ivr.desk.tasks import moment
from ivr.queueing import callqueue
from ivr.store import audit
from ivr.store.engine import engine

CHANGEABLE = frozenset({CallbackState.DUE_LATER, CallbackState.DUE})


@blueprint.get("/desk/callbacks/<int:id>")
@requires(*DESK_ROLES)
def promise(id: int) -> Response:
    return _shown(_promise(id))


@blueprint.post("/desk/callbacks/<int:id>/call-now")
@audits
@requires(*DESK_ROLES)
def call_now(id: int) -> Response:
    """Dial without waiting for its time; a suggestion becomes a call back."""
    return _done("callback.call_now", _promise(id), callqueue().call_now(id))


@blueprint.post("/desk/callbacks/<int:id>/move")
@audits
@requires(*DESK_ROLES)
def move_promise(id: int) -> Response:
    """Form: ``at``, a moment; empty: as soon as possible."""
    return _done("callback.move", _promise(id), callqueue().move_callback(id, moment("at")))


@blueprint.post("/desk/callbacks/<int:id>/cancel")
@audits
@requires(*DESK_ROLES)
def cancel_promise(id: int) -> Response:
    """Take it back, or put a suggestion away."""
    before = _promise(id)
    if not callqueue().cancel_callback(id):
        nothing_changed()
        return _shown(_promise(id), _words().refused_none)
    return _recorded("callback.cancel", before)


@blueprint.post("/desk/callbacks/<int:id>/refuse")
@audits
@requires(*DESK_ROLES)
def refuse_calls(id: int) -> Response:
    """The customer wants no calls from us: their number is not dialled again."""
    before = _promise(id)
    callqueue().opt_out(before.number, "desk")
    return _recorded("callback.refuse", before)


def _done(action: str, before: CallbackView, done: PromiseResult) -> Response:
    if done.kind == "refused":
        nothing_changed()
        free = {"free": done.free} if done.free else {}
        return _shown(_promise(before.id), _words().get(f"refused_{done.reason}", _words().refused_full), **free)
    return _recorded(action, before)


def _recorded(action: str, before: CallbackView) -> Response:
    after = _promise(before.id)
    with engine().begin() as conn:
        audit.record(conn, me().id, action, f"callback:{before.id}", _fact(before), _fact(after))
    return _shown(after)


def _fact(view: CallbackView) -> Mapping[str, Any]:
    """What the audit list keeps: no number, no summary."""
    return {"state": view.state.value, "due_at": view.due_at.isoformat(timespec="seconds")}


def _promise(id: int) -> CallbackView:
    found = callqueue().callback(id)
    if found is None:
        abort(404)
    return found


def _shown(view: CallbackView, notice: str = "", **more: Any) -> Response:
    page = render_template(
        "desk/callback.html",
        one=view,
        notice=notice,
        open=view.state in OPEN_CALLBACK,
        changeable=view.state in CHANGEABLE,
        proposed=view.state is CallbackState.PROPOSED,
        **more,
    )
    answer = make_response(page)
    if notice:
        answer.headers[NOT_DONE] = "1"
    return answer


def _words() -> texts.Texts:
    return texts.texts(language())
