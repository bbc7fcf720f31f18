"""Agents under faults: people at their desks, who mostly take calls, and sometimes decline, miss, walk off, or drop."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from dataclasses import dataclass, field
from typing import Any

import httpx
from agents import Agent
from fault_phones import Phones

from ivr.carriers.local.line import CallEnded, Line, NotHeard

ACTS = {"takes it": 84, "declines": 5, "misses": 3, "breaks": 2, "drops": 4, "page dies": 2}
LOOKS = 3.0
"""Seconds between an agent's looks at their page."""
OVER = frozenset({"abandoned", "callback", "waiting", "closed"})
"""States of their ticket in which the page puts the telephone down."""
PAGE_DEAD = 17.0
"""Longer than a page may be silent before its agent is off duty."""
_READY = re.compile(r'value="ready"[^>]*aria-pressed="true"')


@dataclass
class Person(Agent):
    """``dice`` decides what they do with each offer. Their page may be told that it failed; then they try again, as
    people do. ``busy`` is the offer they are on a call for, until their page is told that the call is over and puts the
    telephone down; an ``offer`` push before that goes to ``doubled``."""

    phones: Phones | None = None
    dice: random.Random = field(default_factory=random.Random)
    busy: int | None = None
    doubled: list[str] = field(default_factory=list)
    acts: dict[str, int] = field(default_factory=dict)
    dark: bool = False
    lines: list[Line] = field(default_factory=list)
    serving: set[int] = field(default_factory=set)

    async def __aenter__(self) -> Person:
        await super().__aenter__()
        self._tasks.append(asyncio.create_task(self._look()))
        return self

    def phone(self) -> Line:
        assert self.phones is not None
        return self.phones.line(f"agent {self.login}")

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOKS)
            if self.dark:
                continue
            with contextlib.suppress(httpx.HTTPError, AssertionError):
                page = (await self.http.get("/desk/panel/status")).text
                if self.busy is None and not _READY.search(page):
                    await self.ready()
                await self._catch_up()

    async def _catch_up(self) -> None:
        if self.busy is None:  # nobody presses Ready with a telephone in the hand
            await super()._catch_up()

    async def _take(self, event: str, data: dict[str, Any]) -> None:
        if event == "state" and data.get("ticket") is not None and data["state"] in OVER:
            self.busy = None
            for line in self.lines:
                await self._puts_down(line)
        if event == "offer" and self.busy is not None and int(data["offer"]) != self.busy:
            self.doubled.append(f"{self.login} was offered {data} while on a call for offer {self.busy}")
        await super()._take(event, data)

    async def _alive(self) -> None:
        if not self.dark:
            await super()._alive()

    async def serve(self, offer: int) -> None:
        if self.dark or self.busy is not None or offer in self.serving:
            return  # their page, opened again, is told of it again
        self.serving.add(offer)
        try:
            await self._serve(offer)
        finally:
            self.serving.discard(offer)

    async def _serve(self, offer: int) -> None:
        act = self.dice.choices(list(ACTS), list(ACTS.values()))[0]
        self.acts[act] = self.acts.get(act, 0) + 1
        with contextlib.suppress(httpx.HTTPError, AssertionError):
            await asyncio.sleep(self.dice.uniform(0.2, 1.0))
            if act == "declines":
                await self.post(f"/desk/offers/{offer}/decline")
            elif act == "breaks":
                await self.status("break")
                await asyncio.sleep(2)
                await self.ready()
            elif act == "page dies":
                await self._page_dies()
            elif act != "misses":
                await self._takes(offer, drops=act == "drops")

    async def _page_dies(self) -> None:
        """The network is gone: no stream, no pings, no looks; then the page is opened again."""
        self.dark = True
        listening = self._tasks[0]
        listening.cancel()
        await asyncio.sleep(PAGE_DEAD)
        self.dark = False
        self._tasks[0] = asyncio.create_task(self._listen())

    async def _takes(self, offer: int, *, drops: bool) -> None:
        if not await self._accepted(offer):
            return
        self.busy = offer
        try:
            token = (await self._try("/desk/phone-token")).json()["token"]
            async with self.phone() as line:
                await line.register(token=token)
                await line.dial("desk", params={"offer": str(offer)}, chaos=self.chaos, seed=offer)
                self.lines.append(line)
                try:
                    await line.listening(30)
                    await line.say(f"{self.hello}. {offer}")
                    await asyncio.sleep(self.dice.uniform(1.0, 3.0))
                    if drops:
                        return  # the line is closed by the end of this block: their leg is gone, the caller is not
                    await self._hangs_up(line)
                except (NotHeard, CallEnded):
                    # Nobody came. They put the telephone down; the button would send a caller away unheard.
                    await self._puts_down(line)
        except (OSError, NotHeard, CallEnded) as error:
            self.faults.append(f"{type(error).__name__}: {error}")
        finally:
            self.busy = None
            self.lines.clear()
        with contextlib.suppress(httpx.HTTPError):
            await self.finish(within=4)

    async def _hangs_up(self, line: Line) -> None:
        """The button, while the page shows it; then the telephone itself."""
        for _ in range(5):
            if line.reason is not None:
                return
            with contextlib.suppress(httpx.HTTPError):
                if not await self.hang_up():
                    break
            with contextlib.suppress(NotHeard):
                await line.ended(2)
        await self._puts_down(line)

    async def _puts_down(self, line: Line) -> None:
        if line.reason is None:
            with contextlib.suppress(NotHeard, CallEnded):
                await line.hangup()
                await line.ended(10)

    async def _accepted(self, offer: int) -> bool:
        answer = await self._try(f"/desk/offers/{offer}/accept")
        return "accepted" in answer.headers.get("X-Desk-Events", "")

    async def _try(self, path: str) -> httpx.Response:
        """Pressed again while the server does not answer. Raises the last error."""
        for _ in range(5):
            with contextlib.suppress(httpx.HTTPError):
                answer = await self.post(path)
                if answer.status_code < 500:
                    return answer
            await asyncio.sleep(1)
        return (await self.post(path)).raise_for_status()
