"""Speaking into a stream: sound as 20 ms frames at the pace of time, stopped at once, taken up again where it was."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from ivr.media.line import Line
from voice.audio import FRAME_BYTES, FRAME_SECONDS

log = logging.getLogger(__name__)

AHEAD_SECONDS = 0.1
"""So much is sent before its time, against the network's jitter."""
BACK_SECONDS = 0.3
"""A sentence that was broken off is taken up so much before the break."""
LATE_SECONDS = 1.5
"""A mark that has not come back so long after its time is taken for heard."""


class Mouth:
    """One thing said at a time. ``captions``: marks carry the words too, for a carrier that shows them."""

    def __init__(self, line: Line, captions: bool = False) -> None:
        self._line = line
        self._captions = captions
        self._task: asyncio.Task[None] | None = None
        self._sound = b""
        self._from = 0
        self._began = 0.0
        self._count = 0
        self._mark = ""

    @property
    def speaking(self) -> bool:
        """Whether the caller hears us: until the mark after the last frame came back, or should have."""
        return bool(self._mark)

    @property
    def overdue(self) -> float:
        """When (the loop's time) the mark should have come back at the latest."""
        return self._began + (len(self._sound) - self._from) / FRAME_BYTES * FRAME_SECONDS + LATE_SECONDS

    def say(self, sound: bytes, caption: str = "") -> None:
        """Mu-law at 8 kHz. Whatever was being said is broken off for good."""
        self._start(sound, 0, caption)

    def resume(self) -> None:
        """Take up what :meth:`hush` broke off."""
        self._start(self._sound, self._from, "")

    async def hush(self) -> bool:
        """Stop at once; whether something was being said."""
        if not self._mark:
            return False
        said = asyncio.get_running_loop().time() - self._began - BACK_SECONDS
        self._from += max(0, round(said / FRAME_SECONDS)) * FRAME_BYTES
        self._from = min(self._from, len(self._sound))
        self._mark = ""
        self._stop()
        with contextlib.suppress(OSError):
            await self._line.clear()
        return True

    def marked(self, name: str) -> None:
        """A mark came back."""
        if name == self._mark:
            self._mark = ""

    def finished(self) -> None:
        """The mark did not come back in its time."""
        log.info("a mark did not come back")
        self._mark = ""

    def close(self) -> None:
        self._mark = ""
        self._stop()

    def _start(self, sound: bytes, start: int, caption: str) -> None:
        self._stop()
        self._count += 1
        self._sound, self._from = sound, start
        self._mark = f"p{self._count}"
        self._began = asyncio.get_running_loop().time()
        self._task = asyncio.create_task(self._send(sound, start, self._mark, caption))

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _send(self, sound: bytes, start: int, mark: str, caption: str) -> None:
        loop, line = asyncio.get_running_loop(), self._line
        if caption and self._captions:
            await line.mark(f"say:{caption}")
        for at in range(start, len(sound), FRAME_BYTES):
            early = self._began + (at - start) / FRAME_BYTES * FRAME_SECONDS - AHEAD_SECONDS - loop.time()
            if early > 0:
                await asyncio.sleep(early)
            await line.play(sound[at : at + FRAME_BYTES])
        await line.mark(mark)
