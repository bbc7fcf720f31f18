"""Words to sound: pyttsx3 with espeak-ng, in a process of its own, with a time limit, cached by content."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import threading
import time
from array import array
from collections.abc import Sequence
from pathlib import Path

from voice.formats import beside, write_wav
from voice.helper_process import COMMAND, HelperDied, HelperHung, HelperProcess
from voice.speakable import speakable
from voice.voices import Voice, voice_for

MAX_CHARACTERS = 2000
"""About three minutes of speech: no prompt is that long, and it holds the voice for all others."""
SILENCE_SECONDS = 0.2
SILENCE_RATE = 16_000
_LOOK_AT_CACHE_EVERY = 50


class SpeechFailed(Exception):
    """The words could not be spoken in time; show them as text instead. ``again``: whether trying again may help."""

    def __init__(self, message: str, *, again: bool = True) -> None:
        super().__init__(message)
        self.again = again


class Synthesiser:
    """Makes WAV files (16-bit mono, the voice's own rate: 22050 Hz) of words. Thread-safe.

    One helper process speaks for all threads, in turn: an utterance takes it some 20 ms. ``timeout`` is seconds for
    one :meth:`speak`, waiting for the turn included. The cache is kept below ``cache_bytes``, least recently used
    first out.
    """

    def __init__(
        self,
        cache_dir: Path,
        timeout: float = 10.0,
        *,
        cache_bytes: int = 256 * 1024 * 1024,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self.cache_dir = Path(cache_dir)
        self.timeout = timeout
        self.cache_bytes = cache_bytes
        self._helper = HelperProcess(command)
        self._turn = threading.Lock()
        self._made = 0

    @property
    def helpers_started(self) -> int:
        """How many helper processes were started so far."""
        return self._helper.started

    @property
    def helper_pid(self) -> int | None:
        return self._helper.pid

    def speak(self, text: str, language: str) -> Path:
        """The WAV file of these words, named by its content. Text with nothing to say is a short silence.

        Raises :class:`SpeechFailed`: no voice for the language, too long, or the voice hung or died twice.
        """
        words = speakable(text, language)
        if len(words) > MAX_CHARACTERS:
            raise SpeechFailed(f"{len(words)} characters; at most {MAX_CHARACTERS} are spoken", again=False)
        voice = voice_for(language)
        if voice is None:
            raise SpeechFailed(f"there is no voice for {language!r}", again=False)
        path = self.cache_dir / f"{_name(words, voice)}.wav"
        if _touched(path):
            return path
        try:
            self.cache_dir.mkdir(parents=True, exist_ok=True)
            if words:
                self._make(words, voice, path)
            else:
                write_wav(path, array("h", [0]) * int(SILENCE_RATE * SILENCE_SECONDS), SILENCE_RATE)
        except OSError as error:
            raise SpeechFailed(f"the sound can't be written to {self.cache_dir}: {error.strerror or error}") from error
        return path

    async def aspeak(self, text: str, language: str) -> Path:
        """:meth:`speak` for asyncio, in a thread."""
        return await asyncio.to_thread(self.speak, text, language)

    def close(self) -> None:
        """End the helper process; the next :meth:`speak` starts another."""
        with self._turn:
            self._helper.close()

    def _make(self, words: str, voice: Voice, path: Path) -> None:
        deadline = time.monotonic() + self.timeout
        if not self._turn.acquire(timeout=self.timeout):
            raise SpeechFailed(f"the voice was busy for {self.timeout:g} s")
        try:
            # Another thread may have asked for the same words while this one waited.
            if _touched(path):
                return
            part = beside(path)
            try:
                self._ask(words, voice, part, deadline)
                # The words may be somebody's balance, and the folder may be open to others.
                part.chmod(0o600)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
            self._made += 1
            if self._made % _LOOK_AT_CACHE_EVERY == 0:
                self._prune(keep=path)
        finally:
            self._turn.release()

    def _ask(self, words: str, voice: Voice, part: Path, deadline: float) -> None:
        question = {"text": words, "voice": voice.name, "rate": voice.rate, "path": str(part.absolute())}
        for attempt in (1, 2):
            try:
                answer = self._helper.ask(question, max(0.0, deadline - time.monotonic()))
            except HelperHung as error:
                raise SpeechFailed(f"the voice hung: {error}") from error
            except HelperDied as error:
                # A helper that was killed while idle is only noticed now: the words are owed a second one.
                if attempt == 2:
                    raise SpeechFailed(f"the voice died: {error}") from error
                continue
            if answer.get("ok") is not True:
                raise SpeechFailed(f"the voice failed: {answer.get('error')}", again=False)
            return

    def _prune(self, keep: Path) -> None:
        files = []
        for entry in os.scandir(self.cache_dir):
            # Another process may clear the same folder.
            with contextlib.suppress(FileNotFoundError):
                files.append((entry.stat().st_mtime, entry.stat().st_size, Path(entry.path)))
        total = 0
        for _, size, path in sorted(files, reverse=True):
            total += size
            if total > self.cache_bytes and path != keep and path.suffix == ".wav":
                path.unlink(missing_ok=True)


def _name(words: str, voice: Voice) -> str:
    return hashlib.sha256(f"1\n{voice.name}\n{voice.rate}\n{words}".encode()).hexdigest()[:32]


def _touched(path: Path) -> bool:
    """Whether the file is there; marks it as used now."""
    try:
        os.utime(path)
    except OSError:
        return False
    return True
