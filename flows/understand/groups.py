"""Number words gathered into groups as a person means them.

"сорок два семнадцать" is 42 and 17, "one twenty five" is 1 and 25, "тысяча двести" is 1200. What is asked for decides
what the groups make: one number, a sum, or digits one after another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flows.understand.languages import Words
from flows.understand.pieces import find_phrase

_DECIMAL = re.compile(r"(\d{1,9})[.,](\d{1,2})")
_DIGIT = frozenset("0123456789")
_ANY = 10**12
_MOST_NUMBERS = 16
_WRITTEN_BEFORE_SCALE = 6
"""Digits that may be counted in thousands when written ("5 тысяч"); more are a number of their own."""


@dataclass(frozen=True, slots=True)
class Group:
    """One number as said: its value, its digits as dictated, and the pieces ``start`` to ``end`` that it covers.

    ``written``: in digits. ``whole``: no half or quarter in it."""

    value: Decimal
    digits: str
    start: int
    end: int
    written: bool = False

    @property
    def whole(self) -> bool:
        return self.value == self.value.to_integral_value()


def is_written(piece: str) -> bool:
    return piece[0] in _DIGIT


def too_many(said: Sequence[str], table: Words | None) -> bool:
    """Whether there are more numbers than anybody names to say one."""
    numbers = sum(is_written(word) or (table is not None and word in table.numbers) for word in said)
    return numbers > _MOST_NUMBERS


def groups_in(said: Sequence[str], table: Words | None, *, loose: bool = False) -> list[Group]:
    """The numbers among the pieces, in order. Without a table only those written in digits. ``loose``: also halves,
    dozens and pairs, which nobody dictates."""
    pieces = tuple(said)
    found: list[Group] = []
    at = 0
    while at < len(pieces):
        group = group_at(pieces, at, table, loose=loose)
        if group is None:
            at += 1
        else:
            found.append(group)
            at = group.end
    return found


def group_at(said: tuple[str, ...], at: int, table: Words | None, *, loose: bool = False) -> Group | None:
    """The number that begins at ``at``, as long as it goes on."""
    word = said[at]
    if is_written(word):
        written = _written(said, at)
        if table is None or written is None:
            return written
        if at + 1 >= len(said) or not _scaled(said[at + 1], table, loose) or len(word) > _WRITTEN_BEFORE_SCALE:
            return written
        if not written.whole or written.value == 0:
            scale = _scaled(said[at + 1], table, loose)
            return Group(written.value * scale, "", at, at + 2)
    if table is None:
        return None
    if loose:
        found = _part_of_scale(said, at, table) or _scale_first(said, at, table) or _loose(said, at, table)
        if found is not None:
            return found
    elif word in table.one_and_a_half and at + 1 < len(said) and said[at + 1] in table.scales:
        value = Decimal(table.scales[said[at + 1]] * 3 // 2)
        return Group(value, str(value), at, at + 2)
    found = _counted(said, at, table, loose=loose)
    return _with_half(said, found, table) if found is not None and loose else found


def _written(said: tuple[str, ...], at: int) -> Group | None:
    word = said[at]
    if word.isdigit():
        return Group(Decimal(word), word, at, at + 1, True)
    decimal = _DECIMAL.fullmatch(word)
    if decimal:
        return Group(Decimal(f"{decimal[1]}.{decimal[2]}"), decimal[1] + decimal[2], at, at + 1, True)
    digits = re.sub(r"\D", "", word)
    return Group(Decimal(digits), digits, at, at + 1, True)


def _scaled(word: str, table: Words, loose: bool) -> int:
    """What a word multiplies by; 0 when it does not."""
    return table.scales.get(word, table.collectives.get(word, 0) if loose else 0)


def _part_of_scale(said: tuple[str, ...], at: int, table: Words) -> Group | None:
    """ "полмиллиона", "a quarter of a million", "half a dozen"; "полтора миллиона", "полтора"."""
    word = said[at]
    if word in table.one_and_a_half:
        part = Decimal("1.5")
    elif word in table.fractions:
        part = Decimal(str(table.fractions[word]))
    else:
        return None
    after = at + 1
    while after < len(said) and said[after] in ("a", "of", "an") and after < at + 3:
        after += 1
    scale = _scaled(said[after], table, True) if after < len(said) else 0
    if scale:
        return Group(part * scale, "", at, after + 1)
    return Group(part, "", at, at + 1) if part > 1 else None


def _scale_first(said: tuple[str, ...], at: int, table: Words) -> Group | None:
    """ "тысяч пять", "тысячи три с половиной", "тысячи полторы": about so many."""
    if said[at] not in table.about or at + 1 >= len(said):
        return None
    if said[at + 1] in table.one_and_a_half:
        return Group(Decimal(table.scales[said[at]]) * Decimal("1.5"), "", at, at + 2)
    many = _counted(said, at + 1, table, loose=False)
    if many is None or many.value >= 1000:
        return None
    many = _with_half(said, many, table)
    return Group(many.value * table.scales[said[at]], "", at, many.end)


def _loose(said: tuple[str, ...], at: int, table: Words) -> Group | None:
    """ "пара", "двое", "a couple of hundred"."""
    number = table.loose.get(said[at])
    if not number:
        return None
    after = at + 1
    if after + 1 < len(said) and said[after] == "of":
        after += 1
    scale = _scaled(said[after], table, True) if after < len(said) else 0
    if scale:
        return Group(Decimal(number * scale), "", at, after + 1)
    return Group(Decimal(number), "", at, at + 1)


def _with_half(said: tuple[str, ...], group: Group, table: Words) -> Group:
    """ "пять с половиной тысяч", "two and a half": the half of what is counted."""
    end = find_phrase(said, group.end, table.and_a_half)
    if end == group.end:
        return group
    counted = _scaled(said[group.end - 1], table, True)
    if counted and group.value % counted == 0:
        return Group(group.value + Decimal(counted) / 2, "", group.start, end)  # "a grand and a half"
    if group.value >= 1000:
        return group
    scale = _scaled(said[end], table, True) if end < len(said) else 0
    value = group.value + Decimal("0.5")
    return Group(value * (scale or 1), "", group.start, end + bool(scale))


def _counted(said: tuple[str, ...], start: int, table: Words, *, loose: bool) -> Group | None:
    total = 0
    part: int | None = None
    size = _ANY
    """What the last word counted in: a smaller one may follow it."""
    scale_limit = _ANY
    at = start
    while at < len(said):
        word = said[at]
        number = table.numbers.get(word)
        scale = _scaled(word, table, loose) or None
        if is_written(word):
            if at > start or not word.isdigit():
                break
            part, size = int(word), 1
        elif number is not None:
            if at > start and (not _may_follow(number, size) or _begins_another(said, at, table, size, scale_limit)):
                break
            part = (part or 0) + number
            size = _size(number)
        elif scale is not None:
            if scale < 1000:
                if part is not None and (not 0 < part < 100 or size > 10):
                    break
                part, size = (1 if part is None else part) * scale, 100
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
    written = at == start + 1 and is_written(said[start])
    return Group(Decimal(value), said[start] if written else str(value), start, at, written)


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


def _begins_another(said: Sequence[str], at: int, table: Words, size: int, scale_limit: int) -> bool:
    """Whether a word counts a scale of its own: the second "two" of "a hundred, two hundred"."""
    scale = table.scales.get(said[at + 1], 0) if at + 1 < len(said) else 0
    return scale >= scale_limit or 0 < scale <= size < 1000


def _goes_on(said: Sequence[str], at: int, table: Words, size: int) -> bool:
    number = table.numbers.get(said[at]) if at < len(said) else None
    return number is not None and _may_follow(number, size)
