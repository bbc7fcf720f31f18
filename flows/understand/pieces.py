"""An utterance cut into the pieces that values are made of, with slips of mouth and recogniser mended.

Unlike :func:`flows.understand.tokens.tokens`, digits keep what is written between them ("17:30", "1,5", "25.11"), and a
plus sign is a piece of its own.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from flows.understand.languages import Words, words
from flows.understand.tokens import MAX_TEXT, even, one_alphabet

_PIECE = re.compile(r"\d+(?:[.,:/\-]\d+)+|\d+|[^\W\d_]+|\+")
_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3})((?:[ \u00a0,]\d{3})+)(?![\d])")
_MERIDIEM = re.compile(r"(?<![^\W\d_])([ap])\.? ?m\b\.?")
_NUMBER_SIGN = re.compile("[№#]")
_WRITTEN_THOUSANDS = re.compile(r"(\d)к\b")
_MOST_PIECES = 80
_FAR = 10
"""A word this long may have two letters wrong."""


@lru_cache(maxsize=1024)
def pieces(text: str, language: str) -> tuple[str, ...]:
    """The pieces in order, of the first :data:`MAX_TEXT` characters."""
    table = words(language)
    plain = _MERIDIEM.sub(r"\1m ", even(_NUMBER_SIGN.sub(" ", text[:MAX_TEXT])))
    found: list[str] = []
    for piece in _PIECE.findall(plain)[:_MOST_PIECES]:
        if table is None or not piece[0].isalpha():
            found.append(piece)
        else:
            found.extend(_mended(one_alphabet(piece), language))
    return tuple(found)


def joined_thousands(text: str) -> str:
    """Digits written in groups of three put together: ``1 250`` is ``1250``."""
    return _THOUSANDS.sub(lambda match: match[1] + re.sub(r"\D", "", match[2]), text[:MAX_TEXT])


@lru_cache(maxsize=8192)
def _mended(word: str, language: str) -> tuple[str, ...]:
    """The word as the table has it; two words where a half is glued to what it halves ("полшестого")."""
    table = words(language)
    assert table is not None
    if word in table.slips:
        return (table.slips[word],)
    if word in table.known:
        return (word,)
    for half in table.glued:
        rest = word.removeprefix(half)
        if rest != word and (
            rest in table.hour_of or rest in table.hours or rest in table.scales or rest in table.spans
        ):
            return half, rest
        if rest != word and rest in table.collectives:
            return half, rest
    for ending in table.roughly:
        rest = word.removesuffix(ending)
        if rest != word and rest in table.numbers:
            return rest, ending
    return (_nearest(word, table) or word,)


def _nearest(word: str, table: Words) -> str | None:
    """The one word of the table that this may be with a letter wrong (the first never is)."""
    if len(word) < 5:
        return None
    best: set[str] = set()
    least = 3
    for known in table.mendable:
        if known[0] != word[0] or abs(len(known) - len(word)) > 2:
            continue
        away = Levenshtein.distance(word, known, score_cutoff=2)
        if away > (2 if min(len(known), len(word)) >= _FAR else 1):
            continue
        if away < least:
            best, least = {known}, away
        elif away == least:
            best.add(known)
    if len({_meaning(known, table) for known in best}) != 1:
        return None
    return min(best)


def _meaning(word: str, table: Words) -> tuple[int | None, ...]:
    listed = (table.numbers, table.scales, table.ordinals, table.months, table.weekdays, table.days, table.hours)
    return tuple(each.get(word) for each in listed)


def without_hesitation(said: tuple[str, ...], table: Words | None) -> tuple[str, ...]:
    """Without the sounds in the middle of a number: "сорок… э-э… два" is 42."""
    if table is None or table.hesitations.isdisjoint(said):
        return said
    return tuple(word for word in said if word not in table.hesitations)


def find_phrase(said: tuple[str, ...], at: int, listed: frozenset[str]) -> int:
    """Where the longest of the phrases that begins at ``at`` ends; ``at`` itself when none does."""
    first = said[at] if at < len(said) else None
    for phrase in _by_first_word(listed).get(first or "", ()):
        if said[at : at + len(phrase)] == phrase:
            return at + len(phrase)
    return at


@lru_cache(maxsize=128)
def _by_first_word(listed: frozenset[str]) -> dict[str, tuple[tuple[str, ...], ...]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in listed:
        split = tuple(phrase.split())
        found.setdefault(split[0], []).append(split)
    return {first: tuple(sorted(each, key=len, reverse=True)) for first, each in found.items()}


def phrase_before(said: tuple[str, ...], end: int, listed: frozenset[str]) -> int | None:
    """Where the longest of the phrases that ends at ``end`` begins; None when none does."""
    for start in range(max(0, end - 4), end):
        if find_phrase(said, start, listed) == end:
            return start
    return None
