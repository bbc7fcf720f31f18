"""What finding the meaning needs of each language: one table of words per file, and beside it sentences of no meaning.

A new language is one more table and one more ``XX.none.txt``. Without them examples still work, by the letters of their
words, but negations and second wishes are not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Talk:
    """Words of one language, lower case, without ё and apostrophes, as :func:`flows.understand.tokens.tokens` gives.

    ``lemmas``: pymorphy3's code of the language, or "" when endings are cut by Snowball (``stemmer``) instead.
    ``idle``: greetings, politeness and forms of address, which mean nothing beside other words.
    ``negations``: words that deny what follows ("не"). ``needless``: what is denied by them together with what came
    *before* ("доставку не надо"). ``turns``: words at which what was denied ends and what is meant begins ("а").
    ``corrections``: phrases that take back all before them ("ой нет"). ``joiners``: phrases between two wishes.
    ``sarcasm``: phrases that mean nothing of what they say. ``things``: base forms of goods, which are all one to the
    meaning ("где мой диван" is "где мой стол"). ``foreign``: letters that the language's words never have, and
    ``script`` the one they are written in; for examples in the wrong language.
    """

    code: str
    stemmer: str
    idle: frozenset[str]
    negations: frozenset[str]
    needless: frozenset[str]
    turns: frozenset[str]
    corrections: tuple[tuple[str, ...], ...]
    joiners: tuple[tuple[str, ...], ...]
    sarcasm: frozenset[tuple[str, ...]]
    things: frozenset[str] = frozenset()
    lemmas: str = ""
    foreign: str = ""
    script: str = "cyrillic"


def listed(text: str) -> tuple[tuple[str, ...], ...]:
    """Phrases separated by commas, longest first."""
    found = {tuple(phrase.split()) for phrase in text.split(",") if phrase.strip()}
    return tuple(sorted(found, key=lambda phrase: (-len(phrase), phrase)))


_TABLES = ("ru", "uk", "en")


@lru_cache(maxsize=32)
def talk(language: str) -> Talk | None:
    """The table of ``ru``, ``en-GB``…; None when there is none."""
    base = language.replace("_", "-").split("-")[0].lower()
    if base not in _TABLES:
        return None
    found = import_module(f"{__name__}.{base}").TALK
    return found if isinstance(found, Talk) else None


@lru_cache(maxsize=32)
def nothing(language: str) -> tuple[str, ...]:
    """Sentences that are none of any flow's choices: greetings, weather, wrong numbers, noise."""
    table = talk(language)
    if table is None:
        return ()
    lines = Path(__file__).with_name(f"{table.code}.none.txt").read_text("utf-8").splitlines()
    return tuple(line for line in lines if line.strip() and not line.startswith("#"))
