"""Days among the pieces of an utterance, put together from weekdays, weeks, months and spans.

A day of the month or of the week is the next one, unless the words put it in the past ("заказывала двадцатого").
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

from flows.understand.groups import group_at, is_written
from flows.understand.languages import Words
from flows.understand.mentions import Mention
from flows.understand.pieces import find_phrase

FURTHEST = timedelta(days=400)
"""A span further away than this was misheard."""
SOMETIME = 99_999
"""The distance of a day that is none: "на днях"."""

_ISO = re.compile(r"(20\d\d)-([01]?\d)-([0-3]?\d)")
_NUMERIC = re.compile(r"([0-3]?\d)[./-]([01]?\d)(?:[./-](20\d\d|\d\d))?")


@dataclass(frozen=True, slots=True)
class Day:
    """One day, or a stretch of them.

    ``kind``: ``day``, ``weekday``, ``month day``, ``week``, ``span``, ``unit`` (a bare "week"), ``stretch``, or
    ``never`` for a day that no calendar has. ``number``: the weekday, the day of the month, or the days of a span.
    """

    first: date
    last: date
    kind: str = "day"
    number: int = 0
    plain: bool = True
    """A weekday or day of the month of which nothing told which one: it may be put elsewhere by what is beside it."""
    others: tuple[date, ...] = ()


def one(day: date, kind: str = "day", number: int = 0, *, plain: bool = True) -> Day:
    return Day(day, day, kind, number, plain)


def days_in(said: tuple[str, ...], table: Words | None, today: date) -> list[Mention]:
    """All days said, put together: a weekday and its week, a day and its month."""
    past = table is not None and any(word.startswith(stem) for word in said for stem in _past(table))
    found: list[Mention] = []
    at = 0
    while at < len(said):
        mention = _day_at(said, at, table, today, past=past)
        if mention is None:
            at += 1
        else:
            found.append(mention)
            at = max(mention.end, at + 1)
    if table is None:
        return found
    found = _with_months(found, said, table, today, past=past)
    return [each for each in _combined(found, said, table, today) if each.value.kind != "unit"]


def _past(table: Words) -> tuple[str, ...]:
    return tuple(table.past)


def _day_at(said: tuple[str, ...], at: int, table: Words | None, today: date, *, past: bool) -> Mention | None:
    written = _written_date(said[at], today)
    if written is not None:
        return Mention(one(written, plain=False), at, at + 1)
    if table is None or (said[at] not in table.begins_day and not is_written(said[at])):
        return None
    return (
        _relative(said, at, table, today)
        or _span(said, at, table, today)
        or _month_edge(said, at, table, today)
        or _named_stretch(said, at, table, today)
        or _weekday(said, at, table, today, past=past)
        or _month_day(said, at, table, today, past=past)
    )


def _written_date(piece: str, today: date) -> date | None:
    iso = _ISO.fullmatch(piece)
    if iso:
        return made(int(iso[1]), int(iso[2]), int(iso[3]))
    numeric = _NUMERIC.fullmatch(piece)
    if numeric:
        day, month, year = int(numeric[1]), int(numeric[2]), numeric[3]
        if year:
            return made(int(year) + (2000 if len(year) == 2 else 0), month, day)
        return coming(day, month, today)
    return None


def _relative(said: tuple[str, ...], at: int, table: Words, today: date) -> Mention | None:
    end = find_phrase(said, at, frozenset(table.days))
    if end == at:
        return None
    away = table.days[" ".join(said[at:end])]
    return None if away == SOMETIME else Mention(one(today + timedelta(days=away), plain=False), at, end)


def _span(said: tuple[str, ...], at: int, table: Words, today: date) -> Mention | None:
    """ "через неделю", "in two days", "недели через две", "три дня назад", "ten days from now"; a bare "week"."""
    word = said[at]
    if word in table.within:
        span = _length(said, at + 1, table)
        if span is not None:
            end = find_phrase(said, span.end, table.hence)
            return _away(today, span, 1, at, end)
        return None
    unit = _unit(word, table)
    if unit and at + 1 < len(said) and said[at + 1] in table.within and not _length(said, at + 2, table):
        many = group_at(said, at + 2, table, loose=True) if at + 2 < len(said) else None
        if many is not None and many.whole:
            return _away(today, _Span(unit[0] * int(many.value), unit[1] * int(many.value), many.end), 1, at, many.end)
    span = _length(said, at, table)
    if span is None:
        return None
    if span.end < len(said) and said[span.end] in table.ago:
        return _away(today, span, -1, at, span.end + 1)
    end = find_phrase(said, span.end, table.hence)
    if end > span.end:
        return _away(today, span, 1, at, end)
    if table.week_after and span.days and span.days % 7 == 0:
        return Mention(Day(today, today, "unit", span.days), at, span.end)
    return None


@dataclass(frozen=True, slots=True)
class _Span:
    days: int
    months: int
    end: int


def _unit(word: str, table: Words) -> tuple[int, int] | None:
    if word in table.day_units:
        return table.day_units[word], 0
    return (0, table.month_units[word]) if word in table.month_units else None


def _length(said: tuple[str, ...], at: int, table: Words) -> _Span | None:
    """So many days, weeks or months; one when no number is said."""
    while at < len(said) and said[at] in table.prepositions and _unit(said[at], table) is None:
        if _turn(said[at], table) is not None or group_at(said, at, table, loose=True) is not None:
            break
        at += 1
    if at >= len(said):
        return None
    many = group_at(said, at, table, loose=True)
    if many is not None:
        at = many.end
        while at < len(said) and said[at] in ("of", "more"):
            at += 1
    unit = _unit(said[at], table) if at < len(said) else None
    if unit is None or (many is not None and not 0 < many.value < 1000):
        return None
    count = many.value if many is not None else 1
    days, months = count * unit[0], count * unit[1]
    if months != int(months):
        return None
    return _Span(int(days), int(months), at + 1)


def _away(today: date, span: _Span, sign: int, start: int, end: int) -> Mention | None:
    day = _months_on(today, sign * span.months) + timedelta(days=sign * span.days)
    if abs(day - today) > FURTHEST:
        return None
    return Mention(one(day, "span", sign * span.days, plain=False), start, end)


def _months_on(day: date, months: int) -> date:
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _month_edge(said: tuple[str, ...], at: int, table: Words, today: date) -> Mention | None:
    """ "в конце месяца", "early December", "в начале недели", "последний день месяца"."""
    if said[at] in table.final and at + 1 < len(said) and table.day_units.get(said[at + 1]) == 1:
        month = _month_named(said, at + 2, table, today)
        if month is not None:
            return Mention(one(_last_of(month[0]), plain=False), at, month[1])
    edge = table.edges.get(said[at])
    if edge is None:
        return None
    month = _month_named(said, at + 1, table, today)
    if month is not None:
        first, last = month[0], _last_of(month[0])
        starts = (first, first.replace(day=11), first.replace(day=21))[edge]
        ends = (first.replace(day=10), first.replace(day=20), last)[edge]
        return None if ends < today else Mention(Day(max(starts, today), ends, "stretch"), at, month[1])
    week = _week_named(said, at + 1, table, today)
    if week is not None:
        monday = week[0]
        starts = monday + timedelta(days=(0, 2, 4)[edge])
        ends = monday + timedelta(days=(1, 3, 6)[edge])
        return None if ends < today else Mention(Day(max(starts, today), ends, "stretch"), at, week[1])
    return None


def _last_of(first: date) -> date:
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def _skip(said: tuple[str, ...], at: int, table: Words) -> int:
    while (
        at < len(said) and said[at] in ("of", "the", "in", "in", "в", "у", "on", "at") and said[at] not in table.months
    ):
        at += 1
    return at


def _turn(word: str, table: Words) -> int | None:
    """Which one: this 0, the next 1, the last -1."""
    if word in table.next:
        return 1
    if word in table.last:
        return -1
    return 0 if word in table.this or word in table.nearest else None


def _month_named(said: tuple[str, ...], at: int, table: Words, today: date) -> tuple[date, int] | None:
    """The first day of a month named: "месяца", "следующего месяца", "декабря"."""
    at = _skip(said, at, table)
    if at >= len(said):
        return None
    if said[at] in table.months:
        month = table.months[said[at]]
        return date(today.year + (month < today.month), month, 1), at + 1
    turn = _turn(said[at], table)
    unit = at + (turn is not None)
    if unit < len(said) and table.month_units.get(said[unit]) == 1:
        return _months_on(today.replace(day=1), turn or 0), unit + 1
    return None


def _week_named(said: tuple[str, ...], at: int, table: Words, today: date) -> tuple[date, int] | None:
    """The Monday of a week named: "недели", "следующей недели"."""
    at = _skip(said, at, table)
    if at >= len(said):
        return None
    turn = _turn(said[at], table)
    unit = at + (turn is not None)
    if unit < len(said) and table.day_units.get(said[unit]) == 7:
        return today - timedelta(days=today.weekday()) + timedelta(days=7 * (turn or 0)), unit + 1
    return None


def _named_stretch(said: tuple[str, ...], at: int, table: Words, today: date) -> Mention | None:
    """ "на следующей неделе", "next month", "на выходных"."""
    turn = _turn(said[at], table)
    after = at + (turn is not None)
    if after >= len(said):
        return None
    monday = today - timedelta(days=today.weekday())
    if said[after] in table.weekend:
        saturday = monday + timedelta(days=5 + 7 * (turn or 0))
        sunday = saturday + timedelta(days=1)
        return Mention(Day(max(saturday, today) if turn != -1 else saturday, sunday, "stretch"), at, after + 1)
    if turn is None:
        return None
    if table.day_units.get(said[after]) == 7:
        first = monday + timedelta(days=7 * turn)
        return Mention(Day(max(first, today) if turn == 0 else first, first + timedelta(days=6), "week"), at, after + 1)
    if table.month_units.get(said[after]) == 1:
        first = _months_on(today.replace(day=1), turn)
        return Mention(Day(max(first, today) if turn == 0 else first, _last_of(first), "stretch"), at, after + 1)
    return None


def _weekday(said: tuple[str, ...], at: int, table: Words, today: date, *, past: bool) -> Mention | None:
    start, turn, nearest = at, None, False
    while at < len(said) and at < start + 3:
        here = _turn(said[at], table)
        if here is None:
            break
        turn, nearest = here, said[at] in table.nearest
        at += 1
    if at >= len(said) or said[at] not in table.weekdays:
        return _turn_either(said, start, at, table, today)
    weekday = table.weekdays[said[at]]
    ahead = (weekday - today.weekday() - 1) % 7 + 1
    monday = today - timedelta(days=today.weekday())
    in_week = monday + timedelta(days=weekday)
    if turn == 1 and not nearest:
        day = in_week + timedelta(days=7)
    elif turn == -1:
        day = in_week - timedelta(days=7)
        # "last Friday" on a Saturday is yesterday.
        if table.week_after and in_week < today:
            day = in_week
    elif past and turn is None:
        day = today + timedelta(days=ahead - 7)
    else:
        day = today + timedelta(days=ahead)
    return Mention(one(day, "weekday", weekday, plain=turn is None), start, at + 1)


def _turn_either(said: tuple[str, ...], start: int, at: int, table: Words, today: date) -> Mention | None:
    """ "в эту или следующую пятницу": the first of the two has no weekday of its own."""
    if at == start or at + 2 >= len(said) or said[at] not in table.either:
        return None
    later = _weekday(said, at + 1, table, today, past=False)
    if later is None or later.value.kind != "weekday":
        return None
    wanted = (*said[start:at], said[later.end - 1])
    mine = _weekday(wanted, 0, table, today, past=False)
    if mine is None:
        return None
    return Mention(replace(mine.value, others=(later.value.first,)), start, later.end)


def _month_day(said: tuple[str, ...], at: int, table: Words, today: date, *, past: bool) -> Mention | None:
    """ "двадцать третьего", "пятого декабря", "25 ноября", "November the first", "the 23rd", "пятого числа"."""
    if said[at] in table.months:
        number = _day_number(said, _skip(said, at + 1, table), table, bare=True)
        if number is None:
            return None
        return _on_calendar(number[0], table.months[said[at]], said, at, number[1], table, today, past=past)
    number = _day_number(said, at, table, bare=False)
    if number is None:
        return None
    day, end = number
    after = _skip(said, end, table)
    if after < len(said) and said[after] in table.months:
        return _on_calendar(day, table.months[said[after]], said, at, after + 1, table, today, past=past)
    named = after < len(said) and said[after] in table.date_words
    ordinal = _is_ordinal(said, at, end, table)
    if not (named or ordinal):
        return None
    if named and after + 1 < len(said):
        month = _month_named(said, after + 1, table, today)
        if month is not None:
            exact = made(month[0].year, month[0].month, day)
            return None if exact is None else Mention(one(exact, plain=False), at, month[1])
    found = _previous(day, today) if past else _next(day, today)
    if found is None:
        return Mention(Day(today, today, "never"), at, end)
    return Mention(one(found, "month day", day), at, after + 1 if named else end)


def _is_ordinal(said: tuple[str, ...], at: int, end: int, table: Words) -> bool:
    return said[end - 1] in table.ordinals or said[end - 1] in table.ordinal_endings


def _day_number(said: tuple[str, ...], at: int, table: Words, *, bare: bool) -> tuple[int, int] | None:
    """A day of the month at ``at``, and where it ends: an ordinal, or a number (before a month, or ``bare``)."""
    if at >= len(said):
        return None
    word = said[at]
    if word in table.ordinals:
        return table.ordinals[word], at + 1
    if is_written(word) and word.isdigit() and len(word) <= 2:
        end = at + 1
        if end < len(said) and said[end] in table.ordinal_endings:
            end += 1
        return (int(word), end) if 1 <= int(word) <= 31 else None
    tens = table.numbers.get(word)
    if tens is None:
        return None
    if tens in (20, 30) and at + 1 < len(said) and 0 < table.ordinals.get(said[at + 1], 0) < 10:
        return tens + table.ordinals[said[at + 1]], at + 2  # 32 too: a day that no calendar has
    group = group_at(said, at, table)
    if group is None or not 1 <= group.value <= 31:
        return None
    after = _skip(said, group.end, table)
    followed = after < len(said) and (said[after] in table.months or said[after] in table.date_words)
    return (int(group.value), group.end) if bare or followed else None


def _on_calendar(
    day: int,
    month: int,
    said: tuple[str, ...],
    start: int,
    end: int,
    table: Words,
    today: date,
    *,
    past: bool,
) -> Mention | None:
    year, end = _year(said, end, table)
    if year is not None:
        found = made(year, month, day)
    elif past:
        found = next(
            (each for back in range(5) if (each := made(today.year - back, month, day)) and each <= today), None
        )
    else:
        found = coming(day, month, today)
    if found is None:
        return Mention(Day(today, today, "never"), start, end)
    return Mention(one(found, plain=False), start, end)


def _year(said: tuple[str, ...], at: int, table: Words) -> tuple[int | None, int]:
    """ "2026", "две тысячи двадцать шестого года", "twenty twenty six" after a month, and where it ends."""
    if at >= len(said):
        return None, at
    counted = tuple(_cardinal(word, table) for word in said[at : at + 6])
    group = group_at(counted, 0, table)
    if group is None:
        return None, at
    year, end = int(group.value), at + group.end
    if year == 20 and group.end < len(counted):
        later = group_at(counted, group.end, table)
        if later is not None and 10 <= later.value < 100:
            year, end = 2000 + int(later.value), at + later.end
    if not 2000 <= year < 2100:
        return None, at
    return year, end + (end < len(said) and said[end] in table.year_words)


def _cardinal(word: str, table: Words) -> str:
    """A word of a year as a number word: of "двадцать шестого" the last."""
    if word not in table.ordinals or word in table.numbers:
        return word
    return next((name for name, value in table.numbers.items() if value == table.ordinals[word]), word)


def _with_months(
    found: list[Mention], said: tuple[str, ...], table: Words, today: date, *, past: bool
) -> list[Mention]:
    """ "с пятого по седьмое декабря", "the fifth or sixth of December": the month of the last is the first's too."""
    made_: list[Mention] = []
    for index, each in enumerate(found):
        later = found[index + 1] if index + 1 < len(found) else None
        month = _month_of(later, said, table) if later is not None else None
        if each.value.kind == "month day" and month is not None and later is not None:
            inside = said[each.end : later.start]
            linked = all(
                word in table.either | table.until | table.prepositions | table.joiners | table.filler
                for word in inside
            )
            day = later.value.first
            same = made(day.year, day.month, each.value.number)
            if linked and same is not None:
                made_.append(Mention(one(same, plain=False), each.start, each.end))
                continue
        made_.append(each)
    return made_


