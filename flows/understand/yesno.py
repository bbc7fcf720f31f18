"""Yes and no, as people say them."""

from __future__ import annotations

from functools import lru_cache

from flows.understand.languages import Words, words
from flows.understand.tokens import tokens

_LONG = 2
"""Words of the caller's own, beyond yes and no, after which it is a story and not an answer."""


@lru_cache(maxsize=16)
def _phrases(code: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    """All phrases of the table, longest first, each with what it means."""
    table = words(code)
    if table is None:
        return ()
    meanings = (("yes", table.yes), ("no", table.no), ("doubt", table.doubt), ("idle", table.idle))
    made = [(tuple(phrase.split()), meaning) for meaning, phrases in meanings for phrase in phrases]
    return tuple(sorted(made, key=lambda item: -len(item[0])))


def yes_no_in(text: str, language: str) -> bool | None:
    """True for yes, False for no; None for doubt ("да нет, наверное"), for both, for neither and for a long story."""
    table = words(language)
    said = tokens(text)
    if table is None or not said:
        return None
    meanings: set[str] = set()
    others = 0
    at = 0
    while at < len(said):
        length, meaning = _meaning_at(said, at, table)
        if meaning and meaning != "idle":
            meanings.add(meaning)
        elif not meaning and said[at] not in table.filler:
            others += 1
        at += length
    if others > _LONG or meanings not in ({"yes"}, {"no"}):
        return None
    return meanings == {"yes"}


def _meaning_at(said: tuple[str, ...], at: int, table: Words) -> tuple[int, str]:
    for phrase, meaning in _phrases(table.code):
        if said[at : at + len(phrase)] == phrase:
            return len(phrase), meaning
    return 1, ""
