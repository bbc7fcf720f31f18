"""Public holidays, as the library ``holidays`` knows them."""

from __future__ import annotations

from datetime import date
from functools import lru_cache


@lru_cache(maxsize=4096)
def is_holiday(where: str, day: date) -> bool:
    """Whether ``day`` is a public holiday of a country (``RU``) or a part of one (``DE-BY``), as the library
    ``holidays`` knows them. Raises ``NotImplementedError`` for one that it does not know."""
    return day in _holidays(where, day.year)


@lru_cache(maxsize=64)
def _holidays(where: str, year: int) -> frozenset[date]:
    from holidays import country_holidays  # loading it takes a while, and most flows have none

    country, _, part = where.partition("-")
    return frozenset(country_holidays(country, subdiv=part or None, years=year))
