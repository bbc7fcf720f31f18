"""What a shop's database holds, checked and put into the shapes that the catalogue promises.

Each function takes the raw value and the field's name in the mapping, and raises :class:`ShopFailed` (trying again
won't help) that names the field and never the value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from ivr.shop.port import ShopFailed

CENT = Decimal("0.01")
MOST = Decimal(10) ** 12
"""No amount and no count of points is larger; a number that is, is garbage."""


def garbage(field: str, wanted: str) -> NoReturn:
    raise ShopFailed(f"the shop's {field} is not {wanted}", again=False)


def text(value: Any, field: str) -> str:
    if isinstance(value, bytes | bool) or value is None or not str(value).strip() or len(str(value)) > 500:
        garbage(field, "a text")
    return " ".join(str(value).split())


def optional_text(value: Any, field: str) -> str | None:
    return None if value is None or value == "" else text(value, field)


def in_language(row: Mapping[Any, Any], columns: str | Mapping[str, str], wanted: str, field: str) -> str:
    """The text of a row in the wanted language, else in the first of the mapping that has one."""
    if isinstance(columns, str):
        return text(row[columns], field)
    base = re.split("[-_]", wanted)[0].lower()
    order = [columns[base]] if base in columns else []
    values = [row[column] for column in (*order, *columns.values())]
    return text(next((value for value in values if value), None), field)


def integer(value: Any, field: str) -> int:
    number = _number(value, field, "a whole number")
    if number != number.to_integral_value():
        garbage(field, "a whole number")
    return int(number)


def money(value: Any, field: str, *, minor: bool) -> Decimal:
    """Roubles, pounds…; ``minor``: the value counts kopecks, pence."""
    number = _number(value, field, "an amount of money")
    if number < 0:
        garbage(field, "an amount of money")
    return (number / 100 if minor else number).quantize(CENT)


def iso_date(value: Any, field: str) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        garbage(field, "a date")


def hour_minute(value: Any, field: str) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime | time):
        return value.strftime("%H:%M")
    try:
        return time.fromisoformat(str(value)).strftime("%H:%M")
    except ValueError:
        garbage(field, "a time")


def language(value: Any, field: str) -> str | None:
    """``ru``, ``en``…; None when the shop does not know."""
    if value is None or value == "":
        return None
    if not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*", str(value)):
        garbage(field, "a language code such as ru or en-GB")
    return re.split("[-_]", str(value))[0].lower()


def digits(value: Any) -> str:
    """The ASCII digits of a value."""
    return re.sub(r"[^0-9]", "", str(value))


def number_key(given: str, kind: str) -> str | int | None:
    """A number that a caller gave, as the column holds it (``text`` or ``integer``); None when it can't be one."""
    given = re.sub(r"[\s-]", "", given)
    if kind == "integer":
        return int(given) if re.fullmatch(r"[0-9]{1,18}", given) else None
    return given if re.fullmatch(r"[0-9A-Za-z]{1,32}", given) else None


def _number(value: Any, field: str, wanted: str) -> Decimal:
    if value is None or isinstance(value, bool | bytes):
        garbage(field, wanted)
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        garbage(field, wanted)
    if not number.is_finite() or abs(number) > MOST:
        garbage(field, wanted)
    return number
