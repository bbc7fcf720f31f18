"""Whole numbers, and sums of money."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from flows.understand.groups import Group, group_at, groups_in, too_many
from flows.understand.languages import Words, words
from flows.understand.mentions import NOTHING, Meant, Mention, adjoining, between, meant, standing
from flows.understand.pieces import find_phrase, joined_thousands, pieces, without_hesitation
from flows.understand.tokens import MAX_TEXT

MOST = 999_999_999
"""The greatest number that is understood."""
_TOO_MANY = 12
"""Numbers in one utterance after which it is a list and none of them is meant."""


def number_meant(text: str, language: str) -> Meant:
    """The one whole number said, up to :data:`MOST`."""
    table = words(language)
    said = without_hesitation(pieces(joined_thousands(text), language), table)
    if too_many(said, table):
        return NOTHING
    groups = groups_in(said, table, loose=True)
    if table is not None:
        if not groups or _none_of(said, table):
            return _without_groups(said, table)
        if (
            len(groups) == 1
            and groups[0].value == 1
            and groups[0].start > 0
            and said[groups[0].start - 1] in table.ranks
        ):
            return meant(table.ranks[said[groups[0].start - 1]])  # "the second one"
        if any(each.end < len(said) and said[each.end] in table.digit_nouns for each in groups):
            return NOTHING
    if len(groups) > _TOO_MANY:
        return NOTHING
    if table is not None and len(groups) == 1 and groups[0].end < len(said) and said[groups[0].end] in table.ranks:
        groups = [_with_rank(groups[0], said, table)]
    below = _below_zero(text, said, groups[0], table) if groups else False
    if table is None:
        return meant(_signed(groups[0].value, below)) if len(groups) == 1 else NOTHING
    groups = _shared_scale(groups, said, table)
    found = standing([Mention(each.value, each.start, each.end) for each in groups], said, table)
    values = _one_or_either(found, said, table)
    if any(value > MOST for value in values):
        return NOTHING
    if len(values) == 1 and values[0] != int(values[0]):
        # "две с половиной" is no whole number; of people and of money it means thousands.
        return Meant(None, (int(values[0] * 1000),)) if values[0] % 1 == Decimal("0.5") else NOTHING
    if any(value != int(value) for value in values):
        return NOTHING
    return meant(*(_signed(value, below and len(values) == 1) for value in values))


def _signed(value: Decimal, below: bool) -> int:
    return -int(value) if below else int(value)


def _none_of(said: tuple[str, ...], table: Words) -> bool:
    return any(find_phrase(said, at, table.none_of) > at for at in range(len(said)))


def _without_groups(said: tuple[str, ...], table: Words) -> Meant:
    if _none_of(said, table):
        return meant(0)
    for word in said:
        if word in table.ranks:
            return meant(table.ranks[word])
        named = table.digit_names.get(word)
        if named is not None:
            return meant(named)
    return NOTHING


def _with_rank(group: Group, said: tuple[str, ...], table: Words) -> Group:
    """ "двадцать первый" is 21."""
    rank = table.ranks[said[group.end]]
    if group.value % 10 or group.value < 20 or rank > 9:
        return group
    return Group(group.value + rank, "", group.start, group.end + 1)


def _one_or_either(found: list[Mention], said: tuple[str, ...], table: Words) -> list[Decimal]:
    """The value of one mention; of two the values of both where one or the other was meant, else none."""
    if len(found) == 1:
        return [found[0].value]
    if len(found) != 2:
        return []
    first, second = found
    if between(said, first.end, second.start, table.either) or _about(first, second, said, table):
        return [first.value, second.value]
    return []


def _about(first: Mention, second: Mention, said: tuple[str, ...], table: Words) -> bool:
    """Whether two numbers name one that lies there: "две три", "сто двести"."""
    if not adjoining(said, first.end, second.start, table) or first.value >= second.value or not first.value:
        return False
    step = second.value - first.value
    return bool(step == 1 or (first.value % step == 0 and second.value <= 2 * first.value and step >= 5))


def _shared_scale(groups: list[Group], said: tuple[str, ...], table: Words) -> list[Group]:
    """ "две три тысячи", "five or six hundred": the scale of the last belongs to both."""
    made: list[Group] = []
    for index, group in enumerate(groups):
        later = groups[index + 1] if index + 1 < len(groups) else None
        scaled = group
        if later is not None and 0 < group.value < 1000 and later.value >= 100:
            scale = next((table.scales[word] for word in said[later.start : later.end] if word in table.scales), 0)
            near = scale > 0 and 0 < later.value / scale - group.value <= max(Decimal(1), group.value)
            linked = adjoining(said, group.end, later.start, table) or between(
                said, group.end, later.start, table.either
            )
            if near and linked and group.value < later.value:
                scaled = Group(group.value * scale, "", group.start, group.end)
        made.append(scaled)
    return made


def _below_zero(text: str, said: tuple[str, ...], group: Group, table: Words | None) -> bool:
    before = said[group.start - 1] if group.start > 0 else ""
    if table is not None and before in table.minus:
        return True
    return re.search(r"(?<![\d\w])[-−]\d", text[:MAX_TEXT]) is not None


@dataclass(frozen=True, slots=True)
class _Sum:
    """A sum as said. ``kind``: ``money`` with a word for it, ``bare`` without."""

    value: Decimal
    start: int
    end: int
    money: bool
    others: tuple[Decimal, ...] = ()
    """What else it may be."""


def money_meant(text: str, language: str) -> Meant:
    """The sum said: an integer when whole, else a number with two places: "сто рублей пятьдесят копеек" is 100.5."""
    table = words(language)
    said = without_hesitation(pieces(joined_thousands(text), language), table)
    if too_many(said, table):
        return NOTHING
    sums = _sums(said, table)
    if table is not None:
        if not sums:
            free = any(find_phrase(said, at, table.for_free) > at for at in range(len(said)))
            return meant(0) if free else NOTHING
        if any(each.start > 0 and said[each.start - 1] in table.minus for each in sums):
            return NOTHING
    if not sums or len(sums) > _TOO_MANY or re.search(r"(?<![\d\w])[-−]\d", text[:MAX_TEXT]):
        return NOTHING
    if any(each.money for each in sums):
        sums = [each for each in sums if each.money or _tied(each, sums, said, table)]
    if table is None:
        return meant(_json(sums[0].value)) if len(sums) == 1 else NOTHING
    found = standing([Mention(each, each.start, each.end) for each in sums], said, table)
    left = {each.value.value: each.value for each in found}
    if len(left) == 1:
        only = found[0].value
        values = [only.value, *only.others]
        return _checked(values) if not only.others else Meant(None, tuple(map(_json, values)))
    flat = [Mention(each.value.value, each.start, each.end) for each in found]
    return _checked(_one_or_either(flat, said, table))


def _checked(values: list[Decimal]) -> Meant:
    return NOTHING if any(value > MOST for value in values) else meant(*map(_json, values))


def _json(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(round(value, 2))


def _tied(each: _Sum, sums: list[_Sum], said: tuple[str, ...], table: Words | None) -> bool:
    """Whether a sum without a word for money belongs to one with it: "пятьсот или шестьсот рублей", "сто рублей, ой
    нет, двести"."""
    if table is None:
        return False
    if each.end < len(said) and said[each.end] in table.counted:
        return False
    at = sums.index(each)
    near = [other for other in sums[max(0, at - 1) : at + 2] if other.money]
    return any(_close(each, other, said, table) for other in near)


