"""Sound to words: what every recogniser promises, whatever is behind it.

Live engines hear while the caller speaks, 8 kHz samples in, limited to what is expected; others take a whole recording.
A recogniser never decides what was meant, nor when somebody has finished: see ``voice.endpoint`` for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from voice.audio import Audio

Kind = Literal["phrases", "digits", "free"]
"""``phrases``: one of them; ``digits``: any number of the words given, in any order; ``free``: anything."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a caller may say now. ``phrases`` are words as the language writes them, lower case; none with ``free``."""

    language: str
    kind: Kind
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Word:
    """``start`` and ``end`` are seconds from the beginning of what was fed; ``confidence`` 0 to 1."""

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said; ``text`` is empty when nothing of what was expected was. ``confidence`` is the engine's own: a
    restricted one is sure of wrong words too, so it may rank, and never prove."""

    text: str = ""
    confidence: float = 0.0
    words: tuple[Word, ...] = ()


class RecognitionFailed(Exception):
    """The engine broke or cannot serve; the message names it. ``again``: whether another try may help."""

    def __init__(self, message: str, *, again: bool = True) -> None:
        super().__init__(message)
        self.again = again


class Stream(Protocol):
    """One utterance being heard. Not for two threads at once. Every method raises :class:`RecognitionFailed`."""

    def feed(self, samples: bytes) -> None:
        """16-bit samples at 8 kHz, any number of them; computes, so not on an event loop's thread."""
        ...

    def finish(self) -> Heard:
        """What it was. The stream is over then."""
        ...


class Recogniser(Protocol):
    """Hears one language, live. Shared by all streams of its process; thread-safe."""

    name: str
    language: str
    free: bool
    """Whether :class:`Expectation` of kind ``free`` is served."""

    def lacks(self, phrase: str) -> tuple[str, ...]:
        """Words of the phrase that it does not know: a phrase with one of them is never heard."""
        ...

    def open(self, expected: Expectation) -> Stream:
        """Begin to hear. Raises :class:`RecognitionFailed`, also when nothing of what is expected is known."""
        ...


class Transcriber(Protocol):
    """Writes down whole recordings, in its own time."""

    name: str

    def transcribe(self, audio: Audio, language: str) -> Heard:
        """Raises :class:`RecognitionFailed`."""
        ...


def known(phrases: tuple[str, ...], recogniser: Recogniser) -> tuple[str, ...]:
    """The phrases of which every word is known, each once, in their order."""
    return tuple(dict.fromkeys(phrase for phrase in phrases if phrase.strip() and not recogniser.lacks(phrase)))
