"""Times, as people say them and as they key them.

A moment in the past is never meant: "at nine" said at ten is nine in the evening or tomorrow. ``now`` is an aware
datetime in the caller's own time zone; nothing here reads a clock.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flows.understand.days import FURTHEST, day_in
from flows.understand.languages import Words, words
from flows.understand.numbers import Group, groups_in
from flows.understand.tokens import even, tokens

WAKING = range(8, 21)
"""Hours that "at five" may mean: nobody asks to be called at five in the morning."""

_MOST_IN_SPAN = 10_000

_CLOCK = re.compile(r"(?<![\d:.])([01]?\d|2[0-4])[:.]([0-5]\d)(?![\d.])")
_MERIDIEM = re.compile(r"\b([ap])\.? ?m\b\.?")


@dataclass(frozen=True, slots=True)
class _Clock:
    """An hour and a minute; ``exact`` when it can't be twelve hours off."""

    hour: int
    minute: int
    exact: bool


def time_in(text: str, language: str, now: datetime) -> str | None:
    """The moment said, in ISO 8601 with the offset of ``now``: "в пять вечера", "17:30", ``1730``, "in ten minutes",
    "завтра в девять". None when no time was said, or none that can be."""
    table = words(language)
    plain = _MERIDIEM.sub(r"\1m", even(text))
    said = tokens(plain)
    if not said:
        return None
    span = _span_in(said, table)
    if span is not None:
        return _iso(_to_minute(now + span)) if timedelta(0) <= span <= FURTHEST else None
    if table and _has(said, table.at_once):
        return _iso(now)
    day, rest = day_in(said, table, now.date())
    part = next((table.parts_of_day[word] for word in said if word in table.parts_of_day), None) if table else None
    clock = _clock_in(plain, rest, table)
    if clock is None:
        if part is None or table is None or any(word in table.numbers for word in rest):
            return None
        clock = _Clock(part[2], 0, True)
    elif part and not clock.exact:
        clock = _in_part(clock, part)
        if clock is None:
            return None
    return _next(clock, day, now)


