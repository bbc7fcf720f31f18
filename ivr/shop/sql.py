"""The Shop port on a retailer's own SQL database, through a mapping of tables and columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, exc

from ivr.shop import fields, proofs
from ivr.shop.changes import Changer
from ivr.shop.mapping import Mapping as ShopMapping
from ivr.shop.orders import Orders, phone_as_stored
from ivr.shop.port import Answer, Caller, ShopFailed
from ivr.shop.tables import Tables, column_or_null
from ivr.store.engine import reading

MAX_SHOPS = 200


class SqlShop:
    """Answers each action with one or two statements. Thread-safe. It knows no limits: ``ivr.shop.guarded`` does."""

    def __init__(self, engine: Engine, mapping: ShopMapping) -> None:
        self._engine = engine
        self._mapping = mapping
        self._tables = Tables(mapping)
        self._orders = Orders(mapping, self._tables)
        self._changes = Changer(mapping, self._tables, self._orders)
        self._reads: dict[str, Callable[[Connection, Mapping[str, str], Caller], Answer]] = {
            "customers.recognise": self._recognise,
            "orders.status": self._status,
            "orders.details": self._details,
            "cards.points": self._points,
            "shops.list": self._shops,
        }

    def perform(self, action: str, arguments: Mapping[str, str], caller: Caller, key: str = "") -> Answer:
        """See :class:`ivr.shop.port.Shop`. Raises ``KeyError`` for an action or an argument that is not there."""
        if action in self._reads:
            with self._failures(action), reading(self._engine) as connection:
                return self._reads[action](connection, arguments, caller)
        if not key:
            raise ValueError(f"{action} changes something and needs a key")
        with self._failures(action):
            return self._changes.perform(self._engine, action, arguments, key)

    def done(self, key: str) -> Answer | None:
        """The answer of the change that was made under this key, if one was."""
        with self._failures("changes"):
            return self._changes.done(self._engine, key)

    def context(self, number: str, cards: bool = True) -> Mapping[str, Any] | None:
        """See :class:`ivr.shop.port.Shop`."""
        with self._failures("context"), reading(self._engine) as connection:
            found = self._customers(connection, number)
            if not found:
                return None
            customer = found[0]
            language = fields.language(customer.language, "customers.language")
            card = self._card_of(connection, customer.id) if cards else None
            return {
                "name": fields.text(customer.name, "customers.name"),
                "language": language,
                "tier": fields.optional_text(customer.tier, "customers.tier"),
                "number": number,
                "points": fields.integer(card.points, "cards.points") if card else None,
                "orders": self._orders.of_customer(connection, customer.id, language or ""),
            }

    def ping(self) -> None:
        """See :class:`ivr.shop.port.Shop`."""
        with self._failures("ping"), reading(self._engine) as connection:
            connection.execute(sa.text("SELECT 1"))

    # Reads

    def _recognise(self, connection: Connection, arguments: Mapping[str, str], caller: Caller) -> Answer:
        found = self._customers(connection, caller.number) if caller.number else []
        languages = {fields.language(row.language, "customers.language") for row in found}
        tiers = {fields.optional_text(row.tier, "customers.tier") for row in found}
        # A telephone that several customers share says only what holds for all of them.
        return Answer(
            "found",
            {
                "known": bool(found),
                "language": languages.pop() if len(languages) == 1 else None,
                "tier": tiers.pop() if len(tiers) == 1 else None,
            },
        )

    def _status(self, connection: Connection, arguments: Mapping[str, str], caller: Caller) -> Answer:
        order = self._orders.find(connection, arguments["number"])
        if order is None:
            return Answer("missing")
        return Answer("found", self._orders.status(connection, order, caller.language))

    def _details(self, connection: Connection, arguments: Mapping[str, str], caller: Caller) -> Answer:
        order = self._orders.find(connection, arguments["number"])
        if not proofs.last_four_match(order.phone if order else None, arguments["phone_last4"]) or order is None:
            return Answer("refused")
        return Answer("found", self._orders.details(connection, order, caller.language))

    def _points(self, connection: Connection, arguments: Mapping[str, str], caller: Caller) -> Answer:
        mapping, table = self._mapping.cards, self._tables.cards
        if mapping is None or table is None:
            raise ShopFailed("the mapping has no cards", again=False)
        number = fields.number_key(arguments["card"], mapping.number_type)
        rows = [] if number is None else self._card_rows(connection, table.c[mapping.number] == number)
        if len(rows) > 1:
            fields.garbage("cards.number", "unique")
        card = rows[0] if rows else None
        stored = card.pin if card else None
        if card and stored is None:
            fields.garbage("cards.pin", "there")
        if not proofs.pin_match(mapping.pin_type, stored, card.salt if card else None, arguments["pin"]) or not card:
            return Answer("refused")
        points = fields.integer(card.points, "cards.points")
        burning = 0 if card.burn_points is None else fields.integer(card.burn_points, "cards.burn_points")
        return Answer(
            "found",
            {
                "points": points,
                "burn_points": burning,
                "burn_on": fields.iso_date(card.burn_on, "cards.burn_on") if burning else None,
                "worth": str((max(0, points) * mapping.worth_of_point).quantize(fields.CENT)),
                "tier": fields.optional_text(card.tier, "cards.tier"),
            },
        )

    def _shops(self, connection: Connection, arguments: Mapping[str, str], caller: Caller) -> Answer:
        mapping, table = self._mapping.shops, self._tables.shops
        if mapping is None or table is None:
            raise ShopFailed("the mapping has no shops", again=False)
        rows = connection.execute(sa.select(table).order_by(table.c[mapping.id]).limit(MAX_SHOPS)).mappings()
        shops = [
            {
                "city": fields.in_language(row, mapping.city, caller.language, "shops.city"),
                "address": fields.in_language(row, mapping.address, caller.language, "shops.address"),
                "hours": fields.in_language(row, mapping.hours, caller.language, "shops.hours"),
                "phone": fields.optional_text(row[mapping.phone], "shops.phone"),
            }
            for row in rows
        ]
        return Answer("found", {"shops": shops, "count": len(shops)})

    # Rows

    def _customers(self, connection: Connection, number: str) -> list[Any]:
        mapping, table = self._mapping.customers, self._tables.customers
        return list(
            connection.execute(
                sa.select(
                    table.c[mapping.id].label("id"),
                    table.c[mapping.name].label("name"),
                    column_or_null(table, mapping.language, "language"),
                    column_or_null(table, mapping.tier, "tier"),
                )
                .where(table.c[mapping.phone] == phone_as_stored(number, mapping.phone_format))
                .order_by(table.c[mapping.id])
                .limit(5)
            )
        )

    def _card_of(self, connection: Connection, customer: Any) -> Any | None:
        mapping, table = self._mapping.cards, self._tables.cards
        if mapping is None or table is None:
            return None
        rows = self._card_rows(connection, table.c[mapping.customer] == customer)
        return rows[0] if rows else None

    def _card_rows(self, connection: Connection, which: sa.ColumnElement[bool]) -> list[Any]:
        mapping, table = self._mapping.cards, self._tables.cards
        assert mapping is not None
        assert table is not None
        return list(
            connection.execute(
                sa.select(
                    table.c[mapping.pin].label("pin"),
                    column_or_null(table, mapping.pin_salt, "salt"),
                    table.c[mapping.points].label("points"),
                    column_or_null(table, mapping.burn_points, "burn_points"),
                    column_or_null(table, mapping.burn_on, "burn_on"),
                    column_or_null(table, mapping.tier, "tier"),
                )
                .where(which)
                .order_by(table.c[mapping.number])
                .limit(2)
            )
        )

    @contextmanager
    def _failures(self, action: str) -> Iterator[None]:
        # Drivers put values into their messages, so only the kind of the error goes on, and not even as its cause.
        try:
            yield
        except (exc.OperationalError, exc.TimeoutError, exc.InterfaceError) as error:
            if "no such" in str(getattr(error, "orig", "")):  # SQLite's word for a missing table or column
                raise ShopFailed(f"{action}: {_MISFIT}", again=False) from None
            raise ShopFailed(f"{action}: the shop's database is away or slow ({type(error).__name__})") from None
        except exc.SQLAlchemyError as error:
            raise ShopFailed(f"{action}: {_MISFIT} ({type(error).__name__})", again=False) from None


_MISFIT = "the mapping does not fit the shop's database; run `hotline shop check`"
