"""The words of the pages: every language has every key, every word named is there, no language leaks into another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.carriers.local.page_texts import TEXTS as PHONE_TEXTS
from ivr.desk import texts

IVR = Path(texts.__file__).parent.parent
CODES = list(texts.catalogue())
CYRILLIC = re.compile("[а-яА-ЯёЁіїєґІЇЄҐ]")
ALIEN = {"ru": re.compile("[іїєґІЇЄҐ’]"), "uk": re.compile("[ыэъёЫЭЪЁ]"), "en": CYRILLIC}
"""Letters that a language does not have."""


def sources() -> Iterator[Path]:
    """Files of ours that name words."""
    yield from IVR.rglob("*.html")
    yield from IVR.rglob("*.py")


def named() -> Iterator[tuple[Path, str]]:
    """Each word that a page or a view names outright: ``ui.sign_in``, ``ui.count("tasks", 3)``, ``_words().saved``."""
    for path in sources():
        for key in re.findall(r"(?:\bui\.|_words\(\)\.|\bwords\.)(\w+)\b(?!\()", path.read_text("utf-8")):
            yield path, key
        for key in re.findall(r"\b(?:ui|words)\.count\(\"(\w+)\"", path.read_text("utf-8")):
            yield path, key


def test_there_is_ukrainian_russian_and_english() -> None:
    assert set(CODES) >= {"ru", "uk", "en"}
    assert CODES[0] == texts.DEFAULT


@pytest.mark.parametrize("code", CODES)
def test_every_language_has_every_word(code: str) -> None:
    default = texts.texts(texts.DEFAULT).words
    words = texts.texts(code).words
    assert set(words) == set(default)
    assert all(text.strip() for text in words.values())
    for key, text in words.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", default[key])), f"{code}: {key}"


@pytest.mark.parametrize("code", CODES)
def test_counted_words_have_the_languages_forms(code: str) -> None:
    forms = 2 if code == "en" else 3
    counted = {key for _, key in named() if "|" in texts.texts(texts.DEFAULT).words.get(key, "")}
    for key in counted:
        assert texts.texts(code).words[key].count("|") == forms - 1, f"{code}: {key}"


@pytest.mark.parametrize(
    ("code", "number", "says"),
    [("ru", 1, "1 день"), ("ru", 22, "22 дня"), ("ru", 11, "11 дней"), ("uk", 3, "3 дні"), ("en", 1, "1 day")],
)
def test_a_counted_word_takes_the_right_form(code: str, number: int, says: str) -> None:
    words = {"ru": "день|дня|дней", "uk": "день|дні|днів", "en": "day|days"}
    assert texts.Texts(code, {"days": words[code]}).count("days", number) == says


@pytest.mark.parametrize("code", CODES)
def test_no_word_is_of_another_language(code: str) -> None:
    strange = {
        key: text
        for key, text in texts.texts(code).words.items()
        if ALIEN[code].search(text) and key != "language_name"
    }
    assert not strange


def test_every_word_that_a_page_names_exists() -> None:
    known = texts.texts(texts.DEFAULT).words
    own = {"words", "code", "get", "count"}
    missing = {f"{path.name}: {key}" for path, key in named() if key not in known and key not in own}
    assert not missing


@pytest.mark.parametrize("code", CODES)
def test_the_telephones_page_has_every_word(code: str) -> None:
    assert set(PHONE_TEXTS[code]) == set(PHONE_TEXTS["en"])
    assert all(PHONE_TEXTS[code].values())
    assert not {key: text for key, text in PHONE_TEXTS[code].items() if ALIEN[code].search(text)}
