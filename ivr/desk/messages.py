"""Recorded messages on the desk: one opened, claimed by one agent, closed with an outcome."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from flask import abort, make_response, render_template, request
from werkzeug.wrappers import Response

from callqueue.model import MessageView
from callqueue.task_model import MessageOutcome
from ivr.desk import customer, texts
from ivr.desk.blueprint import blueprint
from ivr.desk.marks import EVENTS, NOT_DONE, SHOWS
from ivr.desk.panels import agents_by_name
from ivr.desk.recordings import recording
from ivr.desk.roles import DESK_ROLES, language, me, requires, settings
from ivr.desk.story import About, story
from ivr.desk.tasks import moment, refusal
from ivr.queueing import callqueue
from ivr.store import transcripts
from ivr.store.engine import engine, reading
from voice.transcription import available


@dataclass(frozen=True, slots=True)
class Written:
    """``why``: the words' name for what there is instead of a text."""

    text: str
    why: str = ""


NOTE_LIMIT = 2000
OUTCOMES: Mapping[str, MessageOutcome] = {
    "called_back": "called_back",
    "answered": "answered",
    "no_need": "no_need",
}


@blueprint.get("/desk/messages/<int:id>")
@requires(*DESK_ROLES)
def message(id: int) -> Response:
    return _shown(_message(id))


@blueprint.post("/desk/messages/<int:id>/claim")
@requires(*DESK_ROLES)
def claim_message(id: int) -> Response:
    """One agent gets it; the others are told."""
    done = callqueue().claim_message(id, me().id)
    found = _message(id)
    return _shown(found, "" if done or found.agent == me().id else _words().message_taken)


@blueprint.post("/desk/messages/<int:id>/give-back")
@requires(*DESK_ROLES)
def give_back_message(id: int) -> Response:
    """Anybody may take it again."""
    callqueue().give_back_message(id, me().id)
    return _shown(_message(id))


@blueprint.post("/desk/messages/<int:id>/close")
@requires(*DESK_ROLES)
def close_message(id: int) -> Response:
    """Form: ``outcome`` (``called_back`` promises the call, ``at`` or as soon as may be), ``note``."""
    outcome = OUTCOMES.get(request.form.get("outcome", ""))
    if outcome is None:
        return _shown(_message(id), _words().choose_outcome)
    note = request.form.get("note", "").strip()[:NOTE_LIMIT]
    at = moment("at") if outcome == "called_back" else None
    done = callqueue().close_message(id, me().id, outcome, note, at)
    notice = refusal(done) if done.kind == "refused" else _words().message_taken if done.kind == "late" else ""
    return _shown(_message(id), notice)


@blueprint.get("/desk/messages/<int:id>/audio")
@requires(*DESK_ROLES)
def message_audio(id: int) -> Response:
    """The recording, through us: a page never holds the carrier's credentials."""
    return recording(_message(id).recording, request.headers.get("Range"))


@blueprint.get("/desk/messages/<int:id>/customer")
@requires(*DESK_ROLES)
def message_customer(id: int) -> str:
    found = _message(id)
    return render_template("desk/customer.html", key=f"m{id}", found=customer.find(found.number), retry=request.path)


@blueprint.get("/desk/messages/<int:id>/story")
@requires(*DESK_ROLES)
def message_story(id: int) -> str:
    """What was said in the call that left it, and the number's earlier calls."""
    found = _message(id)
    told = story(About(call=found.call, number=found.number), _words(), settings().flow)
    return render_template("desk/story.html", story=told, ticket=None, names=agents_by_name())


def _message(id: int) -> MessageView:
    found = callqueue().message_view(id)
    if found is None:
        abort(404)
    return found


def _shown(found: MessageView, notice: str = "") -> Response:
    page = render_template(
        "desk/message.html", one=found, names=agents_by_name(), notice=notice, written=_written(found)
    )
    answer = make_response(page)
    answer.headers[SHOWS] = f"messages/{found.id}/{found.state}/{found.agent}/{found.state_at}"
    if notice:
        answer.headers[NOT_DONE] = "yes"
    answer.headers[EVENTS] = json.dumps(
        {"panels-changed": {"panels": ["messages"]}} if request.method == "POST" else {}
    )
    return answer


def _written(found: MessageView) -> Written | None:
    """What the recording says, or why nobody has written it down; None: there is no recording any more."""
    with reading(engine()) as conn:
        made = transcripts.of(conn, "message", found.id)
    if made is not None and made.state == transcripts.State.DONE:
        return Written(made.text, "" if made.text else "transcript_empty")
    if not found.recording:
        return None
    if made is not None and made.state == transcripts.State.FAILED:
        return Written("", "transcript_failed")
    configured = settings()
    if configured.transcribe == "off":
        return None
    there = available(found.language, configured.vosk_folder, configured.whisper_model)
    return Written("", "transcript_waiting" if there else "transcript_no_model")


def _words() -> texts.Texts:
    return texts.texts(language())
