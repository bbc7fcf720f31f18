"""Russian: cases and genders of numbers, and what is abbreviated."""

from __future__ import annotations

import re

from voice.saying.slavic import abbreviation, counted, month_pattern, plain
from voice.saying.tongue import Case, Gender, Noun, Tongue, listed

_CASES = {
    "nominative": "n",
    "genitive": "g",
    "dative": "d",
    "accusative": "a",
    "instrumental": "i",
    "locative": "p",
}
_MONTHS = listed("января февраля марта апреля мая июня июля августа сентября октября ноября декабря")


def cardinal(value: int, case: Case = "nominative", gender: Gender = "m") -> str:
    from num2words import num2words

    # Of things without life the accusative is the nominative, but for "одну".
    named = _CASES["nominative" if case == "accusative" and gender != "f" else case]
    said = str(num2words(value, lang="ru", case=named, gender=gender))
    return plain(said, r"одн(?:а|ой|у) (тысяч\w+)", r"один (миллион)")


def ordinal(value: int, case: Case = "nominative", gender: Gender = "m") -> str:
    from num2words import num2words

    return str(num2words(value, lang="ru", to="ordinal", case=_CASES[case], gender=gender))


def decimal(whole: str, part: str) -> str:
    part = part.rstrip("0") or "0"
    if len(part) > 3:
        return f"{cardinal(int(whole))} и {' '.join(cardinal(int(digit)) for digit in part)}"
    name = ("десят", "сот", "тысячн")[len(part) - 1]

    def of(value: int, one: str, many: str) -> str:
        single = value % 10 == 1 and value % 100 != 11
        return f"{cardinal(value, 'nominative', 'f')} {one if single else many}"

    return f"{of(int(whole), 'целая', 'целых')} {of(int(part), f'{name}ая', f'{name}ых')}"


def date(day: int, month: int, year: int | None) -> str:
    said = f"{ordinal(day, 'genitive')} {_MONTHS[month - 1]}"
    return f"{said} {ordinal(year, 'genitive')} года" if year else said


def time(hour: int, minute: int, case: Case = "nominative") -> str:
    if case != "genitive":
        case = "nominative"
    said = cardinal(hour, case)
    if not minute:
        return f"{said} {counted(_HOUR, hour, case)}"
    zero = cardinal(0, case) + " " if minute < 10 else ""
    return f"{said} {zero}{cardinal(minute, case, 'f' if case == 'nominative' else 'm')}"


def gender_before(value: int, word: str, case: Case) -> tuple[Gender, Case | None]:
    one, two = value % 10 == 1 and value % 100 != 11, value % 10 == 2 and value % 100 != 12
    if len(word) < 3 or word in _MONTHS or not (one or two):
        return "m", None
    if one and case == "nominative" and word.endswith(("у", "ю")) and not word.endswith(("ому", "ему")):
        return "f", "accusative"
    if one and word.endswith(("а", "я") if case == "nominative" else ("ы", "и")):
        return "f", None
    if one and case == "nominative" and word.endswith(("о", "ое", "ее", "ие")):
        return "n", None
    return ("f", None) if two and word.endswith(("ы", "и")) else ("m", None)


def years(text: str) -> str:
    def year(match: re.Match[str]) -> str:
        word = match[3].lower()
        if len(word) < 3:
            word = "году" if match[1] else "года"
        case: Case = "nominative" if word == "год" else "locative" if word == "году" else "genitive"
        return f"{match[1] or ''}{ordinal(int(match[2]), case)} {word}"

    def nth(match: re.Match[str]) -> str:
        ending = match[2].lower()
        forms: dict[str, tuple[Case, Gender]] = {
            "й": ("nominative", "m"),
            "ый": ("nominative", "m"),
            "ий": ("nominative", "m"),
            "я": ("nominative", "f"),
            "ая": ("nominative", "f"),
            "е": ("nominative", "n"),
            "ое": ("nominative", "n"),
            "го": ("genitive", "m"),
            "ого": ("genitive", "m"),
            "му": ("dative", "m"),
            "ому": ("dative", "m"),
            "м": ("locative", "m"),
            "ом": ("locative", "m"),
            "ю": ("accusative", "f"),
            "ую": ("accusative", "f"),
        }
        case, gender = forms[ending]
        return ordinal(int(match[1]), case, gender)

    text = re.sub(r"(?<![\w.,])(в\s)?((?:19|20)\d\d)\s?(год[ау]?|г\.?)(?![а-яё])", year, text, flags=re.IGNORECASE)
    return re.sub(
        r"(?<![\w.,])(\d{1,4})[-‑](ого|ому|ый|ий|ая|ое|ую|ом|го|му|й|я|е|м|ю)(?![а-яё])", nth, text, flags=re.IGNORECASE
    )


_HOUR = Noun(("час", "часа", "часов"))
_KOPECK = Noun(("копейка", "копейки", "копеек"), "f")
_CENT = Noun(("цент", "цента", "центов"))
_ROUBLE = Noun(("рубль", "рубля", "рублей"), hundredth=_KOPECK)
_HRYVNIA = Noun(("гривна", "гривны", "гривен"), "f", hundredth=_KOPECK)
_DOLLAR = Noun(("доллар", "доллара", "долларов"), hundredth=_CENT)
_EURO = Noun(("евро", "евро", "евро"), hundredth=_CENT)
_POUND = Noun(("фунт", "фунта", "фунтов"), hundredth=Noun(("пенс", "пенса", "пенсов")))
_ab = abbreviation

