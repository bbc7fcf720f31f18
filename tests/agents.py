"""A scripted agent: what a browser does at the desk (sign-in, push, pings, accept, softphone, wrap-up), over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from system import System

from ivr.carriers.local.line import CallEnded, Line, NotHeard


@dataclass
class Agent:
    """Signed in, on duty, accepting what is offered. ``offers`` holds every push ``offer`` with the second it came;
    ``calls`` what was said on each call. ``talk``: seconds on a call before hanging up (None: until the caller does).
    ``chaos``: the bad network of their own leg.
    """

    system: System
    login: str
    password: str
    talk: float | None = 0.3
    hello: str = "Здравствуйте, я слушаю вас"
    accepts: bool = True
    chaos: tuple[str, ...] = ()
    offers: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    calls: list[Line] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    http: httpx.AsyncClient = field(init=False)
    live: httpx.AsyncClient = field(init=False)
    csrf: str = ""
    supervision: int = 0
    """The newest call that their phone was asked into as a supervisor's."""
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def __aenter__(self) -> Agent:
        self.http = httpx.AsyncClient(base_url=self.system.web, timeout=20, follow_redirects=True)
        await self.sign_in()
        # One client for as long as the page is open, as in a browser: each new one costs more than what it asks.
        self.live = httpx.AsyncClient(
            base_url=self.system.live, cookies=self.http.cookies, headers={"Origin": self.system.web}
        )
        self._tasks.append(asyncio.create_task(self._listen()))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(httpx.HTTPError):
            await self.post("/desk/status", status="off")
        await self.live.aclose()
        await self.http.aclose()

    async def sign_in(self) -> None:
        page = await self.http.get("/sign-in")
        form = {"login": self.login, "password": self.password, "csrf_token": _token(page.text)}
        answer = await self.http.post("/sign-in", data=form)
        assert answer.status_code == 200, f"sign-in: {answer.status_code}"
        self.csrf = _token((await self.http.get("/desk")).text)

    async def post(self, path: str, **form: str) -> httpx.Response:
        return await self.http.post(path, data=form, headers={"X-CSRF-Token": self.csrf})

    async def status(self, status: str, reason: str = "") -> None:
        answer = await self.post("/desk/status", status=status, reason=reason)
        assert answer.status_code == 200, f"status: {answer.status_code}"

    async def ready(self) -> None:
        await self.status("ready")

    async def _listen(self) -> None:
        """The push channel: answers pings, takes offers; comes back when it drops, as EventSource does."""
        while True:
            with contextlib.suppress(httpx.HTTPError, asyncio.IncompleteReadError):
                async for event, data in self._events():
                    await self._take(event, data)
            await asyncio.sleep(0.3)
            await self._catch_up()

    async def _events(self) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        async with self.live.stream("GET", "/desk/events", timeout=httpx.Timeout(10, read=15)) as answer:
            event = "message"
            async for line in answer.aiter_lines():
                if line.startswith("event:"):
                    event = line[6:].strip()
                elif line.startswith("data:"):
                    yield event, json.loads(line[5:])

    async def _take(self, event: str, data: dict[str, Any]) -> None:
        if event == "ping":
            await self._alive()
        elif event == "offer":
            self.offers.append((time.perf_counter(), data))
            if self.accepts:
                self._tasks.append(asyncio.create_task(self.serve(int(data["offer"]))))
        elif event == "supervision" and data["state"] == "asked":
            self.supervision = int(data["supervision"])
        elif event in ("hello", "resync", "withdrawn"):
            self._tasks.append(asyncio.create_task(self._catch_up()))

    async def _alive(self) -> None:
        with contextlib.suppress(httpx.HTTPError):
            await self.live.post("/desk/alive", timeout=5)

    async def _catch_up(self) -> None:
        """What a page does when it comes back: ask again. An offer that is still open is taken; an agent who was
        paused for a miss says that they are there."""
        with contextlib.suppress(httpx.HTTPError):
            status = (await self.http.get("/desk/panel/status")).text
            if self.accepts and 'class="notice warn' in status:
                await self.ready()
            page = (await self.http.get("/desk/panel/call")).text
            found = re.search(r"/desk/offers/(\d+)/accept", page)
            known = {int(data["offer"]) for _, data in self.offers}
            if found and self.accepts and int(found.group(1)) not in known:
                self.offers.append((time.perf_counter(), {"offer": int(found.group(1))}))
                self._tasks.append(asyncio.create_task(self.serve(int(found.group(1)))))
            if "/wrap-up" in page:
                self._tasks.append(asyncio.create_task(self.finish()))

    async def serve(self, offer: int) -> None:
        """Accept, talk, hang up, wrap up: what the page and the agent do with one offer."""
        try:
            accepted = await self.post(f"/desk/offers/{offer}/accept")
            if "accepted" not in accepted.headers.get("X-Desk-Events", ""):
                return
            token = (await self.post("/desk/phone-token")).json()["token"]
            async with self.phone() as line:
                self.calls.append(line)
                await line.register(token=token)
                await line.dial("desk", params={"offer": str(offer)}, chaos=self.chaos, seed=offer)
                with contextlib.suppress(NotHeard, CallEnded):
                    await line.listening(40)
                    await line.say(self.hello)
                    if self.talk is None:
                        await line.ended(120)
                    else:
                        await asyncio.sleep(self.talk)
                if line.reason is None:
                    await self.hang_up()
                with contextlib.suppress(NotHeard, CallEnded):
                    await line.ended(10)
            await self.finish()
        except (httpx.HTTPError, OSError, NotHeard, CallEnded) as error:
            self.faults.append(f"{type(error).__name__}: {error}")

    def phone(self) -> Line:
        """A new telephone for the next call."""
        return Line(self.system.carrier)

    async def hang_up(self) -> bool:
        """The desk's hang-up button, of whatever call is on the page; whether it was there."""
        page = (await self.http.get("/desk/panel/call")).text
        found = re.search(r"/desk/tickets/(\d+)/hang-up", page)
        if found:
            await self.post(f"/desk/tickets/{found.group(1)}/hang-up")
        return found is not None

    async def finish(self, outcome: str = "resolved", within: float = 10) -> None:
        """Wrap-up, when the page shows it."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            page = (await self.http.get("/desk/panel/call")).text
            found = re.search(r"/desk/tickets/(\d+)/wrap-up", page)
            if found:
                await self.post(f"/desk/tickets/{found.group(1)}/wrap-up", outcome=outcome, notes="сделано")
                return
            await asyncio.sleep(0.2)


def _token(page: str) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found, "no CSRF token on the page"
    return found.group(1)


@contextlib.asynccontextmanager
async def on_duty(system: System, count: int = 1, **more: Any) -> AsyncIterator[list[Agent]]:
    """``count`` agents (supervisors take calls too), signed in and ready."""
    works = ("agent", "supervisor")
    logins = [(login, password) for login, password, role in system.sign_ins() if role in works][:count]
    async with contextlib.AsyncExitStack() as stack:
        agents = [await stack.enter_async_context(Agent(system, login, password, **more)) for login, password in logins]
        for agent in agents:
            await agent.ready()
        yield agents
