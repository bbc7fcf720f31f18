"""Changes to orders, each made once: ``UPDATE … WHERE state IN (…)`` and our own note of it in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, exc

from ivr.shop import fields, proofs
from ivr.shop.mapping import Mapping as ShopMapping
from ivr.shop.mapping import Transition
from ivr.shop.orders import Orders
from ivr.shop.port import Answer
from ivr.shop.tables import Tables
from ivr.store.engine import reading


class Changer:
    """Confirms and cancels. The table ``hotline_changes`` holds each key with its answer, kept for ever: a key may come
    again as late as a queue was down. Raises ``SQLAlchemyError`` and ``ShopFailed``."""

    def __init__(self, mapping: ShopMapping, tables: Tables, orders: Orders) -> None:
        self._mapping = mapping
        self._tables = tables
        self._orders = orders
        self._ready = False

    def perform(self, engine: Engine, action: str, arguments: Mapping[str, str], key: str) -> Answer:
        """Change once. ``found``: done; ``missing``: the order's state does not allow it; ``refused``: wrong proof."""
        change = {"orders.confirm": self._mapping.orders.confirm, "orders.cancel": self._mapping.orders.cancel}[action]
        self._make_table(engine)
        try:
            with engine.begin() as connection:
                return self._note_of(connection, key) or self._change(connection, action, change, arguments, key)
        except exc.IntegrityError:
            # Another process was first with this key, and its answer is the answer.
            answer = self.done(engine, key)
            if answer is None:
                raise
            return answer

    def done(self, engine: Engine, key: str) -> Answer | None:
        """The answer kept under this key."""
        self._make_table(engine)
        with reading(engine) as connection:
            return self._note_of(connection, key)

    def _change(
        self, connection: Connection, action: str, change: Transition, arguments: Mapping[str, str], key: str
    ) -> Answer:
        mapping, table = self._mapping.orders, self._tables.orders
        order = self._orders.find(connection, arguments["number"])
        if not proofs.last_four_match(order.phone if order else None, arguments["phone_last4"]) or order is None:
            return Answer("refused")
        number = fields.text(order.number, "orders.number")
        value: dict[str, Any] = {"number": number}
        if action == "orders.confirm":
            value["due"] = fields.iso_date(order.due, "orders.due")
        changed = connection.execute(
            sa.update(table)
            .where(table.c[mapping.number] == order.number, table.c[mapping.state].in_(self._stored(change.from_)))
            .values({mapping.state: self._stored([change.to])[0]})
        ).rowcount
        answer = Answer("found", value) if changed == 1 else Answer("missing")
        if changed > 1:
            fields.garbage("orders.number", "unique")
        connection.execute(
            sa.insert(self._tables.changes).values(
                key=key,
                answer=json.dumps({"outcome": answer.outcome, "value": answer.value}),
                at=datetime.now(UTC).isoformat(timespec="seconds"),
            )
        )
        return answer

    def _stored(self, states: list[str]) -> list[str] | list[int]:
        return [int(state) for state in states] if self._mapping.orders.state_type == "integer" else states

    def _note_of(self, connection: Connection, key: str) -> Answer | None:
        table = self._tables.changes
        kept = connection.execute(sa.select(table.c.answer).where(table.c.key == key)).scalar_one_or_none()
        if kept is None:
            return None
        note = json.loads(kept)
        return Answer(note["outcome"], note["value"])

    def _make_table(self, engine: Engine) -> None:
        if self._ready:
            return
        table = self._tables.changes
        with reading(engine) as connection:
            there = sa.inspect(connection).has_table(table.name, schema=table.schema)
        if not there:
            try:
                table.create(engine)
            except exc.SQLAlchemyError:
                # Another process may have made it in between; if it is still missing, the error is the answer.
                if not sa.inspect(engine).has_table(table.name, schema=table.schema):
                    raise
        self._ready = True
