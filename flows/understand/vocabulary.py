"""Which words a kind of answer is made of: what a recogniser should expect. The other side of the readers here."""

from __future__ import annotations

from functools import lru_cache

from flows.understand.languages import Words, words

_SAID = ("numbers", "repeats")
"""Without the nouns of digits ("ones"): a recogniser that is offered them hears them in the digits themselves."""
_PARTS: dict[str, tuple[str, ...]] = {
    "digits": _SAID,
    "phone": (*_SAID, "scales", "plus"),
    "number": (*_SAID, "scales", "joiners", "minus", "fractions", "one_and_a_half", "and_a_half"),
    "money": (*_SAID, "scales", "joiners", "fractions", "one_and_a_half", "and_a_half", "currency", "hundredths"),
    "date": ("numbers", "ordinals", "months", "weekdays", "days", "day_units", "within", "next", "this"),
    "time": (
        "numbers", "joiners", "within", "spans", "hours", "hour_words", "hour_of", "half", "quarter", "parts_of_day",
        "moments", "at_once", "days", "weekdays", "one_and_a_half", "since", "until", "after", "before",
    ),
    "yes_no": ("yes", "no", "doubt"),
}  # fmt: skip
"""The tables of a language that hold the words of each kind."""

_PLACES = frozenset({"hour", "minutes", "round"})
"""What stands for a number in :attr:`Words.clock`."""

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
    said = {word for part in _PARTS.get(kind, ()) for word in getattr(table, part)}
    if kind == "time":
        said |= _of_the_clock(table)
    return tuple(sorted(said))


def _of_the_clock(table: Words) -> set[str]:
    """The words in the language's ways of telling the hour, without what stands for a number there."""
    ways = " ".join(way.partition(":")[2] for way in table.clock)
    return set(ways.replace("|", " ").split()) - _PLACES
