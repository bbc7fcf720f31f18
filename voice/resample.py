"""Wideband sound to the telephone's 8000 samples a second, without what would fold back into the voice.

A plain ratio of samples puts everything above 4 kHz, the hiss of every "s", into the middle of the words. This is the
windowed sinc of the textbooks, in steps of the two rates' ratio: some 25 ms of computing for a second of sound, so it
belongs where prompts are made, not where calls are heard (for that see ``voice.audio.Resampler``).
"""

from __future__ import annotations

from array import array
from functools import lru_cache
from math import ceil, cos, gcd, pi, sin
from operator import mul
from pathlib import Path
from sys import byteorder

from voice.audio import LINE_RATE, Audio, mulaw_encode

CUTOFF = 3_600.0
"""Hz. A telephone line carries up to 3400; the filter needs the rest to fall."""
CROSSINGS = 12
"""Zero crossings of the sinc on each side: more is steeper, and slower."""


def to_line(audio: Audio) -> Audio:
    """The same sound at 8 kHz. One of lower rate is only repeated in between."""
    if audio.rate <= LINE_RATE:
        return audio.at(LINE_RATE)
    step = audio.rate // gcd(audio.rate, LINE_RATE)
    phases = _phases(audio.rate)
    taps = len(phases[0])
    samples = array("h", audio.samples[: len(audio.samples) & ~1])
    if byteorder == "big":
        samples.byteswap()
    edge = array("h", [0]) * (taps // 2)
    padded = (edge + samples + edge).tolist()
    made = array("h")
    for at in range(len(samples) * LINE_RATE // audio.rate):
        whole, phase = divmod(at * step, len(phases))
        value = round(sum(map(mul, phases[phase], padded[whole : whole + taps])))
        made.append(max(-32_768, min(32_767, value)))
    if byteorder == "big":
        made.byteswap()
    return Audio(made.tobytes(), LINE_RATE)


def write_mulaw(path: Path, audio: Audio) -> None:
    """As a line carries it, 8000 bytes a second and nothing around them."""
    path.write_bytes(mulaw_encode(to_line(audio).samples))


@lru_cache(maxsize=8)
def _phases(rate: int) -> tuple[tuple[float, ...], ...]:
    """The filter, cut for each place that an output sample can have between two input samples."""
    count = LINE_RATE // gcd(rate, LINE_RATE)
    half = ceil(CROSSINGS * rate / (2 * CUTOFF))
    width = 2 * CUTOFF / rate
    phases = []
    for phase in range(count):
        weights = [_weight(tap - half - phase / count, half + 1, width) for tap in range(2 * half + 1)]
        total = sum(weights)
        phases.append(tuple(weight / total for weight in weights))
    return tuple(phases)


def _weight(distance: float, half: float, width: float) -> float:
    """Sinc of that width times Blackman's window of that half length, at a distance in input samples."""
    if abs(distance) >= half:
        return 0.0
    turn = pi * distance / half
    window = 0.42 + 0.5 * cos(turn) + 0.08 * cos(2 * turn)
    angle = pi * distance * width
    return window * (sin(angle) / angle if angle else 1.0)
