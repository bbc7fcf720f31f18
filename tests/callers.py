"""Callers who react to what they hear, as people do: a goal, and what to do at each question on the way there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ivr.carriers.local.line import CallEnded, Line, NotHeard

MAIN = r"Чем помочь"


@dataclass(frozen=True)
class Goal:
    """``ways``: (what was heard last, keys to press or ``say:…``), first match wins. ``done``: (what ends it, as what).

    A caller presses nothing at what is in no row and listens on.
    """

    name: str
    ways: tuple[tuple[str, str], ...]
    done: tuple[tuple[str, str], ...]


ENDS = (
    (r"я слушаю вас", "human"),
    (r"место за вами|перезвоним вам", "callback"),
    (r"[Сс]ообщение записано|Жалоба записана", "message"),
)
INSTEAD = (
    (r"перезвонили: один. Оставить сообщение", "1"),
    (r"как подойдёт ваша очередь: один", "1"),
    (r"Говорите после сигнала|после гудка|после сигнала", "say:перезвоните мне пожалуйста"),
)


def delivery(order: str) -> Goal:
    ways = ((MAIN, "1"), (r"номер заказа|Номер есть|Номер не разобрал|в нём от четырёх", order), *INSTEAD)
    return Goal("delivery", ways, ((rf"Заказ {'[, ]+'.join(order)}", "served"), *ENDS))


def human() -> Goal:
    return Goal("human", ((MAIN, "0"), *INSTEAD), ENDS)


def callback() -> Goal:
    return Goal("callback", ((MAIN, "0"), (r"перезвонили, нажмите один", "1"), *INSTEAD), ENDS)


@dataclass
class Caller:
    """One call with a goal. ``end``: ``served``, ``human``, ``callback``, ``message``, or why there was none.

    One whose line is registered waits for a callback that was promised and answers it; ``kept`` counts them.
    """

    line: Line
    goal: Goal
    end: str = ""
    kept: int = 0
    acted: list[str] = field(default_factory=list)

    async def run(self, patience: float = 120) -> str:
        """Until the goal or the end of the call; then hangs up. Returns ``end``."""
        try:
            async with asyncio.timeout(patience):
                while not self.end:
                    await self._step()
        except TimeoutError:
            self.end = "lost patience"
        except CallEnded:
            self.end = self._outcome() or f"cut off: {self.line.reason}"
        if self.line.reason is None:
            if self.end == "human":
                # The agent hangs up first, as at a shop; a caller only when that takes too long.
                try:
                    await self.line.ended(20)
                except NotHeard:
                    await self.line.hangup()
            else:
                await self.line.hangup()
        if self.end == "callback" and self.line.registered_as:
            await self._take_callback(patience)
        return self.end

    async def _take_callback(self, patience: float) -> None:
        try:
            await self.line.ended(10)
            await self.line.incoming(patience)
            await self.line.answer()
            await self.line.hear("я слушаю вас", 30)
            self.kept += 1
            await self.line.ended(30)
        except (NotHeard, CallEnded) as error:
            self.end = f"the callback did not come: {error}"

    async def _step(self) -> None:
        self.end = self._outcome()
        if self.end:
            return
        ear = self.line.ear
        act = self._act() if ear or self.line.music else None
        if act and ear and not ear.get("talk"):
            self.acted.append(act)
            if act.startswith("say:"):
                await self.line.say(act[4:])
            else:
                await self.line.press(act)
        if self.line.reason is not None:
            raise CallEnded(str(self.line.reason))
        await asyncio.sleep(0.05)

    def _outcome(self) -> str:
        heard = [entry.text for entry in self.line.transcript if entry.who in ("heard", "peer")]
        for text in heard:
            for pattern, end in self.goal.done:
                if re.search(pattern, text):
                    return end
        return ""

    def _act(self) -> str | None:
        """For the latest sentence since our last act that asks for something."""
        recent: list[str] = []
        for entry in reversed(self.line.transcript):
            if entry.who == "did":
                break
            recent.append(entry.text)
        for text in recent:
            for pattern, act in self.goal.ways:
                if re.search(pattern, text):
                    return act
        return None


async def all_run(callers: Iterable[Caller], patience: float = 120) -> list[str]:
    """Every caller to their end, at the same time."""
    return list(await asyncio.gather(*(caller.run(patience) for caller in callers)))