def _close(each: _Sum, other: _Sum, said: tuple[str, ...], table: Words) -> bool:
    start, end = min(each.end, other.end), max(each.start, other.start)
    if between(said, start, end, table.either):
        return True
    if any(find_phrase(said, at, table.corrections) > at for at in range(start, end)):
        return True
    linking = table.prepositions | table.filler | table.negations
    return each.start < other.start and all(word in linking for word in said[start:end])


def _sums(said: tuple[str, ...], table: Words | None) -> list[_Sum]:
    if table is None:
        return [_Sum(each.value, each.start, each.end, False) for each in groups_in(said, table)]
    groups = _shared_scale(_money_groups(said, table), said, table)
    sums: list[_Sum] = []
    at = 0
    while at < len(groups):
        group = groups[at]
        following = groups[at + 1] if at + 1 < len(groups) else None
        made, used = _sum_at(group, following, said, table)
        if made is not None:
            sums.append(made)
        at += used
    return _without_counts(sums, said, table)


def _without_counts(sums: list[_Sum], said: tuple[str, ...], table: Words) -> list[_Sum]:
    """Without what counts other things ("две недели назад", "три пары"), if anything is left."""
    left = [each for each in sums if each.money or not (each.end < len(said) and said[each.end] in table.counted)]
    return left if left or not sums else []


def _money_groups(said: tuple[str, ...], table: Words) -> list[Group]:
    """Numbers, with nouns for sums counted ("две сотки") and currencies without a number ("рубль")."""
    groups: list[Group] = []
    at = 0
    while at < len(said):
        group = group_at(said, at, table, loose=True)
        if group is None:
            note = table.notes.get(said[at], 1 if _one_of(said, at, table) else 0)
            if note:
                groups.append(Group(Decimal(note), "", at, at + (said[at] in table.notes)))
                at = max(at + 1, groups[-1].end)
                continue
            at += 1
            continue
        note = table.notes.get(said[group.end], 0) if group.end < len(said) else 0
        if note and not _currency_later(said, group.end + 1, table, note):
            group = Group(group.value * note, "", group.start, group.end + 1)
        groups.append(group)
        at = max(group.end, at + 1)
    return groups


