"""One question in a stream: the prompt, and the caller's answer by keys or words, whichever comes first.

What the carrier does in ``<Gather>``, with our own ear: the prompt stops when somebody speaks or presses, and goes on
when that was nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from flows.engine.events import Listen
from ivr.media.expecting import expected, patience
from ivr.media.frames import Key, Mark, Sound
from ivr.media.hearing import Hearing
from ivr.media.line import Line
from ivr.media.mouth import Mouth
from voice.audio import mulaw_decode
from voice.ear import Began, Ear, Ended
from voice.ear import Sound as Passed
from voice.endpoint import Judge
from voice.recognition import Heard

NOTHING_SECONDS = 0.5
"""Less voice than this, in which nothing that was expected was heard, was no answer: a cough, a word to a child."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``digits`` or ``said``; ``unclear``: something was said, and nothing of what was expected. Neither: silence."""

    digits: str = ""
    said: Heard | None = None
    unclear: bool = False


class Asking:
    """One ``Listen`` being done. Raises :class:`ivr.media.line.Gone` and ``RecognitionFailed``."""

    def __init__(self, line: Line, mouth: Mouth, hearing: Hearing, judge: Callable[[], Judge], listen: Listen) -> None:
        self._line, self._mouth, self._hearing, self._listen = line, mouth, hearing, listen
        self._judge = judge
        self._expected, self._patience = expected(listen), patience(listen)
        self._ear = Ear(judge(), self._patience)
        self._digits = ""
        self._broken_off = False
        self._deadline: float | None = None

    async def answer(self) -> Answer:
        """The prompt is being said already."""
        self._line.listening = True
        try:
            while True:
                found = await self._step()
                if found is not None:
                    return found
        finally:
            self._line.listening = False
            self._hearing.drop()

    async def _step(self) -> Answer | None:
        now = asyncio.get_running_loop().time()
        if self._mouth.speaking:
            until = self._mouth.overdue
        else:
            if self._deadline is None and not self._ear.speaking:
                listen = self._listen
                self._deadline = now + (listen.between_digits if self._digits else listen.no_input_after)
            # While somebody speaks frames come, and their end is the ear's to find; a line gone dumb ends it too.
            until = self._deadline if self._deadline is not None else now + self._patience.after + 1.0
        event = await self._line.next(max(0.0, until - now))
        match event:
            case None if self._mouth.speaking:
                self._mouth.finished()
            case None if self._ear.speaking and not self._digits:
                return await self._ended(Ended(self._ear.heard, self._ear.heard, NOTHING_SECONDS))
            case None:
                return Answer(self._digits)
            case Mark(name):
                self._mouth.marked(name)
            case Key(key):
                return await self._pressed(key)
            case Sound(mulaw) if not self._digits and (self._listen.barge_in or not self._mouth.speaking):
                return await self._sound(mulaw)
        return None

    async def _pressed(self, key: str) -> Answer | None:
        listen = self._listen
        await self._mouth.hush()
        self._hearing.drop()
        if key in listen.finish_on:
            return Answer(self._digits)
        self._digits += key
        if listen.max_digits and len(self._digits) >= listen.max_digits:
            return Answer(self._digits)
        self._deadline = asyncio.get_running_loop().time() + listen.between_digits
        return None

    async def _sound(self, mulaw: bytes) -> Answer | None:
        for event in self._ear.feed(mulaw_decode(mulaw), prompting=self._mouth.speaking):
            match event:
                case Began():
                    self._deadline = None
                    self._hearing.begin(self._expected)
                    self._broken_off = await self._mouth.hush()
                case Passed(samples):
                    self._hearing.feed(samples)
                case Ended():
                    return await self._ended(event)
        return None

    async def _ended(self, ended: Ended) -> Answer | None:
        heard = await self._hearing.finish()
        if heard.text:
            return Answer(said=heard)
        if ended.voiced >= NOTHING_SECONDS:
            return Answer(unclear=True)
        self._ear = Ear(self._judge(), self._patience)
        if self._broken_off:
            self._mouth.resume()
        return None
