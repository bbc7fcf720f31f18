"""The times that reports are about, in the shop's own zone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

Kind = Literal["day", "week", "month", "custom"]
KINDS: tuple[Kind, ...] = ("day", "week", "month", "custom")

MOST_DAYS = 92
"""Of a custom period: what one page reads at once."""
WEEK = timedelta(days=7)


class PeriodError(ValueError):
    """The dates given are none, or name no period; the message says which of the page's words to show."""


@dataclass(frozen=True, slots=True)
class Period:
    """``start <= time < end``, aware; ``first`` and ``last`` are the days it covers. ``edges`` cut it for plots."""

    kind: Kind
    first: date
    last: date
    start: datetime
    end: datetime
    edges: tuple[datetime, ...]
    step: Literal["half_hour", "hour", "day", "week"]


def period(kind: str, day: date, last: date | None, zone: tzinfo) -> Period:
    """The day, week (from Monday) or month that ``day`` is in; custom: from ``day`` to ``last``, both included.

    Raises :class:`PeriodError` with ``bad_period``, ``period_backwards`` or ``period_long``.
    """
    if kind == "day":
        return _made("day", day, day, zone)
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return _made("week", monday, monday + timedelta(days=6), zone)
    if kind == "month":
        first = day.replace(day=1)
        return _made("month", first, _next_month(first) - timedelta(days=1), zone)
    if kind != "custom" or last is None:
        raise PeriodError("bad_period")
    if last < day:
        raise PeriodError("period_backwards")
    if (last - day).days >= MOST_DAYS:
        raise PeriodError("period_long")
    return _made("custom", day, last, zone)


def before(shown: Period, zone: tzinfo) -> Period:
    """The period to compare with: the same days a week earlier (a month: the month before; a custom one: as many weeks
    earlier as it is long)."""
    if shown.kind == "month":
        return period("month", shown.first - timedelta(days=1), None, zone)
    weeks = -(-((shown.last - shown.first).days + 1) // 7)
    return _made(shown.kind, shown.first - weeks * WEEK, shown.last - weeks * WEEK, zone)


def neighbour(shown: Period, step: int) -> date:
    """A day of the period before (-1) or after (+1)."""
    if step < 0:
        return shown.first - timedelta(days=1) if shown.kind != "custom" else shown.first - _length(shown)
    return shown.last + timedelta(days=1)


def so_far(now: datetime, zone: tzinfo) -> tuple[Period, Period, datetime]:
    """Today, the same day last week, and the moment in it that is as late as now: by the clock on the wall, so that a
    change to summer time does not shift it."""
    today = now.astimezone(zone)
    shown = period("day", today.date(), None, zone)
    earlier = period("day", today.date() - WEEK, None, zone)
    wall = datetime.combine(today.date() - WEEK, today.time(), zone).astimezone(UTC)
    return shown, earlier, min(wall, earlier.end)


def midnight(day: date, zone: tzinfo) -> datetime:
    """When the day begins, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _length(shown: Period) -> timedelta:
    return shown.last - shown.first + timedelta(days=1)


def _made(kind: Kind, first: date, last: date, zone: tzinfo) -> Period:
    start, end = midnight(first, zone), midnight(last + timedelta(days=1), zone)
    days = (last - first).days + 1
    step: Literal["half_hour", "hour", "day", "week"]
    if days == 1:
        step, edges = "half_hour", _clock_edges(start, end, timedelta(minutes=30))
    elif days == 2:
        step, edges = "hour", _clock_edges(start, end, timedelta(hours=1))
    else:
        step, jump = ("day", 1) if days <= 62 else ("week", 7)
        marks = [midnight(first + timedelta(days=i), zone) for i in range(0, days, jump)]
        edges = (*marks, end)
    return Period(kind, first, last, start, end, edges, step)


def _clock_edges(start: datetime, end: datetime, every: timedelta) -> tuple[datetime, ...]:
    edges = []
    at = start
    while at < end:
        edges.append(at)
        at += every
    return (*edges, end)


def _next_month(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)
