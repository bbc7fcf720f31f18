"""A stream's two directions: what comes, in order, for whoever listens; what is sent, in the carrier's frames."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from ivr.media import frames
from ivr.media.frames import Key, Mark, Sound
from voice.audio import FRAME_BYTES

Heard = Sound | Key | Mark

MOST_WAITING = 1_000
"""Events that may wait for whoever listens; a caller who sends faster than time passes is cut off long before."""


class Gone(Exception):
    """The stream is over; the message says why."""


class Speaking(Protocol):
    """Whoever says something on the line."""

    @property
    def speaking(self) -> bool: ...

    @property
    def overdue(self) -> float: ...

    def marked(self, name: str) -> None: ...

    def finished(self) -> None: ...


class Line:
    """``send`` writes one message. Sound is cut into frames of 20 ms; it is let go while nobody listens, keys are kept:
    who presses early is understood."""

    def __init__(self, stream: str, send: Callable[[str], Awaitable[None]]) -> None:
        self.stream = stream
        self.listening = False
        self._send = send
        self._rest = b""
        self._events: asyncio.Queue[Heard | None] = asyncio.Queue(MOST_WAITING)
        self._why = ""

    # -- in ----------------------------------------------------------------------------------------------------

    def take(self, heard: Heard) -> None:
        """Something came. Raises :class:`Gone` when nobody can keep up with it."""
        try:
            if not isinstance(heard, Sound):
                self._events.put_nowait(heard)
            elif self.listening:
                self._rest += heard.mulaw
                while len(self._rest) >= FRAME_BYTES:
                    self._events.put_nowait(Sound(self._rest[:FRAME_BYTES]))
                    self._rest = self._rest[FRAME_BYTES:]
        except asyncio.QueueFull as error:
            raise Gone("more came than could be heard") from error

    def end(self, why: str) -> None:
        """Nothing more comes: whoever waits, and waits later, gets :class:`Gone`."""
        if not self._why:
            self._why = why
            if self._events.full():
                self._events.get_nowait()
            self._events.put_nowait(None)

    async def next(self, seconds: float | None) -> Heard | None:
        """What comes next; None when nothing does for so long. Raises :class:`Gone`."""
        if self._events.empty():
            if self._why:
                raise Gone(self._why)
            try:
                async with asyncio.timeout(seconds):
                    event = await self._events.get()
            except TimeoutError:
                return None
        else:
            event = self._events.get_nowait()
        if event is None:
            raise Gone(self._why)
        return event

    async def played(self, mouth: Speaking) -> None:
        """Until what is being said was heard; keys pressed meanwhile stay, for whoever listens next."""
        early: list[Key] = []
        while mouth.speaking:
            left = mouth.overdue - asyncio.get_running_loop().time()
            event = await self.next(max(0.0, left))
            match event:
                case None:
                    mouth.finished()
                case Mark(name):
                    mouth.marked(name)
                case Key():
                    early.append(event)
        for key in early:
            self.take(key)

    # -- out ---------------------------------------------------------------------------------------------------

    async def play(self, mulaw: bytes) -> None:
        await self._send(frames.media(self.stream, mulaw))

    async def mark(self, name: str) -> None:
        await self._send(frames.mark(self.stream, name))

    async def clear(self) -> None:
        await self._send(frames.clear(self.stream))
