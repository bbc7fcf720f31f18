"""What people say, beside what it means: one table per kind of value in ``tests/understand``."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from flows.understand import date_in, digits_in, money_in, number_in, phone_in, time_in, yes_no_in

TABLES = Path(__file__).parent / "understand"
NOW = datetime(2026, 11, 23, 15, 0, 20, tzinfo=timezone(timedelta(hours=3)))


def rows(name: str) -> list[tuple[str, str, str | None]]:
    found = []
    for line in (TABLES / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            language, said, value = line.split("\t")
            found.append((language, said, None if value == "-" else value))
    return found


@pytest.mark.parametrize(("language", "said", "digits"), rows("digits.tsv"))
def test_digits(language: str, said: str, digits: str | None) -> None:
    assert digits_in(said, language) == digits


@pytest.mark.parametrize(("language", "said", "number"), rows("numbers.tsv"))
def test_number(language: str, said: str, number: str | None) -> None:
    assert number_in(said, language) == (None if number is None else int(number))


@pytest.mark.parametrize(("language", "said", "amount"), rows("money.tsv"))
def test_money(language: str, said: str, amount: str | None) -> None:
    assert money_in(said, language) == amount


@pytest.mark.parametrize(("language", "said", "answer"), rows("yes_no.tsv"))
def test_yes_or_no(language: str, said: str, answer: str | None) -> None:
    assert yes_no_in(said, language) == (None if answer is None else answer == "yes")


@pytest.mark.parametrize(("language", "said", "moment"), rows("times.tsv"))
def test_time(language: str, said: str, moment: str | None) -> None:
    wanted = None if moment is None else f"{moment}{':00' if len(moment) == 16 else ''}+03:00"
    assert time_in(said, language, NOW) == wanted


@pytest.mark.parametrize(("language", "said", "day"), rows("dates.tsv"))
def test_date(language: str, said: str, day: str | None) -> None:
    assert date_in(said, language, NOW) == day


@pytest.mark.parametrize(("language", "said", "number"), rows("phones.tsv"))
def test_phone(language: str, said: str, number: str | None) -> None:
    assert phone_in(said, language) == number


def test_a_region_decides_where_a_number_without_a_country_is() -> None:
    assert phone_in("030 123456", "en", "DE") == "+4930123456"
    assert phone_in("067 123 45 67", "ru", "UA") == "+380671234567"
