"""The shop on PostgreSQL, where there is one: types, time limits and exactly-once are the database's own."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from ivr.shop.check import check
from ivr.shop.mapping import load_mapping
from ivr.shop.port import Answer, Caller, ShopFailed
from ivr.shop.sample import callers, create
from ivr.shop.sql import SqlShop
from ivr.shop.tables import shop_engine
from ivr.store.engine import make_engine

CALLER = Caller("CA1", None, "ru")


@pytest.fixture(scope="module")
def url(postgres_url: str) -> str:
    """A database of its own in the server of these tests."""
    engine = make_engine(postgres_url).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE DATABASE shop"))
    engine.dispose()
    made = sa.make_url(postgres_url).set(database="shop").render_as_string(hide_password=False)
    assert create(made)
    return made


def test_every_read_and_change(url: str) -> None:
    shop = SqlShop(shop_engine(url), load_mapping())
    shop.ping()
    person = callers(url, 1)[0]
    order = {"number": person.orders[0].number, "phone_last4": person.phone_last4}
    assert shop.perform("customers.recognise", {}, Caller("CA1", person.number, "ru")).value["known"]
    assert shop.perform("orders.status", order, CALLER).value["due"] == person.orders[0].due
    assert shop.perform("orders.details", order, CALLER).value["sum"] == person.orders[0].sum
    points = shop.perform("cards.points", {"card": str(person.card), "pin": str(person.pin)}, CALLER).value
    assert (points["points"], points["burn_on"]) == (person.points, person.burn_on)
    assert shop.perform("shops.list", {}, CALLER).value["count"] == 6
    assert shop.context(person.number) is not None
    assert shop.perform("orders.confirm", order, CALLER, key="CA1:c1").outcome == "found"
    assert shop.perform("orders.confirm", order, CALLER, key="CA1:c1") == shop.done("CA1:c1")
    assert shop.perform("orders.confirm", order, CALLER, key="CA1:c2") == Answer("missing")


def test_the_mapping_fits(url: str) -> None:
    assert check(shop_engine(url), load_mapping()) == []


def test_parallel_changes_with_one_key(url: str) -> None:
    person = callers(url, 2)[1]
    order = {"number": person.orders[0].number, "phone_last4": person.phone_last4}
    shops = [SqlShop(shop_engine(url), load_mapping()) for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        same = list(pool.map(lambda n: shops[n % 2].perform("orders.cancel", order, CALLER, key="one"), range(8)))
    assert {answer.outcome for answer in same} == {"found"}


def test_a_row_that_somebody_holds_is_given_up_in_time(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.shop.tables.STATEMENT_SECONDS", 1)
    shop = SqlShop(shop_engine(url), load_mapping())
    order = next(
        {"number": order.number, "phone_last4": person.phone_last4}
        for person in callers(url, 50)
        for order in person.orders
        if order.state == "new"
    )
    with make_engine(url).begin() as holder:
        holder.execute(sa.text("UPDATE orders SET state = 'packed' WHERE number = :number"), order)
        began = time.monotonic()
        with pytest.raises(ShopFailed, match="away or slow") as failed:
            shop.perform("orders.cancel", order, CALLER, key="held")
        assert time.monotonic() - began < 4
        assert failed.value.again
        holder.rollback()
    assert shop.done("held") is None


def test_a_server_that_is_not_there() -> None:
    shop = SqlShop(shop_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"), load_mapping())
    with pytest.raises(ShopFailed, match="away") as failed:
        shop.ping()
    assert failed.value.again


def test_a_column_that_is_not_there(url: str) -> None:
    mapping = load_mapping()
    wrong = mapping.model_copy(update={"orders": mapping.orders.model_copy(update={"due": "nowhere"})})
    with pytest.raises(ShopFailed, match="hotline shop check") as failed:
        SqlShop(shop_engine(url), wrong).perform("orders.status", {"number": "4519"}, CALLER)
    assert not failed.value.again
