"""What an agent does: status, offers, notes, questions, hang-up, wrap-up, messages. Each answers with its panel."""

from __future__ import annotations

import json

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from callqueue.model import AgentStatus, TicketView
from ivr.desk import formats, texts
from ivr.desk.blueprint import blueprint
from ivr.desk.panels import OUTCOMES, REASONS, accepted_offer, own_ticket, render_panel, view
from ivr.desk.phones import in_page
from ivr.desk.recordings import recording
from ivr.desk.roles import DESK_ROLES, language, me, requires, settings
from ivr.desk.story import open_before
from ivr.queueing import callqueue

NOTES_LIMIT = 20_000
QUESTION_LIMIT = 500
EVENTS = "X-Desk-Events"
"""Header of an answer: what the page is to do besides drawing it. htmx's own HX-Trigger tells the button that was
pressed, which a push may have redrawn by then."""


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
def save_notes(id: int) -> str:
    """Called while the agent types; the last write wins."""
    ticket = own_ticket(id)
    notes = request.form.get("notes", "")[:NOTES_LIMIT]
    callqueue().save_notes(ticket.id, me().id, notes)
    return render_template("desk/saved.html")


@blueprint.post("/desk/tickets/<int:id>/questions")
@requires(*DESK_ROLES)
def add_question(id: int) -> str:
    ticket = own_ticket(id)
    text = " ".join(request.form.get("text", "").split())[:QUESTION_LIMIT]
    if text:
        callqueue().add_question(ticket.id, text)
    return render_template("desk/questions.html", ticket=own_ticket(id))


@blueprint.post("/desk/tickets/<int:id>/questions/<int:question>/answer")
@requires(*DESK_ROLES)
def answer_question(id: int, question: int) -> str:
    """Answer a question of the agent's own ticket, or one left open by an earlier call of the same number."""
    ticket = own_ticket(id)
    if question not in _questions_at_hand(ticket):
        abort(404)
    answer = " ".join(request.form.get("answer", "").split())[:QUESTION_LIMIT] or _words().answered
    callqueue().answer_question(question, me().id, answer)
    return render_template("desk/questions.html", ticket=own_ticket(id))


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


@blueprint.post("/desk/messages/<int:id>/claim")
@requires(*DESK_ROLES)
def claim_message(id: int) -> Response:
    done = callqueue().claim_message(id, me().id)
    return render_panel("messages", notice="" if done else _words().message_taken)


@blueprint.post("/desk/messages/<int:id>/close")
@requires(*DESK_ROLES)
def close_message(id: int) -> Response:
    done = callqueue().close_message(id, me().id, "answered", request.form.get("note", "")[:QUESTION_LIMIT])
    return render_panel("messages", notice="" if done.kind == "done" else _words().message_taken)


@blueprint.get("/desk/messages/<int:id>/audio")
@requires(*DESK_ROLES)
def message_audio(id: int) -> Response:
    """The recording, through us: a page never holds the carrier's credentials."""
    found = next((message for message in callqueue().messages() if message.id == id), None)
    if found is None:
        abort(404)
    return recording(found.recording, request.headers.get("Range"))


def _questions_at_hand(ticket: TicketView) -> set[int]:
    before = open_before(ticket) if ticket.number else ()
    return {one.id for one in (*ticket.questions, *before)}


def _words() -> texts.Texts:
    return texts.texts(language())


def _refreshing(answer: Response, *panels: str) -> Response:
    """The answer, with word to the page that these panels changed too."""
    answer.headers[EVENTS] = json.dumps({"panels-changed": {"panels": list(panels)}})
    return answer
