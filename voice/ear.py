"""An utterance as events: frames of a line in, what a recogniser should hear out. Fed with frames, not with clocks.

Between the end-pointer, which judges every frame, and a recogniser, which is dear: only the sound around a voice goes
on to it, with a little before and after. Long pauses inside an utterance do not, since silence costs a recogniser as
much as speech.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from voice.audio import FRAME_SECONDS, LINE_RATE
from voice.endpoint import EndPointer, Judge, Patience, Turn
from voice.recognition import Expectation, Heard, Recogniser, Stream

BEFORE_SECONDS = 0.3
"""How much of what was before a voice is heard too: soft beginnings, which no detector hears."""
AFTER_SECONDS = 0.3
"""How much of a pause: soft endings, and the silence that tells a recogniser that a word is over."""


@dataclass(frozen=True, slots=True)
class Began:
    """Somebody speaks, since ``at`` (seconds of what was fed)."""

    at: float


@dataclass(frozen=True, slots=True)
class Sound:
    """16-bit samples at 8 kHz for the recogniser; the first of them was at ``at``."""

    samples: bytes
    at: float


@dataclass(frozen=True, slots=True)
class Ended:
    """They have finished. ``at``: when the last voice was; ``known_at``: when that was certain; ``voiced``: seconds of
    voice between, so that a noise which was taken for one can be told from words."""

    at: float
    known_at: float
    voiced: float


Event = Began | Sound | Ended


class Ear:
    """Hears one utterance. After :class:`Ended` it is deaf; make another."""

    def __init__(self, judge: Judge, patience: Patience) -> None:
        self._pointer = EndPointer(judge, patience)
        self._kept: deque[bytes] = deque(maxlen=round(BEFORE_SECONDS / FRAME_SECONDS))
        self._passed: list[tuple[float, float]] = []
        """(seconds passed on before, where in the line that piece began): for :meth:`when`."""
        self._fed = 0.0

    @property
    def speaking(self) -> bool:
        """Whether somebody has begun to speak, and not finished."""
        return self._pointer.started_at is not None and self._pointer.ended_at is None

    @property
    def heard(self) -> float:
        """Seconds of the line so far."""
        return self._pointer.heard

    def feed(self, frame: bytes, *, prompting: bool = False) -> list[Event]:
        """One frame of 16-bit samples at 8 kHz. ``prompting``: we speak ourselves, and may hear our own echo."""
        pointer = self._pointer
        if pointer.ended_at is not None:
            return []
        turn = pointer.feed(frame, prompting=prompting)
        if turn is Turn.ENDED:
            assert pointer.ended_at is not None
            return [Ended(pointer.ended_at, pointer.heard, pointer.voiced)]
        self._kept.append(frame)
        match turn:
            case Turn.STARTED:
                return [Began(pointer.started_at or 0.0), self._pass_on()]
            case Turn.SPEAKING if pointer.quiet <= AFTER_SECONDS:
                return [self._pass_on()]
        return []

    def when(self, fed: float) -> float:
        """Where in the line a moment is that a recogniser tells in seconds of what it was given."""
        before, at = next((piece for piece in reversed(self._passed) if piece[0] <= fed), (0.0, 0.0))
        return at + fed - before

    def _pass_on(self) -> Sound:
        samples = b"".join(self._kept)
        self._kept.clear()
        seconds = len(samples) / 2 / LINE_RATE
        at = self._pointer.heard - seconds
        if not self._passed or abs(self.when(self._fed) - at) > FRAME_SECONDS / 2:
            self._passed.append((self._fed, at))
        self._fed += seconds
        return Sound(samples, at)


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was said, between which moments; word times are the line's own, not those of what was passed on."""

    heard: Heard
    began: float
    ended: Ended


def utterances(
    frames: Iterable[bytes], recogniser: Recogniser, expected: Expectation, patience: Patience, judge: Judge
) -> Iterator[Utterance]:
    """Everything said in these frames, one after the other, without a line or a clock: what the media process does,
    for benches and evaluation. Frames of 20 ms, 16 bit, 8 kHz. What is still being said at their end is heard out.
    Raises :class:`voice.recognition.RecognitionFailed`."""
    ear, stream, began, offset = Ear(judge, patience), None, 0.0, 0.0
    for frame in frames:
        for event in ear.feed(frame):
            match event:
                case Began(at):
                    began, stream = at, recogniser.open(expected)
                case Sound(samples) if stream is not None:
                    stream.feed(samples)
                case Ended() if stream is not None:
                    yield _utterance(ear, stream, began, event, offset)
                    offset += ear.heard
                    ear, stream = Ear(judge, patience), None
    if stream is not None:
        yield _utterance(ear, stream, began, Ended(ear.heard, ear.heard, 0.0), offset)


def _utterance(ear: Ear, stream: Stream, began: float, ended: Ended, offset: float) -> Utterance:
    heard = stream.finish()
    words = tuple(
        replace(word, start=offset + ear.when(word.start), end=offset + ear.when(word.end)) for word in heard.words
    )
    moved = replace(ended, at=ended.at + offset, known_at=ended.known_at + offset)
    return Utterance(replace(heard, words=words), began + offset, moved)
