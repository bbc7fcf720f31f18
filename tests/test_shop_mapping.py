"""Mapping files: what is wrong is named with its line and mend, before and against a database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ivr.shop.check import check
from ivr.shop.mapping import SAMPLE, MappingError, load_mapping
from ivr.shop.port import ShopFailed
from ivr.shop.sample import create
from ivr.shop.tables import shop_engine


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = SAMPLE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "mapping.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def line_of(path: Path, part: str) -> int:
    return next(n for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if part in line)


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ("  phone: phone\n", "", "customers:", "customers.phone: it is missing. Add it"),
        ("  sum: sum", "  summ: sum", "summ:", "orders.summ: there is no such field"),
        ("version: 1", "version: 2", "version:", "version: "),
        (
            "pin_type: argon2",
            "pin_type: md5",
            "pin_type:",
            "cards.pin_type: Input should be 'argon2', 'sha256' or 'plain'",
        ),
        ("  table: orders\n", "  table: orders; drop\n", "drop", "orders.table: a name of letters, digits and _"),
        ("  table: orders\n", "  table:\n", "  table:\n", "orders.table: "),
        ("new: [new]", "new: [new, packed]", "orders:", "packed stands under two names"),
        ("to: cancelled", "to: gone", "orders:", "cancel: gone is in no list of states"),
        ("new: [new]", "nieuw: [new]", "nieuw", "orders.states.nieuw"),
        ("phone_format: e164", "phone_format: local", "phone_format", "customers.phone_format: Input should be"),
        ('"1.00"', '"dear"', "worth_of_point", "cards.worth_of_point: "),
    ],
)
def test_wrong_files(tmp_path: Path, old: str, new: str, at: str, says: str) -> None:
    path = changed(tmp_path, old, new)
    with pytest.raises(MappingError) as wrong:
        load_mapping(path)
    assert says in str(wrong.value)
    if not at.endswith("\n"):
        assert f"{path}:{line_of(path, at)}: " in str(wrong.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"version: [1", "Mend the YAML"),
        (b"", "holds no sections"),
        (b"- 1", "holds no sections"),
        (b"\xff\xfe\x00", "not YAML"),
        (b"a: &a [1]\nb: *a", ":1: anchors and aliases"),
        (b"version: 1\nversion: 1", "duplicate key"),
        (b"[" * 20_000, "nested deeper"),
        (b"x" * 70_000, "larger than 64 kB"),
        (b"!!python/object/apply:os.system [id]", "holds no sections"),
    ],
)
def test_what_is_no_mapping(tmp_path: Path, text: bytes, says: str) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_bytes(text)
    with pytest.raises(MappingError, match=r"mapping\.yaml") as wrong:
        load_mapping(path)
    assert says in str(wrong.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="SHOP_MAPPING"):
        load_mapping(tmp_path / "none.yaml")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("check") / "shop.db"
    create(f"sqlite:///{path}")
    return path


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("  table: cards", "  table: bonus", "cards.table: there is no table bonus"),
        ("  points: points", "  points: balance", "cards.points: table cards has no column balance"),
        ("en: name_en", "en: title_en", "items.name.en: table order_items has no column title_en"),
        ("returned: [returned]", "returned: [came_back]", "orders.states: the column state also holds: returned"),
        ("pick_up: [pick_up]", "pick_up: [shop]", "orders.deliveries: the column delivery also holds: pick_up"),
        ("  due: due_on", "  due: address", "orders.due"),
        ("phone_format: e164", "phone_format: digits", "customers.phone: a number that is in the table is not found"),
    ],
)
def test_a_mapping_that_does_not_fit(database: Path, tmp_path: Path, old: str, new: str, says: str) -> None:
    problems = check(shop_engine(f"sqlite:///{database}"), load_mapping(changed(tmp_path, old, new)))
    assert any(says in problem for problem in problems), problems


def test_the_samples_mapping_fits_the_sample_and_checking_changes_nothing(database: Path) -> None:
    before = sqlite3.connect(database).execute("SELECT name FROM sqlite_master ORDER BY 1").fetchall()
    assert check(shop_engine(f"sqlite:///{database}"), load_mapping()) == []
    assert sqlite3.connect(database).execute("SELECT name FROM sqlite_master ORDER BY 1").fetchall() == before


def test_a_database_that_is_away(tmp_path: Path) -> None:
    (tmp_path / "shop.db").mkdir()
    with pytest.raises(ShopFailed, match="SHOP_DATABASE_URL"):
        check(shop_engine(f"sqlite:///{tmp_path}/shop.db"), load_mapping())
