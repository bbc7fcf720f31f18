"""Blocked callers: the list, and deciding what agents proposed."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from ivr.admin import blocking
from ivr.admin.blueprint import LEADS, blueprint, page
from ivr.admin.staff import By, Refused
from ivr.desk.audited import nothing_changed
from ivr.desk.roles import me, requires
from ivr.store import blocks, people


@blueprint.get("/admin/blocked")
@requires(*LEADS)
def blocked() -> str:
    return _list()


@blueprint.post("/admin/blocked")
@requires(*LEADS)
def block() -> Response | tuple[str, int]:
    """Form: ``number``, ``reason``, ``answer`` and ``days`` (0: until lifted)."""
    form = {name: request.form.get(name, "") for name in ("number", "reason", "answer")}
    try:
        blocking.block(By(me().id), form["number"], form["reason"], form["answer"], _days())
    except Refused as error:
        nothing_changed()
        return _list(error.why, form), 422
    return redirect(url_for("admin.blocked", done="saved"), 303)


@blueprint.post("/admin/blocked/<int:id>/approve")
@requires(*LEADS)
def approve(id: int) -> Response:
    """Form: ``answer`` and ``days``."""
    try:
        blocking.approve(By(me().id), id, request.form.get("answer", ""), _days())
    except LookupError:
        abort(404)
    return redirect(url_for("admin.blocked", done="saved"), 303)


@blueprint.post("/admin/blocked/<int:id>/lift")
@requires(*LEADS)
def lift(id: int) -> Response:
    try:
        blocking.lift(By(me().id), id)
    except LookupError:
        abort(404)
    return redirect(url_for("admin.blocked", done="saved"), 303)


def _list(refused: str = "", form: dict[str, str] | None = None) -> str:
    found = blocking.everything()
    return page(
        "blocked",
        proposed=[one for one in found if one.state == "proposed"],
        active=[one for one in found if one.state == "active"],
        names={one.id: one.name for one in people.everyone()},
        days=blocking.DAYS,
        answers=blocks.ANSWERS,
        now=datetime.now(UTC),
        refused=refused,
        form=form or {},
    )


def _days() -> int:
    days = request.form.get("days", 0, int)
    return days if days in blocking.DAYS else 0