def _month_of(mention: Mention, said: tuple[str, ...], table: Words) -> bool | None:
    return any(word in table.months for word in said[mention.start : mention.end]) or None


def _combined(found: list[Mention], said: tuple[str, ...], table: Words, today: date) -> list[Mention]:
    """Neighbours that make one day: a weekday and its week, its date, or how many weeks on."""
    made_: list[Mention] = []
    for each in found:
        before = made_[-1] if made_ else None
        if before is not None and _beside(before, each, said, table):
            joined = _join(before.value, each.value, today, table)
            if joined is not None:
                made_[-1] = Mention(joined, before.start, each.end)
                continue
        made_.append(each)
    return made_


def _beside(before: Mention, each: Mention, said: tuple[str, ...], table: Words) -> bool:
    inside = said[before.end : each.start]
    linking = table.prepositions | table.joiners | frozenset({"from", "on", "во", "то", "есть"})
    return all(word in linking and word not in table.either for word in inside)


def _join(a: Day, b: Day, today: date, table: Words) -> Day | None:
    kinds = (a.kind, b.kind)
    if "weekday" in kinds:
        weekday, other = (a, b) if a.kind == "weekday" else (b, a)
        if other.kind == "week" and weekday.plain:
            monday = other.last - timedelta(days=6)
            return one(monday + timedelta(days=weekday.number), "weekday", weekday.number, plain=False)
        if other.kind == "span" and other.number and other.number % 7 == 0:
            if other is a:
                target = today + timedelta(days=other.number)
                ahead = (weekday.number - target.weekday() + 3) % 7 - 3
                return one(target + timedelta(days=ahead), plain=False)
            return one(weekday.first + timedelta(days=other.number), plain=False)
        if other.kind in ("month day", "day") and other.first == other.last:
            if other.first.weekday() == weekday.number:
                return replace(other, plain=False)
            return Day(other.first, other.last, "day", 0, False, (weekday.first,)) if weekday.plain else None
    if a.kind == "unit" and b.first == b.last and b.kind != "unit":
        return one(b.first + timedelta(days=a.number), plain=False)
    if b.kind == "unit" and a.first == a.last and a.kind in ("weekday", "day"):
        return one(a.first + timedelta(days=b.number), plain=False)
    return None


def coming(day: int, month: int, today: date) -> date | None:
    """The next such day, today counted; up to eight years on for the 29th of February."""
    for year in range(today.year, today.year + 9):
        found = made(year, month, day)
        if found is not None and found >= today:
            return found
        if found is None and (day, month) != (29, 2):
            return None
    return None


def _next(day: int, today: date) -> date | None:
    for ahead in range(13):
        month = _months_on(today.replace(day=1), ahead)
        found = made(month.year, month.month, day)
        if found is not None and found >= today:
            return found
    return None


def _previous(day: int, today: date) -> date | None:
    for back in range(13):
        month = _months_on(today.replace(day=1), -back)
        found = made(month.year, month.month, day)
        if found is not None and found <= today:
            return found
    return None


def made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
