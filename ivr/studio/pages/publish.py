"""Publishing a draft, taking revisions back, and a candidate for part of the calls."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from flows.language import FlowErrors, changes
from ivr.admin.staff import By
from ivr.desk import texts
from ivr.desk.roles import language, me, requires
from ivr.store import flows, people
from ivr.store.engine import engine, reading
from ivr.studio import drafts, publishing
from ivr.studio.checking import look
from ivr.studio.pages.blueprint import STUDIO_ROLES, blueprint
from ivr.studio.refused import Refused


@blueprint.get("/studio/flows/<name>/publish")
@requires(*STUDIO_ROLES)
def publish_page(name: str) -> str:
    """What the draft changes against what is live, whether it may be published, and what was."""
    return _page(name)


@blueprint.post("/studio/flows/<name>/publish")
@requires(*STUDIO_ROLES)
def publish(name: str) -> Response:
    """Make the draft live, or the candidate."""
    share = request.form.get("share", "")

    def act() -> str:
        made = publishing.publish(
            By(me().id),
            name,
            _number("version") or 0,
            request.form.get("why", ""),
            overrule="overrule" in request.form,
            candidate_share=_number("share") if share else None,
        )
        return _words().get("studio_published", "").format(number=made.number)

    return _done(name, act)


@blueprint.post("/studio/flows/<name>/rollback")
@requires(*STUDIO_ROLES)
def rollback(name: str) -> Response:
    """Make an earlier revision live again."""

    def act() -> str:
        made = publishing.rollback(By(me().id), name, request.form.get("why", ""), _number("number"))
        return _words().get("studio_rolled_back", "").format(number=made.number)

    return _done(name, act)


@blueprint.post("/studio/flows/<name>/candidate")
@requires(*STUDIO_ROLES)
def candidate(name: str) -> Response:
    """Another share for a candidate, or none any more."""

    def act() -> str:
        number = _number("number")
        publishing.candidate(By(me().id), name, number, _number("share") or 0)
        return _words().studio_candidate_set if number else _words().studio_candidate_off

    return _done(name, act)


def _done(name: str, act: Callable[[], str]) -> Response:
    try:
        return Response(_page(name, good=act()), mimetype="text/html")
    except drafts.Conflict:
        return Response(_page(name, bad=_words().studio_meanwhile), 409, mimetype="text/html")
    except Refused as refused:
        bad = _words().get(f"studio_refused_{refused.why}", str(refused))
        return Response(_page(name, bad=bad), 422, mimetype="text/html")


def _page(name: str, good: str = "", bad: str = "") -> str:
    try:
        draft = drafts.working(name)
    except Refused:
        abort(404)
    with reading(engine()) as conn:
        row, revisions = flows.by_name(conn, name), flows.revisions_of(conn, name)
        number, live, live_scenarios = drafts.answers(conn, name)
    try:
        told = changes.changes(live, draft.text)
    except FlowErrors:
        told = []  # one of them is no YAML: the problems say so, and the lines are there
    seen = look(name, draft.text, draft.scenarios)
    passed = len(seen.outcome.results) - len(seen.outcome.failures) if seen.outcome else 0
    return render_template(
        "studio/publish.html",
        name=name,
        draft=draft,
        names={person.id: person.name for person in people.everyone()},
        row=row,
        number=number,
        revisions=revisions,
        changes=told,
        lines=[*changes.lines(live, draft.text), *changes.lines(live_scenarios, draft.scenarios)],
        same=(live, live_scenarios) == (draft.text, draft.scenarios),
        errors=seen.errors,
        no_flow=seen.flow is None,
        warnings=[str(one) for one in seen.problems if one.severity != "error"],
        outcome=seen.outcome,
        passed=passed,
        may_overrule=me().role in publishing.OVERRULES,
        why=request.form.get("why", "") if bad else "",
        good=good,
        bad=bad,
    )


def _number(field: str) -> int | None:
    value = request.form.get(field, "").strip()
    if not value:
        return None
    if not value.isdecimal() or len(value) > 9:
        abort(400, f"{field} is a number")
    return int(value)


def _words() -> texts.Texts:
    return texts.texts(language())
