"""WAV files: how long, how written."""

from __future__ import annotations

import wave
from pathlib import Path


def duration(path: Path) -> float:
    """Seconds of sound in a WAV file. Raises ``wave.Error`` or ``OSError``."""
    with wave.open(str(path), "rb") as file:
        return file.getnframes() / file.getframerate()
