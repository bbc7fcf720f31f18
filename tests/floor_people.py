"""People on the whole program's floor for scripts that go step by step: at a desk over HTTP, with the phone in it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from agents import Agent
from system import System, wait_for

from ivr.carriers.local.line import Line, NotHeard
from ivr.settings import DEMO_ACCOUNT


@dataclass
class Person:
    """Somebody at a desk: their page and the phone in it."""

    agent: Agent
    line: Line
    id: int = 0
    faults: list[str] = field(default_factory=list)

    async def panel(self) -> str:
        return (await self.agent.http.get("/desk/panel/call")).text

    async def offered(self) -> int:
        async def there() -> int:
            found = re.search(r"/desk/offers/(\d+)/accept", await self.panel())
            return int(found.group(1)) if found else 0

        return int(await wait_for(there))

    async def accept(self) -> int:
        """Take what is offered and join; the ticket."""
        offer = await self.offered()
        await self.agent.post(f"/desk/offers/{offer}/accept")
        await self.line.dial("desk", params={"offer": str(offer)})
        return await self.ticket()

    async def ticket(self) -> int:
        found = re.search(r'data-ticket="(\d+)"', await self.panel())
        assert found
        return int(found.group(1))

    async def does(self, path: str, **form: str) -> str:
        answer = await self.agent.post(f"/desk/{path}", **form)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    async def shows(self, words: str, within: float = 10) -> None:
        async def there() -> bool:
            return words in await self.panel()

        await wait_for(there, within)


@asynccontextmanager
async def people(system: System, *roles: str) -> AsyncIterator[list[Person]]:
    """Signed in, not yet ready, their phones registered."""
    logins = list(system.sign_ins())
    async with AsyncExitStack() as stack:
        found = []
        for role in roles:
            login, password, _ = next(one for one in logins if one[2] == role)
            logins = [one for one in logins if one[0] != login]
            agent = await stack.enter_async_context(Agent(system, login, password, accepts=False))
            line = await stack.enter_async_context(Line(system.carrier))
            token = (await agent.post("/desk/phone-token")).json()["token"]
            await line.register(token=token)
            found.append(Person(agent, line, int(line.registered_as.rpartition("-")[2])))
        yield found


async def legs(system: System) -> list[dict[str, Any]]:
    """Calls in progress, as the carrier lists them."""
    token = (system.data / "auth-token").read_text().strip()
    async with httpx.AsyncClient(base_url=system.carrier, auth=(DEMO_ACCOUNT, token)) as rest:
        answer = await rest.get(f"/2010-04-01/Accounts/{DEMO_ACCOUNT}/Calls.json?PageSize=200")
        return [one for one in answer.json()["calls"] if one["status"] in ("queued", "ringing", "in-progress")]


async def nobody_left(system: System) -> None:
    """No leg after two seconds (what a loaded machine takes longer for is not the program's)."""

    async def none() -> bool:
        return not await legs(system)

    await wait_for(none, 6)


async def wrap_up(person: Person) -> None:
    await person.agent.finish()
    await person.agent.status("off")


async def asked_to_come(person: Person) -> int:
    """The supervision with which their page's phone is to join, as it was pushed."""
    return int(await wait_for(lambda: person.agent.supervision))


async def until_heard(speaker: Line, text: str, listener: Line) -> None:
    """Say it again until it is heard: how one sits takes a moment to reach the carrier."""
    for _ in range(20):
        await speaker.say(text)
        try:
            await listener.hear(text, 0.5)
        except NotHeard:
            continue
        return
    raise AssertionError(f"{text!r} was never heard\n{listener.printed()}")
