"""Sound as values: 16-bit mono samples and their rate; the telephone's mu-law to and from them.

A telephone line is 8000 samples a second of G.711 mu-law, one byte each, sent in frames of 20 ms (160 bytes).
"""

from __future__ import annotations

import warnings
import wave
from dataclasses import dataclass
from pathlib import Path
from sys import byteorder
from typing import IO

with warnings.catch_warnings():
    # Python 3.13 left it out of its library; from there on audioop-lts brings the same module.
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

LINE_RATE = 8_000
FRAME_SECONDS = 0.02
FRAME_BYTES = 160
"""One frame of mu-law; twice as many bytes of 16-bit samples."""
MULAW_SILENCE = 0xFF


@dataclass(frozen=True, slots=True)
class Audio:
    """16-bit little-endian mono ``samples`` at ``rate`` a second."""

    samples: bytes
    rate: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / 2 / self.rate

    @property
    def level(self) -> float:
        """Root mean square, 0 (silence) to 1 (full scale)."""
        return audioop.rms(_native(self.samples), 2) / 32_768

    def at(self, rate: int) -> Audio:
        """The same sound at another rate."""
        return self if rate == self.rate else Audio(Resampler(self.rate, rate).feed(self.samples), rate)

    def to_mulaw(self) -> bytes:
        """As a line carries it, 8000 bytes a second."""
        return mulaw_encode(self.at(LINE_RATE).samples)


class Resampler:
    """The same sound at another rate, piece by piece: what one piece leaves over goes into the next."""

    def __init__(self, rate: int, wanted: int) -> None:
        self._rates = rate, wanted
        self._state: object = None

    def feed(self, samples: bytes) -> bytes:
        made, self._state = audioop.ratecv(_native(samples), 2, 1, *self._rates, self._state)  # type: ignore[arg-type]
        return _native(made)


def read_wav(path: Path) -> Audio:
    """A WAV file of 16-bit samples; several channels are mixed. Raises ``wave.Error``, ``EOFError``, ``OSError``."""
    with path.open("rb") as file:
        return read_wav_from(file, path.name)


def read_wav_from(source: IO[bytes], name: str = "the sound") -> Audio:
    """Like :func:`read_wav`, from an open file."""
    with wave.open(source, "rb") as file:
        width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
        if width != 2 or channels > 2:
            raise wave.Error(f"{name}: {channels} channels of {8 * width} bits; one or two of 16 bits are read")
        samples = file.readframes(file.getnframes())
    if channels == 2:
        samples = _native(audioop.tomono(_native(samples), 2, 0.5, 0.5))
    return Audio(samples, rate)


def mulaw_decode(data: bytes) -> bytes:
    """Mu-law bytes as 16-bit samples."""
    return _native(audioop.ulaw2lin(data, 2))


def mulaw_encode(samples: bytes) -> bytes:
    """16-bit samples as mu-law bytes; an odd last byte is left out."""
    return audioop.lin2ulaw(_native(samples[: len(samples) & ~1]), 2)


def _native(samples: bytes) -> bytes:
    """Between little-endian and this machine's order, either way."""
    return samples if byteorder == "little" else audioop.byteswap(samples, 2)
