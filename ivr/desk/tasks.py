"""Tasks on the desk: the list, one task opened, and what an agent does with it. Each act answers with the task."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from flask import abort, make_response, render_template, request
from werkzeug.wrappers import Response

from callqueue.task_model import Done, TaskOutcome, TaskState, TaskView
from ivr.desk import texts
from ivr.desk.blueprint import blueprint
from ivr.desk.marks import EVENTS, NOT_DONE, SHOWS
from ivr.desk.panels import agents_by_name
from ivr.desk.roles import DESK_ROLES, language, me, requires
from ivr.queueing import callqueue

ANSWER_LIMIT = 2000
FORCING = ("supervisor", "admin")
"""Roles that may take a task from whoever owns it."""
ENDS: Mapping[str, TaskOutcome] = {"told": "told", "no_need": "no_need"}
"""How an agent may close a task; the third way, a kept promise, is the queue's."""
PAST = timedelta(minutes=2)


@blueprint.get("/desk/tasks/<int:id>")
@requires(*DESK_ROLES)
def task(id: int) -> Response:
    return _shown(_task(id))


@blueprint.post("/desk/tasks/<int:id>/take")
@requires(*DESK_ROLES)
def take_task(id: int) -> Response:
    """The agent sets to it."""
    done = callqueue().take_task(id, me().id)
    return _shown(_task(id), "" if done else _words().task_late)


@blueprint.post("/desk/tasks/<int:id>/owner")
@requires(*DESK_ROLES)
def hand_over_task(id: int) -> Response:
    """Form: ``owner`` (an agent's id; 0: anybody) and ``due`` (ISO 8601 with an offset)."""
    owner, due_at = chosen_owner(), moment("due")
    if due_at is not None and due_at < datetime.now(UTC) - PAST:
        return _shown(_task(id), _words().refused_past)
    done = callqueue().hand_over_task(id, me().id, owner or None, due_at, me().role in FORCING)
    return _shown(_task(id), "" if done else _words().task_late)


@blueprint.post("/desk/tasks/<int:id>/answer")
@requires(*DESK_ROLES)
def answer_task(id: int) -> Response:
    """Form: ``answer``; ``how``: ``call`` (the customer is called with it, ``at`` or as soon as may be), ``told`` (they
    know already) or ``later`` (the answer is only kept)."""
    answer = request.form.get("answer", "").strip()[:ANSWER_LIMIT]
    how = request.form.get("how", "call")
    if how not in ("call", "told", "later"):
        abort(400)
    if not answer:
        return _shown(_task(id), _words().write_answer)
    done = callqueue().answer_task(
        id, me().id, answer, call=how == "call", at=moment("at") if how == "call" else None, told=how == "told"
    )
    return _shown(_task(id), _what_came_of(done))


@blueprint.post("/desk/tasks/<int:id>/promise")
@requires(*DESK_ROLES)
def promise_task(id: int) -> Response:
    """The customer was not reached, or could not be called: promise anew, ``at`` or as soon as may be."""
    return _shown(_task(id), _what_came_of(callqueue().promise_task(id, me().id, moment("at"))))


@blueprint.post("/desk/tasks/<int:id>/close")
@requires(*DESK_ROLES)
def close_task(id: int) -> Response:
    """Form: ``outcome``, ``told`` or ``no_need``. By its owner; by anybody when the owner is off, or with this very
    customer on the line."""
    outcome = ENDS.get(request.form.get("outcome", ""))
    if outcome is None:
        abort(400)
    found = _task(id)
    done = callqueue().close_task(id, me().id, outcome, me().role in FORCING or _on_the_line(found))
    return _shown(_task(id), "" if done else _words().task_late)


def moment(field: str) -> datetime | None:
    """A moment of the form: ISO 8601 with an offset, as the page's script sends what was chosen in the agent's own
    zone. None when there is none; 400 for what is no moment."""
    given = request.form.get(field, "").strip()
    if not given:
        return None
    try:
        read = datetime.fromisoformat(given)
    except ValueError:
        abort(400)
    if read.tzinfo is None:
        abort(400)
    return read


def chosen_owner() -> int:
    """The form's ``owner``: an agent who exists, or 0 for anybody; 400 for anything else."""
    given = request.form.get("owner", "")
    known = {row.id for row in callqueue().agents()} | {0}
    if not given.isdigit() or int(given) not in known:
        abort(400)
    return int(given)


def refusal(done: Done) -> str:
    """Why no call back can be promised, in words."""
    return _words().get(f"refused_{done.reason}", _words().refused_full)


def _what_came_of(done: Done) -> str:
    if done.kind == "late":
        return _words().task_late
    return f"{_words().answer_kept} {refusal(done)}" if done.kind == "refused" else ""


def _task(id: int) -> TaskView:
    found = callqueue().task(id)
    if found is None:
        abort(404)
    return found


def _on_the_line(found: TaskView) -> bool:
    agent = callqueue().agent_view(me().id)
    ticket = agent.ticket if agent else None
    return ticket is not None and found.number is not None and ticket.number == found.number


def _shown(found: TaskView, notice: str = "") -> Response:
    mine = found.owner == me().id or found.free or me().role in FORCING
    page = render_template(
        "desk/task.html",
        task=found,
        ticket=callqueue().ticket(found.ticket),
        names=agents_by_name(),
        mine=mine and found.state is not TaskState.CLOSED,
        notice=notice,
    )
    answer = make_response(page)
    answer.headers[SHOWS] = "/".join(
        str(part)
        for part in ("tasks", found.id, found.state, found.owner, found.free, found.due_at, found.overdue, found.stuck)
    )
    if notice:
        answer.headers[NOT_DONE] = "yes"
    answer.headers[EVENTS] = json.dumps({"panels-changed": {"panels": ["tasks"]}} if request.method == "POST" else {})
    return answer


def _words() -> texts.Texts:
    return texts.texts(language())
