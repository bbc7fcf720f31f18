"""The language that a calling number hints at."""

from __future__ import annotations

import pytest

from ivr.calls.hints import language_of


@pytest.mark.parametrize(
    ("number", "language"),
    [
        ("+79000001951", "ru"),
        ("+380501234567", "uk"),
        ("+447700900493", "en"),
        ("+12025550123", "en"),
        ("+77011234567", "ru"),
        ("+80012345678", None),
        ("+999", None),
        ("garbage", None),
        (None, None),
    ],
)
def test_language_of_a_number(number: str | None, language: str | None) -> None:
    assert language_of(number) == language
