"""WAV files: 16-bit mono, written whole or not at all."""

from __future__ import annotations

import os
import wave
from array import array
from pathlib import Path
from sys import byteorder
from uuid import uuid4


def duration(path: Path) -> float:
    """Seconds of sound in a WAV file. Raises ``wave.Error``, ``EOFError`` or ``OSError``."""
    with wave.open(str(path), "rb") as file:
        return file.getnframes() / file.getframerate()


def loudness(path: Path) -> float:
    """Root mean square of a 16-bit WAV file, 0 (silence) to 1 (full scale)."""
    with wave.open(str(path), "rb") as file:
        samples = array("h", file.readframes(file.getnframes()))
    if byteorder == "big":
        samples.byteswap()
    return float((sum(sample * sample for sample in samples) / max(1, len(samples))) ** 0.5 / 32768)


def telephone(path: Path, rate: int = 8000) -> array[int]:
    """The samples of a 16-bit mono WAV at a telephone's rate: each the mean of those it stands for."""
    with wave.open(str(path), "rb") as file:
        given = file.getframerate()
        samples = array("h", file.readframes(file.getnframes()))
    if byteorder == "big":
        samples.byteswap()
    if given == rate:
        return samples
    count = len(samples) * rate // given
    found = array("h")
    for index in range(count):
        start, end = index * given // rate, max(index * given // rate + 1, (index + 1) * given // rate)
        part = samples[start:end]
        found.append(sum(part) // len(part))
    return found


def write_wav(path: Path, samples: array[int], rate: int) -> None:
    """Write 16-bit mono samples so that nobody ever reads half a file."""
    if byteorder == "big":
        samples = array("h", samples)
        samples.byteswap()
    part = beside(path)
    try:
        with wave.open(str(part), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(samples.tobytes())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def beside(path: Path) -> Path:
    """A name in the same folder that nobody else uses, to write to and then rename to ``path``."""
    return path.with_name(f".{path.stem}-{os.getpid()}-{uuid4().hex[:8]}{path.suffix}")
