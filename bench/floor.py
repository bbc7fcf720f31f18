"""A full floor: sixty people with open desks, hundreds of callers in line, and a caller played by signed webhooks.

The people and the line are put into the records directly; everything that is measured goes through the real processes.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from agents import Agent
from load import Connection
from sqlalchemy import update
from system import System

from callqueue.model import HandOffRequest
from callqueue.service import CallQueue
from callqueue.store import tickets
from ivr.settings import settings
from ivr.store import people
from ivr.store.engine import engine

ACTION = re.compile(rb'<Gather[^>]* action="([^"]+)"')
REDIRECT = re.compile(rb"<Redirect[^>]*>([^<]+)<")
NUMBER = "+74950000000"
FAR = timedelta(days=300)
_numbers = itertools.count()


def use(system: System) -> None:
    """This process looks at the records and the Valkey of ``system`` from now on."""
    for name in ("DATA_DIR", "PORT"):
        os.environ[name] = system.environment()[name]
    settings.cache_clear()
    engine.cache_clear()


class _Silent:
    def send(self, *_: object) -> None:
        """What is put there by hand is pushed to nobody."""


def quiet_queue() -> CallQueue:
    """The call queue, with no wake-ups and no pushes."""
    return CallQueue(engine(), lambda *_: None, _Silent())


@contextlib.asynccontextmanager
async def open_desks(system: System, count: int) -> AsyncIterator[list[Agent]]:
    """So many people with a page open who take nothing; off duty."""
    queue = quiet_queue()
    logins = []
    for number in range(count):
        login = f"bench{number}"
        if people.by_login(login) is None:
            person = people.add(login, f"Bench {number}", "agent", "bench-password")
            queue.register_agent(person.id, person.name)
        logins.append(login)
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(Agent(system, login, "bench-password", accepts=False)) for login in logins
        ]


def narrow(desks: list[Agent]) -> None:
    """From now on they get no calls of the queue ``cards``, which asks for a skill."""
    queue = quiet_queue()
    for desk in desks:
        person = people.by_login(desk.login)
        if person is not None:
            queue.set_skills(person.id, {"orders": 5})


def fill_line(count: int, queue_name: str) -> None:
    """So many callers in line, whom the carrier is not asked about."""
    queue = quiet_queue()
    for number in itertools.islice(_numbers, count):
        call = f"CA{number:032x}"
        request = HandOffRequest(f"{call}:bench", call, f"+7916{number:07d}", "ru", queue_name, 0, "asked", "waits")
        queue.hand_off(request)
    with engine().begin() as conn:
        conn.execute(update(tickets).values(checked_at=datetime.now(UTC) + FAR))


def empty_line() -> None:
    """Everybody who waits has hung up."""
    queue = quiet_queue()
    for waiting in queue.waiting_list():
        view = queue.ticket(waiting.ticket)
        if view is not None:
            queue.call_gone(view.call)


@dataclass
class WebhookCaller:
    """One caller as the carrier would tell of them, over one connection."""

    line: Connection
    call: str
    number: str = "+79001112233"
    reply: bytes = b""

    def _facts(self, status: str) -> dict[str, str]:
        facts = {"CallSid": self.call, "AccountSid": "AC" + "0" * 32, "From": self.number, "To": NUMBER}
        return facts | {"CallStatus": status, "Direction": "inbound"}

    async def begins(self) -> float:
        """Dials; seconds until the first reply."""
        status, self.reply, took = await self.line.post("/twilio/voice", self._facts("ringing"))
        return _well(status, took)

    async def keys(self, digits: str) -> float:
        """Keys at whatever listens now; seconds until the reply."""
        address = _address(ACTION, self.reply, self.line.base)
        status, self.reply, took = await self.line.post(address, self._facts("in-progress") | {"Digits": digits})
        return _well(status, took)

    async def polls(self) -> list[float]:
        """Follows redirects, as the carrier does while something is looked up, until the caller is listened to; seconds
        of each."""
        took = []
        for _ in range(40):
            if ACTION.search(self.reply) or not REDIRECT.search(self.reply):
                break
            await asyncio.sleep(0.5)
            address = _address(REDIRECT, self.reply, self.line.base)
            status, self.reply, seconds = await self.line.post(address, self._facts("in-progress"))
            took.append(_well(status, seconds))
        return took

    async def hangs_up(self) -> None:
        await self.line.post("/twilio/status", self._facts("completed") | {"CallDuration": "5"})


def _address(kind: re.Pattern[bytes], reply: bytes, base: str) -> str:
    found = kind.search(reply)
    if found is None:
        raise RuntimeError(f"nothing to go on with in {reply[:300]!r}")
    return found.group(1).decode().split("#")[0].replace("&amp;", "&").removeprefix(base)


def _well(status: int, took: float) -> float:
    if status != 200:
        raise RuntimeError(f"HTTP {status}")
    return took


async def offered(desks: list[Agent], seen: int, within: float) -> float:
    """When (``perf_counter``) the next offer after ``seen`` came to any page."""
    end = time.perf_counter() + within
    while time.perf_counter() < end:
        if sum(len(agent.offers) for agent in desks) > seen:
            return max(agent.offers[-1][0] for agent in desks if agent.offers)
        await asyncio.sleep(0.001)
    raise TimeoutError("no page got the offer")
