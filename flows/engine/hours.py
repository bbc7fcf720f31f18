"""Whether a queue works: a function of the flow, the queue, the moment and the setting."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from flows.engine.session import HoursSetting
from flows.language.days_off import is_holiday
from flows.language.flow import Flow
from flows.language.model import Hours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@lru_cache(maxsize=256)
def days_in(text: str) -> frozenset[int]:
    """``mon-fri``, ``sat,sun``, ``every`` as weekday numbers (Monday 0). Raises ``ValueError``."""
    found: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        if part == "every":
            return frozenset(range(7))
        first, dash, last = part.partition("-")
        start = DAYS.index(first)
        end = DAYS.index(last) if dash else start
        found.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    return frozenset(found)


def is_open(
    flow: Flow, queue: str, now: datetime, hours: HoursSetting = "flow", calendar: Mapping[str, Any] | None = None
) -> bool:
    """Whether the queue's working hours hold at ``now`` (aware). A setting other than ``flow`` decides alone;
    ``calendar`` are hours in the place of the queue's."""
    if hours != "flow":
        return hours == "open"
    if calendar:
        return _within(_calendar(json.dumps(calendar, sort_keys=True)), now)
    named = flow.document.queues[queue].hours if queue in flow.document.queues else None
    table = flow.document.hours.get(named) if named else None
    return table is None or _within(table, now)


@lru_cache(maxsize=64)
def _calendar(text: str) -> Hours:
    return Hours.model_validate_json(text)


def _within(table: Hours, now: datetime) -> bool:
    local = now.astimezone(ZoneInfo(table.timezone))
    minute = f"{local:%H:%M}"
    if not _day_off(table, local):
        for period in table.open:
            ends = period.to if period.to > period.from_ else "24:00"
            if local.weekday() in days_in(period.days) and period.from_ <= minute < ends:
                return True
    before = local - timedelta(days=1)
    if _day_off(table, before):
        return False
    return any(
        # A period such as 22:00 to 06:00 reaches into the next day.
        period.to <= period.from_ and before.weekday() in days_in(period.days) and minute < period.to
        for period in table.open
    )


def _day_off(table: Hours, day: datetime) -> bool:
    return f"{day:%Y-%m-%d}" in table.closed or (table.holidays is not None and is_holiday(table.holidays, day.date()))


def home_zone(flow: Flow, calendar: Mapping[str, Any] | None = None) -> tzinfo | None:
    """The zone of the calendar, or else of the flow's first hours: what "today" means to the shop. None when there are
    no hours."""
    if calendar:
        return ZoneInfo(str(calendar["timezone"]))
    zone: ZoneInfo | None = flow.compiled.get("home_zone")
    if zone is None and flow.document.hours:
        zone = flow.compiled["home_zone"] = ZoneInfo(next(iter(flow.document.hours.values())).timezone)
    return zone
