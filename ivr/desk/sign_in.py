"""Sign-in, sign-out, the choice of language."""

from __future__ import annotations

import logging

from flask import redirect, render_template, request, session, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from callqueue.model import AgentStatus
from ivr import csrf
from ivr.desk import texts
from ivr.desk.blueprint import blueprint
from ivr.desk.roles import DESK_ROLES, begin_session, current_person, language, local_path
from ivr.queueing import callqueue
from ivr.store import people

log = logging.getLogger(__name__)


@blueprint.get("/sign-in")
def sign_in() -> Response | str:
    person = current_person()
    if person is not None:
        return redirect(_home(person))
    csrf.token()
    return _form()


@blueprint.post("/sign-in")
def check_sign_in() -> Response | tuple[str, int]:
    """The same answer for an unknown login and a wrong password; the delay grows with wrong ones in a row."""
    words = texts.texts(language())
    login, password = request.form.get("login", ""), request.form.get("password", "")
    try:
        person = people.verify(login, password)
        wait = people.delay(login) if person is None else 0
    except SQLAlchemyError as error:
        log.warning("sign-in without records: %s", type(error).__name__)
        return _form(words.records_away, login), 503
    if person is None:
        # A delay that has just begun is told with the wrong password, one that still runs instead of it.
        message = words.wait_before_trying.format(seconds=wait) if wait else words.wrong_password
        return _form(message, login), 429 if wait else 403
    begin_session(person)
    if person.role in DESK_ROLES:
        queue = callqueue()
        if queue.agent_view(person.id) is None:  # registering again would forget their telephone and skills
            queue.register_agent(person.id, person.name)
    return redirect(local_path(request.form.get("next"), _home(person)), 303)


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """Also takes the agent off duty: who has left gets no calls."""
    try:
        person = current_person()
        if person is not None and person.role in DESK_ROLES:
            callqueue().set_status(person.id, AgentStatus.OFF)
    except SQLAlchemyError as error:
        log.warning("signed out, but not off duty: %s", type(error).__name__)
    chosen = session.get("language")
    session.clear()
    if chosen:
        session["language"] = chosen
    return redirect(url_for("desk.sign_in", left=1), 303)


@blueprint.post("/language")
def set_language() -> Response:
    chosen = request.form.get("language")
    if chosen in texts.catalogue():
        session["language"] = chosen
    return redirect(local_path(request.form.get("back"), url_for("desk.sign_in")), 303)


def _form(message: str = "", login: str = "") -> str:
    return render_template(
        "desk/sign_in.html",
        message=message,
        login=login,
        next=local_path(request.values.get("next"), ""),
        left="left" in request.args,
        password_set="set" in request.args,
    )


def _home(person: people.Person) -> str:
    if person.role in DESK_ROLES:
        return url_for("desk.desk")
    return url_for("studio.home")
