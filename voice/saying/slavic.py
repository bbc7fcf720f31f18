"""What Russian and Ukrainian share: three forms of what is counted, months after days, abbreviations."""

from __future__ import annotations

import re
from collections.abc import Sequence

from voice.saying.tongue import Case, Noun


def counted(noun: Noun, number: int, case: Case) -> str:
    """рубль, рубля, рублей; до рубля, до рублей; за минуту."""
    one, few, many = noun.forms
    single = number % 10 == 1 and number % 100 != 11
    if case in ("genitive", "dative", "instrumental", "locative"):
        # Only the genitive is put right: it is what prices, times and distances stand in.
        return (noun.of_one or few) if single else many
    if single:
        return _accusative(one) if case == "accusative" and noun.gender == "f" else one
    return few if 2 <= number % 10 <= 4 and not 12 <= number % 100 <= 14 else many


def _accusative(word: str) -> str:
    return word[:-1] + {"а": "у", "я": "ю"}.get(word[-1], word[-1])


def month_pattern(months: Sequence[str], year_word: str) -> re.Pattern[str]:
    """``23 ноября`` and ``23 ноября 2026 года``."""
    names = "|".join(months)
    return re.compile(
        rf"(?<![\w.,])(?P<day>[1-9]|[12]\d|3[01])(?:-го)?\s(?P<month>{names})(?:\s(?P<year>(?:19|20)\d\d){year_word}?)?(?!\w)",
        re.IGNORECASE,
    )


def abbreviation(pattern: str, words: str, flags: int = re.IGNORECASE) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Standing as a word of its own; what follows is kept apart from it."""
    return ((re.compile(rf"(?<!\w)(?:{pattern})(?!\w)[ \u00a0]?", flags), f"{words} "),)


def plain(said: str, *ones: str) -> str:
    """Nobody says "one thousand two hundred"; the first group of each pattern stays."""
    for pattern in ones:
        said = re.sub(rf"^{pattern}(?!\w)", r"\1", said)
    return said
