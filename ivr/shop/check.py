"""Tests a mapping against the live database: what is named must be there, and hold what it should."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy import Connection, Engine, exc

from ivr.shop.mapping import Mapping
from ivr.shop.port import Caller, ShopFailed
from ivr.shop.sql import SqlShop
from ivr.shop.tables import columns_of
from ivr.store.engine import reading

SAMPLE_ROWS = 20
"""So many orders and cards are read as calls would read them."""


def check(engine: Engine, mapping: Mapping) -> list[str]:
    """Problems, each with its field and mend; empty when the mapping fits. Reads only, and shows no values but states.

    Raises :class:`ShopFailed` when the database is away.
    """
    try:
        with reading(engine) as connection:
            problems = list(_missing(connection, mapping))
            if not problems:
                problems = [*_values(connection, mapping)]
            if not problems:
                numbers = _numbers(connection, mapping)
                phones = _phones(connection, mapping)
    except exc.SQLAlchemyError as error:
        raise ShopFailed(f"the shop's database is away ({type(error).__name__}); see SHOP_DATABASE_URL") from None
    if problems:
        return problems
    return list(dict.fromkeys(_trial(SqlShop(engine, mapping), numbers, phones, bool(mapping.shops))))


def _sections(mapping: Mapping) -> Iterator[tuple[str, BaseModel]]:
    for name in ("customers", "orders", "items", "cards", "shops"):
        section = getattr(mapping, name)
        if section is not None:
            yield name, section


def _missing(connection: Connection, mapping: Mapping) -> Iterator[str]:
    inspector = sa.inspect(connection)
    for name, section in _sections(mapping):
        table: str = getattr(section, "table")  # noqa: B009 (the sections share no base with a table)
        schema, _, bare = table.rpartition(".")
        try:
            there = {column["name"] for column in inspector.get_columns(bare, schema=schema or None)}
        except exc.NoSuchTableError:
            yield f"{name}.table: there is no table {table}. Name the one that holds {name}"
            continue
        for field, column in columns_of(section).items():
            if column not in there:
                yield (f"{name}.{field}: table {table} has no column {column}. It has: {', '.join(sorted(there))}")


def _values(connection: Connection, mapping: Mapping) -> Iterator[str]:
    orders = mapping.orders
    for field, column, groups in (
        ("states", orders.state, [*orders.states.values()]),
        ("deliveries", orders.delivery, [*orders.deliveries.values()]),
    ):
        known = {value for group in groups for value in group}
        table = _bare(orders.table, column)
        found = {str(value) for value in connection.execute(sa.select(table.c[column]).distinct().limit(100)).scalars()}
        unknown = sorted(found - known)
        if unknown:
            shown = ", ".join(value[:40] for value in unknown[:10])
            yield f"orders.{field}: the column {column} also holds: {shown}. Put each under one of our names"


def _numbers(connection: Connection, mapping: Mapping) -> list[str]:
    table = _bare(mapping.orders.table, mapping.orders.number)
    return [str(value) for value in connection.execute(sa.select(*table.c).limit(SAMPLE_ROWS)).scalars()]


def _phones(connection: Connection, mapping: Mapping) -> list[str]:
    table = _bare(mapping.customers.table, mapping.customers.phone)
    return [str(value or "") for value in connection.execute(sa.select(*table.c).limit(SAMPLE_ROWS)).scalars()]


def _trial(shop: SqlShop, numbers: list[str], phones: list[str], shops: bool) -> Iterator[str]:
    """Some real reads, as calls do them."""
    caller = Caller(call="check", number=None, language="en")
    trials = [("orders.status", {"number": number}) for number in numbers]
    if shops:
        trials.append(("shops.list", {}))
    for action, arguments in trials:
        try:
            if shop.perform(action, arguments, caller).outcome == "missing":
                yield "orders.number: a number that is in the table is not found. See number_type"
        except ShopFailed as failure:
            yield f"{action}: {failure}. Mend the mapping, or the row"
    for phone in phones:
        digits = "".join(filter(str.isdigit, phone))
        number = f"+7{digits[1:]}" if digits.startswith("8") and len(digits) == 11 else f"+{digits}"
        try:
            if shop.context(number) is None:
                yield "customers.phone: a number that is in the table is not found. See phone_format"
        except ShopFailed as failure:
            yield f"customers: {failure}. Mend the mapping, or the row"


def _bare(name: str, column: str) -> sa.TableClause:
    schema, _, table = name.rpartition(".")
    return sa.table(table, sa.column(column), schema=schema or None)
