"""The mapped tables, as SQLAlchemy sees them, and an engine for the shop's database."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy import Engine, event, make_url
from sqlalchemy.engine import URL

from ivr.shop.mapping import Mapping
from ivr.store.engine import make_engine

CONNECT_SECONDS = 3
STATEMENT_SECONDS = 5
"""A statement that takes longer is given up: the caller has left or been sent on by then."""
_STEPS_BETWEEN_LOOKS = 20_000


class Tables:
    """The tables a mapping names. Columns are untyped: what the driver gives is checked in ``ivr.shop.fields``."""

    def __init__(self, mapping: Mapping) -> None:
        self.customers = _table(mapping.customers)
        self.orders = _table(mapping.orders)
        self.items = _table(mapping.items)
        self.cards = _table(mapping.cards) if mapping.cards else None
        self.shops = _table(mapping.shops) if mapping.shops else None
        name, schema = _split(mapping.changes.table)
        self.changes = sa.Table(
            name,
            sa.MetaData(),
            sa.Column("key", sa.String(200), primary_key=True),
            sa.Column("answer", sa.Text, nullable=False),
            sa.Column("at", sa.String(40), nullable=False),
            schema=schema,
        )


_NOT_COLUMNS = {
    "table", "phone_format", "number_type", "state_type", "states", "deliveries", "confirm", "cancel", "pin_type",
    "worth_of_point",
}  # fmt: skip


def columns_of(section: BaseModel) -> dict[str, str]:
    """The columns that a section of the mapping names: ``field`` (or ``field.language``) to column."""
    found: dict[str, str] = {}
    for field, value in section:
        if field in _NOT_COLUMNS or value is None:
            continue
        if isinstance(value, dict):
            found.update({f"{field}.{language}": column for language, column in value.items()})
        else:
            found[field] = value
    return found


def _table(section: Any) -> sa.TableClause:
    name, schema = _split(section.table)
    columns = dict.fromkeys(columns_of(section).values())
    return sa.table(name, *(sa.column(column) for column in columns), schema=schema)


def column_or_null(table: sa.TableClause, column: str | None, label: str) -> sa.ColumnElement[Any]:
    """A mapped column, or NULL where the mapping leaves it out."""
    return (table.c[column] if column else sa.null()).label(label)


def _split(name: str) -> tuple[str, str | None]:
    schema, _, table = name.rpartition(".")
    return table, schema or None


def shop_engine(url: str) -> Engine:
    """An engine for the shop's database: connecting and every statement have a time limit, errors show no values."""
    engine = make_engine(_with_limits(make_url(url)).render_as_string(hide_password=False))
    engine.hide_parameters = True
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _watch_sqlite)
        event.listen(engine, "before_cursor_execute", _statement_begins)
    return engine


def _with_limits(url: URL) -> URL:
    """Time limits that the driver keeps, unless the address sets its own."""
    match url.get_backend_name():
        case "postgresql":
            limits = {"options": f"-c statement_timeout={STATEMENT_SECONDS * 1000}"}
        case "mysql" | "mariadb":
            limits = {
                "connect_timeout": str(CONNECT_SECONDS),
                "read_timeout": str(STATEMENT_SECONDS),
                "write_timeout": str(STATEMENT_SECONDS),
            }
        case _:
            limits = {}
    return url.update_query_dict({name: value for name, value in limits.items() if name not in url.query})


def _watch_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    record.info["deadline"] = float("inf")
    connection.set_progress_handler(lambda: int(time.monotonic() > record.info["deadline"]), _STEPS_BETWEEN_LOOKS)


def _statement_begins(connection: sa.Connection, *_rest: Any) -> None:
    connection.info["deadline"] = time.monotonic() + STATEMENT_SECONDS
