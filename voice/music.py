"""The hold music: a slow loop of plucked notes over soft chords, composed here and computed, so that it is ours.

Quiet and plain on purpose: it is heard through a telephone (300 to 3400 Hz), for minutes, by somebody who waits.
"""

from __future__ import annotations

import math
from array import array
from functools import cache

BEAT_SECONDS = 0.75
BEATS = 4
PEAK = 0.32
"""Of full scale: music must be softer than the announcements that interrupt it."""

# One bar each: chord as MIDI notes, then the melody as (beat, note).
_BARS: tuple[tuple[tuple[int, ...], tuple[tuple[float, int], ...]], ...] = (
    ((57, 60, 64), ((0, 76), (1.5, 72), (2, 74), (3, 76))),
    ((53, 57, 60), ((0, 72), (2, 69), (3, 67))),
    ((55, 60, 64), ((0, 67), (1, 69), (2, 72), (3.5, 74))),
    ((55, 59, 62), ((0, 74), (2, 71))),
    ((57, 60, 64), ((0, 76), (1, 79), (2, 76), (3, 74))),
    ((53, 57, 60), ((0, 72), (1.5, 74), (2, 76), (3, 72))),
    ((53, 57, 62), ((0, 69), (1, 72), (2, 74), (3, 72))),
    ((55, 59, 62), ((0, 71), (2, 67))),
    ((60, 64, 67), ((0, 72), (3, 71))),
)


def loop(rate: int) -> array[int]:
    """About 27 seconds of 16-bit mono. What rings on at the end is mixed into the beginning: the loop has no seam."""
    total = int(len(_BARS) * BEATS * BEAT_SECONDS * rate)
    mix = [0.0] * total
    for number, (chord, melody) in enumerate(_BARS):
        bar = number * BEATS
        for half in (0, 2):
            for note in chord:
                _add(mix, _pluck(note, rate), _at(bar + half, rate), 0.16)
        # The chord again, broken into eighths: up, and down.
        for eighth, degree in enumerate((0, 1, 2, 1, 0, 1, 2, 1)):
            _add(mix, _pluck(chord[degree] + 12, rate), _at(bar + eighth / 2, rate), 0.14)
        for beat, note in melody:
            _add(mix, _pluck(note, rate), _at(bar + beat, rate), 0.34)
    loudest = max(map(abs, mix))
    scale = 32767 * PEAK / loudest
    return array("h", [int(sample * scale) for sample in mix])


def _at(beat: float, rate: int) -> int:
    return int(beat * BEAT_SECONDS * rate)


def _add(mix: list[float], note: list[float], start: int, gain: float) -> None:
    total = len(mix)
    for i, sample in enumerate(note, start):
        mix[i % total] += gain * sample


@cache
def _pluck(note: int, rate: int) -> list[float]:
    """A soft plucked note: three partials, each a damped resonator (two multiplications a sample)."""
    hertz = 440.0 * 2 ** ((note - 69) / 12)
    count = int(2.0 * rate)
    sound = [0.0] * count
    for partial, level, seconds in ((1, 1.0, 0.55), (2, 0.35, 0.3), (3, 0.12, 0.18)):
        turn = 2 * math.pi * hertz * partial / rate
        damping = math.exp(-1 / (seconds * rate))
        again, before = 2 * damping * math.cos(turn), damping * damping
        last, current = 0.0, level * math.sin(turn)
        for i in range(count):
            sound[i] += current
            last, current = current, again * current - before * last
    attack, release = int(0.012 * rate), int(0.3 * rate)
    for i in range(attack):
        sound[i] *= i / attack
    for i in range(release):
        sound[count - 1 - i] *= i / release
    return sound