def _one_of(said: tuple[str, ...], at: int, table: Words) -> bool:
    """ "рубль двадцать", "a pound": a single one without its number."""
    singular = said[at] in table.currency and said[at] in ("рубль", "гривня", "гривню", "pound", "dollar", "доллар")
    return singular and (at == 0 or said[at - 1] in table.filler | table.prepositions)


def _currency_later(said: tuple[str, ...], at: int, table: Words, note: int) -> bool:
    """ "за две штуки шестьсот рублей": then the pieces were no thousands."""
    return note == 1000 and any(word in table.currency for word in said[at:])


def _sum_at(group: Group, following: Group | None, said: tuple[str, ...], table: Words) -> tuple[_Sum | None, int]:
    """The sum that begins with a group, and how many groups it took."""
    end = group.end
    unit = said[end] if end < len(said) else ""
    currency_before = _currency_first(said, group, table)
    if unit in table.hundredths:
        return _Sum(group.value / 100, group.start, end + 1, True), 1
    named = unit in table.currency or any(word in table.notes for word in said[group.start : end])
    after = end + (unit in table.currency)
    if following is not None and unit in table.currency:
        part = _hundredths(following, after, said, table)
        if part is not None:
            last = following.end
            last += last < len(said) and said[last] in table.hundredths
            return _Sum(group.value + part, group.start, last, True), 2
    if following is not None and not named and following.start == end and group.whole:
        joined = _juxtaposed(group, following, said, table)
        if joined is not None:
            return joined, 2
    if not group.whole and not named and group.value < 100 and not group.written and unit not in table.scales:
        return _Sum(group.value, group.start, end, False, (group.value * 1000,)), 1
    if (
        following is not None
        and named
        and following.start - after <= 1
        and any(w in table.notes or w in table.scales for w in said[group.start : end])
    ):
        more = _smaller(group, following, said, table)
        if more is not None:
            return more, 2
    return _Sum(group.value, group.start, after, named or currency_before), 1


def _currency_first(said: tuple[str, ...], group: Group, table: Words) -> bool:
    """ "рублей триста": the currency before its number, and not of a number before it."""
    if group.start == 0 or said[group.start - 1] not in table.currency or group.value == 1:
        return False
    before = said[group.start - 2] if group.start > 1 else ""
    return not (
        before in table.numbers or before in table.scales or before in table.collectives or before[:1].isdigit()
    )


def _smaller(group: Group, following: Group, said: tuple[str, ...], table: Words) -> _Sum | None:
    """ "five grand and fifty quid", "косарь двести"."""
    linked = all(word in table.joiners or word in ("и", "і", "та") for word in said[group.end : following.start])
    if not linked or following.value >= 1000 or group.value < 1000 or group.value % 1000:
        return None
    end = following.end
    end += end < len(said) and said[end] in table.currency
    return _Sum(group.value + following.value, group.start, end, True)


def _hundredths(group: Group, after: int, said: tuple[str, ...], table: Words) -> Decimal | None:
    """The kopecks of a sum: "рублей пятьдесят копеек", "pounds fifty", "рубль двадцать"."""
    inside = said[after : group.start]
    if group.value > 99 or not group.whole or any(w not in table.joiners and w not in ("и", "і", "та") for w in inside):
        return None
    unit = said[group.end] if group.end < len(said) else ""
    if unit in table.hundredths:
        return group.value / 100
    if unit in table.currency or unit in table.counted or unit in table.either or inside:
        return None
    return group.value / 100


def _juxtaposed(group: Group, following: Group, said: tuple[str, ...], table: Words) -> _Sum | None:
    """Two numbers side by side: "четыре девятьсот" is 4900; "twelve fifty" is 12.50, or 1250."""
    unit = said[following.end] if following.end < len(said) else ""
    named = unit in table.currency
    end = following.end + named
    a, b = group.value, following.value
    if table.thousands_left_out and 0 < a < 100 and 100 <= b < 1000 and not group.written:
        return _Sum(a * 1000 + b, group.start, end, named)
    if table.year_like and 1 <= a < 1000 and 10 <= b < 100 and not (group.written or following.written):
        if b - a == 1 or (b == a + 10):
            return None
        return _Sum(a + b / 100, group.start, end, named, (a * 100 + b,))
    return None
