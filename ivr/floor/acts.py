"""What a supervisor does: into a call, a caller to another queue, an agent back from a break, an alert seen."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from callqueue.incall_model import SuperviseMode
from callqueue.model import AgentStatus
from ivr.desk import texts
from ivr.desk.audited import nothing_changed
from ivr.desk.panels import view
from ivr.desk.phones import in_page
from ivr.desk.roles import language, me, requires
from ivr.floor import queues
from ivr.floor.blueprint import FLOOR_ROLES, blueprint
from ivr.live.push import RedisPush
from ivr.queueing import callqueue
from ivr.redis_client import client
from ivr.store import alerts, audit
from ivr.store.engine import engine

EVENTS = "X-Floor-Events"
"""Header of an answer: what the page is to do besides showing it."""


@blueprint.post("/supervisor/agents/<int:id>/call-back")
@requires(*FLOOR_ROLES)
def call_back(id: int) -> Response:
    """Ask an agent who is on a break to come back: their page says who asks. Their status stays theirs."""
    agent = callqueue().agent_view(id)
    if agent is None:
        abort(404)
    if agent.status is not AgentStatus.BREAK:
        nothing_changed()
        return notice(_words().not_on_a_break.format(name=agent.name), "warn")
    RedisPush(client()).send(f"agent:{id}", "called_back", {"by": me().name})
    _record("agent.call_back", f"agent:{id}")
    return notice(_words().called_back_done.format(name=agent.name))


@blueprint.post("/supervisor/tickets/<int:id>/move")
@requires(*FLOOR_ROLES)
def move(id: int) -> Response:
    """Form: ``queue``. The caller goes over with the time they have waited."""
    queue = request.form.get("queue", "")
    if queue not in queues.names(language()):
        abort(400)
    ticket = callqueue().ticket(id)
    if ticket is None or not callqueue().move_ticket(id, queue, by=me().id):
        nothing_changed()
        return notice(_words().move_failed, "warn")
    with engine().begin() as conn:
        audit.record(conn, me().id, "ticket.move", f"ticket:{id}", {"queue": ticket.queue}, {"queue": queue})
    return notice(_words().move_done.format(queue=queues.name(queue, language())))


@blueprint.post("/supervisor/tickets/<int:id>/supervise")
@requires(*FLOOR_ROLES)
def supervise(id: int) -> Response:
    """Form: ``mode``: listen, whisper, barge, leave. Into somebody's call with this page's phone (the event ``join``
    starts it) or with one's own telephone, which rings."""
    try:
        mode = SuperviseMode(request.form.get("mode", ""))
    except ValueError:
        abort(400)
    supervision = callqueue().supervise(id, view().id, mode)
    if supervision is None:
        nothing_changed()
        return notice("" if mode is SuperviseMode.LEAVE else _words().supervise_failed, "warn")
    _record("call.supervise", f"ticket:{id}", mode=mode.value)
    if mode is SuperviseMode.LEAVE:
        return notice("")
    if not in_page(view()):
        return notice(_words().your_phone_rings)
    answer = notice(_words().supervise_done)
    join = {"ticket": id, "supervision": supervision, "mode": mode.value, "language": language()}
    answer.headers[EVENTS] = json.dumps({"join": join})
    return answer


@blueprint.post("/supervisor/alerts/<int:id>/seen")
@requires(*FLOOR_ROLES)
def seen(id: int) -> Response:
    """This supervisor has seen the alert."""
    with engine().begin() as conn:
        if not alerts.mark_seen(conn, id, me().id, datetime.now(UTC)):
            abort(404)
    RedisPush(client()).send("floor", "alerts", {})
    return notice("")


def notice(text: str, tone: str = "ok") -> Response:
    """What the page shows for a moment."""
    return Response(render_template("floor/notice.html", text=text, tone=tone))


def _record(action: str, subject: str, **after: str) -> None:
    with engine().begin() as conn:
        audit.record(conn, me().id, action, subject, after=after)


def _words() -> texts.Texts:
    return texts.texts(language())
