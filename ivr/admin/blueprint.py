"""The blueprint of the house's own pages; its views register on it from their own files."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response

from ivr.desk.errors import records_away
from ivr.desk.roles import me, requires
from ivr.desk.security import our_own_origin
from ivr.store.people import Role

blueprint = Blueprint("admin", __name__)
blueprint.before_request(our_own_origin)
blueprint.register_error_handler(OperationalError, records_away)

ADMIN: tuple[Role, ...] = ("admin",)
LEADS: tuple[Role, ...] = ("supervisor", "admin")
"""Who sees people and sets their skills, and decides about blocked callers."""
ALL: tuple[Role, ...] = ("agent", "supervisor", "ops", "admin")


@blueprint.get("/admin")
@requires(*LEADS)
def home() -> Response:
    return redirect(url_for("admin.people"))


def page(template: str, **values: object) -> str:
    """A page of this room, with what its menu needs."""
    return render_template(f"admin/{template}.html", is_admin=me().role == "admin", **values)
