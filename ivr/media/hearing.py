"""A recogniser at work beside the event loop: sound goes to a thread in order, the words come back."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor

from voice.recognition import Expectation, Heard, Recogniser, RecognitionFailed, Stream

PIECE = 1_600
"""Bytes of samples (100 ms) that are worth a thread's time; what is left goes with the end."""
MOST_BEHIND = 240_000
"""Bytes of samples (15 s) that may wait: past it the machine does not hear in real time."""


class Hearing:
    """One utterance at a time. ``pool`` computes; nothing here blocks the loop."""

    def __init__(self, recogniser: Recogniser, pool: Executor) -> None:
        self.recogniser = recogniser
        self._pool = pool
        self._waiting = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._stream: Stream | None = None
        self._expected: Expectation | None = None

    def begin(self, expected: Expectation) -> None:
        """An utterance begins; one that was not finished is forgotten."""
        self.drop()
        self._expected = expected

    def feed(self, samples: bytes) -> None:
        """16-bit samples at 8 kHz, more of the utterance. Raises :class:`RecognitionFailed`: too far behind."""
        self._waiting += samples
        if len(self._waiting) > MOST_BEHIND:
            raise RecognitionFailed(f"{self.recogniser.name} is {MOST_BEHIND / 16_000:.0f} s behind")
        if len(self._waiting) >= PIECE and (self._task is None or self._task.done()):
            if self._task is not None:
                self._task.result()
            self._task = asyncio.create_task(self._work())

    async def finish(self) -> Heard:
        """What it was. Raises :class:`RecognitionFailed`."""
        if self._task is not None:
            await self._task
            self._task = None
        stream, rest = self._stream, bytes(self._waiting)
        expected, self._stream, self._expected = self._expected, None, None
        self._waiting.clear()

        def work() -> Heard:
            heard = stream if stream is not None else self.recogniser.open(expected or Expectation("", "phrases"))
            heard.feed(rest)
            return heard.finish()

        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def drop(self) -> None:
        """Forget the utterance. What a thread has in hand it finishes, for nobody."""
        stream, task = self._stream, self._task
        self._stream = self._task = None
        self._waiting = bytearray()
        if stream is None and task is None:
            return

        async def end() -> None:
            # The decoder goes back to its pool only when the utterance is finished.
            if task is not None:
                await asyncio.wait({task})
            if stream is not None:
                await asyncio.get_running_loop().run_in_executor(self._pool, stream.finish)

        _keep(asyncio.create_task(end()))

    async def _work(self) -> None:
        """Until nothing waits."""
        loop = asyncio.get_running_loop()
        waiting, expected = self._waiting, self._expected
        if self._stream is None and expected is not None:
            opened = await loop.run_in_executor(self._pool, self.recogniser.open, expected)
            if self._waiting is not waiting:  # dropped meanwhile
                await loop.run_in_executor(self._pool, opened.finish)
                return
            self._stream = opened
        stream = self._stream
        while stream is not None and len(waiting) >= PIECE:
            piece = bytes(waiting)
            waiting.clear()
            await loop.run_in_executor(self._pool, stream.feed, piece)


_ending: set[asyncio.Task[None]] = set()


def _keep(task: asyncio.Task[None]) -> None:
    """The loop itself holds tasks only weakly."""
    _ending.add(task)
    task.add_done_callback(_ending.discard)
