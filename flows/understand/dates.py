"""Dates, as people say them and as they key them: one day, one of several, or a stretch."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from flows.understand.days import coming, days_in, made
from flows.understand.groups import groups_in, too_many
from flows.understand.languages import Words, words
from flows.understand.mentions import (
    NOTHING,
    Meant,
    Mention,
    Range,
    between,
    meant,
    range_opened,
    standing,
    word_before,
)
from flows.understand.pieces import pieces

_FEW = 3
"""Days up to which a stretch is told as its days, so that one can be asked for."""


def date_meant(text: str, language: str, now: datetime) -> Meant:
    """The day said, in ISO 8601: "завтра", "двадцать третьего", "в среду", "23.11", ``2311`` (day, month)."""
    table = words(language)
    said = pieces(text, language)
    if len(said) == 1 and re.fullmatch(r"[0-9]{4}|[0-9]{8}", said[0]):
        return _one_of([_keyed(said[0], now.date())])
    if too_many(said, table):
        return NOTHING
    found = days_in(said, table, now.date())
    if any(each.value.kind == "never" for each in found):
        return NOTHING
    if not found and table is not None:
        return _two_numbers(said, table, now.date())
    if not found:
        return _two_numbers(said, None, now.date())
    if table is None:
        return _one_of([found[0].value.first]) if len(found) == 1 else NOTHING
    ranged = _range_of_days(found, said, table)
    if ranged is not None:
        return meant(ranged)
    left = standing(found, said, table)
    days: list[date] = []
    for each in left:
        if each.value.first == each.value.last:
            days += [each.value.first, *each.value.others]
            continue
        length = (each.value.last - each.value.first).days + 1
        if length > _FEW:
            return (
                meant(Range(each.value.first.isoformat(), each.value.last.isoformat())) if len(left) == 1 else NOTHING
            )
        days += [each.value.first + timedelta(days=ahead) for ahead in range(length)]
    return _one_of(days)


def _one_of(days: list[date] | list[date | None]) -> Meant:
    return meant(*(day.isoformat() for day in days if day is not None))


def _keyed(digits: str, today: date) -> date | None:
    day, month, year = int(digits[:2]), int(digits[2:4]), digits[4:]
    return made(int(year), month, day) if year else coming(day, month, today)


def _two_numbers(said: tuple[str, ...], table: Words | None, today: date) -> Meant:
    """ "двадцать три одиннадцать", "31 12", or one number that can only be a day of the month."""
    groups = groups_in(said, table)
    others = [word for at, word in enumerate(said) if not any(each.start <= at < each.end for each in groups)]
    if table is not None and any(word not in table.filler | table.prepositions for word in others):
        return NOTHING
    if len(groups) != 2 or not all(each.whole for each in groups):
        return NOTHING
    return _one_of([coming(int(groups[0].value), int(groups[1].value), today)])


def _range_of_days(found: list[Mention], said: tuple[str, ...], table: Words) -> Range | None:
    """ "с пятого по седьмое", "до пятницы", "after the weekend"."""
    for index, each in enumerate(found):
        later = found[index + 1] if index + 1 < len(found) else None
        since = word_before(said, each.start, table.since | table.between, table)
        if later is not None and since and _joined_by(said, each.end, later.start, table):
            return Range(each.value.first.isoformat(), later.value.last.isoformat())
    if len(found) != 1:
        return None
    only = found[0]
    last = only.value.last.isoformat()
    open_ = range_opened(said, only.start, table)
    if open_ == "after":
        return Range(last, None)
    if not open_ and word_before(said, only.start, table.since, table):
        return Range(only.value.first.isoformat(), None)
    if open_ or word_before(said, only.start, table.until, table):
        return Range(None, last)
    return None


def _joined_by(said: tuple[str, ...], start: int, end: int, table: Words) -> bool:
    inside = said[start:end]
    links = table.until | table.joiners | table.prepositions | table.date_words | frozenset({"и", "і", "та"})
    return (
        bool(inside)
        and all(word in links for word in inside)
        and between(said, start, end, links - table.prepositions | table.until)
    )
