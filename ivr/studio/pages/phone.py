"""The phone beside the editor: tries a draft in the engine, keeps a run as a scenario, and says any of its words."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from flask import abort, jsonify, send_file
from pydantic import Field
from werkzeug.wrappers import Response

from flows.engine.hours import home_zone
from flows.language import FlowErrors
from flows.language.texts import TextError
from ivr.desk.roles import requires
from ivr.studio import hearing, keeping, trying
from ivr.studio.pages.blueprint import STUDIO_ROLES, blueprint
from ivr.studio.pages.posted import Posted, flow_of, posted, shown
from voice.synthesis import MAX_CHARACTERS, SpeechFailed


class Try(Posted):
    """``session`` and ``deed`` None: the call comes in."""

    world: trying.Settings = trying.Settings()
    session: str | None = Field(None, max_length=100_000)
    deed: trying.Deed | None = None


class Keep(Posted):
    tried: keeping.Tried


class At(Posted):
    """A line of the text; ``values`` by variable path."""

    line: int = Field(ge=1)
    values: dict[str, Any] = Field(default_factory=dict)


class Said(Posted):
    text: str = Field(min_length=1, max_length=MAX_CHARACTERS)
    language: str = Field(min_length=2, max_length=6)


@blueprint.post("/studio/flows/<name>/try")
@requires(*STUDIO_ROLES)
def try_it(name: str) -> Response:
    """One deed of the caller in the draft."""
    wanted = posted(Try)
    flow, problems = flow_of(name, wanted.text)
    if flow is None:
        return _refused(problems=shown(problems))
    table = trying.table_in(wanted.scenarios)
    if wanted.session is None or wanted.deed is None:
        return jsonify(asdict(trying.begin(flow, wanted.world, table)))
    try:
        return jsonify(asdict(trying.go(flow, wanted.world, table, wanted.session, wanted.deed)))
    except ValueError:
        abort(400, "session: begin the call anew")


@blueprint.post("/studio/flows/<name>/keep")
@requires(*STUDIO_ROLES)
def keep_it(name: str) -> Response:
    """The scenarios' text with what was tried at its end."""
    wanted = posted(Keep)
    flow, problems = flow_of(name, wanted.text)
    if flow is None:
        return _refused(problems=shown(problems))
    try:
        return jsonify(asdict(keeping.keep(flow, wanted.scenarios, wanted.tried)))
    except FlowErrors as error:
        return _refused(problems=shown(error.problems))


@blueprint.post("/studio/flows/<name>/words")
@requires(*STUDIO_ROLES)
def words_at(name: str) -> Response:
    """The words on a line, with sample values in them."""
    wanted = posted(At)
    flow, problems = flow_of(name, wanted.text)
    if flow is None:
        return _refused(problems=shown(problems))
    now = datetime.now(home_zone(flow) or UTC)
    try:
        return jsonify(asdict(hearing.words_at(flow, wanted.line, wanted.values, now)))
    except hearing.NoWords:
        return _refused(why="no_words")
    except TextError as error:
        return _refused(why="text", detail=str(error))


@blueprint.post("/studio/say")
@requires(*STUDIO_ROLES)
def say() -> Response:
    """Words as sound."""
    wanted = posted(Said)
    try:
        return send_file(hearing.sound(wanted.text, wanted.language), mimetype="audio/wav")
    except SpeechFailed as error:
        return _refused(why="silent", detail=str(error))


def _refused(**why: Any) -> Response:
    answer = jsonify(why)
    answer.status_code = 422
    return answer
