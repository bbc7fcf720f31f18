"""How values are said in each language. A new language is a subclass with its words; without one, Babel's are used."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import get_currency_name

_ORDER = ("zero", "one", "two", "few", "many", "other")
YEAR_MATTERS_AFTER = 300
"""Days from today after which a date needs its year."""


def _words(table: str) -> tuple[str, ...]:
    """A table of words, by number; ``_`` stands for a space inside one."""
    return tuple(word.replace("_", " ") for word in table.split())


class Spoken:
    """Any language, with what Babel knows of it."""

    code = "en"
    plus = "+"
    minus = "-"
    one_by_one = True
    """Whether telephone groups are said digit by digit (English) or as numbers (Russian)."""
    near: Mapping[int, str] = {}
    """Days from today to the word for it: 0 today, 1 tomorrow…"""
    currencies: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    """Currency code to the plural forms of its whole and of its hundredth."""

    def __init__(self, code: str | None = None) -> None:
        if code:
            self.code = code
        try:
            self.locale = Locale.parse(self.code)
        except (UnknownLocaleError, ValueError):
            self.locale = Locale.parse("en")

    def plural(self, number: int | Decimal, forms: Sequence[str]) -> str:
        """The form that goes with ``number``. Forms come in the order one, few, many, other, as far as the language has
        them (Russian: балл, балла, баллов; English: point, points)."""
        rule = self.locale.plural_form
        tags = [tag for tag in _ORDER if tag in rule.tags or tag == "other"]
        tag = rule(number if number >= 0 else -number)
        if tag == "other" and "few" in tags and len(forms) == 3:
            return forms[1]
        return forms[min(tags.index(tag), len(forms) - 1)]

    def amount(self, number: int, forms: Sequence[str]) -> str:
        """So many of something, as voices read it right: digits unless grammar needs words."""
        return f"{number} {self.plural(number, forms)}"

    def money(self, amount: Decimal, currency: str) -> str:
        whole, part = divmod(int((abs(amount) * 100).to_integral_value()), 100)
        forms = self.currencies.get(currency)
        if forms is None:
            said = f"{abs(amount).normalize():f} {get_currency_name(currency, count=whole, locale=self.locale)}"
        else:
            said = self.amount(whole, forms[0])
            if part:
                said += f" {self.amount(part, forms[1])}"
        return f"{self.minus} {said}" if amount < 0 else said

    def date(self, day: dt.date, today: dt.date | None) -> str:
        """``tomorrow, November twenty-third``; without ``today``, only the date."""
        away = (day - today).days if today else None
        said = self.day(day, year=away is None or abs(away) > YEAR_MATTERS_AFTER)
        near = self.near.get(away) if away is not None else None
        return f"{near}, {said}" if near else said

    def day(self, day: dt.date, *, year: bool) -> str:
        pattern = "d MMMM y" if year else "d MMMM"
        return str(format_date(day, pattern, locale=self.locale))

    def time(self, moment: dt.time) -> str:
        return str(format_time(moment, "short", locale=self.locale))

    at = ","
    """What joins a day and a time."""

    def moment(self, moment: dt.datetime, today: dt.date | None) -> str:
        """``tomorrow at five thirty PM``: of a near day only its name."""
        away = (moment.date() - today).days if today else None
        near = self.near.get(away) if away is not None else None
        at = self.at if self.at == "," else f" {self.at}"
        return f"{near or self.date(moment.date(), today)}{at} {self.time(moment.time())}"

    def window(self, start: dt.time, end: dt.time) -> str:
        return f"{self.time(start)} – {self.time(end)}"


_RU_UNITS = _words(
    "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать "
    "пятнадцать шестнадцать семнадцать восемнадцать девятнадцать"
)
_RU_TENS = {2: "двадцать", 3: "тридцать", 4: "сорок", 5: "пятьдесят"}
_RU_TENS_TO_90 = {**_RU_TENS, 6: "шестьдесят", 7: "семьдесят", 8: "восемьдесят", 9: "девяносто"}
_RU_HOURS_OF = _words(
    "нуля часа двух трёх четырёх пяти шести семи восьми девяти десяти одиннадцати двенадцати тринадцати "
    "четырнадцати пятнадцати шестнадцати семнадцати восемнадцати девятнадцати двадцати двадцати_одного двадцати_двух "
    "двадцати_трёх двадцати_четырёх"
)
_RU_ORDINALS_OF = _words(
    "нулевого первого второго третьего четвёртого пятого шестого седьмого восьмого девятого десятого одиннадцатого "
    "двенадцатого тринадцатого четырнадцатого пятнадцатого шестнадцатого семнадцатого восемнадцатого девятнадцатого"
)
_RU_TENTHS_OF = {
    2: "двадцатого",
    3: "тридцатого",
    4: "сорокового",
    5: "пятидесятого",
    6: "шестидесятого",
    7: "семидесятого",
    8: "восьмидесятого",
    9: "девяностого",
}
_RU_MONTHS_OF = _words("января февраля марта апреля мая июня июля августа сентября октября ноября декабря")


class Russian(Spoken):
    code = "ru"
    at = "в"
    plus = "плюс"
    minus = "минус"
    one_by_one = False
    near = {-1: "вчера", 0: "сегодня", 1: "завтра", 2: "послезавтра"}  # noqa: RUF012
    currencies = {  # noqa: RUF012
        "RUB": (("рубль", "рубля", "рублей"), ("копейка", "копейки", "копеек")),
        "UAH": (("гривна", "гривны", "гривен"), ("копейка", "копейки", "копеек")),
        "KZT": (("тенге", "тенге", "тенге"), ("тиын", "тиына", "тиынов")),
        "USD": (("доллар", "доллара", "долларов"), ("цент", "цента", "центов")),
        "EUR": (("евро", "евро", "евро"), ("цент", "цента", "центов")),
        "GBP": (("фунт", "фунта", "фунтов"), ("пенс", "пенса", "пенсов")),
    }

    def amount(self, number: int, forms: Sequence[str]) -> str:
        # A voice reads "2 копейки" as "два копейки".
        if forms[0].endswith("а") and number < 100 and number % 10 in (1, 2) and number not in (11, 12):
            tens = f"{_RU_TENS_TO_90[number // 10]} " if number > 20 else ""
            return f"{tens}{'одна' if number % 10 == 1 else 'две'} {self.plural(number, forms)}"
        return super().amount(number, forms)

    def day(self, day: dt.date, *, year: bool) -> str:
        said = f"{_ordinal_of(day.day)} {_RU_MONTHS_OF[day.month - 1]}"
        if not year:
            return said
        in_century = day.year - 2000
        if not 0 < in_century < 100:
            return f"{said} {day.year} года"
        return f"{said} две тысячи {_ordinal_of(in_century)} года"

    def time(self, moment: dt.time) -> str:
        hour = _ru_cardinal(moment.hour)
        if not moment.minute:
            return f"{hour} {self.plural(moment.hour, ('час', 'часа', 'часов'))}"
        minute = _ru_cardinal(moment.minute)
        return f"{hour} ноль {minute}" if moment.minute < 10 else f"{hour} {minute}"

    def window(self, start: dt.time, end: dt.time) -> str:
        if start.minute or end.minute:
            return f"с {self._of(start)} до {self._of(end)}"
        return f"с {self._of(start)} до {self._of(end)} часов" if end.hour != 1 else f"с {self._of(start)} до часа"

    def _of(self, moment: dt.time) -> str:
        hour = "нуля" if moment.hour == 0 else _RU_HOURS_OF[moment.hour]
        return f"{hour} {_ru_minutes_of(moment.minute)}".strip()


def _ru_cardinal(number: int) -> str:
    """Up to 59."""
    if number < 20:
        return _RU_UNITS[number]
    tens, unit = divmod(number, 10)
    return f"{_RU_TENS[tens]} {_RU_UNITS[unit]}" if unit else _RU_TENS[tens]


def _ru_minutes_of(minute: int) -> str:
    if not minute:
        return ""
    return f"ноль {_ru_cardinal(minute)}" if minute < 10 else _ru_cardinal(minute)


def _ordinal_of(number: int) -> str:
    """Genitive, 1 to 99: двадцать третьего."""
    if number < 20:
        return _RU_ORDINALS_OF[number]
    tens, unit = divmod(number, 10)
    return f"{_RU_TENS_TO_90[tens]} {_RU_ORDINALS_OF[unit]}" if unit else _RU_TENTHS_OF[tens]


_EN_UNITS = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_EN_TENS = {2: "twenty", 3: "thirty", 4: "forty", 5: "fifty"}
_EN_ORDINALS = _words(
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_EN_MONTHS = _words("January February March April May June July August September October November December")


class English(Spoken):
    code = "en"
    at = "at"
    plus = "plus"
    minus = "minus"
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}  # noqa: RUF012
    currencies = {  # noqa: RUF012
        "RUB": (("ruble", "rubles"), ("kopeck", "kopecks")),
        "UAH": (("hryvnia", "hryvnias"), ("kopiyka", "kopiykas")),
        "KZT": (("tenge", "tenge"), ("tiyn", "tiyn")),
        "USD": (("dollar", "dollars"), ("cent", "cents")),
        "EUR": (("euro", "euros"), ("cent", "cents")),
        "GBP": (("pound", "pounds"), ("penny", "pence")),
    }

    def day(self, day: dt.date, *, year: bool) -> str:
        tens, unit = divmod(day.day, 10)
        if day.day < 20:
            ordinal = _EN_ORDINALS[day.day]
        elif unit:
            ordinal = f"{_EN_TENS[tens]}-{_EN_ORDINALS[unit]}"
        else:
            ordinal = f"{_EN_TENS[tens][:-1]}ieth"
        said = f"{_EN_MONTHS[day.month - 1]} {ordinal}"
        return f"{said}, {day.year}" if year else said

    def time(self, moment: dt.time) -> str:
        if (moment.hour, moment.minute) in ((0, 0), (12, 0)):
            return "noon" if moment.hour else "midnight"
        half = "AM" if moment.hour < 12 else "PM"
        hour = _EN_UNITS[(moment.hour + 11) % 12 + 1]
        tens, unit = divmod(moment.minute, 10)
        if not moment.minute:
            return f"{hour} {half}"
        if moment.minute < 10:
            return f"{hour} oh {_EN_UNITS[unit]} {half}"
        if moment.minute < 20:
            return f"{hour} {_EN_UNITS[moment.minute]} {half}"
        return f"{hour} {_EN_TENS[tens]}{'-' + _EN_UNITS[unit] if unit else ''} {half}"

    def window(self, start: dt.time, end: dt.time) -> str:
        return f"between {self.time(start)} and {self.time(end)}"


_LANGUAGES: Mapping[str, type[Spoken]] = {"ru": Russian, "en": English}


@lru_cache(maxsize=64)
def spoken(language: str) -> Spoken:
    """The words of a language: ``ru``, ``en-GB``…"""
    base = language.replace("_", "-").split("-")[0].lower()
    known = _LANGUAGES.get(base)
    return known() if known else Spoken(base or "en")
