"""Where a telephone number is, as far as its time goes."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone as phone_zones


@lru_cache(maxsize=1024)
def zone_of(number: str) -> ZoneInfo | None:
    """The time zone that a number (E.164) tells, when it tells exactly one: mobile numbers of large countries don't."""
    try:
        zones = phone_zones.time_zones_for_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return None
    known = [zone for zone in zones if zone != "Etc/Unknown"]
    return ZoneInfo(known[0]) if len(known) == 1 else None
