"""The studio's blueprint; its views register on it from their own files."""

from __future__ import annotations

from flask import Blueprint
from sqlalchemy.exc import OperationalError

from ivr.desk.errors import records_away
from ivr.desk.security import our_own_origin
from ivr.store.people import Role

STUDIO_ROLES: tuple[Role, ...] = ("ops", "supervisor", "admin")

blueprint = Blueprint("studio", "ivr.studio.pages")
blueprint.before_request(our_own_origin)
blueprint.register_error_handler(OperationalError, records_away)
