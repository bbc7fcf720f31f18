"""Text as recognisers write it, made even: small letters, no punctuation, one word per token."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache

import snowballstemmer

MAX_TEXT = 400
"""Characters of an utterance that count: about half a minute of speech."""

_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+")
_APOSTROPHES = re.compile(r"['’ʼ`´]")
_CYRILLIC = re.compile("[а-яіїєґ]")
_LATIN = re.compile("[a-z]")
_LOOKALIKES_LATIN = "aceopxyktmhb"
_LOOKALIKES_CYRILLIC = "асеорхуктмнв"
_TO_CYRILLIC = str.maketrans(_LOOKALIKES_LATIN, _LOOKALIKES_CYRILLIC)
_TO_LATIN = str.maketrans(_LOOKALIKES_CYRILLIC, _LOOKALIKES_LATIN)
_SOUNDS = str.maketrans(
    {
        **dict(zip("абвгдезийклмнопрстуфыэіґ", "abvgdeziiklmnoprstufyeig", strict=True)),
        **{"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": "", "ю": "yu", "я": "ya"},
        **{"ї": "yi", "є": "ye"},
    }
)


def even(text: str) -> str:
    """The first :data:`MAX_TEXT` characters in small letters, ё as е, without apostrophes."""
    text = unicodedata.normalize("NFKC", text[:MAX_TEXT]).casefold()[: 2 * MAX_TEXT]
    return _APOSTROPHES.sub("", text.replace("ё", "е"))


@lru_cache(maxsize=2048)
def tokens(text: str) -> tuple[str, ...]:
    """Words and runs of digits, in order. A word written with letters of two alphabets is put into one."""
    return tuple(one_alphabet(found) for found in _TOKEN.findall(even(text)))


def one_alphabet(word: str) -> str:
    """A word of two alphabets, put into the one that most of its letters are of."""
    cyrillic = len(_CYRILLIC.findall(word))
    latin = len(_LATIN.findall(word))
    if not cyrillic or not latin:
        return word
    return word.translate(_TO_CYRILLIC if cyrillic >= latin else _TO_LATIN)


@lru_cache(maxsize=8192)
def sounds(word: str) -> str:
    """A Cyrillic word in Latin letters, so that "dostavka" meets "доставка"; other words as they are."""
    return word.translate(_SOUNDS)


_stemmers = threading.local()


@lru_cache(maxsize=8192)
def stem(word: str, algorithm: str) -> str:
    """The word without its endings. ``algorithm`` is Snowball's name of the language."""
    # A stemmer keeps the word it works on in itself, so threads must not share one.
    made = getattr(_stemmers, algorithm, None)
    if made is None:
        made = snowballstemmer.stemmer(algorithm)
        setattr(_stemmers, algorithm, made)
    stemmed: str = made.stemWord(word)
    return stemmed
