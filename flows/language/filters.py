"""The filters of a flow's texts: each puts one value as a person says it, in the language of the call.

A value of the wrong kind is an error, never a silent blank: a robot must not say what it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

import phonenumbers
from liquid import RenderContext
from liquid.builtin.filters import array, misc
from liquid.exceptions import FilterArgumentError
from liquid.filter import with_context
from liquid.undefined import is_undefined

from flows.language.spoken import Spoken, spoken

LANGUAGE = "\0language"
NOW = "\0now"
"""Names that a text can't spell: the language and the moment of a rendering."""


def _wrong(filter_name: str, wanted: str) -> FilterArgumentError:
    return FilterArgumentError(f"'{filter_name}' needs {wanted}", token=None)


def _given(value: object, filter_name: str, wanted: str) -> object:
    if value is None or value == "" or is_undefined(value) or isinstance(value, bool | list | dict):
        raise _wrong(filter_name, wanted)
    return value


def _voice(context: RenderContext) -> Spoken:
    return spoken(str(context.scope[LANGUAGE] or "en"))


def _today(context: RenderContext) -> date | None:
    now = context.scope[NOW]
    return now.date() if isinstance(now, datetime) else None


def groups_of(digits: str) -> list[str]:
    """Digits cut where a person breathes: 4217 · 123 456 · 1234 5678 · 916 123 45 67."""
    if len(digits) <= 4:
        return [digits]
    if len(digits) % 4 == 0:
        return [digits[at : at + 4] for at in range(0, len(digits), 4)]
    tail = {0: (), 1: (2, 2), 2: (2,)}[len(digits) % 3]
    cut = len(digits) - sum(tail)
    groups = [digits[at : at + 3] for at in range(0, cut, 3)]
    for size in tail:
        groups.append(digits[cut : cut + size])
        cut += size
    return groups


def digits(value: object) -> str:
    """``4217`` → ``4 2 1 7``; long ones in groups with a comma, where a voice pauses."""
    text = re.sub(r"[\s\-–—]", "", str(_given(value, "digits", "a number")))
    return ", ".join(" ".join(part) for part in groups_of(text))


def spell(value: object) -> str:
    """Letter by letter."""
    return " ".join(char for char in str(_given(value, "spell", "some text")) if not char.isspace())


@with_context
def money(value: object, currency: object = "RUB", *, context: RenderContext) -> str:
    """``1250.50`` → ``1250 рублей 50 копеек``. The currency is an ISO 4217 code, roubles when not given."""
    amount = _decimal(value, "money")
    code = str(currency).upper()
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise _wrong("money", "a currency code such as RUB")
    return _voice(context).money(amount, code)


@with_context
def count(value: object, *forms: object, context: RenderContext) -> str:
    """``21 | count: "балл", "балла", "баллов"`` → ``21 балл``. Two forms in English, three in Russian."""
    if not forms:
        raise _wrong("count", 'its word in every plural form: count: "балл", "балла", "баллов"')
    number = _decimal(value, "count")
    exact: int | Decimal = int(number) if number == int(number) else number
    return f"{exact} {_voice(context).plural(exact, [str(form) for form in forms])}"


@with_context
def say_date(value: object, *, context: RenderContext) -> str:
    """An ISO date as said: ``завтра, двадцать третьего ноября``."""
    given = _given(value, "date", "a date")
    if isinstance(given, datetime):
        day = given.date()
    elif isinstance(given, date):
        day = given
    else:
        try:
            day = datetime.fromisoformat(str(given)).date()
        except ValueError:
            raise _wrong("date", "a date such as 2026-11-23") from None
    return _voice(context).date(day, _today(context))


@with_context
def moment(value: object, *, context: RenderContext) -> str:
    """An ISO moment with its offset: ``завтра в семнадцать тридцать``; the day as ``date`` says it when it is far."""
    text = str(_given(value, "moment", "a moment"))
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong("moment", "a moment such as 2026-11-23T17:30+03:00") from None
    now = context.scope[NOW]
    here = now.astimezone(at.tzinfo) if isinstance(now, datetime) and now.tzinfo and at.tzinfo else now
    return _voice(context).moment(at, here.date() if isinstance(here, datetime) else None)


@with_context
def say_time(value: object, *, context: RenderContext) -> str:
    """``17:30`` (or an ISO moment) as said: ``семнадцать тридцать``."""
    return _voice(context).time(_clock(value, "time"))


@with_context
def window(value: object, until: object, *, context: RenderContext) -> str:
    """``{{ due_from | window: due_to }}`` → ``с десяти до четырнадцати часов``."""
    return _voice(context).window(_clock(value, "window"), _clock(until, "window"))


@with_context
def phone(value: object, *, context: RenderContext) -> str:
    """A telephone number in the groups of its country: ``плюс 7, 916, 123, 45, 67``."""
    text = str(_given(value, "phone", "a telephone number"))
    voice = _voice(context)
    parts = _phone_groups(text)
    if parts is None:
        return digits(text)
    said = [f"{voice.plus} {_group(parts[0], voice)}", *(_group(part, voice) for part in parts[1:])]
    return ", ".join(said)


def _phone_groups(text: str) -> list[str] | None:
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    national = phonenumbers.national_significant_number(number)
    if number.country_code == 7 and len(national) == 10:
        return ["7", national[:3], national[3:6], national[6:8], national[8:]]
    shown = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return [part for part in re.split(r"\D+", shown) if part]


def _group(part: str, voice: Spoken) -> str:
    # "045" must not be heard as 45, and four digits are no number that one remembers.
    return " ".join(part) if voice.one_by_one or part.startswith("0") or len(part) > 3 else part


def _clock(value: object, filter_name: str) -> time:
    given = _given(value, filter_name, "a time")
    if isinstance(given, datetime):
        return given.time()
    if isinstance(given, time):
        return given
    text = str(given)
    try:
        return time.fromisoformat(text) if len(text) <= 8 else datetime.fromisoformat(text).time()
    except ValueError:
        raise _wrong(filter_name, "a time such as 17:30") from None


def _decimal(value: object, filter_name: str) -> Decimal:
    given = _given(value, filter_name, "a number")
    try:
        number = Decimal(str(given))
    except InvalidOperation:
        raise _wrong(filter_name, "a number") from None
    if not number.is_finite() or abs(number) >= 10**15:
        raise _wrong(filter_name, "a number that can be said")
    return number


def _join(value: object, between: object = " ") -> str:
    if not isinstance(value, list | tuple):
        raise _wrong("join", "a list")
    return str(between).join(str(item) for item in value)


OURS: Mapping[str, Callable[..., Any]] = {
    "digits": digits,
    "spell": spell,
    "money": money,
    "count": count,
    "date": say_date,
    "time": say_time,
    "moment": moment,
    "window": window,
    "phone": phone,
}
STANDARD: Mapping[str, Callable[..., Any]] = {
    "default": misc.default,
    "size": misc.size,
    "first": array.first,
    "last": array.last,
    "join": _join,
}
"""Of Liquid's own filters only those that a spoken text needs; its ``date`` reads the clock."""
