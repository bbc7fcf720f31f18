"""Ukrainian: cases and genders of numbers, and what is abbreviated."""

from __future__ import annotations

import re

from voice.saying.slavic import abbreviation, counted, month_pattern, plain
from voice.saying.tongue import Case, Gender, Noun, Tongue, listed

_MONTHS = listed("січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня")
_FEMININE = re.compile(
    r"(?:хвилин|годин|секунд|гривн|копій|тисяч|картк|посилк|доставк|дат|сторінк|позиці|одиниц|кнопк|цифр|заявк|спроб"
    r"|покупк|штук|знижк|послуг|скарг|помилк|адрес|кімнат|квартир|пляшк|коробк|сум|книг)"
)


def cardinal(value: int, case: Case = "nominative", gender: Gender = "m") -> str:
    from num2words import num2words

    named = "nominative" if case == "accusative" else case
    said = str(num2words(value, lang="uk", case=named, gender="feminine" if gender == "f" else "masculine"))
    if gender == "f" and case == "accusative":
        said = re.sub(r"одна$", "одну", said)
    if gender == "n" and named == "nominative":
        said = re.sub(r"один$", "одне", said)
    return plain(said, r"одн(?:а|ієї|ій|ією|у) (тисяч\w+)", r"один (мільйон)")


def ordinal(value: int, case: Case = "nominative", gender: Gender = "m") -> str:
    """Nominative, genitive, dative and locative."""
    from num2words import num2words

    said = str(num2words(value, lang="uk", to="ordinal"))
    said = plain(said, r"одна (тисяч\w+)")
    soft = said.endswith("ій")
    stem = said[:-2]
    if gender == "f":
        ending = {"nominative": "я" if soft else "а", "accusative": "ю" if soft else "у"}.get(case, "ої")
    elif case == "nominative":
        return said if gender == "m" else f"{stem}{'є' if soft else 'е'}"
    else:
        ending = {"genitive": "ого", "dative": "ому", "locative": "ому"}.get(case, "ого")
        ending = f"ь{ending}" if soft else ending
    return f"{stem}{ending}"


def decimal(whole: str, part: str) -> str:
    part = part.rstrip("0") or "0"
    if len(part) > 3:
        return f"{cardinal(int(whole))} і {' '.join(cardinal(int(digit)) for digit in part)}"
    name = ("десят", "сот", "тисячн")[len(part) - 1]

    def of(value: int, one: str, many: str) -> str:
        single = value % 10 == 1 and value % 100 != 11
        return f"{cardinal(value, 'nominative', 'f')} {one if single else many}"

    return f"{of(int(whole), 'ціла', 'цілих')} {of(int(part), f'{name}а', f'{name}их')}"


def date(day: int, month: int, year: int | None) -> str:
    said = f"{ordinal(day, 'genitive')} {_MONTHS[month - 1]}"
    return f"{said} {ordinal(year, 'genitive')} року" if year else said


def time(hour: int, minute: int, case: Case = "nominative") -> str:
    """О сімнадцятій тридцять; до дев'ятої."""
    said = ordinal(hour, case, "f") if hour else "нуль годин"
    if case not in ("nominative", "genitive"):
        said = f"{ordinal(hour, 'nominative', 'f')[:-1]}ій" if hour else "нуль годин"
    if not minute:
        return said
    return f"{said} {'нуль ' if minute < 10 else ''}{cardinal(minute, 'nominative', 'f')}"


def gender_before(value: int, word: str, case: Case) -> tuple[Gender, Case | None]:
    if value % 10 not in (1, 2) or value % 100 in (11, 12):
        return "m", None
    if _FEMININE.match(word):
        return "f", "accusative" if value % 10 == 1 and word.endswith(("у", "ю")) else None
    if value % 10 == 1 and word.endswith(("ня", "тя", "не", "ве", "то", "мо")):
        return "n", None
    return "m", None


def years(text: str) -> str:
    def year(match: re.Match[str]) -> str:
        word = match[2].lower()
        case: Case = "nominative" if word == "рік" else "locative" if word == "році" else "genitive"
        return f"{ordinal(int(match[1]), case)} {'року' if len(word) < 3 else match[2]}"

    def nth(match: re.Match[str]) -> str:
        forms: dict[str, tuple[Case, Gender]] = {
            "й": ("nominative", "m"),
            "а": ("nominative", "f"),
            "я": ("nominative", "f"),
            "е": ("nominative", "n"),
            "го": ("genitive", "m"),
            "му": ("dative", "m"),
            "у": ("accusative", "f"),
            "ю": ("accusative", "f"),
            "ї": ("genitive", "f"),
        }
        case, gender = forms[match[2].lower()]
        return ordinal(int(match[1]), case, gender)

    text = re.sub(r"(?<![\w.,])((?:19|20)\d\d)\s?(році|року|рік|р\.)(?![а-яїієґ])", year, text)
    return re.sub(r"(?<![\w.,])(\d{1,4})[-‑](го|му|й|а|я|е|у|ю|ї)(?![а-яїієґ'’])", nth, text, flags=re.IGNORECASE)


_KOPECK = Noun(("копійка", "копійки", "копійок"), "f")
_CENT = Noun(("цент", "центи", "центів"), of_one="цента")
_HRYVNIA = Noun(("гривня", "гривні", "гривень"), "f", hundredth=_KOPECK)
_ROUBLE = Noun(("рубль", "рублі", "рублів"), of_one="рубля", hundredth=_KOPECK)
_DOLLAR = Noun(("долар", "долари", "доларів"), of_one="долара", hundredth=_CENT)
_EURO = Noun(("євро", "євро", "євро"), hundredth=_CENT)
_POUND = Noun(("фунт", "фунти", "фунтів"), of_one="фунта", hundredth=Noun(("пенс", "пенси", "пенсів")))
_ab = abbreviation

