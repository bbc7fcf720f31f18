"""The agent's desk: its blueprint with all views, filters and what every template may use."""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from ivr.desk import (
    acts,
    audited,
    block,
    controls,
    errors,
    messages,
    panels,
    phones,
    promises,
    security,
    sign_in,
    tasks,
    texts,
)
from ivr.desk.blueprint import blueprint
from ivr.desk.formats import FILTERS
from ivr.desk.roles import current_person, language

__all__ = [
    "acts",
    "audited",
    "block",
    "blueprint",
    "controls",
    "errors",
    "messages",
    "panels",
    "phones",
    "promises",
    "security",
    "sign_in",
    "tasks",
]

for name, convert in FILTERS.items():
    blueprint.add_app_template_filter(convert, name)


@blueprint.app_context_processor
def for_all_pages() -> dict[str, Any]:
    """``person`` (or None), ``ui`` (the words), ``language`` (its code), ``languages`` (names by code)."""
    try:
        person = current_person()
    except SQLAlchemyError:
        person = None
    code = language()
    return {"person": person, "ui": texts.texts(code), "language": code, "languages": texts.names()}
