"""A deploy under a trickle of calls: every process is replaced, and no webhook fails, not even once."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter

import httpx
import psutil
import pytest
from callers import Caller, delivery
from system import System

from ivr.carriers.local.line import Line

NUMBER = "+74950000000"
AT_ONCE = 3
ROLLED = (
    "web",
    "live",
    "clock",
    "worker-lookups",
    "worker-changes",
    "worker-handoffs",
    "worker-errands",
    "worker-dialing",
    "worker-house",
)
STAYS = ("valkey", "carrier")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("whole")]


@pytest.fixture
def system(hotline: System) -> System:
    return hotline


def masters(system: System, kind: str) -> set[int]:
    """Process ids of a kind; of gunicorn's, the ones that the supervisor started."""
    return {process.pid for process in system.kinds().get(kind, []) if _parent(process) == system.process.pid}  # type: ignore[union-attr]


def _parent(process: psutil.Process) -> int:
    try:
        return process.ppid()
    except psutil.NoSuchProcess:
        return 0


def test_every_process_is_replaced_and_no_call_notices(system: System) -> None:
    orders = [
        (one["number"], order["number"])
        for one in system.callers()
        for order in one["orders"]
        if one["language"] == "ru" and order["state"] == "on_the_way"
    ]
    over = asyncio.Event()
    refused: list[str] = []
    ends: Counter[str] = Counter()

    async def trickle(first: int) -> None:
        at = first
        while not over.is_set():
            number, order = orders[at % len(orders)]
            at += AT_ONCE
            async with Line(system.carrier) as line:
                await line.dial(NUMBER, from_=number)
                ends[await Caller(line, delivery(order)).run(60)] += 1

    async def knock() -> None:
        """A new connection every time, and none is tried again: what a carrier sees on a bad day."""
        while not over.is_set():
            for address in (f"{system.web}/readyz", f"{system.live}/healthz"):
                try:
                    async with httpx.AsyncClient(timeout=20) as http:
                        answer = await http.get(address)
                    if answer.status_code != 200:
                        refused.append(f"{answer.status_code} {address}")
                except httpx.HTTPError as error:
                    refused.append(f"{type(error).__name__} {address}")
            await asyncio.sleep(0.05)

    async def play() -> None:
        async with contextlib.AsyncExitStack() as stack:
            group = await stack.enter_async_context(asyncio.TaskGroup())
            for first in range(AT_ONCE):
                group.create_task(trickle(first))
            group.create_task(knock())
            while not ends:
                await asyncio.sleep(0.1)
            try:
                done = await asyncio.to_thread(system.hotline, "restart", timeout=300)
                assert done.returncode == 0, done.stdout + done.stderr
                seen = sum(ends.values())
                while sum(ends.values()) < seen + AT_ONCE:  # those that began before, and one more
                    await asyncio.sleep(0.1)
            finally:
                over.set()

    told = system.log.stat().st_size
    before = {kind: masters(system, kind) for kind in (*ROLLED, *STAYS)}
    asyncio.run(play())
    after = {kind: masters(system, kind) for kind in (*ROLLED, *STAYS)}
    log = system.log.read_bytes()[told:].decode(errors="replace")
    assert set(ends) == {"served"}, ends
    assert refused == []
    for kind in ROLLED:
        assert before[kind], kind
        assert after[kind], kind
        assert before[kind].isdisjoint(after[kind]), f"{kind} was not replaced"
    for kind in STAYS:
        assert before[kind] == after[kind], kind
    failed = [line for line in log.splitlines() if "Error 112" in line or "could not be told" in line]
    assert failed == [], "the carrier met an error in a webhook"
    assert "and was killed" not in log
