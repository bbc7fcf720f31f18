"""Words to sound: pyttsx3 with espeak-ng, in a process of its own, with a time limit, cached by content."""

from __future__ import annotations

import asyncio
from pathlib import Path


class SpeechFailed(Exception):
    """The words could not be spoken in time; show them as text instead. ``again``: whether trying again may help."""

    def __init__(self, message: str, *, again: bool = True) -> None:
        super().__init__(message)
        self.again = again


class Synthesiser:
    """Makes WAV files (16-bit mono) of words. Thread-safe."""

    def __init__(self, cache_dir: Path, timeout: float = 10.0) -> None:
        self.cache_dir = cache_dir
        self.timeout = timeout

    def speak(self, text: str, language: str) -> Path:
        """The WAV file of these words; cached. Raises :class:`SpeechFailed`."""
        raise SpeechFailed("no voice yet", again=False)

    async def aspeak(self, text: str, language: str) -> Path:
        """:meth:`speak` in a thread."""
        return await asyncio.to_thread(self.speak, text, language)

    def close(self) -> None:
        """End the helper process."""
