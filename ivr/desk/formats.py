"""How numbers, money and moments look on the desk. Jinja filters; each takes the page's language last."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import phonenumbers
from babel.dates import format_date
from babel.numbers import format_decimal
from markupsafe import Markup

from ivr.store import audit

CURRENCY = "₽"


def phone(number: str | None) -> str:
    """``+74951234567`` as ``+7 495 123-45-67``; what is no number stays as it is, none is empty."""
    if not number:
        return ""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def is_number(text: str) -> bool:
    """Whether this is a possible number in international form (``+79161234567``)."""
    try:
        return text.startswith("+") and phonenumbers.is_possible_number(phonenumbers.parse(text))
    except phonenumbers.NumberParseException:
        return False


def money(value: Any, language: str) -> str:
    """A decimal string as money: ``1234.50`` as ``1 234,50 ₽``; whole sums without kopecks. Garbage stays as it is."""
    if value in (None, ""):
        return ""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    pattern = "#,##0" if amount == amount.to_integral_value() else "#,##0.00"
    return f"{format_decimal(amount, format=pattern, locale=language)} {CURRENCY}"


def day(value: Any, language: str) -> str:
    """An ISO date as a person writes it: ``23 нояб.``"""
    try:
        date = value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        return str(value or "")
    return format_date(date, "d MMM", locale=language)


def moment(value: dt.datetime | None, form: str = "time") -> Markup:
    """A ``<time>`` that the page shows in its own zone; ``form``: ``time``, ``day`` (with the date when it isn't
    today) or ``ago`` (minutes and seconds since, counting). Without scripts it reads in UTC."""
    if value is None:
        return Markup("")
    utc = value.astimezone(dt.UTC)
    return Markup('<time datetime="{}" data-form="{}">{}</time>').format(
        utc.isoformat(timespec="seconds"), form, utc.strftime("%d.%m %H:%M UTC" if form == "day" else "%H:%M UTC")
    )


def duration(seconds: int | None) -> str:
    """Seconds as ``m:ss``."""
    minutes, rest = divmod(max(int(seconds or 0), 0), 60)
    return f"{minutes}:{rest:02d}"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "phone": phone,
    "money": money,
    "day": day,
    "moment": moment,
    "duration": duration,
    "audit_value": audit.text,
}
