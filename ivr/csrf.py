"""A token against cross-site requests: in the session, in every form, and in a header for htmx."""

from __future__ import annotations

import hmac
import secrets

from flask import Flask, abort, request, session
from markupsafe import Markup

FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def token() -> str:
    """The token of this visitor's session, made when first asked for."""
    if FIELD not in session:
        session[FIELD] = secrets.token_urlsafe(32)
    made: str = session[FIELD]
    return made


def field() -> Markup:
    """A hidden form field with the token."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token())


def protect(app: Flask) -> None:
    """Templates get ``csrf_token`` and ``csrf_field``; :func:`check` is for every request of a page."""
    app.jinja_env.globals.update(csrf_token=token, csrf_field=field)


def check() -> None:
    """Refuse (403) unsafe requests without the session's token."""
    if request.method in SAFE:
        return
    expected = session.get(FIELD, "")
    given = request.headers.get(HEADER) or request.form.get(FIELD, "")
    if not expected or not hmac.compare_digest(expected.encode(), given.encode()):
        abort(403, "This form is out of date. Go back, reload the page and try again.")
