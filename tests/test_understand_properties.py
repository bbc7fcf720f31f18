"""What holds for any words at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.understand import (
    best_choice,
    date_in,
    digits_in,
    money_in,
    number_in,
    phone_in,
    time_in,
    yes_no_in,
)
from flows.understand.languages import words

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=timezone(timedelta(hours=3)))
READERS: dict[str, Callable[[str, str], object]] = {
    "digits": digits_in,
    "number": number_in,
    "money": money_in,
    "yes_no": yes_no_in,
    "time": lambda text, language: time_in(text, language, NOW),
    "date": lambda text, language: date_in(text, language, NOW),
    "phone": lambda text, language: phone_in(text, language),
    "choice": lambda text, language: best_choice(
        [(text, 0.9)], {"a": ["где мой заказ", "delivery"], "b": ["нет"]}, language
    ),
}
UNITS = {
    "ru": "ноль один два три четыре пять шесть семь восемь девять".split(),  # noqa: SIM905
    "en": "zero one two three four five six seven eight nine".split(),  # noqa: SIM905
}
LANGUAGES = st.sampled_from(["ru", "en", "uk", "xx", "", "en-GB"])


def _vocabulary() -> list[str]:
    found: set[str] = {"17:30", "1", "99999999999999999999", "+7", "31.02", "24:00", "0"}
    for code in ("ru", "uk", "en"):
        table = words(code)
        assert table is not None
        for field in table.__dataclass_fields__:
            value = getattr(table, field)
            if not isinstance(value, str | bool):
                found.update(str(each) for each in value)
    return sorted(found)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200), LANGUAGES)
def test_no_text_raises(text: str, language: str) -> None:
    for reader in READERS.values():
        reader(text, language)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(_vocabulary()), max_size=9).map(" ".join), LANGUAGES)
def test_no_words_of_the_tables_raise(text: str, language: str) -> None:
    for reader in READERS.values():
        reader(text, language)


@settings(deadline=None)
@given(st.text("0123456789", min_size=1, max_size=20), st.sampled_from(["ru", "en"]))
def test_digits_said_one_by_one_come_back(digits: str, language: str) -> None:
    assert digits_in(" ".join(UNITS[language][int(digit)] for digit in digits), language) == digits


@settings(deadline=None)
@given(st.text("0123456789", min_size=1, max_size=20), st.sampled_from(["ru", "en", "uk"]))
def test_digits_written_come_back(digits: str, language: str) -> None:
    assert digits_in(digits, language) == digits
    assert digits_in(" ".join(digits), language) == digits


@settings(deadline=None)
@given(st.integers(0, 23), st.integers(0, 59), st.sampled_from(["ru", "en", "uk"]))
def test_every_time_of_the_clock_is_the_next_such_moment(hour: int, minute: int, language: str) -> None:
    found = time_in(f"{hour:02d}{minute:02d}", language, NOW)
    assert found is not None
    moment = datetime.fromisoformat(found)
    assert (moment.hour, moment.minute) == (hour, minute)
    assert timedelta(0) < moment - NOW <= timedelta(days=1)


@settings(deadline=None)
@given(st.text(max_size=60), LANGUAGES)
def test_a_moment_found_is_never_past(text: str, language: str) -> None:
    found = time_in(text, language, NOW)
    assert found is None or datetime.fromisoformat(found) >= NOW


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "text",
    [
        "один " * 2000,
        "без двадцати шесть через полчаса " * 300,
        "нет да " * 1500,
        "1" * 10_000,
        "а" * 10_000,
        "1 " * 5000,
    ],
)
def test_ten_thousand_characters_take_no_longer(reader: str, text: str) -> None:
    READERS[reader]("тёплый ход", "ru")
    began = time.process_time()
    READERS[reader](text, "ru")
    assert time.process_time() - began < 0.1
