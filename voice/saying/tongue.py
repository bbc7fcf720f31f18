"""What a language must tell so that values can be said in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from re import Pattern
from typing import Literal

Case = Literal["nominative", "genitive", "dative", "accusative", "instrumental", "locative"]
Gender = Literal["m", "f", "n"]


def listed(words: str) -> list[str]:
    """A table of words, as one reads it."""
    return words.split()


@dataclass(frozen=True, slots=True)
class Noun:
    """What is counted: ``forms`` as plural rules order them (рубль, рубля, рублей; pound, pounds). ``of_one``: the
    genitive of one, where it is not the second form."""

    forms: tuple[str, ...]
    gender: Gender = "m"
    of_one: str = ""
    hundredth: Noun | None = None


@dataclass(frozen=True, eq=False)
class Tongue:
    """One language. Patterns are matched without regard to case."""

    cardinal: Callable[[int, Case, Gender], str]
    """Whole numbers from 0 to a trillion."""
    counted: Callable[[Noun, int, Case], str]
    """The noun as it stands after that number."""
    decimal: Callable[[str, str], str]
    """Whole and fraction, both as digits."""
    date: Callable[[int, int, int | None], str]
    """Day, month, year."""
    time: Callable[[int, int, Case], str]
    gender_before: Callable[[int, str, Case], tuple[Gender, Case | None]]
    """The gender of a number in that case by the word after it, and another case that this word tells."""
    months: Pattern[str]
    """Names of months as they stand beside a day."""
    month_number: Callable[[str], int]
    nouns: Mapping[str, Noun]
    """Signs and abbreviations after an amount (patterns) and what they mean."""
    before: Mapping[str, Noun]
    """Signs that stand before an amount."""
    scales: Mapping[str, tuple[int, Noun]]
    cases: Mapping[str, Case]
    """Words before a number that ask for a case."""
    abbreviations: tuple[tuple[Pattern[str], str], ...]
    years: Callable[[str], str]
    """Years and ordinals, put into words in a whole text."""
    plus: str
    minus: str
    range_to: str
    """Between the numbers of a range, without a preposition before it."""
    range_from: tuple[str, str]
    """Around a range: ("от", "до"); empty words leave it at ``range_to``."""
    hours_from: tuple[str, str]
    """The same around hours: ("с", "до")."""
    dot: str
    """In an address of the Web."""
    fraction: str
    """Between the numbers of 5/2."""
    phone_groups: bool
    """Whether telephones are said in groups (Russian) or digit by digit (English)."""
    month_first: bool = False
    point: str = "."
    thousands: str = " "
    words: Mapping[str, str] = field(default_factory=dict)
    """Signs said as words wherever they stand."""
