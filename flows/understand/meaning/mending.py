"""Slips of a recogniser mended before anything is scored: words cut in two, words a letter or two off."""

from __future__ import annotations

from collections.abc import Collection

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from flows.understand.meaning.features import in_dictionary

_SHORTEST = 5
"""Letters that a word needs, to be taken for another one."""
_LONG = 8
"""Letters from which two may be wrong."""
_REMEMBERED = 20_000


class Mender:
    """Knows the words of the examples; a word that nobody has is put into the one it sounds like."""

    def __init__(self, known: Collection[str], language: str) -> None:
        self._known = frozenset(known)
        self._likely = sorted(word for word in self._known if len(word) >= _SHORTEST)
        self._language = language
        self._mended: dict[str, str] = {}

    def mend(self, said: tuple[str, ...]) -> tuple[str, ...]:
        """The words, joined where they had been cut, and spelled as examples spell them."""
        found: list[str] = []
        at = 0
        while at < len(said):
            joined = said[at] + said[at + 1] if at + 1 < len(said) else ""
            cut = not (said[at] in self._known and said[at + 1 : at + 2] and said[at + 1] in self._known)
            if cut and len(joined) >= _SHORTEST and joined in self._known:
                found.append(joined)
                at += 2
            else:
                found.append(self._word(said[at]))
                at += 1
        return tuple(found)

    def _word(self, word: str) -> str:
        if len(word) < _SHORTEST or word in self._known or not word.isalpha():
            return word
        mended = self._mended.get(word)
        if mended is None:
            mended = self._nearest(word)
            if len(self._mended) < _REMEMBERED:
                self._mended[word] = mended
        return mended

    def _nearest(self, word: str) -> str:
        if in_dictionary(word, self._language):
            return word
        most = 2 if len(word) >= _LONG else 1
        nearest = process.extractOne(word, self._likely, scorer=Levenshtein.distance, score_cutoff=most)
        return word if nearest is None else str(nearest[0])
