"""The words of each language that understanding knows: one table per file. A new language is one more table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property, lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any


@dataclass(frozen=True)
class Words:
    """One language. Words are lower case, without ё, hyphens and apostrophes; phrases are several words with spaces.

    What a language does not have is left out. ``also`` names the language whose words for numbers, days and times
    are understood too, where this one has no meaning of its own for them (Ukrainians who say a number in Russian).
    """

    code: str
    region: str
    """The country of a telephone number without one (ISO 3166)."""
    stemmer: str = ""
    """Snowball's name of the language."""
    also: str = ""

    # Words that carry no meaning of their own, and what turns a meaning.
    filler: frozenset[str] = frozenset()
    prepositions: frozenset[str] = frozenset()
    """Words that may stand between "not", "after"… and the value."""
    negations: frozenset[str] = frozenset()
    denials: frozenset[str] = frozenset()
    """Phrases that exclude the value after them: "не завтра", "anything but tomorrow"."""
    corrections: frozenset[str] = frozenset()
    """Phrases after which what was said before is taken back."""
    either: frozenset[str] = frozenset()
    """"или", "or"."""
    not_even: frozenset[str] = frozenset()
    """What makes a correction none: "нет" in "у меня нет номера"."""

    # Numbers.
    numbers: Mapping[str, int] = field(default_factory=dict)
    """Words up to 900, in every form that is said."""
    loose: Mapping[str, int] = field(default_factory=dict)
    """Numbers that nobody dictates: "пара", "двое", "couple"."""
    scales: Mapping[str, int] = field(default_factory=dict)
    """What multiplies the number before it."""
    collectives: Mapping[str, int] = field(default_factory=dict)
    """Scales of things: "дюжина", "dozen"."""
    about: frozenset[str] = frozenset()
    """Scales that may stand before their number: "тысяч пять" is about five thousand."""
    fractions: Mapping[str, float] = field(default_factory=dict)
    """Before a scale: "half a million", "четверть миллиона". Glued ones ("полмиллиона") are taken apart."""
    hesitations: frozenset[str] = frozenset()
    """Sounds and words in the middle of a number."""
    glued: frozenset[str] = frozenset()
    """Fractions that are written in one with the word after them: "полшестого"."""
    one_and_a_half: frozenset[str] = frozenset()
    and_a_half: frozenset[str] = frozenset()
    """Phrases after a number: "с половиной", "and a half"."""
    none_of: frozenset[str] = frozenset()
    """Phrases that are the number zero, or no money at all."""
    for_free: frozenset[str] = frozenset()
    joiners: frozenset[str] = frozenset()
    minus: frozenset[str] = frozenset()
    plus: frozenset[str] = frozenset()
    slips: Mapping[str, str] = field(default_factory=dict)
    """What recognisers and mouths make of number words, where it is more than a letter."""

    # Dictated digits.
    digit_nouns: Mapping[str, int] = field(default_factory=dict)
    """After a count: "два нуля"."""
    digit_names: Mapping[str, int] = field(default_factory=dict)
    """Names of one digit: "двойка"."""
    repeats: Mapping[str, int] = field(default_factory=dict)
    """Words that repeat the next digit: "double"."""
    times: frozenset[str] = frozenset()
    """After a count, before the digit: "три раза по семь"."""
    unsure_digits: Mapping[str, int] = field(default_factory=dict)
    """Words that recognisers write for digits, taken only among digits: "for"."""
    interjections: frozenset[str] = frozenset()
    """Words for a digit that are also no more than a sigh: "oh"."""
    about_numbers: frozenset[str] = frozenset()
    """Words that go with a dictated number."""
    again: frozenset[str] = frozenset()
    """Phrases between a number and the same once more."""
    counted: frozenset[str] = frozenset()
    """Nouns whose count is no dictated number and no sum: "два дня", "three pairs"."""

    # Money.
    currency: frozenset[str] = frozenset()
    hundredths: frozenset[str] = frozenset()
    notes: Mapping[str, int] = field(default_factory=dict)
    """Nouns for sums: "косарь" 1000, "fiver" 5."""
    splits_tens: bool = False
    """Whether "twenty seven" in a telephone number may be 20 and 7, and "nine hundred one" 900 and 1."""
    year_like: bool = False
    """Whether "nineteen ninety nine" may be a price."""
    thousands_left_out: bool = False
    """Whether "четыре девятьсот" is 4900."""

    # Days.
    days: Mapping[str, int] = field(default_factory=dict)
    """Phrases for days, by their distance from today."""
    weekdays: Mapping[str, int] = field(default_factory=dict)
    ordinals: Mapping[str, int] = field(default_factory=dict)
    """Days of the month; also tens ("двадцать третьего")."""
    ordinal_endings: frozenset[str] = frozenset()
    """After digits: "25-го", "23rd"."""
    ranks: Mapping[str, int] = field(default_factory=dict)
    """Ordinals that are no days: "первый", "вторая"."""
    months: Mapping[str, int] = field(default_factory=dict)
    date_words: frozenset[str] = frozenset()
    year_words: frozenset[str] = frozenset()
    this: frozenset[str] = frozenset()
    nearest: frozenset[str] = frozenset()
    next: frozenset[str] = frozenset()
    last: frozenset[str] = frozenset()
    final: frozenset[str] = frozenset()
    """"последний" before a day of a month."""
    day_units: Mapping[str, int] = field(default_factory=dict)
    """Words for spans, in days: день 1, неделя 7, fortnight 14."""
    month_units: Mapping[str, int] = field(default_factory=dict)
    """Words for spans, in months: месяц 1, год 12."""
    weekend: frozenset[str] = frozenset()
    edges: Mapping[str, int] = field(default_factory=dict)
    """Beginning 0, middle 1 and end 2 of a week or month."""
    past: frozenset[str] = frozenset()
    """Beginnings of words that put a day in the past: "заказывал"."""
    week_after: bool = False
    """Whether "Tuesday week" and "a week on Tuesday" are said."""
    within: frozenset[str] = frozenset()
    """Words before a span from now: "через", "in"."""
    hence: frozenset[str] = frozenset()
    """Phrases after a span from now: "from now"."""
    ago: frozenset[str] = frozenset()

    # Times.
    hours: Mapping[str, int] = field(default_factory=dict)
    """Hours that are not said as numbers: Ukrainian "п'ята"."""
    hour_of: Mapping[str, int] = field(default_factory=dict)
    """The hour begun, in "половина шестого": 6."""
    hour_words: frozenset[str] = frozenset()
    hour_one: frozenset[str] = frozenset()
    """One o'clock without a number: "в час"."""
    minute_words: frozenset[str] = frozenset()
    half: frozenset[str] = frozenset()
    quarter: frozenset[str] = frozenset()
    clock: tuple[str, ...] = ()
    """How hours are told beside hour and minutes: see :mod:`flows.understand.clock`."""
    spans: Mapping[str, int] = field(default_factory=dict)
    """Words for spans, in minutes."""
    parts_of_day: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    """Phrases: first and last hour that are called so, and the hour meant when one must be chosen."""
    windows: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict)
    """The same phrases as ranges of hours, where they are ranges, and others that are only that ("в обед")."""
    moments: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    at_once: frozenset[str] = frozenset()
    time_prepositions: frozenset[str] = frozenset()
    """Before an hour: a number after one of these is a time."""
    roughly: frozenset[str] = frozenset()
    """After an hour: "ish", also in one with it."""

    # Ranges of days and times.
    since: frozenset[str] = frozenset()
    until: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    between: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()
    """Phrases that make no range of the time after them: "ближче до"."""

    # Yes and no.
    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    doubt: frozenset[str] = frozenset()
    """Neither, whatever else is said: "не знаю", "да нет наверное"."""
    softly: frozenset[str] = frozenset()
    """Doubt that leaves yes yes, and no no: "наверное", "probably"."""
    opening: frozenset[str] = frozenset()
    """A yes that only opens what follows: "да" in "да не надо"."""
    emphasis: frozenset[str] = frozenset()
    """A yes that only adds weight: "конечно" in "конечно нет"."""
    negators: frozenset[str] = frozenset()
    """Words that make a no of any word after them."""

    @cached_property
    def known(self) -> frozenset[str]:
        """Every word of the table: what may not be taken for a slip."""
        found: set[str] = set()
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, Mapping | frozenset):
                for phrase in value:
                    found.update(phrase.split())
        return frozenset(found)

    @cached_property
    def begins_number(self) -> frozenset[str]:
        """Words that a number may begin with."""
        counted = (self.numbers, self.loose, self.scales, self.collectives, self.fractions, self.one_and_a_half)
        return frozenset().union(*counted)

    @cached_property
    def begins_day(self) -> frozenset[str]:
        """Words that a day may begin with; all others are passed over at once."""
        named = (self.weekdays, self.months, self.ordinals, self.weekend, self.edges, self.final)
        turned = (self.this, self.nearest, self.next, self.last, self.within, self.day_units, self.month_units)
        return self.begins_number.union(*named, *turned, (phrase.split()[0] for phrase in self.days))

    @cached_property
    def begins_clock(self) -> frozenset[str]:
        """The same for a time of the clock."""
        literal = [word for way in self.clock for word in way.split(": ")[1].split()[0].split("|")]
        told = (self.hours, self.hour_one, self.moments, self.half, self.quarter)
        return self.begins_number.union(*told, literal, ("a",))

    @cached_property
    def mendable(self) -> tuple[str, ...]:
        """Words long enough to be known with a letter wrong."""
        listed = (*self.numbers, *self.scales, *self.ordinals, *self.months, *self.weekdays, *self.days, *self.hours)
        return tuple(sorted({word for word in listed if len(word) >= _MENDABLE and " " not in word}))


