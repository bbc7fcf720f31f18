"""Sound made worse on purpose: noise at a level beside the speech, the same for the same seed."""

from __future__ import annotations

import random
from array import array
from math import sqrt
from sys import byteorder

from voice.audio import LINE_RATE, Audio

_LOUD = 0.25
"""Part of a recording's loudest level from which a frame counts as speech, when its level is measured."""
_FRAME = 160


def noisy(audio: Audio, decibels: float, seed: int) -> Audio:
    """The sound at 8 kHz with noise like a room's (more of it low) so many dB below the level of its speech."""
    samples = _samples(audio.at(LINE_RATE))
    wanted = _speech_level(samples) / 10 ** (decibels / 20)
    noise = _room(len(samples), seed)
    gain = wanted / (sqrt(sum(value * value for value in noise) / max(1, len(noise))) or 1.0)
    mixed = (round(value + gain * more) for value, more in zip(samples, noise, strict=True))
    return Audio(_bytes(array("h", (max(-32_768, min(32_767, value)) for value in mixed))), LINE_RATE)


def _room(count: int, seed: int) -> list[float]:
    source = random.Random(seed)
    last, made = 0.0, []
    for _ in range(count):
        last = 0.7 * last + source.gauss(0.0, 1.0)
        made.append(last)
    return made


def _speech_level(samples: array[int]) -> float:
    """Root mean square of the louder frames: pauses do not make speech softer."""
    frames = [samples[at : at + _FRAME] for at in range(0, len(samples), _FRAME)]
    levels = [sqrt(sum(value * value for value in frame) / len(frame)) for frame in frames if frame]
    least = _LOUD * max(levels, default=0.0)
    loud = [level for level in levels if level >= least and level]
    return sqrt(sum(level * level for level in loud) / len(loud)) if loud else 0.0


def _samples(audio: Audio) -> array[int]:
    found = array("h", audio.samples[: len(audio.samples) & ~1])
    if byteorder == "big":
        found.byteswap()
    return found


def _bytes(samples: array[int]) -> bytes:
    if byteorder == "big":
        samples.byteswap()
    return samples.tobytes()
