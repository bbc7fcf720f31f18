"""What lines with a loudspeaker hear: sentences synthesised, tones, and the application's own files."""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
import tempfile
import uuid
import wave
from pathlib import Path

import httpx

from voice import formats, tones
from voice.synthesis import SpeechFailed, Synthesiser

log = logging.getLogger(__name__)

TONES = ("ringing", "busy", "music", "beep")
_RATE = 8000
_LARGEST_FILE = 20_000_000
_KEPT_SECONDS = 300.0


class Sound:
    """Audio in the data folder, served by the carrier at ``/audio/…``. Nothing is made before somebody listens."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "audio" / "speech"
        self._files = data_dir / "audio" / "fetched"
        self._tones = data_dir / "audio" / "tones"
        self._synthesiser: Synthesiser | None = None
        self._speaking: dict[tuple[str, str], asyncio.Task[Path | None]] = {}
        self._served: dict[str, Path] = {}
        self._fetched: dict[str, tuple[Path, float]] = {}
        self._fetching: dict[str, asyncio.Task[Path | None]] = {}
        self._tones_ready: asyncio.Task[None] | None = None

    async def speech(self, text: str, language: str) -> Path | None:
        """The sentence as a WAV file; None when it cannot be spoken (the line still gets its text)."""
        key = (text, language)
        task = self._speaking.get(key)
        if task is None:
            task = self._speaking[key] = asyncio.create_task(self._synthesise(text, language))
            task.add_done_callback(lambda _: self._speaking.pop(key, None))
        return await asyncio.shield(task)

    async def _synthesise(self, text: str, language: str) -> Path | None:
        if self._synthesiser is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._synthesiser = Synthesiser(self._folder)
        try:
            path = await self._synthesiser.aspeak(text, language)
        except SpeechFailed as error:
            log.warning("A sentence could not be spoken: %s", error)
            return None
        self._served[path.name] = path
        return path

    async def tone(self, name: str) -> Path | None:
        """One of :data:`TONES`; made at first use."""
        if name not in TONES:
            return None
        if self._tones_ready is None:
            self._tones_ready = asyncio.create_task(asyncio.to_thread(self._write_tones))
        await asyncio.shield(self._tones_ready)
        path = self._tones / f"{name}.wav"
        return path if path.exists() else None

    def _write_tones(self) -> None:
        self._tones.mkdir(parents=True, exist_ok=True)
        tones.write_all(self._tones)

    def served(self, name: str) -> Path | None:
        """The file behind ``/audio/<name>``: only what this process has spoken or fetched."""
        return self._served.get(name)

    @staticmethod
    def seconds(path: Path) -> float:
        return formats.duration(path)

    async def fetched(self, url: str) -> Path | None:
        """A WAV of the application, fetched and kept for a while: lines play it from here, as a carrier's do. None when
        it is not there, too large or not a WAV."""
        clock = asyncio.get_running_loop().time
        kept = self._fetched.get(url)
        if kept and kept[1] > clock() and kept[0].exists():
            return kept[0]
        # Twenty callers in line hear the same music: it is fetched once.
        task = self._fetching.get(url)
        if task is None:
            task = self._fetching[url] = asyncio.create_task(self._fetch(url))
            task.add_done_callback(lambda _: self._fetching.pop(url, None))
        return await asyncio.shield(task)

    async def _fetch(self, url: str) -> Path | None:
        try:
            async with httpx.AsyncClient(timeout=5, follow_redirects=True, trust_env=False) as client:
                answer = await client.get(url)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("Audio could not be fetched: %s", type(error).__name__)
            return None
        if answer.status_code != 200 or len(answer.content) > _LARGEST_FILE:
            log.warning("Audio could not be fetched: HTTP %s, %s bytes", answer.status_code, len(answer.content))
            return None
        path = await asyncio.to_thread(self._store, answer.content)
        if path is not None:
            self._fetched[url] = (path, asyncio.get_running_loop().time() + _KEPT_SECONDS)
            self._served[path.name] = path
        return path

    def _store(self, content: bytes) -> Path | None:
        try:
            with wave.open(io.BytesIO(content)):
                pass
        except (wave.Error, EOFError):
            log.warning("Audio that is no WAV cannot be played")
            return None
        self._files.mkdir(parents=True, exist_ok=True)
        path = self._files / f"{hashlib.sha256(content).hexdigest()[:32]}.wav"
        if not path.exists():
            # A name of its own for each writer: two addresses may hold the same music.
            part = path.with_suffix(f".{uuid.uuid4().hex}.part")
            part.write_bytes(content)
            part.replace(path)
        return path

    async def recording(self, text: str, language: str, spoken: bool) -> tuple[bytes, int]:
        """A recording of somebody who said ``text``: synthesised when ``spoken``, else silence of a likely length.
        Returns the WAV and its whole seconds, at least 1."""
        path = await self.speech(text, language) if spoken and text else None
        if path is not None:
            return path.read_bytes(), max(1, round(self.seconds(path)))
        seconds = max(1, round(len(text) / 14))
        return silence(seconds), seconds


def silence(seconds: float) -> bytes:
    """A WAV of nothing: 8 kHz, 16 bit, mono."""
    with tempfile.SpooledTemporaryFile(max_size=1_000_000) as buffer:
        with wave.open(buffer, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(_RATE)
            file.writeframes(b"\0\0" * int(seconds * _RATE))
        buffer.seek(0)
        return buffer.read()
