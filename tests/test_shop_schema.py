"""The SQL adapter on a schema that is nothing like the sample's."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.shop.mapping import load_mapping
from ivr.shop.port import Answer, Caller, ShopFailed
from ivr.shop.sql import SqlShop
from ivr.shop.tables import shop_engine

RU = Caller("CA1", "+79000000000", "ru")

OTHER = """
version: 1
money: major
customers: {table: client, id: pk, phone: tel, phone_format: trunk_8, name: fio}
orders:
  table: zakaz
  number: nomer
  number_type: integer
  customer: client
  state: status
  state_type: integer
  states: {new: [1], confirmed: [2, 3], packed: [], on_the_way: [4], delivered: [5], cancelled: [9]}
  delivery: kind
  deliveries: {courier: [0], pick_up: [1]}
  sum: total
  due: at
  confirm: {from: [1], to: 2}
  cancel: {from: [1, 2, 3], to: 9}
items: {table: line, order: nomer, name: title, quantity: n, price: price}
cards: {table: bonus, number: id, number_type: integer, pin: code, pin_type: PIN, customer: client, points: p}
"""


def sql(file: Path, statement: str, *values: object) -> list[tuple[object, ...]]:
    with sqlite3.connect(file) as connection:
        return connection.execute(statement, values).fetchall()


@pytest.fixture
def other(tmp_path: Path) -> Callable[[str], SqlShop]:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            """
            CREATE TABLE client (pk INTEGER PRIMARY KEY, tel TEXT, fio TEXT);
            CREATE TABLE zakaz (nomer INTEGER, client INTEGER, status INTEGER, kind INTEGER, total REAL, at TEXT);
            CREATE TABLE line (nomer INTEGER, title TEXT, n INTEGER, price REAL);
            CREATE TABLE bonus (id INTEGER, code TEXT, salt TEXT, client INTEGER, p INTEGER);
            INSERT INTO client VALUES (1, '89001234567', 'Пётр');
            INSERT INTO zakaz VALUES (100500, 1, 1, 0, 1250.5, '2026-05-06 10:00:00');
            INSERT INTO line VALUES (100500, 'чай', 2, 625.25);
            """
        )
    shops = iter(range(10))

    def made(pin_type: str) -> SqlShop:
        mapping = tmp_path / f"mapping{next(shops)}.yaml"
        mapping.write_text(OTHER.replace("pin_type: PIN", pin_type))
        return SqlShop(shop_engine(f"sqlite:///{path}"), load_mapping(mapping))

    return made


def test_a_schema_of_the_retailers_own(other: Callable[[str], SqlShop], tmp_path: Path) -> None:
    shop = other("pin_type: plain")
    order = {"number": "100500", "phone_last4": "4567"}
    assert shop.perform("customers.recognise", {}, Caller("CA1", "+79001234567", "ru")).value["known"]
    assert shop.perform("orders.status", order, RU).value == {
        "number": "100500", "state": "new", "delivery": "courier", "due": "2026-05-06",
        "due_from": None, "due_to": None, "shop": None, "keep_until": None,
    }  # fmt: skip
    details = shop.perform("orders.details", order, RU).value
    assert (details["sum"], details["items"]) == ("1250.50", [{"name": "чай", "quantity": 2, "price": "625.25"}])
    assert shop.perform("orders.confirm", order, RU, key="k").value == {"number": "100500", "due": "2026-05-06"}
    assert sql(tmp_path / "other.db", "SELECT status FROM zakaz") == [(2,)]
    assert shop.perform("orders.details", order, RU).value["can_cancel"] is True
    assert shop.perform("orders.status", {"number": "12x"}, RU) == Answer("missing")
    with pytest.raises(ShopFailed, match="no shops"):
        shop.perform("shops.list", {}, RU)


@pytest.mark.parametrize(
    ("pin_type", "stored", "salt"),
    [
        ("pin_type: plain", "0042", None),
        ("pin_type: sha256", hashlib.sha256(b"0042").hexdigest().upper(), None),
        ("pin_type: sha256, pin_salt: salt", hashlib.sha256(b"pepper0042").hexdigest(), "pepper"),
    ],
)
def test_ways_to_keep_a_pin(
    other: Callable[[str], SqlShop], tmp_path: Path, pin_type: str, stored: str, salt: str | None
) -> None:
    sql(tmp_path / "other.db", "INSERT INTO bonus VALUES (77, ?, ?, 1, 12)", stored, salt)
    shop = other(pin_type)
    assert shop.perform("cards.points", {"card": "77", "pin": "0042"}, RU).value["points"] == 12
    for card, pin in (("77", "42"), ("77", ""), ("78", "0042"), ("77", stored)):
        if (pin_type, pin) != ("pin_type: plain", stored):
            assert shop.perform("cards.points", {"card": card, "pin": pin}, RU) == Answer("refused")
