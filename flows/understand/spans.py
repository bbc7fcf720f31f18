"""Spans of time from now: "через час двадцать", "in half an hour", "минут через сорок"."""

from __future__ import annotations

from datetime import timedelta

from flows.understand.groups import group_at
from flows.understand.languages import Words
from flows.understand.pieces import find_phrase

_MOST_IN_SPAN = 10_000
"""Hours after which a span was misheard."""


def span_in(said: tuple[str, ...], table: Words) -> timedelta | None:
    """ "через час двадцать", "in half an hour", "минут через сорок", "two hours from now", "час назад"."""
    for at, word in enumerate(said):
        if word in table.within:
            before = at - 1
            if before >= 0 and said[before] in table.spans:
                many = group_at(said, at + 1, table, loose=True) if at + 1 < len(said) else None
                if many is not None and not (many.end < len(said) and said[many.end] in table.spans):
                    return _minutes(float(many.value) * table.spans[said[before]])
            found = _duration(said, at + 1, table)
            if found is not None:
                return _minutes(found[0])
    for at in range(len(said)):
        found = _duration(said, at, table)
        if found is None:
            continue
        if find_phrase(said, found[1], table.hence) > found[1]:
            return _minutes(found[0])
        if found[1] < len(said) and said[found[1]] in table.ago:
            return -_minutes(found[0])
    return None


def _minutes(count: float) -> timedelta:
    return timedelta(minutes=min(count, _MOST_IN_SPAN * 60))


def _duration(said: tuple[str, ...], at: int, table: Words) -> tuple[float, int] | None:
    """Minutes, and where they end: "час двадцать", "полтора часа", "two and a half hours", "an hour and a half"."""
    total, found = 0.0, False
    while at < len(said):
        start = at
        while (
            at < len(said)
            and (said[at] in ("a", "an", "the", "of") or said[at] in table.prepositions)
            and at < start + 3
        ):
            if group_at(said, at, table, loose=True) is not None or said[at] in table.spans:
                break
            at += 1
        if at >= len(said):
            break
        half = _half_of_span(said, at, table)
        if half is not None:
            total, at, found = total + half[0], half[1], True
            continue
        many = group_at(said, at, table, loose=True)
        unit = many.end if many is not None else at
        while unit < len(said) and said[unit] == "of":
            unit += 1
        if unit < len(said) and said[unit] in table.spans:
            size = table.spans[said[unit]]
            total += size * float(many.value if many is not None else 1)
            at, found = unit + 1, True
            half_more = find_phrase(said, at, table.and_a_half)
            if half_more > at and size > 1:
                total, at = total + size / 2, half_more
            continue
        if found and many is not None and many.whole and many.value < 60:
            total, at = total + float(many.value), many.end  # "час двадцать"
            break
        if found and said[start] in (*table.joiners, "и", "і", "та", "с", "з"):
            at = start + 1
            continue
        at = start
        break
    return (total, at) if found else None


def _half_of_span(said: tuple[str, ...], at: int, table: Words) -> tuple[float, int] | None:
    """ "полчаса", "half an hour", "three quarters of an hour", "четверть часа"."""
    part = table.fractions.get(said[at])
    if part is None:
        return None
    after = at + 1
    while after < len(said) and said[after] in ("a", "an", "of"):
        after += 1
    if after < len(said) and said[after] in table.spans and table.spans[said[after]] > 1:
        return table.spans[said[after]] * part, after + 1
    return None
