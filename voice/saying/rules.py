"""How values are found in a text, in any language; a :class:`voice.saying.tongue.Tongue` says them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from voice.saying.tongue import Case, Noun, Tongue

MOST = 10**12
ONE_BY_ONE_FROM = 7
"""Digits in a row that nobody says as one number: an order, a card."""

_SPACES = "[ \u00a0\u202f\u2009]"
_LINK = re.compile(r"\b(?:https?://(?:www\.)?|www\.)(?P<host>[\w.-]*\w)(?:[:/?#]\S*\w)?/?", re.IGNORECASE)
_MAIL = re.compile(r"(?<!\w)([\w.+-]+)@([\w-]+(?:\.[\w-]+)+)")
_HOURS = re.compile(r"(?<![\d:])(\d?\d:[0-5]\d)\s?[–—-]\s?(\d?\d:[0-5]\d)(?![\d:])")
_PHONE = re.compile(r"(?<![\d,.:/-])\+?\(?\d(?:[ \u00a0()-]{0,2}\d){9,14}(?![\d:/])")
_PHONE_SHAPE = re.compile(r"\+?\d{1,3} \d{3} \d{3} \d{2} \d{2}|\+?\d{1,3} \d{3} \d{3} \d{4}")
_CARD = re.compile(r"(?<!\d)\d{4}(?: \d{4}){2,4}(?!\d)")
_ISO = re.compile(r"(?<![\d-])(20\d\d|19\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?![\d-])")
_DOTTED = re.compile(r"(?<![\d.,])(0?[1-9]|[12]\d|3[01])\.(0?[1-9]|1[0-2])(?:\.((?:19|20)?\d\d))?(?!\d|[.,]\d)")
_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/((?:19|20)?\d\d)(?![\d/])")
_TIME = re.compile(r"(?<![\d:])([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?(?![\d:])(?:\s?([ap])\.?m\b\.?)?", re.IGNORECASE)
_RANGE = re.compile(r"(?<![\w-])(\d{1,6})\s?[–—-]\s?(\d{1,6})(?![\w-])")
_NUMBER = re.compile(r"(?<![\w.,])(\d+)(?:[.,](\d{1,4}))?(?!\w)")
_LAST_WORD = re.compile(r"([^\W\d_]+)\s*$")
_NEXT_WORD = re.compile(r"\s*([^\W\d_]+)")


def in_words(text: str, tongue: Tongue) -> str:
    """The text with its values in words."""
    text = _LINK.sub(lambda match: match["host"].replace(".", f" {tongue.dot} ") + " ", text)
    text = _MAIL.sub(lambda match: f"{match[1]} {tongue.words['@']} {match[2].replace('.', f' {tongue.dot} ')}", text)
    text = _PHONE.sub(lambda match: _phone(match[0], tongue), text)
    text = _CARD.sub(lambda match: _one_by_one(match[0].replace(" ", ""), tongue), text)
    text = _dates(text, tongue)
    text = _joined(text, tongue)
    text = re.sub(r"(?<![\w)])[-−](?=\d)", f"{tongue.minus} ", text)
    text = re.sub(r"\+(?=\s?\d)", f"{tongue.plus} ", text)
    text = _ranges(_HOURS, text, tongue.hours_from, tongue)
    text = _with_context(_TIME, text, lambda match, case: tongue.time(_hour(match), int(match[2]), case), tongue)
    text = _ranges(_RANGE, text, tongue.range_from, tongue)
    text = re.sub(r"(?<=\d)/(?=\d)", f" {tongue.fraction} ", text)
    text = _amounts(text, tongue)
    for pattern, words in tongue.abbreviations:
        text = pattern.sub(words, text)
    text = tongue.years(text)
    for sign, word in tongue.words.items():
        text = text.replace(sign, f" {word} ")
    text = _numbers(text, tongue)
    return re.sub(r"\s+([,.;:!?)])", r"\1", text)


def _phone(found: str, tongue: Tongue) -> str:
    digits = re.sub(r"\D", "", found)
    sure = found.startswith("+") or re.search(r"[()-]", found) or _PHONE_SHAPE.fullmatch(found)
    if not sure or not 10 <= len(digits) <= 15:
        return found
    groups = [digits[at : at + 3] for at in range(0, len(digits) - 4, 3)] if len(digits) < 11 else []
    if not groups:
        country = len(digits) - 10
        groups = [digits[:country], digits[country : country + 3], digits[country + 3 : country + 6]]
    else:
        groups = [digits[:3], digits[3:6]]
    groups += [digits[-4:-2], digits[-2:]]
    said = ", ".join(_group(group, tongue) for group in groups if group)
    return f"{tongue.plus} {said}" if found.startswith("+") else said


def _group(digits: str, tongue: Tongue) -> str:
    if not tongue.phone_groups or len(digits) > 3:
        return " ".join(_cardinal(int(digit), tongue) for digit in digits)
    zeros = len(digits) - len(digits.lstrip("0"))
    words = [_cardinal(0, tongue)] * zeros
    return " ".join([*words, *([_cardinal(int(digits), tongue)] if zeros < len(digits) else [])])


def _one_by_one(digits: str, tongue: Tongue) -> str:
    size = 4 if len(digits) % 4 == 0 else 3
    parts = [digits[at : at + size] for at in range(0, len(digits), size)]
    return ", ".join(" ".join(_cardinal(int(digit), tongue) for digit in part) for part in parts)


def _dates(text: str, tongue: Tongue) -> str:
    text = _ISO.sub(lambda match: tongue.date(int(match[3]), int(match[2]), int(match[1])), text)
    text = tongue.months.sub(lambda match: _named_date(match, tongue), text)

    def slashed(match: re.Match[str]) -> str:
        first, second = int(match[1]), int(match[2])
        day, month = (second, first) if tongue.month_first and first <= 12 else (first, second)
        fits = 1 <= month <= 12 and 1 <= day <= 31
        return tongue.date(day, month, _year(match[3])) if fits else match[0]

    text = _SLASHED.sub(slashed, text)

    def dotted(match: re.Match[str]) -> str:
        if match[3] is None and (tongue.point == "." or len(match[1]) + len(match[2]) < 4):
            return match[0]
        return tongue.date(int(match[1]), int(match[2]), _year(match[3]) if match[3] else None)

    return _DOTTED.sub(dotted, text)


def _hour(match: re.Match[str]) -> int:
    hour, half = int(match[1]), (match[3] or "").lower()
    return hour % 12 + 12 * (half == "p") if half and hour <= 12 else hour


def _named_date(match: re.Match[str], tongue: Tongue) -> str:
    day = int(match["day"])
    year = match["year"]
    return tongue.date(day, tongue.month_number(match["month"]), int(year) if year else None) if day <= 31 else match[0]


def _year(written: str) -> int:
    return int(written) if len(written) == 4 else 2000 + int(written)


def _joined(text: str, tongue: Tongue) -> str:
    """1 200 000 (or 1,200,000) as one number."""
    gap = _SPACES if tongue.thousands == " " else re.escape(tongue.thousands)
    pattern = rf"(?<![\d.,])(?<!\d{_SPACES})([1-9]\d{{0,2}})((?:{gap}\d{{3}})+)(?!{_SPACES}?\d)"
    return re.sub(pattern, lambda match: match[1] + re.sub(r"\D", "", match[2]), text)


def _amounts(text: str, tongue: Tongue) -> str:
    """Numbers with a sign or an abbreviation that says what is counted."""
    before, after, scales, pattern = _patterns(tongue)

    def amount(match: re.Match[str], case: Case) -> str:
        sign = match["sign"] or match["unit"]
        noun = next(noun for found, noun in (before if match["sign"] else after) if found.fullmatch(sign))
        value, part = int(match["whole"]), match["part"]
        if value >= MOST:
            return match[0]
        if match["scale"]:
            scale = next(scale for found, scale in scales if found.fullmatch(match["scale"]))
            number = tongue.decimal(match["whole"], part) if part else tongue.cardinal(value, case, scale.gender)
            # "Five and a half thousand roubles": the thousand is counted, and what it is of comes in the plural.
            of = scale.of_one or scale.forms[min(1, len(scale.forms) - 1)]
            return f"{number} {of if part else tongue.counted(scale, value, case)} {noun.forms[-1]}"
        if part and noun.hundredth and len(part) == 2:
            said = _counted(value, noun, case, tongue)
            return f"{said} {_counted(int(part), noun.hundredth, case, tongue)}" if int(part) else said
        if part and part.strip("0"):
            return f"{tongue.decimal(match['whole'], part)} {noun.of_one or noun.forms[min(1, len(noun.forms) - 1)]}"
        return _counted(value, noun, case, tongue)

    return _with_context(pattern, text, amount, tongue)


_Known = list[tuple[re.Pattern[str], Noun]]


@lru_cache(maxsize=8)
def _patterns(tongue: Tongue) -> tuple[_Known, _Known, _Known, re.Pattern[str]]:
    def compiled(each: str) -> re.Pattern[str]:
        return re.compile(each, re.IGNORECASE)

    before = [(compiled(found), noun) for found, noun in tongue.before.items()]
    after = [(compiled(found), noun) for found, noun in tongue.nouns.items()]
    scales = [(compiled(found), noun) for found, (_, noun) in tongue.scales.items()]
    sign, unit, scale = ("|".join(known) for known in (tongue.before, tongue.nouns, tongue.scales))
    number = r"(?P<whole>\d{1,12})(?:[.,](?P<part>\d{1,3}))?"
    gap = _SPACES
    whole = (
        rf"(?<![\w.,])(?:(?P<sign>{sign}){gap}?)?{number}(?:{gap}?(?P<scale>{scale})(?!\w))?"
        rf"(?(sign)(?![\d.,]*\d)|{gap}?(?P<unit>{unit})(?!\w))"
    )
    return before, after, scales, compiled(whole)


def _counted(value: int, noun: Noun, case: Case, tongue: Tongue) -> str:
    return f"{tongue.cardinal(value, case, noun.gender)} {tongue.counted(noun, value, case)}"


def _ranges(pattern: re.Pattern[str], text: str, around: tuple[str, str], tongue: Tongue) -> str:
    """3-5 дней: от трёх до пяти дней."""

    def between(match: re.Match[str]) -> str:
        if len(match[1]) > 1 and match[1].startswith("0") and ":" not in match[1]:
            return match[0]
        word = _LAST_WORD.search(text, 0, match.start())
        first, second = around
        if first and not (word and (word[1].lower() in tongue.cases or word[1].lower() == first)):
            return f"{first} {match[1]} {second} {match[2]}"
        return f"{match[1]} {second or tongue.range_to} {match[2]}"

    return pattern.sub(between, text)


def _numbers(text: str, tongue: Tongue) -> str:
    def number(match: re.Match[str], case: Case) -> str:
        digits, part = match[1], match[2]
        alone = len(digits) >= ONE_BY_ONE_FROM or (len(digits) > 1 and digits[0] == "0")
        if part is not None and not alone:
            return tongue.decimal(digits, part)
        if alone:
            said = _one_by_one(digits, tongue)
            return f"{said} {_one_by_one(part, tongue)}" if part else said
        after = _NEXT_WORD.match(text, match.end())
        gender, told = tongue.gender_before(int(digits), after[1].lower() if after else "", case)
        return tongue.cardinal(int(digits), told or case, gender)

    text = _with_context(_NUMBER, text, number, tongue)
    # What hangs at a word, A4 or 5G: spoken apart.
    return re.sub(r"\d+", lambda match: f" {_hanging(match[0], tongue)} ", text)


def _hanging(digits: str, tongue: Tongue) -> str:
    return _cardinal(int(digits), tongue) if len(digits) < ONE_BY_ONE_FROM else _one_by_one(digits, tongue)


def _cardinal(value: int, tongue: Tongue) -> str:
    return tongue.cardinal(value, "nominative", "m")


def _with_context(
    pattern: re.Pattern[str], text: str, say: Callable[[re.Match[str], Case], str], tongue: Tongue
) -> str:
    """Each match said in the case that the word before it asks for."""

    def replaced(match: re.Match[str]) -> str:
        word = _LAST_WORD.search(text, max(0, match.start() - 40), match.start())
        case = tongue.cases.get(word[1].lower(), "nominative") if word else "nominative"
        return say(match, case)

    return pattern.sub(replaced, text)
