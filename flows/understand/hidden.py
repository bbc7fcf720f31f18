"""Numbers that must not be read: dictated digits in what was said, written or in words, made unreadable.

A card, a telephone, a PIN or an order, said digit by digit or in groups; in a sum of money or a count of days there is
nothing to hide. What is hidden is hidden whole: half a card number is half of it too much.
"""

from __future__ import annotations

from collections.abc import Sequence

from flows.understand.groups import groups_in
from flows.understand.languages import Words, words
from flows.understand.tokens import tokens

MASK = "•••"
LEAST = 4
"""Digits together that may be somebody's: a PIN has four."""
_SHORT = 3
"""Letters of words that may stand between, with fillers: "и", "то", "uh"."""


def hidden(said: Sequence[str], language: str) -> list[bool]:
    """For each of these words (as a recogniser wrote them, several tokens in one at times), whether it is to be
    masked. A language without a table hides what is written in digits only."""
    table = words(language)
    flat = [(token, index) for index, word in enumerate(said) for token in tokens(word)]
    counts = _digits([token for token, _ in flat], table)
    marks = [False] * len(said)
    filler = table.filler | table.joiners | table.plus | table.about_numbers if table else frozenset[str]()
    between = [token in filler or len(token) < _SHORT for token, _ in flat]
    for first, last in _runs(counts, between):
        for _, index in flat[first:last]:
            marks[index] = True
    return marks


def masked(said: Sequence[str], language: str) -> list[str]:
    """The words, masked; as many as were given."""
    return [MASK if hide else word for word, hide in zip(said, hidden(said, language), strict=True)]


def _digits(said: list[str], table: Words | None) -> list[int]:
    """How many digits begin at each token; -1: the token belongs to the number before; 0: none."""
    counts = [0] * len(said)
    for group in groups_in(said, table):
        after = said[group.end] if group.end < len(said) else ""
        counted = table is not None and not group.written and after in table.currency | table.hundredths
        money = table is not None and group.written and len(group.digits) < 7 and after in table.currency
        if counted or money:
            continue
        counts[group.start] = len(group.digits)
        counts[group.start + 1 : group.end] = [-1] * (group.end - group.start - 1)
    for at, word in enumerate(said):
        if table is not None and not counts[at]:
            if word in table.digit_nouns or word in table.digit_names:
                counts[at] = 1
            elif word in table.repeats or word in table.unsure_digits:
                counts[at] = 1 if at + 1 < len(said) and counts[at + 1] > 0 else 0
    return counts


def _runs(counts: list[int], between: list[bool]) -> list[tuple[int, int]]:
    """Where numbers stand together, one word at most that may stand between, and make :data:`LEAST` digits: first
    token, token after the last."""
    runs: list[tuple[int, int]] = []
    first = last = -2
    total = 0
    for at, count in enumerate(counts):
        if not count:
            continue
        near = at - last == 1 or (at - last == 2 and between[at - 1])
        if not near:
            if total >= LEAST:
                runs.append((first, last + 1))
            first, total = at, 0
        last = at
        total += max(0, count)
    if total >= LEAST:
        runs.append((first, last + 1))
    return runs
