"""No change by authority without its line in the audit list, whoever wrote the view.

A view records its own line, with before and after (``ivr.store.audit.record``). One that changed something and did
not is found here, after the request, and its line is written from what was asked: route, arguments and form, secrets
masked. Which routes: all that change something under :data:`PREFIXES`, and those marked with :func:`audits`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from flask import Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from ivr import csrf
from ivr.desk.roles import current_person
from ivr.store import audit
from ivr.store.engine import engine

log = logging.getLogger(__name__)

PREFIXES = ("/admin", "/supervisor")
FORM_FIELDS = 20

View = TypeVar("View", bound=Callable[..., object])


def audits(view: View) -> View:
    """Mark a view elsewhere (of the desk) that changes something by authority. The outermost decorator but the
    route's."""
    view.audits = True  # type: ignore[attr-defined]
    return view


def nothing_changed() -> None:
    """The request was refused or changed nothing: no line of its own is due."""
    g.audit_due = False


def is_due(path: str, endpoint: str | None) -> bool:
    """Whether a changing request to this route must leave a line."""
    marked = getattr(current_app.view_functions.get(endpoint or ""), "audits", False)
    return marked or any(path == prefix or path.startswith(f"{prefix}/") for prefix in PREFIXES)


def begin() -> None:
    """Before every view of a page."""
    g.audit_mark = audit.written()
    g.audit_due = request.method not in csrf.SAFE and is_due(request.path, request.endpoint)


def end(response: Response) -> Response:
    """After every view of a page."""
    if not g.get("audit_due") or response.status_code >= 400 or audit.written() != g.audit_mark:
        return response
    action = (request.endpoint or request.path).removeprefix("desk.")
    subject = " ".join(f"{name}:{value}" for name, value in (request.view_args or {}).items()) or request.path
    form = {name: value for name, value in list(request.form.items())[:FORM_FIELDS] if name != csrf.FIELD}
    try:
        person = current_person()
        with engine().begin() as conn:
            audit.record(conn, person.id if person else None, action, subject, {}, form)
    except SQLAlchemyError as error:
        log.error("no line in the audit list for %s: %s", action, type(error).__name__)
    return response
