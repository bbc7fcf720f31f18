"""Friendly pages for what goes wrong. Webhooks and APIs keep their bare answers."""

from __future__ import annotations

import logging

from flask import render_template, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import Forbidden, HTTPException, InternalServerError, NotFound, ServiceUnavailable
from werkzeug.wrappers import Response

from ivr.desk.blueprint import blueprint

log = logging.getLogger(__name__)

FOR_MACHINES = ("/twilio/", "/api/", "/healthz", "/metrics")

Answer = tuple[str, int] | HTTPException | Response


@blueprint.app_errorhandler(Forbidden)
@blueprint.app_errorhandler(NotFound)
@blueprint.app_errorhandler(InternalServerError)
@blueprint.app_errorhandler(ServiceUnavailable)
def error_page(error: HTTPException) -> Answer:
    return error if request.path.startswith(FOR_MACHINES) else _page(error.code or 500)


@blueprint.errorhandler(OperationalError)
def records_away(error: OperationalError) -> Answer:
    """The desk's own views: the records can't be reached, which calls survive."""
    log.warning("the desk has no records: %s", type(error.orig).__name__)
    return _page(503)


def _page(code: int) -> tuple[str, int]:
    # The base page must not ask the records who is signed in: they may be what failed.
    return render_template(f"errors/{code}.html", code=code, person=None), code
