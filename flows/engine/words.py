"""The engine's side of :mod:`flows.understand`: speech as choices and values of a call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flows.engine.inputs import Speech
from flows.engine.limits import ACCEPT, CONSIDER
from flows.engine.run import Run
from flows.language.parts import Phrases
from flows.understand import best_choice, date_in, digits_in, money_in, number_in, phone_in, time_in, yes_no_in

Reader = Callable[[str], Any]
"""Words to a JSON value, or None."""

_WHOLE = 0.9
"""A command in a free answer must be all that was said."""


@dataclass(frozen=True, slots=True)
class Found:
    """Which of the things to choose from, and how sure that is, 0..1."""

    index: int
    confidence: float


def choose(speech: Speech, phrases: Sequence[Phrases], language: str, *, whole: bool = False) -> Found | None:
    """The choice meant. ``whole``: only when little else was said."""
    heard = [(each.text, each.confidence) for each in speech.alternatives if each.confidence >= CONSIDER]
    listed = {str(index): each[language] for index, each in enumerate(phrases) if each.get(language)}
    if not heard or not listed:
        return None
    match = best_choice(heard, listed, language)
    if match is None or (whole and match.score < _WHOLE):
        return None
    # The recogniser's doubt is not made up for by words that fit.
    trusted = max(confidence for _, confidence in heard)
    return Found(int(match.key), match.score if trusted > ACCEPT else min(match.score, ACCEPT))


def keys_named(speech: Speech, language: str) -> str | None:
    """The keys whose names were said ("один", "press two"): many say what they were asked to press."""
    for each in speech.alternatives:
        found = digits_in(each.text, language) if each.confidence >= CONSIDER else None
        if found is not None:
            return found
    return None


class Readers:
    """Words to values, in the language and at the moment of a call."""

    def __init__(self, language: str, now: Callable[[], datetime]) -> None:
        """``now`` gives an aware moment on the caller's clock."""
        self.language = language
        self._now = now

    def digits(self, text: str) -> str | None:
        return digits_in(text, self.language)

    def number(self, text: str) -> Any:
        return number_in(text, self.language)

    def money(self, text: str) -> Any:
        return money_in(text, self.language)

    def yes_no(self, text: str) -> bool | None:
        return yes_no_in(text, self.language)

    def phone(self, text: str) -> str | None:
        return phone_in(text, self.language)

    def date(self, text: str) -> str | None:
        return date_in(text, self.language, self._now())

    def time(self, text: str) -> str | None:
        """The next such moment on the caller's clock, in ISO 8601."""
        return time_in(text, self.language, self._now())


def readers(run: Run) -> Readers:
    return Readers(run.language, run.caller_now)
