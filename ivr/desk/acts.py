"""What an agent does: status, offers, notes, questions, hang-up, wrap-up. Each answers with its panel."""

from __future__ import annotations

import json

from flask import abort, jsonify, make_response, render_template, request
from werkzeug.wrappers import Response

from callqueue.model import AgentStatus
from ivr.desk import formats, texts
from ivr.desk.blueprint import blueprint
from ivr.desk.marks import EVENTS
from ivr.desk.panels import OUTCOMES, REASONS, accepted_offer, agents_by_name, own_ticket, render_panel, view
from ivr.desk.phones import in_page
from ivr.desk.roles import DESK_ROLES, language, me, requires, settings
from ivr.desk.tasks import chosen_owner, moment
from ivr.queueing import callqueue

NOTES_LIMIT = 20_000
QUESTION_LIMIT = 500


@blueprint.post("/desk/status")
@requires(*DESK_ROLES)
def set_status() -> Response:
    """Form: ``status`` and, for a break, ``reason``."""
    try:
        status = AgentStatus(request.form.get("status", ""))
    except ValueError:
        abort(400)
    reason = request.form.get("reason", "")
    if status is not AgentStatus.BREAK or reason not in REASONS:
        reason = "other" if status is AgentStatus.BREAK else ""
    view()  # registers who isn't an agent yet
    callqueue().set_status(me().id, status, reason)
    return _refreshing(render_panel("status"), "call")


@blueprint.post("/desk/phone")
@requires(*DESK_ROLES)
def set_phone() -> Response:
    """Form: ``phone``, the telephone that the agent's calls ring at (not with the built-in carrier); empty: none.
    Only where callbacks may go: an agent's telephone is no way to dial the world."""
    given = "".join(c for c in request.form.get("phone", "") if c not in " ()-.")
    prefixes = tuple(part.strip() for part in settings().callback_prefixes.split(",") if part.strip())
    if given and not (formats.is_number(given) and given.startswith(prefixes)):
        return render_panel("status", notice=_words().bad_phone)
    agent = view()
    callqueue().register_agent(agent.id, agent.name, agent.skills, given)
    return _refreshing(render_panel("status"), "call")


@blueprint.post("/desk/offers/<int:id>/accept")
@requires(*DESK_ROLES)
def accept(id: int) -> Response:
    """One acceptance wins; whoever comes later is told. The event ``accepted`` starts the browser's phone.

    An agent whose phone is not in the page accepts on their telephone (key 1): here nobody would be left to talk.
    """
    if not in_page(view()):
        return render_panel("call", notice=_words().your_phone_rings if view().phone else _words().no_phone_anywhere)
    # The second of two clicks is no second acceptance, and no loss either.
    if not callqueue().accept(id, me().id) and accepted_offer(view()) != id:
        return _refreshing(render_panel("call", notice=_words().offer_lost), "waiting", "status")
    answer = render_panel("call")
    ticket = view().ticket
    leg = {"offer": id, "language": ticket.language if ticket else language()}
    answer.headers[EVENTS] = json.dumps({"accepted": leg, "panels-changed": {"panels": ["status", "waiting"]}})
    return answer


@blueprint.post("/desk/offers/<int:id>/decline")
@requires(*DESK_ROLES)
def decline(id: int) -> Response:
    callqueue().decline(id, me().id)
    return _refreshing(render_panel("call"), "waiting", "status")


@blueprint.post("/desk/tickets/<int:id>/hang-up")
@requires(*DESK_ROLES)
def hang_up(id: int) -> Response:
    ticket = own_ticket(id)
    done = callqueue().end_call(ticket.id, me().id)
    return _refreshing(render_panel("call", notice="" if done else _words().hang_up_failed), "status")


@blueprint.post("/desk/tickets/<int:id>/notes")
@requires(*DESK_ROLES)
def save_notes(id: int) -> Response:
    """Called while the agent types; the last write wins, and the agent's other pages are told of it."""
    ticket = own_ticket(id)
    notes = request.form.get("notes", "")[:NOTES_LIMIT]
    answer = make_response(render_template("desk/saved.html"))
    answer.headers["X-Notes-Version"] = str(callqueue().save_notes(ticket.id, me().id, notes))
    return answer


