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

from voice.audio import Audio
from voice.formats import beside, write_wav
from voice.helper_process import COMMAND, HelperDied, HelperHung, HelperProcess
from voice.resample import write_mulaw
from voice.speakable import speakable
from voice.voices import Voice, voice_for

MAX_CHARACTERS = 2000
"""About three minutes of speech: no prompt is that long, and it holds the voice for all others."""
SILENCE_SECONDS = 0.2
SILENCE_RATE = 16_000
LINE = ".ulaw"
"""The ending of files that a line carries as they are."""
_LOOK_AT_CACHE_EVERY = 50


class SpeechFailed(Exception):
    """The words could not be spoken in time; show them as text instead. ``again``: whether trying again may help."""

    def __init__(self, message: str, *, again: bool = True) -> None:
        super().__init__(message)
        self.again = again


class Synthesiser:
    """Makes WAV files (16-bit mono, the voice's own rate: 22050 Hz) of words, and what a line carries of them (8 kHz
    mu-law, a file of nothing else). Thread-safe.

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

    def speak(self, text: str, language: str, voice: Voice | None = None) -> Path:
        """The WAV file of these words, named by its content. Text with nothing to say is a short silence. ``voice``:
        another than the language's own.

        Raises :class:`SpeechFailed`: no voice for the language, too long, or the voice hung or died twice.
        """
        return self._made_file(text, language, voice, (".wav",))

    def line(self, text: str, language: str, voice: Voice | None = None) -> Path:
        """The same words as 8 kHz mu-law; the WAV file beside it has the other ending. Raises like :meth:`speak`."""
        return self._made_file(text, language, voice, (".wav", LINE))

    def there(self, text: str, language: str, voice: Voice | None = None) -> Path | None:
        """What :meth:`line` gives, if it was made before; marked as used."""
        voice = voice or voice_for(language)
        if voice is None:
            return None
        path = self.cache_dir / f"{_name(speakable(text, language), voice)}{LINE}"
        return path if _touched(path) and _touched(path.with_suffix(".wav")) else None

    async def aspeak(self, text: str, language: str) -> Path:
        """:meth:`speak` for asyncio, in a thread."""
        return await asyncio.to_thread(self.speak, text, language)

    def close(self) -> None:
        """End the helper process; the next :meth:`speak` starts another."""
        with self._turn:
            self._helper.close()

    def _made_file(self, text: str, language: str, voice: Voice | None, endings: tuple[str, ...]) -> Path:
        """The file with the last of these endings; all of them are there then."""
        words = speakable(text, language)
        if len(words) > MAX_CHARACTERS:
            raise SpeechFailed(f"{len(words)} characters; at most {MAX_CHARACTERS} are spoken", again=False)
        voice = voice or voice_for(language)
        if voice is None:
            raise SpeechFailed(f"there is no voice for {language!r}", again=False)
        paths = [self.cache_dir / f"{_name(words, voice)}{ending}" for ending in endings]
        if _all_touched(paths):
            return paths[-1]
        try:
            self.cache_dir.mkdir(parents=True, exist_ok=True)
            self._make(words, voice, paths)
        except OSError as error:
            raise SpeechFailed(f"the sound can't be written to {self.cache_dir}: {error.strerror or error}") from error
        return paths[-1]

    def _make(self, words: str, voice: Voice, paths: list[Path]) -> None:
        deadline = time.monotonic() + self.timeout
        if not self._turn.acquire(timeout=self.timeout):
            raise SpeechFailed(f"the voice was busy for {self.timeout:g} s")
        try:
            # Another thread may have asked for the same words while this one waited.
            if _all_touched(paths):
                return
            parts = [beside(path) for path in paths]
            try:
                if words:
                    self._ask(words, voice, parts, deadline)
                else:
                    _silence(parts)
                for part, path in zip(parts, paths, strict=True):
                    # The words may be somebody's balance, and the folder may be open to others.
                    part.chmod(0o600)
                    part.replace(path)
            finally:
                for part in parts:
                    part.unlink(missing_ok=True)
            self._made += 1
            if self._made % _LOOK_AT_CACHE_EVERY == 0:
                self._prune(keep=paths)
        finally:
            self._turn.release()

    def _ask(self, words: str, voice: Voice, parts: list[Path], deadline: float) -> None:
        wav, *line = (str(part.absolute()) for part in parts)
        question = {
            "text": words,
            "voice": voice.name,
            "rate": voice.rate,
            "volume": voice.volume,
            "path": wav,
            "line": line[0] if line else "",
        }
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

    def _prune(self, keep: list[Path]) -> None:
        files = []
        for entry in os.scandir(self.cache_dir):
            # Another process may clear the same folder.
            with contextlib.suppress(FileNotFoundError):
                files.append((entry.stat().st_mtime, entry.stat().st_size, Path(entry.path)))
        total = 0
        for _, size, path in sorted(files, reverse=True):
            total += size
            if total > self.cache_bytes and path not in keep and path.suffix in (".wav", LINE):
                path.unlink(missing_ok=True)


def _name(words: str, voice: Voice) -> str:
    return hashlib.sha256(f"2\n{voice.name}\n{voice.rate}\n{voice.volume}\n{words}".encode()).hexdigest()[:32]


def _silence(parts: list[Path]) -> None:
    nothing = array("h", [0]) * int(SILENCE_RATE * SILENCE_SECONDS)
    write_wav(parts[0], nothing, SILENCE_RATE)
    for line in parts[1:]:
        write_mulaw(line, Audio(nothing.tobytes(), SILENCE_RATE))


def _all_touched(paths: list[Path]) -> bool:
    touched = [_touched(path) for path in paths]
    return all(touched)


def _touched(path: Path) -> bool:
    """Whether the file is there; marks it as used now."""
    try:
        os.utime(path)
    except OSError:
        return False
    return True
