"""Which words a kind of answer is made of: what a recogniser should expect. The other side of the readers here."""

from __future__ import annotations

from functools import lru_cache

from flows.understand.languages import Words, words

_SAID = ("numbers", "digit_nouns", "digit_names", "repeats")
_PARTS: dict[str, tuple[str, ...]] = {
    "digits": _SAID,
    "phone": (*_SAID, "scales", "plus"),
    "number": (*_SAID, "scales", "joiners", "minus", "point", "half", "one_and_a_half"),
    "money": (*_SAID, "scales", "joiners", "point", "half", "one_and_a_half", "currency", "hundredths"),
    "date": ("numbers", "ordinals", "months", "weekdays", "days", "day_spans", "within"),
    "time": (
        "numbers", "joiners", "within", "spans", "hour_words", "half_to", "hour_of", "half_before", "half_past", "half",
        "quarter", "to_hour", "past_hour", "parts_of_day", "moments", "at_once", "days", "weekdays", "one_and_a_half",
    ),
    "yes_no": ("yes", "no", "doubt"),
}  # fmt: skip
"""The tables of a language that hold the words of each kind."""

ONE_OF = frozenset({"menu", "one_of", "confirm", "yes_no"})
"""Kinds that are answered with one phrase; the others with any number of words."""


@lru_cache(maxsize=256)
def vocabulary(kind: str, language: str) -> tuple[str, ...]:
    """Words and phrases of an answer of this kind (of a flow's ``expect``, or ``menu``, ``confirm``), sorted; empty for
    ``free`` and for a language without tables. Choices of a menu are told in words of their own, or by a key's name."""
    table = words(language)
    if table is None:
        return ()
    match kind:
        case "menu" | "one_of":
            return tuple(sorted(word for word, value in table.numbers.items() if value <= 9))
        case "confirm":
            return tuple(
                sorted({*_of(table, "yes_no"), *(word for word, one in table.numbers.items() if one in (1, 2))})
            )
        case _:
            return _of(table, kind)


def _of(table: Words, kind: str) -> tuple[str, ...]:
    return tuple(sorted({word for part in _PARTS.get(kind, ()) for word in getattr(table, part)}))
