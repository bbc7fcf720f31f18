"""What a supervisor sees: from something that happens to a caller to the figure on the floor's page."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
import time

import httpx
from agents import Agent
from floor import WebhookCaller
from load import Connection, Times
from system import System

from ivr.store import people

WAITING = re.compile(r'id="line-title">[^<]*</h2><span class="badge[^"]*">(\d+)<')


async def watching(system: System, token: str, count: int, names: itertools.count[int]) -> Times:
    """Seconds from the key that puts a caller in line to the page's figure of those who wait: told by the push, then
    read as the page reads it."""
    times = Times()
    if people.by_login("bench-boss") is None:
        people.add("bench-boss", "Bench boss", "supervisor", "bench-password")
    async with Agent(system, "bench-boss", "bench-password", accepts=False) as boss:
        page = _Page(boss)
        watch = asyncio.create_task(page.watch())
        try:
            await page.shows(None)
            for _ in range(count):
                before = page.waiting
                caller = WebhookCaller(
                    Connection(system.web, token), f"CA{next(names):032x}", f"+7904{next(names) % 10**7:07d}"
                )
                await caller.begins()
                begun = time.perf_counter()
                await caller.keys("0")
                times.seconds.append(await page.shows(before + 1) - begun)
                await caller.hangs_up()
                caller.line.close()
                await page.shows(before)
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
    return times


class _Page:
    """``/supervisor`` as far as the number of those who wait."""

    def __init__(self, boss: Agent) -> None:
        self._boss = boss
        self.waiting = -1
        self.at = 0.0

    async def watch(self) -> None:
        """Reads after every push; comes back when the stream drops, as EventSource does."""
        await self._read(0)
        while True:
            with contextlib.suppress(httpx.HTTPError):
                async with self._boss.live.stream("GET", "/supervisor/events", timeout=30) as answer:
                    async for line in answer.aiter_lines():
                        if line.startswith("data:"):
                            await self._read(json.loads(line[5:])["at"])
            await asyncio.sleep(0.3)

    async def _read(self, since: float) -> None:
        answer = await self._boss.http.get("/supervisor/now", params={"since": since})
        found = WAITING.search(answer.json()["panels"]["line"]["html"])
        if found is None:
            raise RuntimeError(f"no count of those who wait in {answer.text[:300]!r}")
        self.waiting, self.at = int(found[1]), time.perf_counter()

    async def shows(self, count: int | None, within: float = 20) -> float:
        """When (``perf_counter``) the page shows so many; ``None``: any number at all."""
        end = time.perf_counter() + within
        while time.perf_counter() < end:
            if self.waiting >= 0 and count in (None, self.waiting):
                return self.at
            await asyncio.sleep(0.002)
        raise TimeoutError(f"the page shows {self.waiting} waiting, not {count}")
