"""The list of flows, the editor, and what it asks while somebody types: problems, picture, scenarios, saving."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import abort, jsonify, render_template
from pydantic import Field
from werkzeug.wrappers import Response

from flows.language import changes
from ivr.admin.staff import By
from ivr.desk import texts
from ivr.desk.roles import language, me, requires
from ivr.store import people
from ivr.store.flows import Draft
from ivr.studio import drafts
from ivr.studio.checking import look
from ivr.studio.pages.blueprint import STUDIO_ROLES, blueprint
from ivr.studio.pages.posted import Posted, posted, shown
from ivr.studio.picture import picture
from ivr.studio.refused import Refused


class Checked(Posted):
    """``language``: whose words the picture shows."""

    language: str = ""


class Save(Posted):
    """``version``: of the draft that the author had before them."""

    version: int = Field(ge=0)


@blueprint.get("/studio")
@requires(*STUDIO_ROLES)
def home() -> str:
    """The flows there are."""
    return render_template("studio/flows.html", flows=drafts.listed())


@blueprint.get("/studio/flows/<name>")
@requires(*STUDIO_ROLES)
def edit(name: str) -> str:
    """The editor of one flow."""
    try:
        draft = drafts.working(name)
    except Refused:
        abort(404)
    words = texts.texts(language()).some("studio_")
    return render_template(
        "studio/editor.html",
        name=name,
        draft=_told(draft) | {"words": {key.removeprefix("studio_"): word for key, word in words.items()}},
    )


@blueprint.post("/studio/flows/<name>/save")
@requires(*STUDIO_ROLES)
def save(name: str) -> Response:
    """Save the draft; 409 with the other's text and how it differs when somebody saved it meanwhile."""
    wanted = posted(Save)
    try:
        return jsonify(_told(drafts.save(By(me().id), name, wanted.version, wanted.text, wanted.scenarios)))
    except drafts.Conflict as conflict:
        theirs = conflict.theirs
        lines = [
            *changes.lines(theirs.text, wanted.text, ("theirs", "yours")),
            *changes.lines(theirs.scenarios, wanted.scenarios, ("theirs", "yours")),
        ]
        answer = jsonify(theirs=_told(theirs), lines=lines)
        answer.status_code = 409
        return answer
    except Refused as refused:
        answer = jsonify(why=refused.why)
        answer.status_code = 422
        return answer


@blueprint.post("/studio/flows/<name>/check")
@requires(*STUDIO_ROLES)
def check(name: str) -> Response:
    """What is wrong with a draft, its steps, and its picture (None while it is no flow)."""
    wanted = posted(Checked)
    seen = look(name, wanted.text, "")
    if seen.flow is None:
        return jsonify(problems=shown(seen.problems), picture=None, languages=[])
    drawn = asdict(picture(seen.flow, wanted.language))
    return jsonify(problems=shown(seen.problems), picture=drawn, languages=seen.flow.languages)


@blueprint.post("/studio/flows/<name>/test")
@requires(*STUDIO_ROLES)
def test(name: str) -> Response:
    """A draft's scenarios, run against it, and what they reach."""
    wanted = posted(Posted)
    seen = look(name, wanted.text, wanted.scenarios)
    outcome = seen.outcome
    if outcome is None:
        problems = seen.problems if seen.flow is None else seen.scenario_problems
        return jsonify(problems=shown(problems), results=[], steps=0, unreached=[])
    results: list[dict[str, Any]] = [
        {"name": one.name, "line": one.line, "failure": one.failure, "transcript": one.transcript}
        for one in outcome.results
    ]
    return jsonify(problems=[], results=results, steps=outcome.steps, unreached=outcome.unreached)


def _told(draft: Draft) -> dict[str, Any]:
    author = people.by_id(draft.author) if draft.author is not None else None
    return {
        "version": draft.version,
        "author": author.name if author else "",
        "saved_at": draft.saved_at.isoformat() if draft.saved_at else "",
        "text": draft.text,
        "scenarios": draft.scenarios,
    }
