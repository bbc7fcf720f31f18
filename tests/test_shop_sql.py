"""The SQL adapter: answers in the catalogue's shapes, from the sample shop."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ivr.shop.actions import CATALOGUE
from ivr.shop.mapping import load_mapping
from ivr.shop.port import Answer, Caller, ShopFailed
from ivr.shop.sample import SampleCaller, callers, create
from ivr.shop.sql import SqlShop
from ivr.shop.tables import shop_engine

RU = Caller("CA1", "+79000000000", "ru")
EN = Caller("CA2", None, "en")


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "shop.db"
    create(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def file(sample_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sample_file, tmp_path / "shop.db"))


@pytest.fixture
def shop(file: Path) -> SqlShop:
    return SqlShop(shop_engine(f"sqlite:///{file}"), load_mapping())


@pytest.fixture(scope="session")
def people(sample_file: Path) -> list[SampleCaller]:
    return callers(f"sqlite:///{sample_file}", 400)


def order_in(people: list[SampleCaller], state: str, language: str = "ru", delivery: str = "courier") -> dict[str, str]:
    """Number and last four digits of some order."""
    return next(
        {"number": order.number, "phone_last4": person.phone_last4}
        for person in people
        for order in person.orders
        if (order.state, person.language, order.delivery) == (state, language, delivery)
    )


def sql(file: Path, statement: str, *values: object) -> list[tuple[object, ...]]:
    with sqlite3.connect(file) as connection:
        return connection.execute(statement, values).fetchall()


def test_every_answer_has_the_fields_of_the_catalogue(shop: SqlShop, people: list[SampleCaller]) -> None:
    order = order_in(people, "new")
    arguments = {**order, "card": str(people[0].card), "pin": str(people[0].pin)}
    for name, action in CATALOGUE.items():
        answer = shop.perform(name, arguments, RU, key=f"CA1:{name}")
        assert answer.outcome == "found", name
        assert set(answer.value) == set(action.result), name
        lists = [value for value in answer.value.values() if isinstance(value, list)]
        for value in lists:
            assert value
            assert all(set(item) == set(action.item) for item in value)


def test_recognise_tells_only_language_and_tier(shop: SqlShop, people: list[SampleCaller]) -> None:
    person = people[1]
    known = shop.perform("customers.recognise", {}, Caller("CA1", person.number, "ru"))
    assert known.value == {"known": True, "language": person.language, "tier": person.tier}
    nobody = {"known": False, "language": None, "tier": None}
    assert shop.perform("customers.recognise", {}, Caller("CA1", "+79999999999", "ru")).value == nobody
    assert shop.perform("customers.recognise", {}, Caller("CA1", None, "ru")).value == nobody


def test_status_of_each_kind(shop: SqlShop, people: list[SampleCaller]) -> None:
    ready = shop.perform("orders.status", order_in(people, "ready", delivery="pick_up"), RU).value
    assert ready["shop"]
    assert ready["keep_until"]
    assert ready["due_from"] is None
    moving = shop.perform("orders.status", order_in(people, "on_the_way"), RU).value
    assert (moving["shop"], moving["keep_until"], len(moving["due_from"])) == (None, None, 5)
    assert shop.perform("orders.status", order_in(people, "cancelled"), RU).value["due"] is None
    for number in ("999", "0", "", "' OR 1=1 --", "9" * 40, "١٢٣٤"):
        assert shop.perform("orders.status", {"number": number}, RU) == Answer("missing")
    spaced = " ".join(moving["number"])
    assert shop.perform("orders.status", {"number": spaced}, RU).value == moving


def test_details_are_in_the_language_of_the_call(shop: SqlShop, people: list[SampleCaller]) -> None:
    order = order_in(people, "new")
    ru, en = (shop.perform("orders.details", order, caller).value for caller in (RU, EN))
    assert ru["sum"] == en["sum"]
    assert ru["items"][0]["name"] != en["items"][0]["name"]
    assert en["items"][0]["name"].isascii()
    assert (ru["can_confirm"], ru["can_cancel"], ru["items_count"]) == (True, True, len(ru["items"]))
    packed = shop.perform("orders.details", order_in(people, "packed"), RU).value
    assert (packed["can_confirm"], packed["can_cancel"]) == (False, False)


def test_all_that_is_wrong_looks_the_same(shop: SqlShop, people: list[SampleCaller]) -> None:
    order = order_in(people, "new")
    for wrong in ("0000", "", "none", order["phone_last4"][:3], order["phone_last4"] + "0"):
        assert shop.perform("orders.details", {**order, "phone_last4": wrong}, RU) == Answer("refused")
    assert shop.perform("orders.details", {"number": "999", "phone_last4": "none"}, RU) == Answer("refused")
    card, pin = str(people[0].card), str(people[0].pin)
    for given in ({"card": card, "pin": "9" + pin[1:]}, {"card": card, "pin": ""}, {"card": "11111111", "pin": pin}):
        assert shop.perform("cards.points", given, RU) == Answer("refused")


def test_no_such_card_takes_as_long_as_a_wrong_pin(shop: SqlShop, people: list[SampleCaller]) -> None:
    def seconds(card: str) -> float:
        times = []
        for _ in range(7):
            began = time.perf_counter()
            shop.perform("cards.points", {"card": card, "pin": "none"}, RU)
            times.append(time.perf_counter() - began)
        return min(times)

    seconds("1")  # the decoy is made
    assert 0.4 < seconds("11111111") / seconds(str(people[0].card)) < 2.5


def test_points(shop: SqlShop, people: list[SampleCaller]) -> None:
    person = people[0]
    value = shop.perform("cards.points", {"card": str(person.card), "pin": str(person.pin)}, RU).value
    assert value == {
        "points": person.points,
        "burn_points": person.burn_points,
        "burn_on": person.burn_on,
        "worth": f"{person.points}.00",
        "tier": person.tier,
    }


def test_context_for_the_agent(shop: SqlShop, people: list[SampleCaller]) -> None:
    person = people[0]
    context = shop.context(person.number)
    assert context is not None
    assert (context["name"], context["language"], context["points"]) == (person.name, person.language, person.points)
    assert [order["number"] for order in context["orders"]] == [order.number for order in person.orders]
    assert context["orders"][0]["items"] == list(person.orders[0].items)
    without = shop.context(person.number, cards=False)
    assert without is not None
    assert without["points"] is None
    assert shop.context("+79999999999") is None


# Changes


def test_a_change_is_made_once_and_answers_the_same(shop: SqlShop, people: list[SampleCaller], file: Path) -> None:
    order = order_in(people, "new")
    first = shop.perform("orders.confirm", order, RU, key="CA1:c1")
    assert first.outcome == "found"
    assert first.value["number"] == order["number"]
    assert sql(file, "SELECT state FROM orders WHERE number = ?", order["number"]) == [("confirmed",)]
    sql(file, "UPDATE orders SET state = 'new' WHERE number = ?", order["number"])
    assert shop.perform("orders.confirm", order, RU, key="CA1:c1") == first == shop.done("CA1:c1")
    assert sql(file, "SELECT state FROM orders WHERE number = ?", order["number"]) == [("new",)]
    assert shop.done("CA1:c2") is None


def test_a_change_the_state_does_not_allow(shop: SqlShop, people: list[SampleCaller], file: Path) -> None:
    order = order_in(people, "packed")
    for action in ("orders.confirm", "orders.cancel"):
        assert shop.perform(action, order, RU, key=action) == Answer("missing")
    assert sql(file, "SELECT state FROM orders WHERE number = ?", order["number"]) == [("packed",)]
    assert shop.perform("orders.cancel", order_in(people, "confirmed"), RU, key="CA1:c9").outcome == "found"


def test_a_change_needs_its_proof_and_its_key(shop: SqlShop, people: list[SampleCaller], file: Path) -> None:
    order = order_in(people, "new")
    assert shop.perform("orders.cancel", {**order, "phone_last4": "none"}, RU, key="k") == Answer("refused")
    assert shop.done("k") is None
    with pytest.raises(ValueError, match="key"):
        shop.perform("orders.cancel", order, RU)
    assert sql(file, "SELECT state FROM orders WHERE number = ?", order["number"]) == [("new",)]


def test_parallel_changes_with_one_key_and_with_many(people: list[SampleCaller], file: Path) -> None:
    order = order_in(people, "new")
    shops = [SqlShop(shop_engine(f"sqlite:///{file}"), load_mapping()) for _ in range(4)]
    with ThreadPoolExecutor(12) as pool:
        same = list(pool.map(lambda n: shops[n % 4].perform("orders.confirm", order, RU, key="one"), range(12)))
        assert {answer.outcome for answer in same} == {"found"}
        assert all(answer == same[0] for answer in same)
        each = list(pool.map(lambda n: shops[n % 4].perform("orders.cancel", order, RU, key=f"k{n}"), range(12)))
    assert sorted(answer.outcome for answer in each) == ["found", *["missing"] * 11]


# Faults


@pytest.mark.parametrize(
    ("column", "value", "action", "named"),
    [
        ("state", "teleported", "orders.status", "orders.state"),
        ("state", "", "orders.details", "orders.state"),
        ("delivery", "pigeon", "orders.status", "orders.delivery"),
        ("due_on", "soon", "orders.status", "orders.due"),
        ("due_from", "after lunch", "orders.status", "orders.due_from"),
        ("sum", "plenty", "orders.details", "orders.sum"),
        ("sum", -5, "orders.details", "orders.sum"),
        ("sum", "NaN", "orders.details", "orders.sum"),
        ("sum", b"\x00", "orders.details", "orders.sum"),
    ],
)
def test_garbage_is_named_without_its_value(
    shop: SqlShop, people: list[SampleCaller], file: Path, column: str, value: object, action: str, named: str
) -> None:
    order = order_in(people, "on_the_way")
    sql(file, f"UPDATE orders SET {column} = ? WHERE number = ?", value, order["number"])
    with pytest.raises(ShopFailed) as failed:
        shop.perform(action, order, RU)
    assert named in str(failed.value)
    assert not failed.value.again
    assert not isinstance(value, str) or not value or value not in str(failed.value)


def test_garbage_in_a_card(shop: SqlShop, people: list[SampleCaller], file: Path) -> None:
    card = {"card": str(people[0].card), "pin": str(people[0].pin)}
    for column, value in (("points", "many"), ("points", 1.5), ("pin_hash", "not a hash"), ("pin_hash", b"x")):
        kept = sql(file, f"SELECT {column} FROM cards WHERE number = ?", card["card"])[0][0]
        sql(file, f"UPDATE cards SET {column} = ? WHERE number = ?", value, card["card"])
        with pytest.raises(ShopFailed, match=r"cards\.") as failed:
            shop.perform("cards.points", card, RU)
        assert not failed.value.again
        sql(file, f"UPDATE cards SET {column} = ? WHERE number = ?", kept, card["card"])
    assert shop.perform("cards.points", card, RU).outcome == "found"


def test_a_table_that_is_not_there(shop: SqlShop, file: Path, people: list[SampleCaller]) -> None:
    sql(file, "DROP TABLE order_items")
    with pytest.raises(ShopFailed, match="hotline shop check") as failed:
        shop.perform("orders.details", order_in_file(file), RU)
    assert not failed.value.again
    assert failed.value.__cause__ is None


def order_in_file(file: Path) -> dict[str, str]:
    number, phone = sql(file, "SELECT number, phone FROM orders JOIN customers ON customers.id = customer_id LIMIT 1")[
        0
    ]
    return {"number": str(number), "phone_last4": str(phone)[-4:]}


def test_a_database_that_is_locked_or_away(file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("ivr.store.engine.BUSY_SECONDS", 0.2)
    shop = SqlShop(shop_engine(f"sqlite:///{file}"), load_mapping())
    shop.done("makes our table")
    other = sqlite3.connect(file)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ShopFailed, match="away or slow") as failed:
        shop.perform("orders.confirm", order_in_file(file), RU, key="k")
    assert failed.value.again
    assert shop.perform("shops.list", {}, RU).outcome == "found", "readers are not held up"
    other.rollback()
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(ShopFailed, match="away"):
        SqlShop(shop_engine(f"sqlite:///{tmp_path}/folder.db"), load_mapping()).ping()


def test_a_statement_that_takes_too_long_is_given_up(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.shop.tables.STATEMENT_SECONDS", 0.3)
    sql(file, "ALTER TABLE shops RENAME TO real_shops")
    sql(
        file,
        "CREATE VIEW shops AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT real_shops.* FROM real_shops, n WHERE n.i < 0",
    )
    shop = SqlShop(shop_engine(f"sqlite:///{file}"), load_mapping())
    began = time.monotonic()
    with pytest.raises(ShopFailed, match="slow") as failed:
        shop.perform("shops.list", {}, RU)
    assert time.monotonic() - began < 5
    assert failed.value.again


def test_many_threads_at_once(shop: SqlShop, people: list[SampleCaller]) -> None:
    order = order_in(people, "on_the_way")
    barrier = threading.Barrier(16)

    def ask(_: int) -> Answer:
        barrier.wait(10)
        return shop.perform("orders.status", order, RU)

    with ThreadPoolExecutor(16) as pool:
        assert len({str(answer.value) for answer in pool.map(ask, range(16))}) == 1
