"""The switchboard: what has to change today, without publishing anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

from flask import render_template, request
from werkzeug.wrappers import Response

from flows.engine.hours import home_zone
from flows.language import FlowErrors
from ivr.admin.staff import By
from ivr.desk import texts
from ivr.desk.roles import language, me, requires, settings
from ivr.queues import load_queues
from ivr.store import people
from ivr.studio import drafts, switchboard
from ivr.studio.pages.blueprint import STUDIO_ROLES, blueprint
from ivr.studio.pages.posted import flow_of
from ivr.studio.refused import Refused

SPOKEN = ("ru", "uk", "en")
"""Languages that an announcement has a field for."""


@blueprint.get("/studio/switchboard")
@requires(*STUDIO_ROLES)
def switches() -> str:
    """What is switched, and the forms that switch."""
    return _page()


@blueprint.post("/studio/switchboard/announcement")
@requires(*STUDIO_ROLES)
def announce() -> Response:
    """Say something before the greeting."""
    said = {code: text for code in SPOKEN if (text := request.form.get(code, "").strip())}
    return _done(lambda: switchboard.announce(By(me().id), said, _until()))


@blueprint.post("/studio/switchboard/hours")
@requires(*STUDIO_ROLES)
def force_hours() -> Response:
    """Open, closed, everything to voicemail, or as the hours say."""
    return _done(lambda: switchboard.force(By(me().id), request.form.get("mode", ""), _until()))


@blueprint.post("/studio/switchboard/queue")
@requires(*STUDIO_ROLES)
def close_queue() -> Response:
    """Nobody joins a queue."""
    return _done(lambda: switchboard.close(By(me().id), request.form.get("queue", ""), _until()))


@blueprint.post("/studio/switchboard/number")
@requires(*STUDIO_ROLES)
def set_number() -> Response:
    """What answers one of our numbers."""
    form = request.form
    return _done(
        lambda: switchboard.number(
            By(me().id),
            form.get("number", ""),
            form.get("flow", ""),
            form.get("language", ""),
            form.get("calendar", ""),
        )
    )


@blueprint.post("/studio/switchboard/off")
@requires(*STUDIO_ROLES)
def switch_off() -> Response:
    """Take a switch back."""
    return _done(lambda: switchboard.off(By(me().id), request.form.get("name", "")))


def _done(act: Callable[[], None]) -> Response:
    words = texts.texts(language())
    try:
        act()
    except Refused as refused:
        bad = words.get(f"studio_refused_{refused.why}", str(refused))
        return Response(_page(bad=" ".join([bad, *refused.detail])), 422, mimetype="text/html")
    return Response(_page(good=words.studio_switched), mimetype="text/html")


def _page(good: str = "", bad: str = "") -> str:
    found = switchboard.shown()
    return render_template(
        "studio/switchboard.html",
        switches=found,
        names={person.id: person.name for person in people.everyone()},
        queues=list(load_queues(settings().queues).queues),
        flows=[one.name for one in drafts.listed()],
        calendars=[one.name.partition(":")[2] for one in found if one.name.startswith("calendar:")],
        spoken=SPOKEN,
        zone=str(_zone()),
        good=good,
        bad=bad,
    )


def _until() -> datetime | None:
    """The end as the form has it, in the shop's zone; None: until it is taken back."""
    written = request.form.get("until", "").strip()
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise Refused("bad_moment") from None
    return moment.replace(tzinfo=_zone()) if moment.tzinfo is None else moment


def _zone() -> tzinfo:
    """The zone of the flow file's hours."""
    try:
        name, text, _ = drafts.file_text()
        flow, _ = flow_of(name, text)
    except (OSError, FlowErrors):
        flow = None
    return (home_zone(flow) if flow else None) or UTC
