"""Hours of the clock among the pieces of an utterance.

A language tells its ways in ``Words.clock``, one a line: ``to: без minutes hour`` reads "без двадцати шесть" as twenty
minutes before six. What may stand in a way: ``hour``; ``hour_of`` (the hour begun: "шестого"); ``minutes``, or
``round`` ones (5, 10, 15, 20, 25, or any with the word for minutes); ``quarter``; ``half``; and words as they are,
several with ``|``. ``past`` adds the minutes to the hour, ``to`` takes them from it, ``toward`` counts them from the
hour before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from flows.understand.groups import group_at, is_written
from flows.understand.languages import Words

DAY = 24 * 60
_CLOCK = re.compile(r"([01]?\d|2[0-4])[:.\-]([0-5]\d)")
_ROUND = frozenset({5, 10, 15, 20, 25})
_UNCLEAR = 12
"""Hours up to this may be twelve hours off."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Minutes since midnight; ``exact`` when it can't be twelve hours off. ``told`` when its words alone say that it is
    a time ("половина шестого", "17:30", "five o'clock"), and not a bare number."""

    minute: int
    exact: bool
    told: bool
    start: int
    end: int


def clock_at(said: tuple[str, ...], at: int, table: Words | None) -> Clock | None:
    """The time that begins at ``at``."""
    written = _written(said, at)
    if written is not None or table is None or not (is_written(said[at]) or said[at] in table.begins_clock):
        return written
    ranged = at > 0 and said[at - 1] in table.since | table.between
    for kind, elements in _ways(table.clock):
        if ranged and kind == "to":
            continue  # "from ten till twelve"
        found = _told(said, at, kind, elements, table)
        if found is not None:
            return found
    return _moment(said, at, table) or _hour_and_minutes(said, at, table)


def _written(said: tuple[str, ...], at: int) -> Clock | None:
    """``17:30``, ``17.30``, ``1730``, ``930``."""
    piece = said[at]
    match = _CLOCK.fullmatch(piece) or (
        re.fullmatch(r"([01]?\d|2[0-4])([0-5]\d)", piece) if len(piece) in (3, 4) else None
    )
    if match is None:
        return None
    hour, minute = int(match[1]), int(match[2])
    if hour == 24 and minute:
        return None
    exact = hour > _UNCLEAR or hour == 0 or match[1][0] == "0" or (len(piece) == 4 and piece.isdigit())
    return Clock(hour % 24 * 60 + minute, exact, True, at, at + 1)


@lru_cache(maxsize=16)
def _ways(told: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((kind, tuple(rest.split())) for kind, _, rest in (way.partition(": ") for way in told))


def _told(said: tuple[str, ...], at: int, kind: str, elements: tuple[str, ...], table: Words) -> Clock | None:
    for hour, minutes, end in _read(said, at, elements, table):
        base = hour * 60
        minute = {"past": base + minutes, "to": base - minutes, "toward": base - 60 + minutes}[kind]
        return Clock(minute % DAY, hour > _UNCLEAR, True, at, _after_hour(said, end, table))
    return None


def _read(
    said: tuple[str, ...], at: int, elements: tuple[str, ...], table: Words, hour: int | None = None, minutes: int = 0
) -> Iterator[tuple[int, int, int]]:
    """All ways to read the elements: hour, minutes, and where they end."""
    if not elements:
        if hour is not None:
            yield hour, minutes, at
        return
    element, rest = elements[0], elements[1:]
    if at >= len(said):
        return
    if element in ("hour", "hour_of"):
        found = _hour(said, at, table, slips=True) if element == "hour" else _begun(said, at, table)
        if found is not None:
            yield from _read(said, found[1], rest, table, found[0], minutes)
    elif element in ("minutes", "round"):
        for counted, end in _minutes(said, at, table, any_=element == "minutes"):
            yield from _read(said, end, rest, table, hour, counted)
    elif element == "quarter":
        if said[at] in table.quarter:
            yield from _read(said, at + 1, rest, table, hour, 15)
    elif element == "half":
        if said[at] in table.half:
            yield from _read(said, at + 1, rest, table, hour, 30)
    elif said[at] in element.split("|"):
        yield from _read(said, at + 1, rest, table, hour, minutes)


def _after_hour(said: tuple[str, ...], at: int, table: Words) -> int:
    return at + (at < len(said) and said[at] in table.hour_words)


def _hour(said: tuple[str, ...], at: int, table: Words, *, slips: bool = False) -> tuple[int, int] | None:
    """An hour in the words of the language, and where it ends. ``slips``: also in words that are written for digits."""
    word = said[at]
    if slips and word in table.unsure_digits and word not in table.hour_words:
        return table.unsure_digits[word], at + 1
    if word in table.hour_one and not (at > 0 and said[at - 1] in table.numbers):
        return 1, at + 1
    if table.hours.get(word) == 20 and at + 1 < len(said) and table.hours.get(said[at + 1], 9) < 5:
        return 20 + table.hours[said[at + 1]], at + 2
    if word in table.hours and word not in table.numbers:
        return (table.hours[word], at + 1) if table.hours[word] <= 24 else None
    group = group_at(said, at, table)
    if group is None or not group.whole or group.value > 24:
        return None
    return int(group.value), group.end


def _begun(said: tuple[str, ...], at: int, table: Words) -> tuple[int, int] | None:
    return (table.hour_of[said[at]], at + 1) if said[at] in table.hour_of else None


def _minutes(said: tuple[str, ...], at: int, table: Words, *, any_: bool) -> Iterator[tuple[int, int]]:
    """Minutes, and where they end: as many words as go together, or only the first ("двадцати | шесть")."""
    if said[at] == "a" and at + 1 < len(said):
        at += 1
    if said[at] in table.quarter:
        yield 15, at + 1
        return
    whole = group_at(said, at, table)
    ends = {whole.end, at + 1} if whole is not None else set()
    for end in sorted(ends, reverse=True):
        group = group_at(said[:end], at, table)
        if group is None or not group.whole or not 0 < group.value < 60 or end >= len(said):
            continue
        named = said[end] in table.minute_words
        if not (any_ or named or int(group.value) in _ROUND):
            continue
        # "двадцать пятого" is a day: only five, ten and fifteen go without the word, where days are told alike.
        if not named and group.value >= 20 and said[end] in table.hour_of:
            continue
        yield int(group.value), end + named


def _moment(said: tuple[str, ...], at: int, table: Words) -> Clock | None:
    if said[at] not in table.moments:
        return None
    hour, minute = table.moments[said[at]]
    return Clock(hour * 60 + minute, True, True, at, at + 1)


def _hour_and_minutes(said: tuple[str, ...], at: int, table: Words) -> Clock | None:
    """ "пять", "пять часов", "семнадцать тридцать", "eighteen hundred", "двадцать два ноль пять"."""
    group = group_at(said, at, table)
    if group is not None and group.whole and 100 <= group.value <= 2400 and group.value % 100 == 0:
        if "hundred" in said[group.start : group.end]:
            end = _after_hour(said, group.end, table)
            return Clock(int(group.value) // 100 % 24 * 60, True, True, at, end)
        return None
    found = _hour(said, at, table)
    zero = group is not None and group.value == 0
    if zero and group is not None and group.end < len(said) and not is_written(said[at]):
        later = _hour(said, group.end, table)  # "ноль пять тридцать"
        if later is not None and 0 < later[0] < 10:
            found = later
        else:
            zero = False
    if found is None:
        return None
    hour, end = found
    if hour == 24:
        hour = 0
    named_end = _after_hour(said, end, table) if end > at else end
    told = named_end > end or said[at] in table.hours or said[at] in table.hour_one
    minute, minutes_end = _minutes_after(said, named_end, table)
    told = told or minutes_end > named_end
    end = minutes_end
    exact = zero or hour > _UNCLEAR or hour == 0
    roughly = end
    while roughly < len(said) and said[roughly] in table.roughly:
        roughly += 1
    return Clock(hour * 60 + minute, exact, told or roughly > end, at, roughly)


def _minutes_after(said: tuple[str, ...], at: int, table: Words) -> tuple[int, int]:
    """The minutes after an hour: "тридцать", "ноль пять", "ноль ноль", "пятнадцать минут"; none when none follow."""
    start = at
    if at < len(said) and said[at] in (*table.joiners, "и", "і", "та"):
        at += 1
    if at >= len(said):
        return 0, start
    group = group_at(said, at, table)
    if group is None or not group.whole:
        return 0, start
    end = group.end
    if group.value == 0:
        later = group_at(said, end, table) if end < len(said) else None
        if later is None or later.value > 9:
            return (0, end) if said[at : at + 1] == ("00",) else (0, start)
        minute, end = int(later.value), later.end
    elif 10 <= group.value < 60 or (end < len(said) and said[end] in table.minute_words and group.value < 10):
        minute = int(group.value)
    else:
        return 0, start
    named = end < len(said) and said[end] in table.minute_words
    return (minute, end + named) if start == at or named else (0, start)
