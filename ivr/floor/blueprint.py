"""The supervisors' blueprint; its views register on it from their own files."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from flask import Blueprint
from sqlalchemy.exc import OperationalError

from flows.library import PATH
from ivr.desk.errors import records_away
from ivr.desk.security import our_own_origin
from ivr.floor.board import Floor
from ivr.floor.queues import name as queue_name
from ivr.floor.words import busy, cell, moment
from ivr.queueing import FlowHours, callqueue
from ivr.queues import load_queues
from ivr.settings import settings
from ivr.store.people import Role

FLOOR_ROLES: tuple[Role, ...] = ("supervisor", "admin")

blueprint = Blueprint("floor", "ivr.floor")
blueprint.before_request(our_own_origin)
for convert, name in (
    (queue_name, "queue_name"),
    (cell, "written"),
    (busy, "busy"),
):
    blueprint.add_app_template_filter(convert, name)
blueprint.register_error_handler(OperationalError, records_away)


@lru_cache
def hours() -> FlowHours:
    """The served flow's hours, for the zone that days are counted in."""
    return FlowHours(settings().flow or PATH, load_queues(settings().queues))


@blueprint.app_template_filter("floor_moment")
def floor_moment(value: datetime | None, step: str, language: str) -> str:
    """A moment in the shop's own zone: as fine as the table's parts are, else with its day and minute."""
    return moment(value, step, hours().zone(), language)


@lru_cache
def floor() -> Floor:
    """This process's boards."""
    return Floor(callqueue(), settings(), hours().zone)
