"""Twenty calls in progress, and one kind of process after another is killed: every call still ends well, and once."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from agents import on_duty
from callers import Caller, all_run, callback, delivery, human
from system import System, wait_for

from ivr.carriers.local.line import Line

NUMBER = "+74950000000"
CALLS = 20
WELL = {"served", "human", "callback", "message"}
KINDS = (
    "web",
    "live",
    "worker-lookups",
    "worker-changes",
    "worker-handoffs",
    "worker-dialing",
    "worker-journal",
    "clock",
    "valkey",
)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("faults")]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    system = System(data=tmp_path_factory.mktemp("faults"))
    try:
        yield system.start()
    finally:
        system.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_killed_in_the_middle_of_calls(system: System, kind: str) -> None:
    orders = [
        (one["number"], order["number"])
        for one in system.callers()
        for order in one["orders"]
        if one["language"] == "ru" and order["state"] == "on_the_way"
    ]

    async def play() -> tuple[list[str], list[Caller], float]:
        async with on_duty(system, 3, talk=0.3), contextlib.AsyncExitStack() as stack:
            callers = []
            for index in range(CALLS):
                line = await stack.enter_async_context(Line(system.carrier))
                number, order = orders[index % len(orders)]
                goal = (delivery(order), human(), callback())[index % 3]
                # A number of its own for each call: one who phones while a callback is open is merged into it.
                from_ = number if goal.name == "delivery" else f"+7916{KINDS.index(kind):02d}{index:05d}"
                if goal.name == "callback":
                    await line.register(from_)
                await line.dial(NUMBER, from_=from_)
                callers.append(Caller(line, goal))
            running = asyncio.create_task(all_run(callers, 100))
            await asyncio.sleep(0.4)
            assert system.kill(kind) > 0
            killed = time.monotonic()
            await wait_for(lambda: _whole(system), 60, 0.2)
            back = time.monotonic() - killed
            return await running, callers, back

    ends, callers, back = asyncio.run(play())
    bad = [caller.line.printed() for caller in callers if caller.end not in WELL]
    assert not bad, f"{Counter(ends)}\n" + "\n\n".join(bad[:3])
    assert back < 60
    for caller in callers:
        assert caller.kept == (caller.end == "callback" and bool(caller.line.registered_as)), caller.line.printed()
        greeted = sum("я слушаю вас" in entry.text for entry in caller.line.transcript if entry.who == "peer")
        assert greeted <= 1, caller.line.printed()
    assert _twice(system) == []


def _whole(system: System) -> bool:
    kinds = system.kinds()
    return all(kinds.get(kind) for kind in KINDS) and system.ready()


def _twice(system: System) -> list[Any]:
    """Calls with more than one hand-off."""
    with contextlib.closing(sqlite3.connect(system.data / "hotline.db")) as records:
        query = "SELECT call, COUNT(*) FROM tickets WHERE call IS NOT NULL GROUP BY call HAVING COUNT(*) > 1"
        return list(records.execute(query))
