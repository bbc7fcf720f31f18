"""What was said of a value, and what of it stands: corrections, denials, and one thing or another.

Every kind of value finds its *mentions* in an utterance; what is done with several of them is the same for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flows.understand.languages import Words
from flows.understand.pieces import find_phrase, phrase_before


@dataclass(frozen=True, slots=True)
class Mention:
    """A value at pieces ``start`` to ``end``. ``value`` is whatever its kind makes of it."""

    value: Any
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Range:
    """From one value to another, as text; an open end is None."""

    start: str | None
    end: str | None

    def json(self) -> dict[str, str | None]:
        return {"from": self.start, "to": self.end}


Value = str | int | float | Range


@dataclass(frozen=True, slots=True)
class Meant:
    """``value``, when it is clear; and all ``readings`` that are possible, the likeliest first. A value of which other
    readings exist is the likeliest by far, and worth reading back."""

    value: Value | None = None
    readings: tuple[Value, ...] = ()

    @property
    def sure(self) -> bool:
        return self.value is not None and len(self.readings) < 2


NOTHING = Meant()


def meant(*values: Value) -> Meant:
    """One value, or several of which none can be told."""
    distinct = tuple(dict.fromkeys(values))
    return Meant(distinct[0] if len(distinct) == 1 else None, distinct)


def standing(found: list[Mention], said: tuple[str, ...], table: Words | None) -> list[Mention]:
    """The mentions that are neither denied ("не пять") nor taken back ("пять, ой нет, шесть"), each value once."""
    if table is None:
        return found
    left = [each for each in found if not denied(said, each.start, table)]
    for index in range(len(left) - 1, 0, -1):
        if taken_back(said, left[index - 1].end, left[index].start, table):
            left = left[index:]
            break
    once: list[Mention] = []
    for each in left:
        if all(each.value != other.value for other in once):
            once.append(each)
    return once


def denied(said: tuple[str, ...], start: int, table: Words) -> bool:
    """Whether what begins at ``start`` is excluded: "не", with nothing but prepositions between."""
    at = start
    while at > 0 and at > start - 4:
        begins = phrase_before(said, at, table.denials)
        if begins is not None:
            return True
        if said[at - 1] not in table.prepositions:
            return False
        at -= 1
    return False


def taken_back(said: tuple[str, ...], start: int, end: int, table: Words) -> bool:
    """Whether a correction stands between two places."""
    at = start
    while at < end:
        passed = find_phrase(said, at, table.not_even)
        if passed > at:
            at = passed
            continue
        if at < find_phrase(said, at, table.corrections) <= end:
            return True
        at += 1
    return False


def between(said: tuple[str, ...], start: int, end: int, listed: frozenset[str]) -> bool:
    """Whether one of the words stands between two places."""
    return any(word in listed for word in said[start:end])


def adjoining(said: tuple[str, ...], start: int, end: int, table: Words) -> bool:
    """Whether nothing but prepositions and fillers stands between two places."""
    return all(word in table.prepositions or word in table.filler for word in said[start:end])


def opened(said: tuple[str, ...], start: int, listed: frozenset[str], table: Words) -> bool:
    """Whether one of the phrases stands before ``start``, prepositions between them aside."""
    return opening(said, start, listed, table) > 0


def opening(said: tuple[str, ...], start: int, listed: frozenset[str], table: Words) -> int:
    """How many pieces before ``start`` the longest such phrase begins; 0 when there is none."""
    at = start
    while at > 0 and at > start - 4:
        begins = phrase_before(said, at, listed)
        if begins is not None:
            return start - begins
        if said[at - 1] not in table.prepositions:
            return 0
        at -= 1
    return 0


def range_opened(said: tuple[str, ...], start: int, table: Words) -> str:
    """``after`` ("после", "не раньше") or ``before`` ("до", "no later than"), by the longer phrase; or nothing."""
    after, before = opening(said, start, table.after, table), opening(said, start, table.before, table)
    if not after and not before:
        return ""
    return "after" if after > before else "before"


def word_before(said: tuple[str, ...], start: int, listed: frozenset[str], table: Words) -> bool:
    """The same for single words."""
    at = start
    while at > 0 and at > start - 4:
        if said[at - 1] in listed:
            return True
        if said[at - 1] not in table.prepositions:
            return False
        at -= 1
    return False