_MENDABLE = 6


def table(text: str) -> dict[str, int]:
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
    return frozenset(_even(text).split())


def phrases(text: str) -> frozenset[str]:
    """Phrases separated by commas."""
    return frozenset(" ".join(phrase.split()) for phrase in _even(text).split(",") if phrase.strip())


def _even(text: str) -> str:
    return text.replace("ё", "е").replace("'", "")


def endings(stem: str, *groups: str) -> frozenset[str]:
    """The stem with each of the endings: ``endings("следующ", "ий его ая")``; ``-`` is none."""
    return frozenset(stem + ending.strip("-") for group in groups for ending in group.split())


_SHARED = (
    *("numbers", "loose", "scales", "collectives", "fractions", "glued", "one_and_a_half", "about", "slips"),
    *("digit_nouns", "digit_names", "counted", "currency", "hundredths"),
    *("ordinals", "months", "weekdays", "days", "day_units", "month_units", "hour_of", "spans"),
)
"""What a language takes over from the one that it understands too."""


@lru_cache(maxsize=64)
def words(language: str) -> Words | None:
    """The table of ``ru``, ``en-GB``…, or None when there is none."""
    base = language.replace("_", "-").split("-")[0].lower()
    if not (base.isalpha() and base.isascii()) or find_spec(f"{__name__}.{base}") is None:
        return None
    found = import_module(f"{__name__}.{base}").WORDS
    if not isinstance(found, Words):
        return None
    other = words(found.also) if found.also else None
    return found if other is None else _with(found, other)


def _with(mine: Words, other: Words) -> Words:
    taken: dict[str, Any] = {each.name: getattr(mine, each.name) for each in fields(mine)}
    for name in _SHARED:
        theirs = getattr(other, name)
        if isinstance(theirs, Mapping):
            taken[name] = {**{word: value for word, value in theirs.items() if word not in mine.known}, **taken[name]}
        else:
            taken[name] = taken[name] | (theirs - mine.known)
    return Words(**taken)
