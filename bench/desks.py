"""What a full floor feels: from a key to the offer on a page, and webhooks while the shop takes three seconds."""

from __future__ import annotations

import asyncio
import itertools
import time
from pathlib import Path

from agents import Agent
from fault_records import held
from floor import WebhookCaller, offered
from load import Connection, Times
from system import System

SHOP_SECONDS = 3.0


async def freed(desks: list[Agent], count: int) -> Times:
    """From an agent's click on Ready to the offer of the head of the line on their page, all the others being away."""
    times = Times()
    agents = itertools.cycle(desks)
    for _ in range(count):
        agent = next(agents)
        seen = len(agent.offers)
        begun = time.perf_counter()
        await agent.ready()
        times.seconds.append(await offered([agent], seen, 20) - begun)
        await agent.status("break", "lunch")
        await asyncio.sleep(0.05)
    return times


async def transfers(system: System, token: str, desks: list[Agent], count: int, names: itertools.count[int]) -> Times:
    """From the key that asks for a human to the offer on a page."""
    times = Times()
    for _ in range(count):
        caller = WebhookCaller(
            Connection(system.web, token), f"CA{next(names):032x}", f"+7903{next(names) % 10**7:07d}"
        )
        await caller.begins()
        seen = sum(len(agent.offers) for agent in desks)
        begun = time.perf_counter()
        await caller.keys("0")
        times.seconds.append(await offered(desks, seen, 20) - begun)
        await caller.hangs_up()
        caller.line.close()
        await asyncio.sleep(0.2)
    return times


async def slow_shop(
    system: System, token: str, seconds: float, callers: int, names: itertools.count[int]
) -> tuple[Times, Times]:
    """Each webhook's seconds, of callers who need the shop and of callers who do not, as many of each."""
    until = time.perf_counter() + seconds
    needs, needs_not = Times(), Times()

    async def shop() -> None:
        while time.perf_counter() < until:
            await held(Path(system.data) / "shop.db", SHOP_SECONDS)
            await asyncio.sleep(0.02)

    async def caller(needy: bool) -> None:
        times = needs if needy else needs_not
        while time.perf_counter() < until:
            one = WebhookCaller(Connection(system.web, token), f"CA{next(names):032x}")
            times.seconds.append(await one.begins())
            for keys in ("1", "4217") if needy else ("9", "1", "9", "9"):
                await asyncio.sleep(0.5)  # somebody speaks meanwhile
                times.seconds.append(await one.keys(keys))
            times.seconds += await one.polls()
            await one.hangs_up()
            one.line.close()

    disturbing = asyncio.create_task(shop())
    await asyncio.gather(*(caller(number % 2 == 0) for number in range(callers)))
    await disturbing
    return needs, needs_not
