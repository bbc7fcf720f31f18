"""Digits dictated one after another, in groups, with counts, corrections and words between."""

from __future__ import annotations

from dataclasses import dataclass

from flows.understand.groups import Group, group_at, is_written
from flows.understand.languages import Words, words
from flows.understand.mentions import NOTHING, Meant, denied, meant
from flows.understand.pieces import find_phrase, pieces, without_hesitation

MOST_DIGITS = 64
"""Digits that are given at most; more are no number that anybody dictates."""
_MOST_RUNS = 6
_WHOLE = 3
"""Digits from which a run among other words is a dictated number all the same."""


@dataclass(frozen=True, slots=True)
class Part:
    """What was dictated in one breath: digits, or a word between them."""

    digits: str
    start: int
    end: int
    word: str = ""
    mark: str = ""
    """``correction``, ``either``, ``again`` or nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """Digits with nothing of weight between them: as groups; with what each alternative would make of the last."""

    groups: tuple[str, ...]
    near_name: bool
    """Whether "номер", "order"… stands before it."""

    @property
    def digits(self) -> str:
        return "".join(self.groups)


def digits_meant(text: str, language: str) -> Meant:
    """The digits dictated: "сорок два семнадцать" and "four two one seven" are ``4217``.

    Other words may be among them ("мой заказ номер…") as long as the numbers are not drowned in them.
    """
    variants = dictated(text, language)
    if not variants or any(len(each) > MOST_DIGITS for each in variants):
        return NOTHING
    return meant(*variants)


def dictated(text: str, language: str) -> tuple[str, ...]:
    """The digits of the run that was meant, once for each alternative; nothing when there is none."""
    table = words(language)
    said = without_hesitation(pieces(text, language), table)
    parts = _parts(said, table)
    runs = _runs(parts, table)
    if not runs:
        return ()
    others = sum(1 for part in parts if part.word and not part.mark and not _empty(part.word, table))
    groups = sum(len(run[0].groups) for run in runs)
    named = [run for run in runs if run[0].near_name]
    chosen = named or runs
    best = max(chosen, key=lambda run: len(run[0].digits))
    digits = best[0].digits
    refused = table is not None and not table.negations.isdisjoint(said)
    if len(digits) == 1 and others and refused and not best[0].near_name:
        return ()  # "I don't have one"
    if others > groups and (len(digits) < _WHOLE or not _stands_out(best[0], others)):
        return ()
    return tuple(dict.fromkeys(each.digits for each in best))


def runs_in(text: str, language: str) -> list[str]:
    """All that may be the digits meant, for whom their number tells which: the longest first, each run between words
    alone and with its neighbours, as every correction in it may have meant it."""
    table = words(language)
    said = without_hesitation(pieces(text, language), table)
    found: list[str] = []
    for split in (False, True) if table is not None and table.splits_tens else (False,):
        parts = _parts(said, table, split=split)
        runs = _runs(parts, table, every=True)[:_MOST_RUNS]
        for length in range(len(runs), 0, -1):
            for first in range(len(runs) - length + 1):
                together = runs[first : first + length]
                found.append("".join(run[0].digits for run in together))
                for place, run in enumerate(together):
                    before = "".join(each[0].digits for each in together[:place])
                    after = "".join(each[0].digits for each in together[place + 1 :])
                    found += [before + other.digits + after for other in run[1:]]
    return list(dict.fromkeys(found))


def _stands_out(run: Run, others: int) -> bool:
    """Whether a run in the middle of a story is a number all the same: long, or announced."""
    return run.near_name or len(run.digits) > _WHOLE or others <= 2 * len(run.groups) + 2


def _empty(word: str, table: Words | None) -> bool:
    if table is None:
        return True
    return word in table.filler | table.about_numbers | table.plus | table.prepositions | table.negations


def _parts(said: tuple[str, ...], table: Words | None, *, split: bool = False) -> list[Part]:
    """``split``: tens and hundreds apart from what follows them."""
    parts: list[Part] = []
    at = 0
    while at < len(said):
        part = (
            _interjection(said, at, table, parts)
            or _repeated(said, at, table)
            or _dictated_group(said, at, table, split=split)
            or _one_digit(said, at, table)
        )
        if part is None:
            part = _unsure(said, at, table, parts)
        if part is None:
            part = _word(said, at, table)
        elif table and not part.word and (denied(said, part.start, table) or _is_count(said, part, table)):
            part = Part("", part.start, part.end, said[part.start], "denied")
        parts.append(part)
        at = part.end
    return parts


def _interjection(said: tuple[str, ...], at: int, table: Words | None, before: list[Part]) -> Part | None:
    """A word for a digit that is none: the "oh" of "oh sorry", or of "oh, it's four two"."""
    if table is None or said[at] not in table.interjections:
        return None
    end = find_phrase(said, at, table.corrections)
    if end > at + 1:
        return Part("", at, end, " ".join(said[at:end]), "correction")
    among = (bool(before) and not before[-1].word) or (at + 1 < len(said) and _digit_like(said[at + 1], table))
    return None if among or len(said) == 1 else Part("", at, at + 1, said[at], "denied")


def _word(said: tuple[str, ...], at: int, table: Words | None) -> Part:
    if table is not None:
        for mark, listed in (("", table.not_even), ("correction", table.corrections), ("again", table.again)):
            end = find_phrase(said, at, listed)
            if end > at:
                return Part("", at, end, " ".join(said[at:end]), mark)
        if said[at] in table.either:
            return Part("", at, at + 1, said[at], "either")
    return Part("", at, at + 1, said[at])


def _is_count(said: tuple[str, ...], part: Part, table: Words) -> bool:
    """Whether it counts something: "два дня", "семьдесят два года"."""
    counted = table.counted - table.unsure_digits.keys()
    following = said[part.end] if part.end < len(said) else ""
    if following in table.hour_words or following in table.parts_of_day:
        return len(part.digits) <= 2  # "в пять часов", "five pm"
    return following in counted and len(part.digits) < 4


def _repeated(said: tuple[str, ...], at: int, table: Words | None) -> Part | None:
    """ "double five", "три раза по семь", "трижды семь"."""
    if table is None:
        return None
    count, after = table.repeats.get(said[at], 0), at + 1
    if not count and after < len(said) and said[after] in table.times:
        count, after = _small(said[at], table), after + 1
        if after < len(said) and said[after] in table.prepositions | table.filler:
            after += 1
    if count < 2 or after >= len(said):
        return None
    digit = _digit(said[after], table)
    return None if digit is None else Part(str(digit) * count, at, after + 1)


def _dictated_group(said: tuple[str, ...], at: int, table: Words | None, *, split: bool = False) -> Part | None:
    """The group at ``at``; its last digit is a count when a digit noun follows: "два нуля" is 00."""
    group = group_at(said, at, table)
    if group is None:
        return None
    if table is None:
        return Part(group.digits, at, group.end)
    if (
        split
        and group.end > at + 1
        and said[group.end - 1] in table.numbers
        and said[group.end - 2] not in table.joiners
    ):
        group = group_at(said[: group.end - 1], at, table) or group
    if group.end < len(said) and said[group.end] in table.digit_nouns:
        count = _small(said[group.end - 1], table)
        if 2 <= count <= 9:
            head = group_at(said[: group.end - 1], at, table) if group.end - 1 > at else None
            repeated = str(table.digit_nouns[said[group.end]]) * count
            return Part((head.digits if head else "") + repeated, at, group.end + 1)
    return _with_unsure(said, group, table)


def _with_unsure(said: tuple[str, ...], group: Group, table: Words) -> Part:
    """A round ten takes the unsure digit after it when more digits follow: "forty to seventeen" is 42 17."""
    after = group.end
    if (
        after + 1 < len(said)
        and said[after] in table.unsure_digits
        and 20 <= group.value < 100
        and group.value % 10 == 0
        and not group.written
        and _digit_like(said[after + 1], table)
    ):
        return Part(str(int(group.value) + table.unsure_digits[said[after]]), group.start, after + 1)
    return Part(group.digits or str(int(group.value)), group.start, after)


def _one_digit(said: tuple[str, ...], at: int, table: Words | None) -> Part | None:
    if table is None:
        return None
    named = table.digit_nouns.get(said[at], table.digit_names.get(said[at]))
    return None if named is None else Part(str(named), at, at + 1)


def _unsure(said: tuple[str, ...], at: int, table: Words | None, before: list[Part]) -> Part | None:
    """A word that recognisers write for a digit, where only a digit can be."""
    if table is None or said[at] not in table.unsure_digits:
        return None
    follows = at + 1 < len(said) and _digit_like(said[at + 1], table)
    ends = at + 1 == len(said)
    after_digits = bool(before) and not before[-1].word
    nothing_else = len(said) > 2 and all(_digit_like(word, table) for word in said)
    if (after_digits and (follows or ends)) or nothing_else:
        return Part(str(table.unsure_digits[said[at]]), at, at + 1)
    return None


def _digit_like(word: str, table: Words) -> bool:
    return word in table.repeats or is_written(word) or word in table.numbers or word in table.unsure_digits


def _small(word: str, table: Words) -> int:
    """A count up to nine, or 0."""
    count = table.numbers.get(word, int(word) if word.isdigit() and len(word) == 1 else 0)
    return count if count < 10 else 0


def _digit(word: str, table: Words) -> int | None:
    number = table.numbers.get(word, table.digit_nouns.get(word, table.digit_names.get(word)))
    if number is None and word.isdigit() and len(word) == 1:
        number = int(word)
    return number if number is not None and number < 10 else None


def _runs(parts: list[Part], table: Words | None, *, every: bool = False) -> list[list[Run]]:
    """The numbers said, apart where two words of weight stand between; each as its variants. ``every``: also as all
    that its corrections may have meant, for whom the length tells."""
    runs: list[list[Run]] = []
    groups: list[str] = []
    variants: list[tuple[str, ...]] = []
    others: list[list[str]] = []
    pending = ""
    weight = 0
    named = named_next = False
    held: list[str] = []
    """Groups before a correction or an alternative, until what follows has been heard."""

    def settle() -> None:
        nonlocal groups, pending, held
        if pending == "correction" and groups:
            groups, *less_likely = corrections(held, groups)
            others.extend(less_likely if every else [])
        elif pending == "either" and groups:
            variants.append(tuple(held))
            groups = alternative(held, groups)
        elif pending == "again" and groups:
            groups = groups if "".join(groups) == "".join(held) and len("".join(groups)) >= _WHOLE else held + groups
        elif pending:
            groups = held
        pending, held = "", []

    def close() -> None:
        nonlocal groups, variants, named
        settle()
        if groups:
            runs.append([Run(each, named) for each in (*variants, tuple(groups), *map(tuple, others))])
        groups, variants, named = [], [], False
        others.clear()

    for part in parts:
        if not part.word:
            if weight > (0 if every else 1):
                close()
            if not groups and not held:
                named = named_next
            groups.append(part.digits)
            weight, named_next = 0, False
            continue
        if table is not None and part.word in table.about_numbers:
            named_next = True
        if part.mark == "denied":
            continue
        if part.mark and (groups or pending):
            if groups:
                settle()
                held, groups, pending = groups, [], part.mark
            elif part.mark == "correction":
                pending = part.mark
        elif not part.mark and not _empty(part.word, table):
            weight += 1
            named_next = False
    close()
    return runs


def corrections(before: list[str], after: list[str]) -> list[list[str]]:
    """All that stands of groups said before and after a correction, the likeliest first.

    Said anew from the beginning it replaces all; from some later group on, that and what followed; otherwise it
    replaces the last group."""
    if not before or not after:
        return [before or after]
    anew = len("".join(after)) == len("".join(before)) or after[0] == before[0]
    found = [after] if anew else []
    for back in range(2, min(len(before), len(after)) + 1):
        if before[-back] == after[0]:
            found.append(before[:-back] + after)
    found.append(before[:-1] + after)
    found += [before[:-back] + after for back in range(2, min(len(before), 4))]
    return [*found, after]


def alternative(before: list[str], after: list[str]) -> list[str]:
    """The other of two numbers, when only its end was said: "сорок два семнадцать или восемнадцать"."""
    return after if len("".join(after)) >= len("".join(before)) else before[:-1] + after
