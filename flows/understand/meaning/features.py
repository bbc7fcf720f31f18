"""Words as features: their base form, the pair with the word before, and runs of two to five letters.

Letters carry what a recogniser got wrong and endings that no dictionary has; base forms and pairs carry the sense.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from flows.understand.languages import words as value_words
from flows.understand.meaning.languages import talk
from flows.understand.tokens import stem, tokens

MAX_WORDS = 60
"""Words of an utterance that count: half a minute of speech."""
_SHORTEST, _LONGEST = 2, 5
_MAX_LETTERS = 24

_morphs: dict[str, Any] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Spelled:
    """One word: its base form, and its runs of letters."""

    base: str
    runs: tuple[str, ...]


def words_of(text: str, language: str) -> tuple[str, ...]:
    """The words that count. Greetings and politeness are left out, unless there is nothing else."""
    said = tokens(text)[:MAX_WORDS]
    table = talk(language)
    if table is None:
        return said
    kept = tuple(word for word in said if word not in table.idle)
    return kept or said


@lru_cache(maxsize=16384)
def spelled(word: str, language: str) -> Spelled:
    """The features of one word."""
    word = word[:_MAX_LETTERS]
    marked = f"<{word}>"
    runs = {
        marked[at : at + length] for length in range(_SHORTEST, _LONGEST + 1) for at in range(len(marked) - length + 1)
    }
    return Spelled(_base(word, language), tuple(sorted(runs)))


def pairs(bases: Sequence[str]) -> tuple[str, ...]:
    """Each word with its neighbour, the ends of the utterance included: ``len(bases) + 1`` of them."""
    around = ("^", *bases, "$")
    return tuple(f"{first} {second}" for first, second in pairwise(around))


def _base(word: str, language: str) -> str:
    table = talk(language)
    numbers = value_words(language)
    if word.isdecimal() or (numbers and word in numbers.numbers):
        return "#"
    if table is None:
        return word
    base = _lemma(word, table.lemmas) if table.lemmas else ""
    if (base or word) in table.things:
        return "@"
    return base or stem(word, table.stemmer)


def in_dictionary(word: str, language: str) -> bool:
    """Whether a dictionary has the word; no for languages without one."""
    table = talk(language)
    return bool(table and table.lemmas and not word.isascii() and _morph(table.lemmas).word_is_known(word))


def _lemma(word: str, code: str) -> str:
    """The dictionary's form; "" for a word that it has not: a guess tells less than letters."""
    morph = _morph(code)
    if not morph.word_is_known(word):
        return ""
    normal: str = morph.parse(word)[0].normal_form
    return normal.replace("ё", "е").replace("'", "")


def _morph(code: str) -> Any:
    """pymorphy3's dictionary, loaded when first needed. It is safe to be read by several threads."""
    found = _morphs.get(code)
    if found is None:
        with _lock:
            found = _morphs.get(code)
            if found is None:
                import pymorphy3

                found = _morphs[code] = pymorphy3.MorphAnalyzer(lang=code)
    return found
