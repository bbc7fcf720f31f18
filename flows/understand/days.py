"""Dates, as people say them and as they key them.

A day in the past is never meant: the 22nd said on the 23rd is next month's.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from flows.understand.languages import Words, words
from flows.understand.numbers import groups_in
from flows.understand.tokens import even, tokens

FURTHEST = timedelta(days=370)
"""A span further away than this was misheard."""

_DATE = re.compile(r"(?<!\d)([0-3]?\d)[./-]([01]?\d)(?:[./-](20\d\d|\d\d))?(?!\d)")
_ISO = re.compile(r"(?<!\d)(20\d\d)-([01]\d)-([0-3]\d)(?!\d)")


def date_in(text: str, language: str, now: datetime) -> str | None:
    """The day said, in ISO 8601: "завтра", "двадцать третьего", "в среду", "23.11", ``2311`` (day, month)."""
    today = now.date()
    plain = even(text)
    iso = _ISO.search(plain)
    if iso:
        return _day_iso(_made(int(iso[1]), int(iso[2]), int(iso[3])))
    written = _DATE.findall(plain)
    if written:
        day, month, year = written[0]
        if len(written) > 1:
            return None
        if year:
            return _day_iso(_made(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day)))
        return _day_iso(_coming(int(day), int(month), today))
    said = tokens(plain)
    if len(said) == 1 and re.fullmatch(r"[0-9]{4}|[0-9]{8}", said[0]):
        day, month, year = int(said[0][:2]), int(said[0][2:4]), said[0][4:]
        return _day_iso(_made(int(year), month, day) if year else _coming(day, month, today))
    found, _ = day_in(said, words(language), today, numbers=True)
    return _day_iso(found)


def _day_iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def day_in(
    said: tuple[str, ...], table: Words | None, today: date, *, numbers: bool = False
) -> tuple[date | None, tuple[str, ...]]:
    """The day said, and the words that are left. ``numbers``: whether a bare number may be a day of the month."""
    if table is None:
        return None, said
    line = " ".join(said)
    for phrase in sorted(table.days, key=len, reverse=True):
        if f" {phrase} " in f" {line} ":
            rest = tuple(f" {line} ".replace(f" {phrase} ", " ", 1).split())
            return today + timedelta(days=table.days[phrase]), rest if phrase not in table.parts_of_day else said
    away = _days_away(said, table)
    if away is not None:
        return today + timedelta(days=away), ()
    for at, word in enumerate(said):
        if word in table.weekdays:
            ahead = (table.weekdays[word] - today.weekday() - 1) % 7 + 1
            return today + timedelta(days=ahead), said[:at] + said[at + 1 :]
    return _calendar_day(said, table, today, numbers=numbers)


def _days_away(said: tuple[str, ...], table: Words) -> int | None:
    for at, word in enumerate(said[:-1]):
        if word not in table.within:
            continue
        count = 1
        for later in said[at + 1 :]:
            groups = groups_in((later,), table)
            if groups:
                count = groups[0].value
            elif later in table.day_spans:
                away = count * table.day_spans[later]
                return away if 0 < away <= FURTHEST.days else None
            elif later not in table.filler:
                break
    return None


def _calendar_day(
    said: tuple[str, ...], table: Words, today: date, *, numbers: bool
) -> tuple[date | None, tuple[str, ...]]:
    """ "двадцать третьего ноября", "november twenty third", "23 ноября", "the 23rd"."""
    month = next(((at, table.months[word]) for at, word in enumerate(said) if word in table.months), None)
    for at, word in enumerate(said):
        if word in table.half_before | table.quarter and table.code == "ru":
            return None, said
        if word not in table.ordinals:
            continue
        day, start = table.ordinals[word], at
        if day < 10 and at and table.numbers.get(said[at - 1]) in (20, 30):
            day, start = day + table.numbers[said[at - 1]], at - 1
        found = _coming(day, month[1] if month else None, today)
        return found, _without(said, start, at + 1, month)
    groups = groups_in(said, table)
    if month:
        near = [group for group in groups if group.end == month[0] or group.start == month[0] + 1]
        if near and near[0].value <= 31:
            return _coming(near[0].value, month[1], today), _without(said, near[0].start, near[0].end, month)
    if numbers and len(groups) == 2 and groups[1].start == groups[0].end and not month:
        day, number = groups[0].value, groups[1].value
        return (_coming(day, number, today), ()) if day <= 31 and 1 <= number <= 12 else (None, said)
    suffixed = [group for group in groups if said[group.end : group.end + 1] in _SUFFIXES]
    if len(suffixed) == 1 or (numbers and len(groups) == 1 and not month):
        group = (suffixed or groups)[0]
        return _coming(group.value, None, today), _without(said, group.start, group.end + len(suffixed), None)
    return None, said


_SUFFIXES = {("го",), ("ого",), ("е",), ("ое",), ("st",), ("nd",), ("rd",), ("th",), ("числа",)}


def _without(said: tuple[str, ...], start: int, end: int, month: tuple[int, int] | None) -> tuple[str, ...]:
    return tuple(
        word for at, word in enumerate(said) if not start <= at < end and not (month is not None and at == month[0])
    )


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


def _coming(day: int, month: int | None, today: date) -> date | None:
    """The next such day, today included."""
    for ahead in range(13 if month is None else 9):
        if month is None:
            months = today.month - 1 + ahead
            made = _made(today.year + months // 12, months % 12 + 1, day)
        else:
            made = _made(today.year + ahead, month, day)
        if made and made >= today:
            return made
    return None