def _iso(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat()


def _to_minute(moment: datetime) -> datetime:
    """The nearest whole minute: what is told and what is kept are the same."""
    return (moment + timedelta(seconds=30)).replace(second=0, microsecond=0)


def _has(said: Sequence[str], phrases: frozenset[str]) -> bool:
    line = f" {' '.join(said)} "
    return any(f" {phrase} " in line for phrase in phrases)


def _span_in(said: tuple[str, ...], table: Words | None) -> timedelta | None:
    """ "через полчаса", "in an hour and a half", "через час двадцать"."""
    if table is None:
        return None
    for at, word in enumerate(said[:-1]):
        if word in table.within:
            minutes = _minutes(said[at + 1 :], table)
            if minutes is not None:
                return timedelta(minutes=minutes)
    return None


def _minutes(said: tuple[str, ...], table: Words) -> float | None:
    total = 0.0
    count: float | None = None
    units = 0
    at = 0
    while at < len(said):
        word = said[at]
        group = groups_in(said[at:], table) if word in table.numbers or word[0].isdigit() else []
        if group and group[0].start == 0:
            if group[0].value > _MOST_IN_SPAN:
                return None
            count = float(group[0].value)
            at += group[0].end
            continue
        if word in table.one_and_a_half:
            count = 1.5
        elif word in table.spans:
            total += (1 if count is None else count) * table.spans[word]
            count = None
            units += 1
        elif word in table.half:
            following = next((later for later in said[at + 1 :] if later not in table.filler), None)
            if following in table.spans:
                count = 0.5
            elif units:
                total += 30
        elif word not in table.filler and word not in table.joiners:
            break
        at += 1
    if not units:
        return None
    # "через час двадцать": what is left over are minutes.
    return total + (count or 0)


def _clock_in(plain: str, said: tuple[str, ...], table: Words | None) -> _Clock | None:
    written = _CLOCK.findall(plain)
    if written:
        if len(written) > 1:
            return None
        hour, minute = int(written[0][0]), int(written[0][1])
        return _checked(hour, minute, exact=hour > 12 or written[0][0].startswith("0"))
    if table:
        for at, word in enumerate(said):
            if word in table.moments:
                return _Clock(*table.moments[word], True)
            if word in table.half_to:
                return _before(table.half_to[word] + 1, 30)
            if word in table.half_before and at + 1 < len(said) and said[at + 1] in table.hour_of:
                return _before(table.hour_of[said[at + 1]], 30)
            if word in table.quarter and at + 1 < len(said) and said[at + 1] in table.hour_of:
                return _before(table.hour_of[said[at + 1]], 45)
    groups = groups_in(said, table)
    if table is None:
        return _from_groups(groups)
    return _around_hour(said, groups, table) or _from_groups(groups) or _bare_hour(said, groups, table)


def _around_hour(said: tuple[str, ...], groups: list[Group], table: Words) -> _Clock | None:
    """ "без двадцати шесть", "ten to six", "quarter past five", "half past five", "half five"."""
    for at, word in enumerate(said):
        hour = next((group for group in groups if group.start > at), None)
        if word in table.to_hour and table.code == "ru":
            # The minutes and the hour run on: "без двадцати шесть" is no 26.
            return _ru_before(said[at + 1 :], table)
        if hour is None or hour.start - at > 2:
            continue
        if word in table.half_past:
            return _checked(hour.value, 30)
        if word in table.past_hour | table.to_hour:
            minutes = 15 if at and said[at - 1] in table.quarter else _value_before(groups, said, at)
            if minutes is not None and 0 < minutes < 60 and hour.start == at + 1:
                return _before(hour.value, minutes) if word in table.to_hour else _checked(hour.value, minutes)
    return None


def _ru_before(said: tuple[str, ...], table: Words) -> _Clock | None:
    numbers = [table.numbers.get(word, int(word) if word.isdecimal() else None) for word in said[:4]]
    if said[:1] and said[0] in table.quarter:
        minutes, rest = 15, said[1:]
    elif numbers and numbers[0] is not None:
        minutes, rest = numbers[0], said[1:]
        if minutes == 20 and said[1:2] == ("пяти",):
            minutes, rest = 25, said[2:]
    else:
        return None
    hours = groups_in(rest, table)
    if not hours:
        return _before(1, minutes) if rest and rest[0] == "час" else None
    return _before(hours[0].value, minutes)


def _value_before(groups: list[Group], said: tuple[str, ...], at: int) -> int | None:
    """The number that ends at ``at``, or one word ("minutes") before it."""
    return next((group.value for group in reversed(groups) if at - 1 <= group.end <= at), None)


def _from_groups(groups: list[Group]) -> _Clock | None:
    """1730, 930, 17 30, "семнадцать ноль пять", "пять"."""
    if not 1 <= len(groups) <= 3:
        return None
    first = groups[0]
    if len(groups) == 1:
        if first.written and len(first.digits) in (3, 4):
            hour, minute = divmod(int(first.digits), 100)
            return _checked(hour, minute, exact=len(first.digits) == 4)
        if not first.written and first.value > 100:
            return _checked(*divmod(first.value, 100))
        return _checked(first.value, 0, exact=first.value > 12 or first.digits == "0")
    rest = "".join(group.digits for group in groups[1:])
    if len(rest) > 2:
        return None
    if len(groups) == 2 and len(rest) == 1 and rest != "0":
        return None
    return _checked(first.value, int(rest), exact=first.value > 12 or first.digits.startswith("0"))


def _bare_hour(said: tuple[str, ...], groups: list[Group], table: Words) -> _Clock | None:
    """ "в час": one o'clock."""
    return _Clock(1, 0, False) if not groups and table.code == "ru" and "час" in said else None


def _checked(hour: int, minute: int, *, exact: bool | None = None) -> _Clock | None:
    if not 0 <= hour <= 24 or not 0 <= minute < 60 or (hour == 24 and minute):
        return None
    return _Clock(hour % 24, minute, hour > 12 or hour == 0 if exact is None else exact)


def _before(hour: int, minutes: int) -> _Clock | None:
    """So many minutes before the hour; ``_before(6, 30)`` is half past five."""
    if not 1 <= hour <= 24 or not 0 < minutes < 60:
        return None
    earlier = (hour - 1) % 24
    return _Clock(earlier if earlier or hour > 12 else 12, 60 - minutes, hour > 12)


def _in_part(clock: _Clock, part: tuple[int, int, int]) -> _Clock | None:
    """The clock in its part of the day: five in the evening is 17."""
    first, last, _ = part
    for hour in (clock.hour % 24, (clock.hour + 12) % 24):
        if first <= hour <= last:
            return _Clock(hour, clock.minute, True)
    return None


def _next(clock: _Clock, day: date | None, now: datetime) -> str | None:
    hours = [clock.hour] if clock.exact else [clock.hour % 12, clock.hour % 12 + 12]
    waking = [hour for hour in hours if hour in WAKING]
    for choice in (waking, hours) if day else (waking or hours,):
        for days in (0,) if day else (0, 1):
            at = (day or now.date()) + timedelta(days=days)
            for hour in choice:
                moment = datetime(at.year, at.month, at.day, hour, clock.minute, tzinfo=now.tzinfo)
                if moment > now:
                    return _iso(moment)
    return None
