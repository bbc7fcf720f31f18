"""Times and ranges of time, as people say them and as they key them.

An hour that may be twelve hours off is told by the part of the day if one was said. Otherwise people who talk to a shop
mean its day: one to seven are after noon, nine to twelve as they are, and eight may be either. ``now`` is a datetime in
the caller's own time zone; nothing here reads a clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from flows.understand.clock import DAY, Clock, clock_at
from flows.understand.days import FURTHEST, days_in
from flows.understand.groups import too_many
from flows.understand.languages import Words, words
from flows.understand.mentions import (
    NOTHING,
    Meant,
    Mention,
    Range,
    Value,
    between,
    denied,
    opened,
    range_opened,
    standing,
    taken_back,
    word_before,
)
from flows.understand.pieces import find_phrase, pieces
from flows.understand.spans import span_in

_NOON = 12 * 60
_HALF_DAY = 12 * 60
_MORNING_FROM, _EITHER_FROM = 9 * 60, 8 * 60
_MOST_CLOCKS = 6


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the day said: hours that are called so, and the range it is."""

    hours: tuple[int, int, int] | None
    window: tuple[int | None, int | None] | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Heard:
    """All that an utterance says of a time."""

    said: tuple[str, ...]
    table: Words
    now: datetime
    days: tuple[date, ...]
    parts: tuple[_Part, ...]
    clocks: tuple[Clock, ...]

    @property
    def day(self) -> date | None:
        return self.days[0] if self.days else None


def time_meant(text: str, language: str, now: datetime) -> Meant:
    """The time said: ``17:30``; with a day, or past midnight, ``2026-11-24T17:30``; or a range of such."""
    table = words(language)
    said = pieces(text, language)
    if not said or too_many(said, table):
        return NOTHING
    if table is None:
        return _without_words(said, now)
    span = span_in(said, table)
    if span is not None:
        return _after_span(now, span)
    if any(find_phrase(said, at, table.at_once) > at for at in range(len(said))):
        now_is = [at for at in range(len(said)) if find_phrase(said, at, table.at_once) > at]
        if not denied(said, now_is[0], table) and not _any_clock(said, table):
            return _one(f"{now:%H:%M}")
    heard = _heard(said, table, now)
    if heard is None:
        return NOTHING
    if heard.clocks:
        return _clocks_meant(heard)
    return _part_meant(heard)


def _one(value: Value) -> Meant:
    return Meant(value, (value,))


def _without_words(said: tuple[str, ...], now: datetime) -> Meant:
    clocks = [clock for at in range(len(said)) if (clock := clock_at(said, at, None))]
    if len(clocks) != 1 or len(said) > 2:
        return NOTHING
    return _one(_hhmm(clocks[0].minute))


