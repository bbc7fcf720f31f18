"""Orders in the shop's tables, and the answers made of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from ivr.shop import fields
from ivr.shop.mapping import Mapping as ShopMapping
from ivr.shop.tables import Tables, column_or_null

MAX_ITEMS = 200
RECENT_ORDERS = 10
"""On an agent's screen, newest first."""


def phone_as_stored(number: str, phone_format: str) -> str:
    """An E.164 number as the shop writes it."""
    digits = fields.digits(number)
    match phone_format:
        case "digits":
            return digits
        case "trunk_8" if digits.startswith("7"):
            return "8" + digits[1:]
        case _:
            return "+" + digits


class Orders:
    """Finds orders and describes them. Rows are those of :meth:`find`."""

    def __init__(self, mapping: ShopMapping, tables: Tables) -> None:
        self._mapping = mapping
        self._tables = tables
        self._states = {theirs: ours for ours, group in mapping.orders.states.items() for theirs in group}
        self._deliveries = {theirs: ours for ours, group in mapping.orders.deliveries.items() for theirs in group}

    def find(self, connection: Connection, number: str) -> Any | None:
        """The order with the customer's ``phone``; None when there is none."""
        mapping, table = self._mapping.orders, self._tables.orders
        key = fields.number_key(number, mapping.number_type)
        if key is None:
            return None
        rows = list(connection.execute(self._select().where(table.c[mapping.number] == key).limit(2)))
        if len(rows) > 1:
            fields.garbage("orders.number", "unique")
        return rows[0] if rows else None

    def status(self, connection: Connection, order: Any, language: str) -> dict[str, Any]:
        """The answer of ``orders.status``."""
        delivery = self._deliveries.get(str(order.delivery))
        if delivery is None:
            fields.garbage("orders.delivery", "in the mapping's list")
        state = self.state(order)
        # A cancelled order is due no more, and only what is ready is kept for somebody.
        due = None if state in ("cancelled", "returned") else fields.iso_date(order.due, "orders.due")
        return {
            "number": fields.text(order.number, "orders.number"),
            "state": state,
            "delivery": delivery,
            "due": due,
            "due_from": fields.hour_minute(order.due_from, "orders.due_from") if due else None,
            "due_to": fields.hour_minute(order.due_to, "orders.due_to") if due else None,
            "shop": self._shop(connection, order.shop, language) if delivery == "pick_up" else None,
            "keep_until": fields.iso_date(order.keep_until, "orders.keep_until") if state == "ready" else None,
        }

    def details(self, connection: Connection, order: Any, language: str) -> dict[str, Any]:
        """The answer of ``orders.details``."""
        items = self._items(connection, order.number, language)
        state = self.state(order)
        return {
            "number": fields.text(order.number, "orders.number"),
            "state": state,
            "sum": self._money(order.sum, "orders.sum"),
            "items": items,
            "items_count": len(items),
            "due": None if state in ("cancelled", "returned") else fields.iso_date(order.due, "orders.due"),
            "can_confirm": str(order.state) in self._mapping.orders.confirm.from_,
            "can_cancel": str(order.state) in self._mapping.orders.cancel.from_,
        }

    def of_customer(self, connection: Connection, customer: Any, language: str) -> list[dict[str, Any]]:
        """A customer's last orders, for an agent's screen."""
        mapping, table = self._mapping.orders, self._tables.orders
        query = (
            self._select()
            .where(table.c[mapping.customer] == customer)
            .order_by(table.c[mapping.due].desc(), table.c[mapping.number].desc())
            .limit(RECENT_ORDERS)
        )
        return [
            {
                "number": fields.text(order.number, "orders.number"),
                "state": self.state(order),
                "sum": self._money(order.sum, "orders.sum"),
                "due": fields.iso_date(order.due, "orders.due"),
                "items": self._items(connection, order.number, language),
            }
            for order in connection.execute(query).all()
        ]

    def state(self, order: Any) -> str:
        """Our name of the order's state."""
        state = self._states.get(str(order.state))
        if state is None:
            fields.garbage("orders.state", "in the mapping's list of states")
        return state

    def _select(self) -> sa.Select[Any]:
        mapping, table, customers = self._mapping.orders, self._tables.orders, self._tables.customers
        return sa.select(
            table.c[mapping.number].label("number"),
            table.c[mapping.state].label("state"),
            table.c[mapping.delivery].label("delivery"),
            table.c[mapping.sum].label("sum"),
            table.c[mapping.due].label("due"),
            column_or_null(table, mapping.due_from, "due_from"),
            column_or_null(table, mapping.due_to, "due_to"),
            column_or_null(table, mapping.keep_until, "keep_until"),
            column_or_null(table, mapping.shop, "shop"),
            customers.c[self._mapping.customers.phone].label("phone"),
        ).select_from(table.outerjoin(customers, table.c[mapping.customer] == customers.c[self._mapping.customers.id]))

    def _items(self, connection: Connection, number: Any, language: str) -> list[dict[str, Any]]:
        mapping, table = self._mapping.items, self._tables.items
        query = sa.select(table).where(table.c[mapping.order] == number).limit(MAX_ITEMS)
        return [
            {
                "name": fields.in_language(row, mapping.name, language, "items.name"),
                "quantity": fields.integer(row[mapping.quantity], "items.quantity"),
                "price": self._money(row[mapping.price], "items.price"),
            }
            for row in connection.execute(query).mappings()
        ]

    def _shop(self, connection: Connection, shop: Any, language: str) -> str | None:
        mapping, table = self._mapping.shops, self._tables.shops
        if mapping is None or table is None or shop is None:
            return None
        row: Mapping[Any, Any] | None = (
            connection.execute(sa.select(table).where(table.c[mapping.id] == shop).limit(1)).mappings().first()
        )
        if row is None:
            fields.garbage("orders.shop", "the id of a shop")
        city = fields.in_language(row, mapping.city, language, "shops.city")
        return f"{city}, {fields.in_language(row, mapping.address, language, 'shops.address')}"

    def _money(self, value: Any, field: str) -> str:
        return str(fields.money(value, field, minor=self._mapping.money == "minor"))
