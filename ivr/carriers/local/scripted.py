"""A call by script: actions done one after the other, each when the program listens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ivr.carriers.local.line import CallEnded, Entry, Line, NotHeard

ORDERLY = frozenset({"completed", "caller"})
"""Reasons for which a call ends as it should."""

_SETTLE_SECONDS = 1.0
"""Music that plays this long without a word is the wait loop, and nothing more is to come."""


@dataclass(frozen=True, slots=True)
class Action:
    """``press`` and ``say`` (a value), ``silence``, ``hangup``, ``wait`` (seconds), ``expect`` (a fragment that must be
    heard), ``stay`` (seconds: the call ends, and the next one that comes in is answered)."""

    name: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Who calls whom and what they do there. ``answer``: wait for a call instead of making one. ``patience``: seconds
    that any single thing may take."""

    to: str
    from_: str
    script: Sequence[Action]
    language: str = "ru"
    chaos: Sequence[str] = ()
    seed: int = 0
    answer: bool = False
    patience: float = 60.0


@dataclass(slots=True)
class Outcome:
    """How it went. ``problem`` says what kept it from being orderly."""

    sid: str = ""
    reason: str = ""
    seconds: float = 0.0
    problem: str | None = None
    transcript: list[Entry] = field(default_factory=list)

    @property
    def orderly(self) -> bool:
        return self.problem is None and self.reason in ORDERLY

    def to_dict(self) -> dict[str, Any]:
        return {
            "sid": self.sid,
            "reason": self.reason,
            "orderly": self.orderly,
            "problem": self.problem,
            "seconds": round(self.seconds, 3),
            "transcript": [{"who": entry.who, "text": entry.text} for entry in self.transcript],
        }


class Performer:
    """Plays a plan on a line. ``live``: actions that come while the call is on, after those of the plan."""

    def __init__(self, line: Line, plan: Plan, live: AsyncIterable[Action] | None = None) -> None:
        self._line, self._plan, self._live = line, plan, live
        self._done: list[Entry] = []

    async def perform(self) -> Outcome:
        """Never raises for what goes wrong in the call: the outcome says it."""
        line, plan, started = self._line, self._plan, time.monotonic()
        outcome = Outcome()
        try:
            await self._begin()
            for action in plan.script:
                await self._do(action)
            if self._live is not None:
                await self._follow_live(self._live)
            await self._end(plan.script)
        except (CallEnded, NotHeard) as error:
            outcome.problem = str(error).splitlines()[0]
            if line.reason is None and line.sid:
                await line.hangup()
                await line.ended()
        outcome.sid, outcome.reason = line.sid, line.reason or ""
        outcome.seconds = time.monotonic() - started
        outcome.transcript = self._done + line.transcript
        if outcome.problem is None and line.troubles:
            outcome.problem = line.troubles[0]
        return outcome

    async def _begin(self) -> None:
        line, plan = self._line, self._plan
        stays = plan.answer or any(action.name == "stay" for action in plan.script)
        if stays:
            await line.register(plan.from_, language=plan.language, chaos=plan.chaos, seed=plan.seed)
        if plan.answer:
            await line.incoming(plan.patience)
            await line.answer()
            await line.answered(plan.patience)
        else:
            options = {"language": plan.language, "chaos": plan.chaos, "seed": plan.seed}
            await line.dial(plan.to, from_=plan.from_, **options)  # type: ignore[arg-type]

    async def _do(self, action: Action) -> None:
        line, patience = self._line, self._plan.patience
        match action.name:
            case "press":
                await line.listening(patience)
                await line.press(action.value)
            case "say":
                await line.listening(patience)
                await line.say(action.value)
            case "silence":
                await line.listening(patience)
                await line.silence()
            case "hangup":
                await line.listening_or_music(patience)
                await line.hangup()
            case "expect":
                await line.hear(action.value, patience)
            case "wait":
                await self._wait(float(action.value))
            case "stay":
                await self._stay(float(action.value))
            case other:
                raise ValueError(f"no such action: {other}")

    async def _wait(self, seconds: float) -> None:
        try:
            await self._line.ended(seconds)
        except NotHeard:
            return  # the call goes on, which is what one waits for

    async def _stay(self, seconds: float) -> None:
        line = self._line
        await self._hear_out()
        await line.ended(seconds)
        if line.ringing is None and line.reason is not None:
            self._done += line.transcript
        await line.incoming(seconds)
        await line.answer()
        await line.answered(seconds)

    async def _follow_live(self, live: AsyncIterable[Action]) -> None:
        over = asyncio.create_task(self._line.ended(86_400))
        feed = aiter(live)
        try:
            while not over.done():
                step = asyncio.ensure_future(anext(feed))
                await asyncio.wait({over, step}, return_when=asyncio.FIRST_COMPLETED)
                if not step.done():
                    step.cancel()
                    return
                try:
                    await self._do(step.result())
                except StopAsyncIteration:
                    await self._line.hangup()
                    return
        finally:
            over.cancel()

    async def _end(self, script: Sequence[Action]) -> None:
        """After the last action: hear the program out, then hang up."""
        if not (script and script[-1].name == "hangup") and self._live is None:
            await self._hear_out()
        await self._line.ended(self._plan.patience)

    async def _hear_out(self) -> None:
        line = self._line
        if line.reason is not None:
            return
        try:
            await line.listening_or_music(self._plan.patience)
            if line.ear is None:
                await asyncio.sleep(_SETTLE_SECONDS)
        except CallEnded:
            return
        if line.reason is None:
            await line.hangup()


async def perform(carrier_url: str, plan: Plan, on_entry: Any = None, live: Any = None) -> Outcome:
    """Opens a line, plays the plan. An unreachable carrier is an outcome with a problem."""
    try:
        async with Line(carrier_url, on_entry) as line:
            return await Performer(line, plan, live).perform()
    except OSError as error:
        return Outcome(problem=f"the carrier at {carrier_url} cannot be reached ({error}); is `make run` running?")
