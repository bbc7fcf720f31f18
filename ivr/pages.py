"""The first page: where everything is, and what to do first."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template

from ivr.settings import Settings

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def index() -> str:
    """Links to the rooms of this installation."""
    settings: Settings = current_app.config["HOTLINE"]
    rooms = {rule.rule for rule in current_app.url_map.iter_rules()}
    return render_template("pages/index.html", demo=settings.demo, number=settings.phone_number, rooms=rooms)
