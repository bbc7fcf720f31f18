"""The words of each language that understanding knows: one table per file. A new language is one more table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module


@dataclass(frozen=True, slots=True)
class Words:
    """One language. Words are lower case, without ё, hyphens and apostrophes; phrases are several words with spaces.

    ``numbers``: words up to 900, in every form that is said. ``scales``: what multiplies the number before it.
    ``digit_nouns``: digits that follow a count ("два нуля"); ``digit_names``: names of one digit ("двойка").
    ``repeats``: words that repeat the next digit ("double").
    ``unsure_digits``: words that recognisers write for digits, taken only among digits ("for").
    ``filler``: words that carry no meaning of their own. ``about_numbers``: words that go with a dictated number.
    """

    code: str
    region: str
    stemmer: str
    numbers: Mapping[str, int]
    scales: Mapping[str, int]
    filler: frozenset[str]
    negations: frozenset[str]
    yes: frozenset[str]
    no: frozenset[str]
    doubt: frozenset[str]
    idle: frozenset[str] = frozenset()
    """Phrases made of yes and no that are neither: what follows them counts ("да нет, не надо")."""
    about_numbers: frozenset[str] = frozenset()
    joiners: frozenset[str] = frozenset()
    digit_nouns: Mapping[str, int] = field(default_factory=dict)
    digit_names: Mapping[str, int] = field(default_factory=dict)
    repeats: Mapping[str, int] = field(default_factory=dict)
    unsure_digits: Mapping[str, int] = field(default_factory=dict)
    one_and_a_half: frozenset[str] = frozenset()
    half: frozenset[str] = frozenset()
    minus: frozenset[str] = frozenset()
    plus: frozenset[str] = frozenset()
    point: frozenset[str] = frozenset()
    # Time of day.
    within: frozenset[str] = frozenset()
    """Words before a span from now: "через", "in"."""
    spans: Mapping[str, float] = field(default_factory=dict)
    """Words for spans, in minutes: час 60, полчаса 30."""
    hour_words: frozenset[str] = frozenset()
    half_to: Mapping[str, int] = field(default_factory=dict)
    """One word for half an hour before an hour: "полшестого" 6."""
    hour_of: Mapping[str, int] = field(default_factory=dict)
    """The hour in "половина шестого", "четверть шестого": 6."""
    half_before: frozenset[str] = frozenset()
    """Words that count half an hour before the hour that follows (Russian)."""
    half_past: frozenset[str] = frozenset()
    """Words that count half an hour after the hour that follows (English "half five")."""
    quarter: frozenset[str] = frozenset()
    to_hour: frozenset[str] = frozenset()
    """"без" before the minutes, "to" after them."""
    past_hour: frozenset[str] = frozenset()
    parts_of_day: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    """First hour, last hour, and the hour meant when none is said."""
    moments: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    at_once: frozenset[str] = frozenset()
    # Days.
    days: Mapping[str, int] = field(default_factory=dict)
    day_spans: Mapping[str, int] = field(default_factory=dict)
    """Words for spans, in days: день 1, неделя 7."""
    ordinals: Mapping[str, int] = field(default_factory=dict)
    months: Mapping[str, int] = field(default_factory=dict)
    weekdays: Mapping[str, int] = field(default_factory=dict)
    # Money.
    currency: frozenset[str] = frozenset()
    hundredths: frozenset[str] = frozenset()


def table(text: str) -> Mapping[str, int]:
    """``"один одна=1 два две=2"``: words up to ``=`` share the value."""
    found: dict[str, int] = {}
    waiting: list[str] = []
    for word in text.split():
        name, equals, value = word.partition("=")
        waiting.append(name)
        if equals:
            found.update(dict.fromkeys(waiting, int(value)))
            waiting = []
    return found


def names(text: str) -> frozenset[str]:
    """Words separated by blanks."""
    return frozenset(text.split())


def phrases(text: str) -> frozenset[str]:
    """Phrases separated by commas."""
    return frozenset(" ".join(phrase.split()) for phrase in text.split(",") if phrase.strip())


_TABLES = ("ru", "en")


@lru_cache(maxsize=64)
def words(language: str) -> Words | None:
    """The table of ``ru``, ``en-GB``…, or None when there is none."""
    base = language.replace("_", "-").split("-")[0].lower()
    if base not in _TABLES:
        return None
    found = import_module(f"{__name__}.{base}").WORDS
    return found if isinstance(found, Words) else None
