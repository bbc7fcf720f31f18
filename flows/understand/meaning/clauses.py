"""What turns the meaning of an utterance: corrections, denials, and a second wish. Positions only; no scores.

Recognisers write no punctuation, so where a clause ends is not known: these functions propose, and :mod:`decide` takes
what the model makes most sense of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flows.understand.meaning.languages import Talk

Span = tuple[int, int]
"""Words from, to (not included)."""

_FURTHEST = 7
"""Words that one denial reaches over."""


@dataclass(frozen=True, slots=True)
class Denial:
    """``at``: the negation. ``denied``: what is not meant; ``meant``: the words left, perhaps none."""

    at: int
    denied: Span
    meant: tuple[Span, ...]


def after_correction(said: Sequence[str], table: Talk) -> Iterator[int]:
    """Where what counts may begin, the last taking back first: "отменить ой нет подтвердить" from "подтвердить"."""
    for at in range(len(said) - 1, -1, -1):
        length = _phrase_at(said, at, table.corrections)
        if length and at + length < len(said):
            yield at + length


def denials(said: Sequence[str], start: int, table: Talk) -> Iterator[Denial]:
    """Every way to read a negation after ``start``: what follows it ("не про доставку про баллы"), as far as it may
    reach, or what stands before ("доставку не надо")."""
    count = len(said)
    for at in range(start, count):
        if said[at] not in table.negations:
            continue
        if at > start and at + 1 < count and said[at + 1] in table.needless:
            yield Denial(at, (start, at), _spans((_past_turn(said, at + 2, table), count)))
        for end in range(at + 2, min(at + _FURTHEST, count) + 1):
            yield Denial(at, (at + 1, end), _spans((start, at), (_past_turn(said, end, table), count)))


def wishes(said: Sequence[str], start: int, table: Talk) -> Iterator[tuple[Span, Span]]:
    """Every way to read two wishes: the words before a joining phrase and those after it."""
    for at in range(start + 1, len(said) - 1):
        length = _phrase_at(said, at, table.joiners)
        if length and at + length < len(said):
            yield (start, at), (at + length, len(said))


def _past_turn(said: Sequence[str], at: int, table: Talk) -> int:
    """Past the conjunction at which the meaning turns: it says nothing itself."""
    return at + 1 if at < len(said) and said[at] in table.turns and len(said[at]) <= 3 else at


def _spans(*spans: Span) -> tuple[Span, ...]:
    return tuple(span for span in spans if span[1] > span[0])


def _phrase_at(said: Sequence[str], at: int, phrases: Sequence[tuple[str, ...]]) -> int:
    """Words of the longest phrase that stands at ``at``; 0 for none."""
    for phrase in phrases:
        if tuple(said[at : at + len(phrase)]) == phrase:
            return len(phrase)
    return 0