@blueprint.get("/desk/tickets/<int:id>/notes")
@requires(*DESK_ROLES)
def notes(id: int) -> Response:
    """The notes as they are kept: ``{"notes", "version"}``."""
    ticket = own_ticket(id)
    return jsonify(notes=ticket.notes, version=ticket.notes_version)


@blueprint.post("/desk/tickets/<int:id>/questions")
@requires(*DESK_ROLES)
def add_question(id: int) -> str:
    ticket = own_ticket(id)
    text = " ".join(request.form.get("text", "").split())[:QUESTION_LIMIT]
    if text:
        callqueue().add_question(ticket.id, text)
    return _questions(id)


@blueprint.post("/desk/tickets/<int:id>/questions/<int:question>/answer")
@requires(*DESK_ROLES)
def answer_question(id: int, question: int) -> str:
    """Answer a question of the agent's own ticket, or one left open by an earlier call of the same number."""
    ticket = own_ticket(id)
    before = callqueue().tasks_of(ticket.number) if ticket.number else []
    if question not in {one.id for one in ticket.questions} | {one.question for one in before}:
        abort(404)
    answer = " ".join(request.form.get("answer", "").split())[:QUESTION_LIMIT] or _words().answered
    callqueue().answer_question(question, me().id, answer)
    return _questions(id)


@blueprint.post("/desk/tickets/<int:id>/questions/<int:question>/reopen")
@requires(*DESK_ROLES)
def reopen_question(id: int, question: int) -> str:
    """Marked answered by mistake."""
    callqueue().reopen_question(question, me().id)
    return _questions(id)


@blueprint.post("/desk/tickets/<int:id>/questions/<int:question>/plan")
@requires(*DESK_ROLES)
def plan_question(id: int, question: int) -> tuple[str, int]:
    """Form: ``owner`` (an agent's id; 0: anybody) and ``due``: of the task that it becomes when it stays open."""
    own_ticket(id)
    if not callqueue().plan_question(question, me().id, chosen_owner(), moment("due")):
        abort(404)
    return "", 204


@blueprint.post("/desk/tickets/<int:id>/told/<int:task>")
@requires(*DESK_ROLES)
def told(id: int, task: int) -> tuple[str, int]:
    """The customer on the line has heard the answer that a task kept for them."""
    ticket = own_ticket(id)
    brings = callqueue().tasks_of(ticket.number) if ticket.number else []
    if task not in {one.id for one in brings}:
        abort(404)
    callqueue().close_task(task, me().id, "told", force=True)
    return "", 204


@blueprint.post("/desk/tickets/<int:id>/wrap-up")
@requires(*DESK_ROLES)
def wrap_up(id: int) -> Response:
    """Form: ``outcome`` and ``notes``. When the time is over already, the notes have been kept by the autosave."""
    outcome = request.form.get("outcome", "")
    agent = view()
    if agent.ticket is None or agent.ticket.id != id:
        return _refreshing(render_panel("call", notice=_words().finish_failed), "status")
    if outcome not in OUTCOMES:
        return render_panel("call", notice=_words().choose_outcome)
    notes = request.form.get("notes")
    done = callqueue().wrap_up(id, me().id, outcome, notes[:NOTES_LIMIT] if notes is not None else None)
    return _refreshing(render_panel("call", notice="" if done else _words().finish_failed), "status", "waiting")


def _questions(id: int) -> str:
    ticket = own_ticket(id)
    due = callqueue().task_due(ticket.queue)
    return render_template("desk/questions.html", ticket=ticket, names=agents_by_name(), task_due=due)


def _words() -> texts.Texts:
    return texts.texts(language())


def _refreshing(answer: Response, *panels: str) -> Response:
    """The answer, with word to the page that these panels changed too."""
    answer.headers[EVENTS] = json.dumps({"panels-changed": {"panels": list(panels)}})
    return answer
