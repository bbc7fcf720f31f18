"""Recordings that are played in the place of a voice: which texts have one, and whether a file is fit for a line."""

from __future__ import annotations

import wave
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from voice.audio import Audio, read_wav

LONGEST = 60.0
"""Seconds: nobody listens to more, and a prompt should take eight."""
LOWEST_RATE = 8_000
QUIETEST = 0.003
"""Level of a recording that nobody would hear on a line."""


class RecordingUnfit(Exception):
    """The file cannot be played; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Recordings:
    """Files by (language, text). A text is that which a caller would otherwise hear spoken, white space aside."""

    files: Mapping[tuple[str, str], Path] = field(default_factory=dict)

    def of(self, text: str, language: str) -> Path | None:
        if not self.files:
            return None
        key = one_line(text)
        return self.files.get((language, key)) or self.files.get((language.split("-")[0], key))


def one_line(text: str) -> str:
    """As texts are compared."""
    return " ".join(text.split())


def read_recording(path: Path) -> Audio:
    """The sound of a recording, at its own rate. Raises :class:`RecordingUnfit`."""
    try:
        audio = read_wav(path)
    except FileNotFoundError:
        raise RecordingUnfit("there is no such file") from None
    except (wave.Error, EOFError) as error:
        raise RecordingUnfit(f"it is no WAV of 16 bits: {error or 'it ends too soon'}") from error
    except OSError as error:
        raise RecordingUnfit(f"it cannot be read: {error.strerror}") from error
    if audio.rate < LOWEST_RATE:
        raise RecordingUnfit(f"{audio.rate} samples a second; a line carries {LOWEST_RATE}")
    if audio.seconds > LONGEST:
        raise RecordingUnfit(f"{audio.seconds:.0f} s long; at most {LONGEST:.0f} s are played")
    if audio.level < QUIETEST:
        raise RecordingUnfit("it is silent")
    return audio
