"""Numbers said in words or written in digits.

Words are first gathered into groups as a person means them: "сорок два семнадцать" is 42 and 17, "one twenty five" is
1 and 25, "тысяча двести" is 1200. What is asked for decides what they make: one number, or digits one after another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flows.understand.languages import Words, words
from flows.understand.tokens import MAX_TEXT, even, tokens

MOST = 999_999_999
"""The greatest number that :func:`number_in` gives."""
MOST_DIGITS = 64
"""Digits that :func:`digits_in` gives at most; more are no number that anybody dictates."""

_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3})((?:[ \u00a0,]\d{3})+)(?!\d)")
_DECIMAL = re.compile(r"(?<![\d.,])(\d{1,9})[.,](\d{1,2})(?![.,]?\d)")


@dataclass(frozen=True, slots=True)
class Group:
    """One number as said: its value, its digits as dictated, and the tokens ``start`` to ``end`` that it covers."""

    value: int
    digits: str
    start: int
    end: int
    written: bool = False


def groups_in(said: Sequence[str], table: Words | None) -> list[Group]:
    """The numbers among the tokens, in order. Without a table only those written in digits."""
    found: list[Group] = []
    at = 0
    while at < len(said):
        group = _group_at(said, at, table)
        if group is None:
            at += 1
        else:
            found.append(group)
            at = group.end
    return found


def _group_at(said: Sequence[str], start: int, table: Words | None) -> Group | None:
    word = said[start]
    if table is None:
        return Group(int(word), word, start, start + 1, True) if _written(word) else None
    if word in table.one_and_a_half and start + 1 < len(said) and said[start + 1] in table.scales:
        value = table.scales[said[start + 1]] * 3 // 2
        return Group(value, str(value), start, start + 2)
    total = 0
    part: int | None = None
    size = 10**12
    """What the last word counted in: a smaller one may follow it."""
    scale_limit = 10**12
    at = start
    while at < len(said):
        word = said[at]
        number = table.numbers.get(word)
        scale = table.scales.get(word)
        if _written(word) and at == start:
            part, size = int(word), 1
            if at + 1 >= len(said) or said[at + 1] not in table.scales or len(word) > 6:
                return Group(part, word, start, at + 1, True)
        elif number is not None:
            if at > start and not _may_follow(number, size):
                break
            part = (part or 0) + number
            size = _size(number)
        elif scale is not None:
            if scale == 100:
                if part is not None and (not 0 < part < 100 or size > 10):
                    break
                part, size = (1 if part is None else part) * 100, 100
            else:
                if scale >= scale_limit or part == 0:
                    break
                total += (1 if part is None else part) * scale
                part, size, scale_limit = None, scale, scale
        elif word in table.joiners and at > start and size >= 100 and _goes_on(said, at + 1, table, size):
            pass
        else:
            break
        at += 1
    if at == start:
        return None
    value = total + (part or 0)
    return Group(value, str(value), start, at)


def _written(word: str) -> bool:
    return word[0] in "0123456789"


def _size(number: int) -> int:
    """The place a number word takes: 100 for двести, 10 for двадцать, 1 for what nothing may follow."""
    if number >= 100:
        return 100
    return 10 if number >= 20 else 1


def _may_follow(number: int, size: int) -> bool:
    """Whether a word adds to the number before it: "двадцать" + "пять", but not "двадцать" + "ноль"."""
    if number == 0:
        return False
    if number >= 100:
        return size >= 1000
    if number >= 10:
        return size >= 100
    return size >= 10


def _goes_on(said: Sequence[str], at: int, table: Words, size: int) -> bool:
    number = table.numbers.get(said[at]) if at < len(said) else None
    return number is not None and _may_follow(number, size)


def digits_in(text: str, language: str) -> str | None:
    """The digits dictated, one after another: "сорок два семнадцать" and "four two one seven" are ``4217``.

    Other words may be among them ("мой заказ номер…") as long as the numbers are not drowned in them.
    """
    said = tokens(text)
    table = words(language)
    digits: list[str] = []
    numbers = others = 0
    at = 0
    while at < len(said):
        word = said[at]
        if table and word in table.repeats and at + 1 < len(said) and _digit(said[at + 1], table) is not None:
            digits.append(str(_digit(said[at + 1], table)) * table.repeats[word])
            numbers += 1
            at += 2
            continue
        group = _dictated_group(said, at, table)
        if group is not None:
            digits.append(group.digits)
            numbers += 1
            at = group.end
            continue
        named = _named(word, table) if table else None
        if named is not None:
            digits.append(str(named))
            numbers += 1
        elif table and word in table.unsure_digits and numbers and _digit_after(said, at + 1, table):
            digits.append(str(table.unsure_digits[word]))
        elif table is None or word not in table.filler | table.about_numbers | table.plus:
            others += 1
        at += 1
    found = "".join(digits)
    if not found or others > numbers or len(found) > MOST_DIGITS:
        return None
    return found


def _dictated_group(said: Sequence[str], at: int, table: Words | None) -> Group | None:
    """The group at ``at``; its last digit is a count when a digit noun follows: "два нуля" is 00."""
    group = _group_at(said, at, table)
    if group is None or table is None or group.end >= len(said) or said[group.end] not in table.digit_nouns:
        return group
    last = said[group.end - 1]
    count = table.numbers.get(last, int(last) if _written(last) and len(last) == 1 else 0)
    if not 2 <= count <= 9:
        return group
    head = _group_at(said[: group.end - 1], at, table) if group.end - 1 > at else None
    repeated = str(table.digit_nouns[said[group.end]]) * count
    return Group(0, (head.digits if head else "") + repeated, at, group.end + 1)


def _named(word: str, table: Words) -> int | None:
    return table.digit_nouns.get(word, table.digit_names.get(word))


def _digit(word: str, table: Words) -> int | None:
    number = table.numbers.get(word, _named(word, table))
    if number is None and _written(word) and len(word) == 1:
        number = int(word)
    return number if number is not None and number < 10 else None


def _digit_after(said: Sequence[str], at: int, table: Words) -> bool:
    return at < len(said) and (said[at] in table.repeats or _written(said[at]) or said[at] in table.numbers)


def number_in(text: str, language: str) -> int | None:
    """The one whole number said, up to :data:`MOST`; None when there is none, or more than one."""
    table = words(language)
    said = tokens(_joined_thousands(text))
    found = groups_in(said, table)
    if len(found) != 1 or found[0].value > MOST or _at(said, found[0].end) in (table.digit_nouns if table else ()):
        return None
    return -found[0].value if _below_zero(text, said, found[0], table) else found[0].value


def _at(said: Sequence[str], place: int) -> str:
    return said[place] if 0 <= place < len(said) else ""


def _below_zero(text: str, said: Sequence[str], group: Group, table: Words | None) -> bool:
    said_so = table is not None and _at(said, group.start - 1) in table.minus
    return said_so or re.search(r"(?<!\d)[-−]\d", text[:MAX_TEXT]) is not None


def money_in(text: str, language: str) -> str | None:
    """The sum said, as a decimal string with two places: "тысяча двести рублей пятьдесят копеек" is ``1200.50``."""
    table = words(language)
    raw = _joined_thousands(text)
    decimal = _DECIMAL.findall(even(raw))
    if decimal:
        if len(decimal) > 1:
            return None
        return f"{Decimal(f'{decimal[0][0]}.{decimal[0][1]}'):.2f}"
    said = tokens(raw)
    found = groups_in(said, table)
    if not found or len(found) > 2 or found[0].value > MOST or _below_zero(text, said, found[0], table):
        return None
    unit = _at(said, found[0].end)
    if len(found) == 1:
        part = bool(table and unit in table.hundredths)
        return f"{Decimal(found[0].value) / (100 if part else 1):.2f}"
    after = _at(said, found[1].end)
    if table is None or unit not in table.currency or found[1].value > 99:
        return None
    if after and after not in table.hundredths:
        return None
    return f"{found[0].value + Decimal(found[1].value) / 100:.2f}"


def _joined_thousands(text: str) -> str:
    return _THOUSANDS.sub(lambda match: match[1] + re.sub(r"\D", "", match[2]), text[:MAX_TEXT])
