"""The people of the house: list, invite, one person's page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from ivr.admin import skills, staff
from ivr.admin.blueprint import ADMIN, LEADS, blueprint, page
from ivr.admin.staff import By, NewLink, Refused
from ivr.desk.audited import nothing_changed
from ivr.desk.roles import begin_session, me, requires, settings
from ivr.queueing import callqueue
from ivr.store import audit, links
from ivr.store import people as store
from ivr.store.engine import engine, reading
from ivr.store.people import ROLES, Person

LAST_LINES = 8
"""What was last changed about a person, on their page."""


@blueprint.get("/admin/people")
@requires(*LEADS)
def people() -> str:
    return _list()


@blueprint.post("/admin/people")
@requires(*ADMIN)
def invite() -> str | tuple[str, int]:
    """Form: ``login``, ``name``, ``role``. Answers with the link, which is shown this once."""
    form = {name: request.form.get(name, "") for name in ("login", "name", "role")}
    try:
        made = staff.invite(_by(), **form)
    except Refused as error:
        return _refused(_list(refused=error.why, form=form))
    return _person(made.person.id, link=made)


@blueprint.get("/admin/people/<int:id>")
@requires(*LEADS)
def person(id: int) -> str:
    return _person(id)


@blueprint.post("/admin/people/<int:id>/details")
@requires(*ADMIN)
def details(id: int) -> Response | tuple[str, int]:
    """Form: ``name`` and ``role``."""
    name, role = request.form.get("name", ""), request.form.get("role", "")
    return _deed(id, lambda found: staff.change(_by(), found.login, name=name, role=role))


@blueprint.post("/admin/people/<int:id>/skills")
@requires(*LEADS)
def set_skills(id: int) -> Response | tuple[str, int]:
    """Form: a field ``skill:NAME`` for each, its level or empty, and ``more``: others, comma-separated."""
    chosen = [f"{name.removeprefix('skill:')}={level}" for name, level in request.form.items()
              if name.startswith("skill:") and level]  # fmt: skip
    wanted = [*chosen, *request.form.get("more", "").split(",")]
    return _deed(id, lambda found: skills.set_skills(_by(), found, skills.parse(wanted)))


@blueprint.post("/admin/people/<int:id>/link")
@requires(*ADMIN)
def link(id: int) -> str | tuple[str, int]:
    """A new link for a password; the one before works no more."""
    try:
        made = staff.link(_by(), _found(id).login)
    except Refused as error:
        return _refused(_person(id, refused=error.why))
    return _person(id, link=made)


@blueprint.post("/admin/people/<int:id>/sign-out")
@requires(*ADMIN)
def sign_out_person(id: int) -> Response | tuple[str, int]:
    return _deed(id, lambda found: staff.sign_out(_by(), found.login))


@blueprint.post("/admin/people/<int:id>/stop")
@requires(*ADMIN)
def stop(id: int) -> Response | tuple[str, int]:
    return _deed(id, lambda found: staff.stop(_by(), found.login))


@blueprint.post("/admin/people/<int:id>/again")
@requires(*ADMIN)
def again(id: int) -> Response | tuple[str, int]:
    return _deed(id, lambda found: staff.let_again(_by(), found.login))


@blueprint.post("/admin/people/sign-out")
@requires(*ADMIN)
def sign_out_everyone() -> Response:
    """Everybody but whoever asks: they see that it worked."""
    staff.sign_out_everyone(_by(), but=me().id)
    return redirect(url_for("admin.people", done="signed_out_everyone"), 303)


def _deed(id: int, do: Any) -> Response | tuple[str, int]:
    found = _found(id)
    try:
        do(found)
    except Refused as error:
        return _refused(_person(id, refused=error.why))
    nothing_changed()  # what did change has its line; what was the same already needs none
    if id == me().id and request.endpoint == "admin.sign_out_person":
        begin_session(_found(id))  # their other sessions are over, not the one they asked in
    return redirect(url_for("admin.person", id=id, done="saved"), 303)


def _refused(page: str) -> tuple[str, int]:
    nothing_changed()
    return page, 422


def _list(refused: str = "", form: dict[str, str] | None = None) -> str:
    with reading(engine()) as conn:
        open_links = links.open_until(conn, datetime.now(UTC))
    duty = {row.id: row for row in callqueue().agents()}
    everyone = sorted(store.everyone(), key=lambda one: (not one.active, one.name.casefold()))
    return page(
        "people",
        people=everyone,
        duty=duty,
        skills={id: skills.skills_of(id) for id in duty},
        links=open_links,
        roles=ROLES,
        refused=refused,
        form=form or {"role": "agent"},
    )


def _person(id: int, refused: str = "", link: NewLink | None = None) -> str:
    found = _found(id)
    with reading(engine()) as conn:
        open_links = links.open_until(conn, datetime.now(UTC))
        lines, _ = audit.page(conn, audit.Filter(subject=found.login, kind="person"), size=LAST_LINES)
    own = skills.skills_of(id)
    return page(
        "person",
        them=found,
        takes_calls=found.role in staff.QUEUE_ROLES,
        skills=own,
        other_skills=[skill for skill in skills.known() if skill not in own],
        levels=skills.LEVELS,
        roles=ROLES,
        link_until=open_links.get(id),
        link=f"{settings().public_url or request.host_url.rstrip('/')}{link.path}" if link else "",
        lines=lines,
        names={one.id: one.name for one in store.everyone()},
        refused=refused,
    )


def _found(id: int) -> Person:
    found = next((one for one in store.everyone() if one.id == id), None)
    if found is None:
        abort(404)
    return found


def _by() -> By:
    return By(me().id)
