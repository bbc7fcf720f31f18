"""The tones of a line, computed: ringing, busy, beep. The hold music is in ``voice.music``."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from pathlib import Path

from voice.formats import write_wav
from voice.music import loop

RATE = 16_000
"""Samples per second of all files."""
LINE_HZ = 425.0
"""Call progress tones in Russia and most of Europe (ITU-T E.180)."""
LEVEL = 0.25
FADE_SECONDS = 0.005
"""Without a fade a tone begins and ends with a click."""
_EDITION = "1"
"""Changes with the sound of any file, so that files of another edition are made anew."""


def tone(hertz: float, on: float, off: float) -> array[int]:
    """One period: ``on`` seconds of a sine, ``off`` seconds of silence."""
    count, fade = int(RATE * on), int(RATE * FADE_SECONDS)
    turn = 2 * math.pi * hertz / RATE
    samples = array("h", bytes(2 * (count + int(RATE * off))))
    for i in range(count):
        gain = LEVEL * min(1.0, i / fade, (count - i) / fade)
        samples[i] = int(32767 * gain * math.sin(turn * i))
    return samples


_MAKERS: dict[str, Callable[[], array[int]]] = {
    "ringing": lambda: tone(LINE_HZ, 1.0, 4.0),
    "busy": lambda: tone(LINE_HZ, 0.35, 0.35),
    "beep": lambda: tone(1000.0, 0.4, 0.1),
    "music": lambda: loop(RATE),
}
NAMES = tuple(_MAKERS)


def write_all(folder: Path) -> dict[str, Path]:
    """``ringing.wav``, ``busy.wav``, ``beep.wav`` and ``music.wav`` in ``folder``, by name; made when missing (about a
    second). Each is one period and may be played in a loop without a seam, but for the beep, which is played once.

    Safe in several processes at once. Raises ``OSError`` when the folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    edition = folder / ".edition"
    current = edition.is_file() and edition.read_text() == _EDITION
    paths = {name: folder / f"{name}.wav" for name in NAMES}
    for name, path in paths.items():
        if not current or not path.is_file():
            write_wav(path, _MAKERS[name](), RATE)
    if not current:
        edition.write_text(_EDITION)
    return paths
