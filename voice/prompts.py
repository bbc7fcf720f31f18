"""What a caller hears of a text: a recording when there is one, else a voice; ready for a line, made once.

Both forms are files in one folder, named by their content: WAV for pages, and 8 kHz mu-law, which a media stream sends
as it is. What was made before is read in a millisecond and starts no process.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from voice.audio import LINE_RATE, mulaw_encode
from voice.formats import beside, write_wav
from voice.recorded import Recordings, RecordingUnfit, read_recording
from voice.resample import to_line
from voice.synthesis import LINE, SpeechFailed, Synthesiser
from voice.voices import Wish, voice_for

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a flow is spoken: what it wishes of its voices, by language, and its recordings."""

    wishes: Mapping[str, Wish] = field(default_factory=dict)
    recordings: Recordings = field(default_factory=Recordings)


PLAIN = Manner()


@dataclass(frozen=True, slots=True)
class Prompt:
    """``mulaw``: 8000 bytes a second, as a line carries them. ``wav``: the same as a file of 16-bit samples."""

    mulaw: bytes
    wav: Path

    @property
    def seconds(self) -> float:
        return len(self.mulaw) / LINE_RATE


class Prompts:
    """Makes prompts and keeps them in ``folder``. Thread-safe; several processes may share the folder."""

    def __init__(self, folder: Path, timeout: float = 10.0, *, synthesiser: Synthesiser | None = None) -> None:
        self._voice = synthesiser or Synthesiser(folder, timeout)
        self._folder = self._voice.cache_dir

    def prompt(self, text: str, language: str, manner: Manner = PLAIN) -> Prompt:
        """The words as sound; raises :class:`SpeechFailed` when neither a recording nor a voice has them in time.

        A recording that is not fit is logged and spoken instead: a caller hears no silence."""
        recorded = self._recorded(text, language, manner)
        if recorded is not None:
            return recorded
        line = self._spoken(text, language, manner)
        try:
            return _read(line)
        except OSError as error:
            raise SpeechFailed(f"the sound can't be read from {line.parent}: {error.strerror}") from error

    async def aprompt(self, text: str, language: str, manner: Manner = PLAIN) -> Prompt:
        """:meth:`prompt` for asyncio: what is there already without leaving the loop, the rest in a thread."""
        there = self.ready(text, language, manner)
        return there if there is not None else await asyncio.to_thread(self.prompt, text, language, manner)

    def ready(self, text: str, language: str, manner: Manner = PLAIN) -> Prompt | None:
        """The prompt if it was made before; never makes one."""
        file = manner.recordings.of(text, language)
        if file is not None:
            try:
                return _read(self._name(file))
            except OSError:
                return None
        line = self._voice.there(text, language, voice_for(language, manner.wishes))
        try:
            return _read(line) if line else None
        except OSError:
            return None

    def close(self) -> None:
        """End the voice's process; the next prompt starts another."""
        self._voice.close()

    def _spoken(self, text: str, language: str, manner: Manner) -> Path:
        wished, usual = voice_for(language, manner.wishes), voice_for(language)
        try:
            return self._voice.line(text, language, wished)
        except SpeechFailed as error:
            if wished == usual or error.again:
                raise
            log.warning("the voice %s is not used: %s", wished.name if wished else "", error)
            return self._voice.line(text, language, usual)

    def _recorded(self, text: str, language: str, manner: Manner) -> Prompt | None:
        file = manner.recordings.of(text, language)
        if file is None:
            return None
        try:
            line = self._name(file)
            if not line.exists():
                sound = to_line(read_recording(file))
                self._folder.mkdir(parents=True, exist_ok=True)
                write_wav(line.with_suffix(".wav"), array("h", sound.samples), LINE_RATE)
                part = beside(line)
                part.write_bytes(mulaw_encode(sound.samples))
                part.replace(line)
            return _read(line)
        except RecordingUnfit as error:
            log.warning("the recording %s is not played: %s", file.name, error)
        except OSError as error:
            log.warning("the recording %s is not played: %s", file.name, error.strerror)
        return None

    def _name(self, file: Path) -> Path:
        """Where a recording is kept, ready for a line: another one when the file changes. Raises ``OSError``."""
        seen = file.stat()
        told = f"recording\n{file.absolute()}\n{seen.st_mtime_ns}\n{seen.st_size}"
        return self._folder / f"{hashlib.sha256(told.encode()).hexdigest()[:32]}{LINE}"


def _read(line: Path) -> Prompt:
    return Prompt(line.read_bytes(), line.with_suffix(".wav"))
