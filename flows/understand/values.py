"""Values in words: one door to all kinds, and their shape for the world."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from flows.understand.amounts import money_meant, number_meant
from flows.understand.dates import date_meant
from flows.understand.dictation import digits_meant
from flows.understand.languages import words
from flows.understand.mentions import Meant, Range, Value
from flows.understand.phones import phone_meant
from flows.understand.pieces import find_phrase, pieces
from flows.understand.times import resolve, time_meant
from flows.understand.yesno import yes_no_meant

_KINDS: dict[str, Callable[[str, str, datetime], Meant]] = {
    "digits": lambda text, language, _: digits_meant(text, language),
    "number": lambda text, language, _: number_meant(text, language),
    "money": lambda text, language, _: money_meant(text, language),
    "date": date_meant,
    "time": time_meant,
    "phone": lambda text, language, _: phone_meant(text, language),
    "yes_no": lambda text, language, _: yes_no_meant(text, language),
}
KINDS = tuple(_KINDS)


def value_meant(kind: str, text: str, language: str, now: datetime) -> Meant:
    """What a caller said, as one of :data:`KINDS`. ``now`` is in the caller's time zone."""
    return _KINDS[kind](text, language, now)


def as_json(value: Value | None) -> Any:
    return value.json() if isinstance(value, Range) else value


def digits_in(text: str, language: str) -> str | None:
    """The digits dictated, one after another."""
    value = digits_meant(text, language).value
    return value if isinstance(value, str) else None


def number_in(text: str, language: str) -> int | None:
    """The one whole number said."""
    value = number_meant(text, language).value
    return value if isinstance(value, int) else None


def money_in(text: str, language: str) -> str | None:
    """The sum said, as a decimal string with two places: "тысяча двести рублей пятьдесят копеек" is ``1200.50``."""
    return money_text(money_meant(text, language).value)


def money_text(value: Value | None) -> str | None:
    return f"{Decimal(str(value)):.2f}" if isinstance(value, int | float) else None


def yes_no_in(text: str, language: str) -> bool | None:
    """True for yes, False for no; None for doubt, for both, for neither and for a long story."""
    return {"yes": True, "no": False}.get(str(yes_no_meant(text, language).value))


def phone_in(text: str, language: str, region: str | None = None) -> str | None:
    """The number said, in E.164; of a number without a country ``region`` (``RU``) says which."""
    value = phone_meant(text, language, region).value
    return value if isinstance(value, str) else None


def date_in(text: str, language: str, now: datetime) -> str | None:
    """The one day said, in ISO 8601."""
    value = date_meant(text, language, now).value
    return value if isinstance(value, str) else None


def time_in(text: str, language: str, now: datetime) -> str | None:
    """The next such moment, in ISO 8601 with the offset of ``now``; of a range its beginning, of a part of the day the
    hour that is usual in it. None when it is unclear, or past."""
    return moment_text(time_meant(text, language, now).value, text, language, now)


def moment_text(value: Value | None, text: str, language: str, now: datetime) -> str | None:
    if value is None:
        return None
    if value == f"{now:%H:%M}" and _at_once(text, language):
        return now.isoformat(timespec="seconds")
    if isinstance(value, Range):
        value = Range(_usual(value, text, language), value.end)
    moment = resolve(value, now)
    return moment.isoformat(timespec="seconds") if moment else None


def _at_once(text: str, language: str) -> bool:
    table = words(language)
    said = pieces(text, language)
    return table is not None and any(find_phrase(said, at, table.at_once) > at for at in range(len(said)))


def _usual(value: Range, text: str, language: str) -> str | None:
    """The hour that is usual in a part of the day, in place of its first."""
    table = words(language)
    if table is None or value.start is None or value.end is None:
        return value.start
    said = pieces(text, language)
    for at in range(len(said)):
        end = find_phrase(said, at, frozenset(table.parts_of_day))
        phrase = " ".join(said[at:end])
        window = table.windows.get(phrase)
        if (
            end > at
            and window
            and None not in window
            and value.start.endswith(f"{window[0]:02d}:00")
            and value.end.endswith(f"{window[1]:02d}:00")
        ):
            return f"{value.start[:-5]}{table.parts_of_day[phrase][2]:02d}:00"
    return value.start