def _hhmm(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


# Spans from now.


def _after_span(now: datetime, span: timedelta) -> Meant:
    if abs(span) > FURTHEST:
        return NOTHING
    moment = _to_minute(now + span)
    if moment.date() == now.date():
        return _one(f"{moment:%H:%M}")
    return _one(f"{moment:%Y-%m-%dT%H:%M}")


def _to_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


# What was said.


def _heard(said: tuple[str, ...], table: Words, now: datetime) -> _Heard | None:
    parts = _parts(said, table)
    taken = {at for part in parts for at in range(part.start, part.end)}
    mentions = [each for each in days_in(said, table, now.date()) if not _is_clock(said, each, table)]
    mentions = [
        each for each in mentions if each.value.kind != "month day" or taken.isdisjoint(range(each.start, each.end))
    ]
    if any(each.value.kind == "never" for each in mentions):
        return None
    for each in mentions:
        taken.update(range(each.start, each.end))
    clocks = _clocks(said, table, taken)
    if len(clocks) > _MOST_CLOCKS:
        return None
    days: list[date] = []
    for each in standing(mentions, said, table):
        length = (each.value.last - each.value.first).days
        if length > 1:
            return None
        days += [each.value.first + timedelta(days=ahead) for ahead in range(length + 1)]
        days += each.value.others
    return _Heard(said, table, now, tuple(dict.fromkeys(days)), tuple(parts), tuple(clocks))


def _parts(said: tuple[str, ...], table: Words) -> list[_Part]:
    listed = frozenset(table.parts_of_day) | frozenset(table.windows)
    found: list[_Part] = []
    at = 0
    while at < len(said):
        end = find_phrase(said, at, listed)
        if end > at:
            phrase = " ".join(said[at:end])
            found.append(_Part(table.parts_of_day.get(phrase), table.windows.get(phrase), at, end))
        at = max(end, at + 1)
    left = [each for each in found if not denied(said, each.start, table)]
    for index in range(len(left) - 1, 0, -1):
        if taken_back(said, left[index - 1].end, left[index].start, table):
            return left[index:]
    return left


def _is_clock(said: tuple[str, ...], mention: Mention, table: Words) -> bool:
    """Whether what looks like a day of the month is part of a time: "десять минут шестого", "17.30"."""
    if mention.value.kind != "month day" and "." not in said[mention.start]:
        return False
    if "." in said[mention.start]:
        # "17.30" is no day, "8.30" neither; "25.11" is, and "5.12" as well.
        rest = said[mention.start].partition(".")[2]
        return rest.isdigit() and int(rest) > 12
    for start in range(max(0, mention.start - 3), mention.start + 1):
        clock = clock_at(said, start, table)
        if clock is not None and clock.end >= mention.end and clock.told and clock.start < mention.end:
            return any(
                word in table.half | table.quarter | table.minute_words for word in said[start : mention.end]
            ) or (start < mention.start)
    return False


def _clocks(said: tuple[str, ...], table: Words, taken: set[int]) -> list[Clock]:
    found: list[Clock] = []
    at = 0
    while at < len(said):
        clock = clock_at(said, at, table) if at not in taken else None
        if clock is None or taken.intersection(range(clock.start, clock.end)):
            at += 1
            continue
        if not _counts(said, clock, table) and (clock.told or _bare(said, clock, table)):
            found.append(clock)
        at = clock.end
    return found


def _counts(said: tuple[str, ...], clock: Clock, table: Words) -> bool:
    """Whether the number counts something else: "пять коробок"."""
    following = said[clock.end] if clock.end < len(said) else ""
    return following in table.counted and following not in table.hour_words and not clock.told


def _bare(said: tuple[str, ...], clock: Clock, table: Words) -> bool:
    """Whether a bare number is an hour: announced by a preposition or a part of the day, or all that was said."""
    if clock.start > 0 and said[clock.start - 1] in table.time_prepositions | table.prepositions | table.either:
        return True
    following = said[clock.end] if clock.end < len(said) else ""
    if following in table.parts_of_day or find_phrase(said, clock.end, frozenset(table.parts_of_day)) > clock.end:
        return True
    rest = [word for at, word in enumerate(said) if not clock.start <= at < clock.end]
    known = table.filler | table.prepositions | table.time_prepositions | table.either | table.until
    unknown = [word for word in rest if word not in known and word not in table.known and not word.isdigit()]
    return not unknown


# What it means.


def _any_clock(said: tuple[str, ...], table: Words) -> bool:
    return any(clock is not None and clock.told for at in range(len(said)) if (clock := clock_at(said, at, table)))


def _clocks_meant(heard: _Heard) -> Meant:
    said, table = heard.said, heard.table
    ranged = _range_of_clocks(heard)
    if ranged is not None:
        return ranged
    left = standing([Mention(each, each.start, each.end) for each in heard.clocks], said, table)
    clocks = [each.value for each in left]
    if not clocks:
        return NOTHING
    if len(clocks) == 1 and len(heard.days) <= 1:
        return _one_clock(heard, clocks[0])
    if len(clocks) > 1 and not _either_or_about(clocks, said, table):
        return NOTHING
    # One or another: each as it is likeliest.
    part = _part_of(heard, clocks[-1])
    minutes = [_likely(heard, each, _part_of(heard, each) or part) for each in clocks]
    values: list[Value] = []
    for day in heard.days or (None,):
        values += [_told(minute, day) for minute in minutes if minute is not None]
    return Meant(None, tuple(dict.fromkeys(values))) if len(set(values)) > 1 else _all(values)


def _all(values: list[Value]) -> Meant:
    return _one(values[0]) if values else NOTHING


def _either_or_about(clocks: list[Clock], said: tuple[str, ...], table: Words) -> bool:
    gaps = [said[a.end : b.start] for a, b in pairwise(clocks)]
    linking = table.either | table.prepositions | table.time_prepositions | table.filler
    return all(all(word in linking or word in table.parts_of_day for word in gap) for gap in gaps)


def _one_clock(heard: _Heard, clock: Clock) -> Meant:
    part = _part_of(heard, clock)
    minutes = _possible(heard, clock, part)
    if not minutes:
        return NOTHING
    values: list[Value] = [_told(minute, heard.day) for minute in minutes]
    open_end = _open_end(heard, clock)
    if open_end == "from":
        values = [Range(str(value), None) for value in values]
    elif open_end == "to":
        values = [Range(None, str(value)) for value in values]
    clear = len(minutes) == 1 or not _unclear(minutes, clock, part, before=open_end == "to")
    return Meant(values[0] if clear else None, tuple(values))


def _unclear(minutes: list[int], clock: Clock, part: _Part | None, *, before: bool) -> bool:
    hour = clock.minute % _HALF_DAY
    if part is not None or clock.exact:
        return False
    return _EITHER_FROM <= hour < _MORNING_FROM + (60 if before else 0)


def _told(minute: int, day: date | None) -> str:
    if day is None:
        return _hhmm(minute)
    return f"{day + timedelta(days=minute // DAY)}T{_hhmm(minute)}"


def _possible(heard: _Heard, clock: Clock, part: _Part | None) -> list[int]:
    """The minutes that a clock may mean, the likeliest first."""
    if clock.exact:
        return [clock.minute]
    base = clock.minute % _HALF_DAY
    both = [base, base + _HALF_DAY]
    if part is not None and part.hours is not None:
        first, last, _ = part.hours
        return [minute for minute in both if _within(minute, first, last)][:1]
    likely = both if base >= _EITHER_FROM else both[::-1]
    if heard.day == heard.now.date():
        ahead = [minute for minute in likely if minute > heard.now.hour * 60 + heard.now.minute]
        return ahead or likely[:1]
    return likely


def _within(minute: int, first: int, last: int) -> bool:
    """Whether a minute of the day lies in hours ``first`` to ``last``, which may pass midnight."""
    hour = minute // 60
    return first <= hour <= last or first <= hour + 24 <= last


def _likely(heard: _Heard, clock: Clock, part: _Part | None) -> int | None:
    return next(iter(_possible(heard, clock, part)), None)


def _part_of(heard: _Heard, clock: Clock) -> _Part | None:
    """The part of the day that goes with an hour: right after it, or else before all hours."""
    others = [each for each in heard.clocks if each is not clock]
    for part in heard.parts:
        if part.hours is None:
            continue
        if part.start >= clock.end and not any(clock.end <= each.start < part.start for each in others):
            return part
    for part in heard.parts:
        if part.hours is not None and part.end <= min(each.start for each in heard.clocks):
            return part
    return None


def _open_end(heard: _Heard, clock: Clock) -> str:
    """``from`` after "после" and "с", ``to`` after "до" and "by"."""
    said, table = heard.said, heard.table
    if opened(said, clock.start, table.near, table):
        return ""
    open_ = range_opened(said, clock.start, table)
    if open_ == "after" or said[clock.end - 1] == "onwards":
        return "from"
    if open_:
        return "to"
    if word_before(said, clock.start, table.since, table):
        return "from"
    return "to" if word_before(said, clock.start, table.until, table) else ""


def _range_of_clocks(heard: _Heard) -> Meant | None:
    """ "с двух до пяти", "between three and five", "nine to five"."""
    said, table = heard.said, heard.table
    for first, second in pairwise(heard.clocks):
        inside = said[first.end : second.start]
        if taken_back(said, first.end, second.start, table):
            continue
        is_between = word_before(said, first.start, table.between, table)
        linked = between(said, first.end, second.start, table.until)
        allowed = (
            table.until | table.joiners | table.prepositions | table.time_prepositions | frozenset({"и", "і", "та"})
        )
        plain = all(word in allowed or word in table.parts_of_day for word in inside)
        if not inside or not plain or not (linked or is_between):
            continue
        found = _ends(heard, first, second)
        if found is None:
            continue
        day = heard.day
        values: list[Value] = [Range(_told(found[0], each), _told(found[1], each)) for each in (heard.days or (None,))]
        del day
        return _one(values[0]) if len(values) == 1 else Meant(None, tuple(values))
    return None


def _ends(heard: _Heard, first: Clock, second: Clock) -> tuple[int, int] | None:
    """The minutes of a range: its end is the first such after its beginning."""
    mine, theirs = _part_of_first(heard, first, second), _part_of(heard, second)
    ends = _possible(heard, second, theirs)
    if not ends:
        return None
    starts = _possible(heard, first, mine)
    if mine is None and theirs is not None and not first.exact:
        same = [minute for minute in _possible(heard, first, theirs) if minute < ends[0]]
        starts = same or [minute for minute in sorted(starts, reverse=True) if minute < ends[0]] or starts
        return (starts[0], ends[0]) if starts[0] < ends[0] else (starts[0], ends[0] + DAY)
    if not starts:
        return None
    start = starts[0]
    if theirs is None and not second.exact:
        later = sorted(minute for minute in ends if minute > start)
        return (start, later[0]) if later else (start, ends[0] + DAY)
    return (start, ends[0]) if ends[0] > start else (start, ends[0] + DAY)


def _part_of_first(heard: _Heard, first: Clock, second: Clock) -> _Part | None:
    for part in heard.parts:
        if part.hours is not None and (part.end <= first.start or first.end <= part.start < second.start):
            return part
    return None


def _part_meant(heard: _Heard) -> Meant:
    """A part of the day without an hour: "завтра вечером", "после обеда", "в обед"."""
    windowed = [each for each in heard.parts if each.window is not None]
    if not windowed:
        return NOTHING
    distinct = list({each.window: each for each in windowed}.values())
    values: list[Value] = []
    for day in heard.days or (None,):
        for part in distinct:
            values.append(_window(heard, part, day))
    return _one(values[0]) if len(values) == 1 else Meant(None, tuple(values))


def _window(heard: _Heard, part: _Part, day: date | None) -> Range:
    """A part of the day as a range: itself, what is before it, or what is after it."""
    assert part.window is not None
    first, last = (None if hour is None else hour * 60 for hour in part.window)
    if first is None or last is None:
        return Range(first if first is None else _told(first, day), last if last is None else _told(last, day))
    last += DAY if last < first else 0
    open_ = range_opened(heard.said, part.start, heard.table)
    if open_ == "after":
        return Range(_told(last, day), None)
    if open_ or _until(heard, part):
        return Range(None, _told(first, day))
    return Range(_told(first, day), _told(last, day))


def _until(heard: _Heard, part: _Part) -> bool:
    return part.start > 0 and heard.said[part.start - 1] in heard.table.until - frozenset({"по", "to"})


def resolve(value: Value, now: datetime, hour: int | None = None) -> datetime | None:
    """The next such moment on the clock of ``now``: of a range its beginning, but not before now."""
    if isinstance(value, Range):
        return _range_begins(value, now)
    text = str(value)
    if "T" in text:
        moment = datetime.fromisoformat(text).replace(tzinfo=now.tzinfo)
        return moment if moment >= _to_minute(now) else None
    clock = re.fullmatch(r"(\d\d):(\d\d)", text)
    if clock is None:
        return None
    moment = now.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
    return moment if moment > now else moment + timedelta(days=1)


def _range_begins(value: Range, now: datetime) -> datetime | None:
    if value.start is None:
        return None
    begins = (
        resolve(value.start, now)
        if "T" not in value.start
        else datetime.fromisoformat(value.start).replace(tzinfo=now.tzinfo)
    )
    if value.end is None or begins is None:
        return begins if begins is None or begins >= now else None
    if "T" in value.start:
        ends = datetime.fromisoformat(value.end).replace(tzinfo=now.tzinfo)
        return max(begins, now) if ends > now else None
    return begins