RUSSIAN = Tongue(
    cardinal=cardinal,
    counted=counted,
    decimal=decimal,
    date=date,
    time=time,
    gender_before=gender_before,
    months=month_pattern(_MONTHS, r"(?:\s*(?:г\.|года|г(?!\w)))"),
    month_number=lambda name: _MONTHS.index(name.lower()) + 1,
    nouns={
        r"руб(?:\.|лей)?|₽|р\.": _ROUBLE,
        r"коп\.?": _KOPECK,
        r"грн\.?|₴": _HRYVNIA,
        r"\$|usd|долл\.?": _DOLLAR,
        r"€|eur": _EURO,
        r"£|gbp": _POUND,
        r"%": Noun(("процент", "процента", "процентов")),
        r"°\s?[CС]": Noun(("градус Цельсия", "градуса Цельсия", "градусов Цельсия")),
        r"°": Noun(("градус", "градуса", "градусов")),
        r"кг\.?": Noun(("килограмм", "килограмма", "килограммов")),
        r"гр\.?": Noun(("грамм", "грамма", "граммов")),
        r"км\.?": Noun(("километр", "километра", "километров")),
        r"см\.?": Noun(("сантиметр", "сантиметра", "сантиметров")),
        r"мм\.?": Noun(("миллиметр", "миллиметра", "миллиметров")),
        r"м": Noun(("метр", "метра", "метров")),
        r"мл\.?": Noun(("миллилитр", "миллилитра", "миллилитров")),
        r"л": Noun(("литр", "литра", "литров")),
        r"шт\.?": Noun(("штука", "штуки", "штук"), "f"),
        r"мин\.?": Noun(("минута", "минуты", "минут"), "f"),
        r"сек\.?": Noun(("секунда", "секунды", "секунд"), "f"),
        r"ч\.?|час\.": _HOUR,
        r"дн\.": Noun(("день", "дня", "дней")),
        r"мес\.": Noun(("месяц", "месяца", "месяцев")),
    },
    before={r"\$": _DOLLAR, r"€": _EURO, r"£": _POUND, r"₽": _ROUBLE},
    scales={
        r"тыс\.?": (10**3, Noun(("тысяча", "тысячи", "тысяч"), "f")),
        r"млн\.?": (10**6, Noun(("миллион", "миллиона", "миллионов"))),
        r"млрд\.?": (10**9, Noun(("миллиард", "миллиарда", "миллиардов"))),
    },
    cases={
        **dict.fromkeys(
            listed("от до из без около для после более менее больше меньше свыше у кроме с со порядка"),
            "genitive",
        ),
        **dict.fromkeys(("к", "ко"), "dative"),
        **dict.fromkeys(("через", "за"), "accusative"),
        **dict.fromkeys(("между", "перед", "над"), "instrumental"),
        **dict.fromkeys(("о", "об", "при"), "locative"),
    },
    abbreviations=(
        *_ab(r"и\s?т\.\s?д\.", "и так далее"),
        *_ab(r"и\s?т\.\s?п\.", "и тому подобное"),
        *_ab(r"и\s?др\.", "и другие"),
        *_ab(r"т\.\s?е\.", "то есть"),
        *_ab(r"т\.\s?к\.", "так как"),
        *_ab(r"в\s?т\.\s?ч\.", "в том числе"),
        *_ab(r"ул\.", "улица"),
        *_ab(r"(?:пр-т|просп\.|пр-кт)", "проспект"),
        *_ab(r"пер\.", "переулок"),
        *_ab(r"пл\.", "площадь"),
        *_ab(r"наб\.", "набережная"),
        *_ab(r"бул\.|б-р", "бульвар"),
        *_ab(r"пр-д", "проезд"),
        *_ab(r"ш\.", "шоссе"),
        *_ab(r"д\.(?=\s?\d)", "дом"),
        *_ab(r"кв\.(?=\s?\d)", "квартира"),
        *_ab(r"(?:корп|к)\.(?=\s?\d)", "корпус"),
        *_ab(r"стр\.(?=\s?\d)", "строение"),
        *_ab(r"оф\.(?=\s?\d)", "офис"),
        *_ab(r"эт\.", "этаж"),
        *_ab(r"под\.(?=\s?\d)", "подъезд"),
        *_ab(r"г\.(?=\s?[А-ЯЁ])", "город", flags=0),
        *_ab(r"обл\.", "область"),
        *_ab(r"р-н", "район"),
        *_ab(r"тел\.", "телефон"),
        *_ab(r"доб\.", "добавочный"),
        *_ab(r"руб\.", "рублей"),
        *_ab(r"коп\.", "копеек"),
        *_ab(r"шт\.", "штук"),
        *_ab(r"тыс\.", "тысяч"),
        *_ab(r"млн\.?", "миллионов"),
        *_ab(r"мин\.", "минут"),
        *_ab(r"макс\.", "максимум"),
        *_ab(r"ок\.(?=\s?\d)", "около"),
        *_ab(r"пн", "понедельник", flags=0),
        *_ab(r"вс", "воскресенье", flags=0),
    ),
    years=years,
    plus="плюс",
    minus="минус",
    range_to="до",
    range_from=("от", "до"),
    hours_from=("с", "до"),
    dot="точка",
    fraction="дробь",
    phone_groups=True,
    point=",",
    words={"№": "номер", "%": "процентов", "&": "и", "@": "собака", "=": "равно", "₽": "рублей", "₴": "гривен"},
)
