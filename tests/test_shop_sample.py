"""The sample shop's data, and the commands that show it."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.commands.shop import command
from ivr.settings import settings
from ivr.shop.proofs import pin_match
from ivr.shop.sample import SampleError, callers, create
from ivr.shop.sample_data import CUSTOMERS, SEED, STATES, generate, pin_of

TODAY = date(2026, 3, 2)


def test_people_orders_and_cards_are_plausible() -> None:
    data = generate(SEED, TODAY)
    assert Counter(row["language"] for row in data.customers) == CUSTOMERS == {"ru": 240, "en": 120}
    for row in data.customers:
        ours, digits = ("+7900000", 12) if row["language"] == "ru" else ("+447700900", 13)
        assert row["phone"].startswith(ours)
        assert len(row["phone"]) == digits
    assert len({row["phone"] for row in data.customers}) == 360
    numbers = [row["number"] for row in data.orders]
    assert len(set(numbers)) == len(numbers)
    assert {len(number) for number in numbers} == {4, 5, 6}
    assert max(Counter(row["customer_id"] for row in data.orders).values()) <= 4
    by_language = {(data.customers[row["customer_id"] - 1]["language"], row["state"]) for row in data.orders}
    assert by_language == {(language, state) for language in CUSTOMERS for state in STATES}
    sums = Counter[str]()
    for item in data.items:
        sums[item["order_number"]] += item["price"] * item["quantity"]
    assert all(row["sum"] == sums[row["number"]] > 0 for row in data.orders)
    assert all((row["shop_id"] is None) == (row["delivery"] == "courier") for row in data.orders)
    assert all(row["keep_until"] >= TODAY for row in data.orders if row["state"] == "ready")
    assert all(row["due_on"] > TODAY for row in data.orders if row["state"] in ("new", "confirmed", "packed"))
    assert any(row["burn_points"] for row in data.cards)
    assert all(0 <= row["burn_points"] <= row["points"] for row in data.cards)


def test_same_seed_same_data() -> None:
    assert generate(7, TODAY) == generate(7, TODAY) != generate(8, TODAY)


def test_pins_are_kept_hashed_and_can_be_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    assert create(url, today=TODAY)
    rows = sqlite3.connect(tmp_path / "shop.db").execute("SELECT number, pin_hash FROM cards LIMIT 5").fetchall()
    for number, stored in rows:
        assert pin_match("argon2", stored, None, pin_of(SEED, number))
        assert not pin_match("argon2", stored, None, "x" + pin_of(SEED, number))
    again = f"sqlite:///{tmp_path}/again.db"
    create(again, today=TODAY)
    dumps = ["\n".join(sqlite3.connect(tmp_path / name).iterdump()) for name in ("shop.db", "again.db")]
    assert dumps[0] == dumps[1]


def test_create_keeps_what_is_there_and_fresh_does_not(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    create(url)
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("UPDATE orders SET state = 'cancelled'")
    assert create(url) is False
    assert {order.state for caller in callers(url) for order in caller.orders} == {"cancelled"}
    assert create(url, fresh=True) is True
    assert len({order.state for caller in callers(url) for order in caller.orders}) == len(STATES)


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE orders (precious TEXT)")
    for fresh in (False, True):
        with pytest.raises(SampleError, match="nothing was changed"):
            create(f"sqlite:///{tmp_path}/shop.db", fresh=fresh)
    assert sqlite3.connect(tmp_path / "shop.db").execute("SELECT name FROM sqlite_master").fetchall() == [("orders",)]


def test_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    settings.cache_clear()
    try:
        run = CliRunner().invoke
        before = run(command, ["sample"])
        assert before.exit_code == 1
        assert "hotline shop create" in before.output
        assert "is made" in run(command, ["create"]).output
        assert "kept" in run(command, ["create"]).output
        shown = run(command, ["sample"]).output
        assert shown.count("card ") == 8
        assert "PIN" in shown
        told = json.loads(run(command, ["sample", "--json", "--limit", "3"]).output)
        assert [caller["language"] for caller in told] == ["ru", "en", "ru"]
        assert told[0]["phone_last4"] == told[0]["number"][-4:]
        assert {"number", "state", "sum", "address", "items"} <= set(told[0]["orders"][0])
        checked = run(command, ["check"])
        assert (checked.exit_code, checked.output) == (0, "The mapping fits the database.\n")
        assert run(command, ["check", str(tmp_path / "none.yaml")]).exit_code == 1
    finally:
        settings.cache_clear()