UKRAINIAN = Tongue(
    cardinal=cardinal,
    counted=counted,
    decimal=decimal,
    date=date,
    time=time,
    gender_before=gender_before,
    months=month_pattern(_MONTHS, r"(?:\s*(?:р\.|року|р(?!\w)))"),
    month_number=lambda name: _MONTHS.index(name.lower()) + 1,
    nouns={
        r"грн\.?|₴": _HRYVNIA,
        r"коп\.?": _KOPECK,
        r"руб\.?|₽": _ROUBLE,
        r"\$|usd|дол\.": _DOLLAR,
        r"€|eur": _EURO,
        r"£|gbp": _POUND,
        r"%": Noun(("відсоток", "відсотки", "відсотків"), of_one="відсотка"),
        r"°\s?[CС]": Noun(("градус Цельсія", "градуси Цельсія", "градусів Цельсія"), of_one="градуса Цельсія"),
        r"°": Noun(("градус", "градуси", "градусів"), of_one="градуса"),
        r"кг\.?": Noun(("кілограм", "кілограми", "кілограмів"), of_one="кілограма"),
        r"км\.?": Noun(("кілометр", "кілометри", "кілометрів"), of_one="кілометра"),
        r"см\.?": Noun(("сантиметр", "сантиметри", "сантиметрів"), of_one="сантиметра"),
        r"мм\.?": Noun(("міліметр", "міліметри", "міліметрів"), of_one="міліметра"),
        r"мл\.?": Noun(("мілілітр", "мілілітри", "мілілітрів"), of_one="мілілітра"),
        r"л": Noun(("літр", "літри", "літрів"), of_one="літра"),
        r"м": Noun(("метр", "метри", "метрів"), of_one="метра"),
        r"шт\.?": Noun(("штука", "штуки", "штук"), "f"),
        r"хв\.?": Noun(("хвилина", "хвилини", "хвилин"), "f"),
        r"сек\.?": Noun(("секунда", "секунди", "секунд"), "f"),
        r"год\.?": Noun(("година", "години", "годин"), "f"),
        r"дн\.": Noun(("день", "дні", "днів"), of_one="дня"),
        r"міс\.": Noun(("місяць", "місяці", "місяців"), of_one="місяця"),
    },
    before={r"\$": _DOLLAR, r"€": _EURO, r"£": _POUND, r"₴": _HRYVNIA},
    scales={
        r"тис\.?": (10**3, Noun(("тисяча", "тисячі", "тисяч"), "f")),
        r"млн\.?": (10**6, Noun(("мільйон", "мільйони", "мільйонів"), of_one="мільйона")),
        r"млрд\.?": (10**9, Noun(("мільярд", "мільярди", "мільярдів"), of_one="мільярда")),
    },
    cases={
        **dict.fromkeys(
            listed("від до з із зі без близько для після понад більше менше біля крім протягом"),
            "genitive",
        ),
        **dict.fromkeys(("через", "за"), "accusative"),
        **dict.fromkeys(("між", "перед", "над"), "instrumental"),
        **dict.fromkeys(("о", "об", "при"), "locative"),
    },
    abbreviations=(
        *_ab(r"[іт]а?\s?т\.\s?д\.", "і так далі"),
        *_ab(r"і\s?т\.\s?п\.", "і таке інше"),
        *_ab(r"вул\.", "вулиця"),
        *_ab(r"(?:пр-т|просп\.)", "проспект"),
        *_ab(r"пров\.", "провулок"),
        *_ab(r"пл\.", "площа"),
        *_ab(r"наб\.", "набережна"),
        *_ab(r"бульв\.|б-р", "бульвар"),
        *_ab(r"(?:буд|д)\.(?=\s?\d)", "будинок"),
        *_ab(r"кв\.(?=\s?\d)", "квартира"),
        *_ab(r"корп\.(?=\s?\d)", "корпус"),
        *_ab(r"оф\.(?=\s?\d)", "офіс"),
        *_ab(r"під\.(?=\s?\d)", "під'їзд"),
        *_ab(r"пов\.(?=\s?\d)", "поверх"),
        *_ab(r"м\.(?=\s?[А-ЯЇІЄҐ])", "місто", flags=0),
        *_ab(r"обл\.", "область"),
        *_ab(r"р-н", "район"),
        *_ab(r"тел\.", "телефон"),
        *_ab(r"дод\.", "додатковий"),
        *_ab(r"грн\.?", "гривень"),
        *_ab(r"коп\.", "копійок"),
        *_ab(r"шт\.", "штук"),
        *_ab(r"тис\.", "тисяч"),
        *_ab(r"млн\.?", "мільйонів"),
        *_ab(r"хв\.", "хвилин"),
    ),
    years=years,
    plus="плюс",
    minus="мінус",
    range_to="до",
    range_from=("від", "до"),
    hours_from=("з", "до"),
    dot="крапка",
    fraction="дріб",
    phone_groups=True,
    point=",",
    words={"№": "номер", "%": "відсотків", "&": "і", "@": "равлик", "=": "дорівнює", "₽": "рублів", "₴": "гривень"},
)
