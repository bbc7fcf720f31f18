"""A person's own account, and the page on which somebody sets their password by a link."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ivr import csrf
from ivr.admin import staff
from ivr.admin.blueprint import ALL, blueprint, page
from ivr.admin.staff import Refused
from ivr.desk.roles import begin_session, me, requires
from ivr.store import people
from ivr.store.people import SHORTEST_PASSWORD


@blueprint.get("/account")
@requires(*ALL)
def account() -> str:
    return page("account", shortest=SHORTEST_PASSWORD)


@blueprint.post("/account/password")
@requires(*ALL)
def own_password() -> Response | tuple[str, int]:
    """Form: ``present`` and ``password``. The other sessions are over, this one stays."""
    present, password = request.form.get("present", ""), request.form.get("password", "")
    try:
        person = staff.own_password(me(), present, password)
    except Refused as error:
        wait = people.delay(me().login)
        return page("account", shortest=SHORTEST_PASSWORD, refused=error.why, wait=wait), 422
    begin_session(person)
    return redirect(url_for("admin.account", done="saved"), 303)


@blueprint.get("/welcome/<token>")
def welcome(token: str) -> str | tuple[str, int]:
    """Somebody's own page to set a password, as long as the link works."""
    csrf.token()
    return _welcome(token)


@blueprint.post("/welcome/<token>")
def set_by_link(token: str) -> Response | str | tuple[str, int]:
    """Form: ``password``. Uses the link up; then they sign in with it."""
    try:
        staff.accept(token, request.form.get("password", ""))
    except Refused as error:
        return _welcome(token, error.why)
    return redirect(url_for("desk.sign_in", set=1), 303)


def _welcome(token: str, refused: str = "") -> str | tuple[str, int]:
    try:
        whose, purpose = staff.person_of(token)
    except Refused as error:
        return render_template("admin/welcome.html", whose=None, refused=error.why), 404
    values = {"whose": whose, "purpose": purpose, "shortest": SHORTEST_PASSWORD, "refused": refused}
    return render_template("admin/welcome.html", **values), 422 if refused else 200
