"""The words of the pages in each language. A language is ``locales/<code>.json`` and a file of the same name in the
folder of each other room (``locales/admin/<code>.json``); all languages have the same keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from babel import Locale

FOLDER = Path(__file__).with_name("locales")
DEFAULT = "ru"
PLURALS = ("one", "few", "many", "other")
"""The order in which a counted word's forms are written, as far as the language has them: ``день|дня|дней``,
``day|days``."""


class Texts:
    """One language's words: ``texts.sign_in``, or ``texts.get("why_" + reason, reason)`` for a key made from data."""

    def __init__(self, code: str, words: Mapping[str, str]) -> None:
        self.code = code
        self.words = words

    def __getattr__(self, key: str) -> str:
        """Raises ``AttributeError`` for a word that no file has: a page may not show an empty label."""
        try:
            return self.words[key]
        except KeyError:
            raise AttributeError(f"no text {key!r} in {self.code}.json") from None

    def get(self, key: str, otherwise: str = "") -> str:
        return self.words.get(key, otherwise)

    def count(self, key: str, number: int) -> str:
        """So many of something: ``texts.count("tasks_overdue", 3)``. The text has the language's plural forms."""
        forms = getattr(self, key).split("|")
        tag = Locale.parse(self.code).plural_form(number)
        return f"{number} {forms[min(PLURALS.index(tag), len(forms) - 1)]}"

    def some(self, prefix: str) -> dict[str, str]:
        """All words whose key begins so: what a script of the page needs."""
        return {key: word for key, word in self.words.items() if key.startswith(prefix)}


@lru_cache
def catalogue() -> Mapping[str, Texts]:
    """All languages by code, the default first."""
    found = {path.stem: Texts(path.stem, _words(path.stem)) for path in sorted(FOLDER.glob("*.json"))}
    return {DEFAULT: found.pop(DEFAULT), **found}


def _words(code: str) -> Mapping[str, str]:
    words: dict[str, str] = {}
    for path in [FOLDER / f"{code}.json", *sorted(FOLDER.glob(f"*/{code}.json"))]:
        words |= json.loads(path.read_text("utf-8"))
    return words


def names() -> dict[str, str]:
    """Each language's name for itself, by code."""
    return {code: texts.language_name for code, texts in catalogue().items()}


def texts(code: str | None) -> Texts:
    """The words of a language; the default's when we don't have it."""
    known = catalogue()
    return known.get(code or "", known[DEFAULT])
