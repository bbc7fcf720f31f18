"""Who hears whom as sound: the frames of telephones with a microphone, added up for each listener, every 20 ms."""

from __future__ import annotations

import asyncio
from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from voice.audio import FRAME_SECONDS, mulaw_decode, mulaw_encode

if TYPE_CHECKING:
    from ivr.carriers.local.handset import Handset

LATE_FRAMES = 15
"""Sound that may wait in the mixer: more, and the oldest is let go, so that nobody talks behind time."""


@dataclass(slots=True)
class _Voice:
    handset: Handset
    frames: deque[bytes] = field(default_factory=lambda: deque(maxlen=LATE_FRAMES))


class Mixer:
    """The sound of a conversation. ``hears(listener, speaker)``: whether one telephone hears another just now."""

    def __init__(self, hears: Callable[[Handset, Handset], bool]) -> None:
        self._hears = hears
        self._voices: dict[int, _Voice] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, handset: Handset) -> None:
        """A telephone with a microphone comes in; others have no sound."""
        if not handset.mic:
            return
        voice = self._voices[id(handset)] = _Voice(handset)
        handset.talk = voice.frames.append
        if len(self._voices) > 1 and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._mix())

    def remove(self, handset: Handset) -> None:
        if self._voices.pop(id(handset), None) is not None:
            handset.talk = None
        if len(self._voices) < 2 and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _mix(self) -> None:
        loop = asyncio.get_running_loop()
        next_ = loop.time()
        while True:
            next_ = max(next_ + FRAME_SECONDS, loop.time() - 1.0)
            await asyncio.sleep(max(0.0, next_ - loop.time()))
            said = [(voice.handset, voice.frames.popleft()) for voice in self._voices.values() if voice.frames]
            for listener in [voice.handset for voice in self._voices.values()]:
                heard = [frame for who, frame in said if who is not listener and self._hears(listener, who)]
                if heard:
                    listener.play_sound(heard[0] if len(heard) == 1 else together(heard))


def together(frames: list[bytes]) -> bytes:
    """Several frames of mu-law, equally long, as one; too loud together is cut at full scale."""
    decoded = [array("h", mulaw_decode(frame)) for frame in frames]
    return mulaw_encode(array("h", (max(-32768, min(32767, sum(at))) for at in zip(*decoded, strict=True))).tobytes())
