"""A conversation in a stream: says what the call's last turn said, listens, takes the next turn; until the stream must
be left for what only the carrier can do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Protocol, TypeVar

from flows.engine.events import Listen, Say
from flows.engine.inputs import Alternative
from ivr.calls.model import Arrival, Facts, Poll
from ivr.calls.script import Script
from ivr.calls.store import Stored
from ivr.media.asking import Answer, Asking
from ivr.media.hearing import Hearing
from ivr.media.line import Line
from ivr.media.mouth import Mouth
from ivr.media.prompts import Prompts
from voice.endpoint import Judge
from voice.recognition import Heard, Recogniser

log = logging.getLogger(__name__)

POLL_SECONDS = 0.4
"""How long until an answer that is being fetched is asked for again; no webhook has to come for it."""
UNCLEAR = "…"
"""What stands for words of which nothing was expected."""
SURE = 0.7
"""A word that was expected and heard counts for at least this: the engines' own figures rank, they do not measure."""

_T = TypeVar("_T")


class Calls(Protocol):
    """Of the call loop what a stream needs. These block, and raise ``RedisError`` when Redis is away."""

    def scene(self, call: str) -> tuple[Stored, Script] | None: ...

    def turn(self, call: str, n: int, arrival: Arrival) -> bytes: ...


class Talk:
    """One stream's conversation. ``leaving`` is set when this process is being replaced. :meth:`run` raises
    ``Gone``, ``RecognitionFailed``, ``SpeechFailed`` and ``RedisError``: the stream then ends unasked."""

    def __init__(
        self,
        call: str,
        line: Line,
        calls: Calls,
        leave: Callable[[str, int], object],
        recognisers: Mapping[str, Recogniser],
        judge: Callable[[], Judge],
        prompts: Prompts,
        turns: Executor,
        hearing: Executor,
        leaving: asyncio.Event,
        captions: bool = False,
    ) -> None:
        """``leave(why, said)`` writes down that we end the stream ourselves; ``turns`` runs what blocks."""
        self.mouth = Mouth(line, captions)
        self._call, self._line, self._calls, self._leave = call, line, calls, leave
        self._recognisers, self._judge, self._prompts = recognisers, judge, prompts
        self._turns, self._pool, self._leaving = turns, hearing, leaving

    async def run(self) -> str:
        """Until there is something that only the carrier can do; returns why the stream is left."""
        try:
            while True:
                found = await self._blocking(self._calls.scene, self._call)
                if found is None:
                    return await self._left("unknown", -1)
                stored, script = found
                if self._leaving.is_set():
                    return await self._left("moved", -1)
                arrival = await self._arrival(stored, script)
                if arrival is None:
                    return await self._left("step", stored.n)
                if arrival is MOVED:
                    return await self._left("moved", -1)
                await self._blocking(self._calls.turn, self._call, stored.n, arrival)
        finally:
            self.mouth.close()

    async def _arrival(self, stored: Stored, script: Script) -> Arrival | None:
        """What the next turn brings; None when the carrier is needed for it, and all was said."""
        match script.end:
            case Listen() as listen if not stored.completed:
                recogniser = self._recognisers.get(listen.language)
                if recogniser is None or (listen.kind == "free" and not recogniser.free):
                    return MOVED
                return _arrival(stored.facts, await self._ask(listen, recogniser, script.says))
            case Poll():
                await self._say(script.says)
                await asyncio.sleep(POLL_SECONDS)
                return Arrival(stored.facts)
            case _:
                await self._say(script.says)
                return None

    async def _ask(self, listen: Listen, recogniser: Recogniser, says: tuple[Say, ...]) -> Answer:
        self._speak(await self._prompts.sound(says), says)
        asking = Asking(self._line, self.mouth, Hearing(recogniser, self._pool), self._judge, listen)
        return await asking.answer()

    async def _say(self, says: tuple[Say, ...]) -> None:
        """Until it was heard. Keys pressed meanwhile are for the question that follows."""
        sound = await self._prompts.sound(says)
        if not sound:
            return
        self._speak(sound, says)
        await self._line.played(self.mouth)

    def _speak(self, sound: bytes, says: tuple[Say, ...]) -> None:
        if sound:
            language = says[0].language if says else ""
            self.mouth.say(sound, f"{language}:{' '.join(say.text for say in says)}")

    async def _left(self, why: str, said: int) -> str:
        await self._blocking(self._leave, why, said)
        return why

    async def _blocking(self, work: Callable[..., _T], *arguments: object) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._turns, work, *arguments)


MOVED = Arrival(Facts("", None, ""))
"""Stands for no turn: the question is for another ear."""


def _arrival(facts: Facts, answer: Answer) -> Arrival:
    said: tuple[Alternative, ...] = ()
    if answer.said is not None:
        said = (_alternative(answer.said),)
    elif answer.unclear:
        said = (Alternative(UNCLEAR, 0.0),)
    return Arrival(facts, digits=answer.digits, said=said)


def _alternative(heard: Heard) -> Alternative:
    return Alternative(heard.text, max(SURE, min(1.0, heard.confidence)))
