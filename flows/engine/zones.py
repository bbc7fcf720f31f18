"""Where a telephone number is, as far as its time goes."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone as phone_zones


@lru_cache(maxsize=1024)
def zone_of(number: str) -> ZoneInfo | None:
    """The time zone that a number (E.164) tells: one, or several whose clocks agree all year (a British mobile).
    None where they differ, as for mobile numbers of large countries."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    zones = phone_zones.time_zones_for_number(parsed)
    if zones == _UNKNOWN:
        # A number of no known range (a new one, one kept for fiction) still tells by its first digits.
        zones = phone_zones.time_zones_for_geographical_number(parsed)
    known = [ZoneInfo(zone) for zone in zones if zone not in _UNKNOWN]
    clocks = {tuple(moment.astimezone(zone).utcoffset() for moment in _SEASONS) for zone in known}
    return known[0] if len(clocks) == 1 else None


_UNKNOWN = ("Etc/Unknown",)
_SEASONS = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
