"""English: two forms of what is counted, days after the month, years in halves, and what is abbreviated."""

from __future__ import annotations

import re

from voice.saying.slavic import abbreviation
from voice.saying.tongue import Case, Gender, Noun, Tongue, listed

_MONTHS = listed("January February March April May June July August September October November December")


def cardinal(value: int, case: Case = "nominative", gender: Gender = "m") -> str:
    from num2words import num2words

    return str(num2words(value, lang="en")).replace(",", "")


def ordinal(value: int) -> str:
    from num2words import num2words

    return str(num2words(value, lang="en", to="ordinal")).replace(",", "")


def year_words(value: int) -> str:
    from num2words import num2words

    return str(num2words(value, lang="en", to="year"))


def counted(noun: Noun, number: int, case: Case) -> str:
    return noun.forms[0] if number == 1 else noun.forms[-1]


def decimal(whole: str, part: str) -> str:
    return f"{cardinal(int(whole))} point {' '.join(cardinal(int(digit)) for digit in part)}"


def date(day: int, month: int, year: int | None) -> str:
    said = f"{_MONTHS[month - 1]} {ordinal(day)}"
    return f"{said}, {year_words(year)}" if year else said


def time(hour: int, minute: int, case: Case = "nominative") -> str:
    if not minute and hour in (0, 12):
        return "noon" if hour else "midnight"
    said = cardinal((hour + 11) % 12 + 1)
    if minute:
        said += f" {'oh ' if minute < 10 else ''}{cardinal(minute)}"
    return f"{said} {'AM' if hour < 12 else 'PM'}"


def years(text: str) -> str:
    text = re.sub(
        r"\b(in|since|of|by|until|from|year|summer|winter|spring|autumn) ((?:19|20)\d\d)(?![\w.,]*\d|[- ]?\w*%)",
        lambda match: f"{match[1]} {year_words(int(match[2]))}",
        text,
        flags=re.IGNORECASE,
    )
    return re.sub(r"(?<![\w.,])(\d{1,4})(?:st|nd|rd|th)\b", lambda match: ordinal(int(match[1])), text)


_CENT = Noun(("cent", "cents"))
_DOLLAR = Noun(("dollar", "dollars"), hundredth=_CENT)
_EURO = Noun(("euro", "euros"), hundredth=_CENT)
_POUND = Noun(("pound", "pounds"), hundredth=Noun(("penny", "pence")))
_ROUBLE = Noun(("rouble", "roubles"), hundredth=Noun(("kopeck", "kopecks")))
_HRYVNIA = Noun(("hryvnia", "hryvnias"), hundredth=Noun(("kopiyka", "kopiykas")))
_DAY = r"(?P<day>[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_ab = abbreviation

ENGLISH = Tongue(
    cardinal=cardinal,
    counted=counted,
    decimal=decimal,
    date=date,
    time=time,
    gender_before=lambda value, word, case: ("m", None),
    months=re.compile(
        rf"\b(?P<month>{'|'.join(_MONTHS)}) {_DAY}(?:,? (?P<year>(?:19|20)\d\d))?(?![\w]|[.,:]\d)", re.IGNORECASE
    ),
    month_number=lambda name: [month.lower() for month in _MONTHS].index(name.lower()) + 1,
    nouns={
        r"\$|usd": _DOLLAR,
        r"€|eur": _EURO,
        r"£|gbp": _POUND,
        r"₽|rub": _ROUBLE,
        r"₴|uah": _HRYVNIA,
        r"%": Noun(("percent", "percent")),
        r"°\s?C": Noun(("degree Celsius", "degrees Celsius")),
        r"°\s?F": Noun(("degree Fahrenheit", "degrees Fahrenheit")),
        r"°": Noun(("degree", "degrees")),
        r"kg": Noun(("kilogram", "kilograms")),
        r"km": Noun(("kilometer", "kilometers")),
        r"cm": Noun(("centimeter", "centimeters")),
        r"mm": Noun(("millimeter", "millimeters")),
        r"ml": Noun(("milliliter", "milliliters")),
        r"lbs?\.?": Noun(("pound", "pounds")),
        r"mins?\.?": Noun(("minute", "minutes")),
        r"hrs?\.?": Noun(("hour", "hours")),
        r"secs?\.?": Noun(("second", "seconds")),
        r"pcs?\.?": Noun(("piece", "pieces")),
    },
    before={r"\$": _DOLLAR, r"€": _EURO, r"£": _POUND, r"₽": _ROUBLE, r"₴": _HRYVNIA},
    scales={
        r"k": (10**3, Noun(("thousand", "thousand"))),
        r"m|mln|million": (10**6, Noun(("million", "million"))),
        r"bn|billion": (10**9, Noun(("billion", "billion"))),
    },
    cases={},
    abbreviations=(
        *_ab(r"e\.\s?g\.", "for example"),
        *_ab(r"i\.\s?e\.", "that is"),
        *_ab(r"etc\.", "and so on"),
        *_ab(r"approx\.", "approximately"),
        *_ab(r"Apt\.", "apartment"),
        *_ab(r"Ave\.", "Avenue"),
        *_ab(r"Blvd\.", "Boulevard"),
        *_ab(r"Rd\.", "Road"),
        *_ab(r"Bldg\.", "building"),
        *_ab(r"St\.(?=\s[A-Z])(?<!\w\s\w)", "Saint", flags=0),
        *_ab(r"St\.", "Street"),
        *_ab(r"No\.(?=\s?\d)", "number"),
        *_ab(r"Mr\.", "Mister"),
        *_ab(r"Mrs\.", "Missus"),
        *_ab(r"Dr\.", "Doctor"),
        *_ab(r"tel\.", "telephone"),
        *_ab(r"ext\.", "extension"),
        *_ab(r"min\.", "minutes"),
        *_ab(r"max\.", "maximum"),
        *_ab(r"vs\.?", "versus"),
    ),
    years=years,
    plus="plus",
    minus="minus",
    range_to="to",
    range_from=("", ""),
    hours_from=("from", "to"),
    dot="dot",
    fraction="slash",
    phone_groups=False,
    month_first=True,
    point=".",
    thousands=",",
    words={"№": "number", "%": "percent", "&": "and", "@": "at", "=": "equals", "₽": "roubles", "₴": "hryvnias"},
)
