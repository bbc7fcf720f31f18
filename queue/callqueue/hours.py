"""Whom we may dial, and when: the called person's local time and the queue's hours. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import PhoneNumberType, timezone

from callqueue.rules import Rules

RUSSIA = ZoneInfo("Europe/Moscow")
"""For Russian numbers that say no place: a mobile number keeps its region's code everywhere."""

_COSTLY = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.PAGER,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)
_UNKNOWN = ("Etc/Unknown",)
_STEP = timedelta(minutes=15)


@lru_cache(maxsize=10_000)
def zones(number: str) -> tuple[ZoneInfo, ...]:
    """The time zones the number may be in; Moscow for a Russian number in several, or when nothing is known."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return (RUSSIA,)
    names = timezone.time_zones_for_number(parsed)
    if names == _UNKNOWN:
        # A number of no known range (a new one, one kept for fiction) still tells by its first digits.
        names = timezone.time_zones_for_geographical_number(parsed)
    found: list[ZoneInfo] = []
    for name in names:
        try:
            found.append(ZoneInfo(name))
        except (ZoneInfoNotFoundError, ValueError):
            # phonenumbers' own word for unknown (Etc/Unknown) is not a zone.
            continue
    if not found or (number.startswith("+7") and len(found) > 1):
        return (RUSSIA,)
    return tuple(found)


def diallable(number: str, rules: Rules) -> bool:
    """Whether callbacks may dial it: E.164, an allowed beginning, a number that can be, none that costs extra."""
    if not number.startswith(rules.prefixes) or not number[1:].isdigit():
        return False
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(parsed) and phonenumbers.number_type(parsed) not in _COSTLY


def in_hours(number: str, queue: str, at: datetime, rules: Rules) -> bool:
    """Whether ``at`` is within the called person's day (wherever the number may be) and the queue's hours."""
    return open_in(zones(number), queue, at, rules)


def open_in(places: tuple[ZoneInfo, ...], queue: str, at: datetime, rules: Rules) -> bool:
    """The same for a number that may be in any of these zones."""
    if rules.ignore_hours:
        return True
    day = all(rules.day_starts <= at.astimezone(zone).hour < rules.day_ends for zone in places)
    return day and (rules.opens is None or rules.opens(queue, at))


def next_opening(number: str, queue: str, at: datetime, rules: Rules) -> datetime:
    """The first moment from ``at`` on that is :func:`in_hours`; a day later when there is none in two weeks (a number
    whose zones share no hours, a queue that never opens): then it is looked at again."""
    if in_hours(number, queue, at, rules):
        return at
    found = at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0) + _STEP
    for _ in range(14 * 24 * 4):
        if in_hours(number, queue, found, rules):
            return found
        found += _STEP
    return at + timedelta(days=1)


def after_working(queue: str, at: datetime, hours: float, rules: Rules) -> datetime:
    """The moment by which ``queue`` will have worked ``hours`` from ``at`` on, on a quarter of an hour; 14 days later
    for a queue that works less than that in them."""
    found = at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0) + _STEP
    if rules.ignore_hours or rules.opens is None:
        return found + timedelta(hours=hours)
    left = round(timedelta(hours=hours) / _STEP)
    for _ in range(14 * 24 * 4):
        if left <= 0:
            break
        if rules.opens(queue, found):
            left -= 1
        found += _STEP
    return found
