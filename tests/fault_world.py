"""A running system under load and under faults: starts everything, injects by plan, lets it come to rest."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import shutil
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import redis
from fault_agents import Person
from fault_between import Between
from fault_customers import MOSCOW, Town
from fault_kinds import PROCESSES, Kind, Planned
from fault_phones import Phones
from fault_records import PostgresRecords, Records, SqliteRecords
from system import System, free_ports

import flows.library
from ivr.jobs import QUEUES
from ivr.settings import Settings

AGENTS = 8
LEAST = 20.0
"""Seconds of load at least."""
CARRIER_WAITS = 15.0
"""Seconds until the carrier gives up on a webhook."""
BACK = 60.0
"""Seconds within which everything must be back after any fault."""
_HOURS = re.compile(r'from: "09:00", to: "21:00"')


@dataclass
class Injection:
    """What was done, from when until when nothing of it was left: ``over`` the fault itself, ``whole`` its mending."""

    planned: Planned
    began: float
    over: float = 0.0
    whole: float | None = None
    trouble: str = ""

    @property
    def kind(self) -> Kind:
        return self.planned.kind


@dataclass
class World:
    """Everything that a run has. ``closed_times``: when the queue's hours were over."""

    system: System
    between: Between
    records: Records
    phones: Phones
    town: Town
    flow: Path
    agents: list[Person] = field(default_factory=list)
    injections: list[Injection] = field(default_factory=list)
    closed_times: list[tuple[float, float]] = field(default_factory=list)
    least_talking: int = 0
    begun: float = field(default_factory=time.time)
    started_in: float = 0.0
    """Seconds that the whole system took to start: how fast a killed process can be back on this machine."""
    _busy: dict[str, asyncio.Lock] = field(default_factory=dict)

    # -- what faults do -----------------------------------------------------------------------------------------

    def disturb(self, chaos: str, on: bool) -> None:
        """Calls that begin from now on are over a network that does this to webhooks, or not any more."""
        kinds = {*self.town.chaos, chaos} if on else {*self.town.chaos} - {chaos}
        self.town.chaos = tuple(sorted(kinds))
        for agent in self.agents:
            agent.chaos = self.town.chaos

    def shop(self, statement: str) -> None:
        """Change the shop's database."""
        with contextlib.closing(sqlite3.connect(self.system.data / "shop.db", timeout=10)) as shop:
            shop.execute(statement)
            shop.commit()

    def order_state(self, number: str) -> str:
        """An order's state as the shop's own rows have it."""
        with contextlib.closing(sqlite3.connect(self.system.data / "shop.db", timeout=10)) as shop:
            return str(shop.execute("SELECT state FROM orders WHERE number = ?", (number,)).fetchone()[0])

    async def closed(self, seconds: float) -> None:
        """The queue is closed for so long."""
        open_, late = self.flow.read_text(), datetime.now(MOSCOW).hour < 12
        window = 'from: "23:30", to: "23:45"' if late else 'from: "00:10", to: "00:20"'
        self._publish(open_.replace('from: "00:00", to: "24:00"', window))
        begun = time.time()
        await asyncio.sleep(seconds)
        self.closed_times.append((begun, time.time()))
        self._publish(open_)

    def _publish(self, text: str) -> None:
        draft = self.flow.with_suffix(".draft")
        draft.write_text(text)
        draft.replace(self.flow)

    # -- the run ------------------------------------------------------------------------------------------------

    async def run(self, plan: list[Planned], at_once: int) -> None:
        """Load and faults until the plan is done; then no new calls, and rest."""
        stop = asyncio.Event()
        boxes = [asyncio.create_task(self.town.slot(number, stop)) for number in range(at_once)]
        self.begun = time.time()
        watching = asyncio.create_task(self._count())
        await asyncio.gather(asyncio.sleep(LEAST), *(self._inject(planned) for planned in plan))
        watching.cancel()
        stop.set()
        await asyncio.gather(*boxes)
        while self.town.waiting:
            await asyncio.wait(set(self.town.waiting.values()), timeout=5)
            self._let_go_postponed()
        await self._rest()

    def _let_go_postponed(self) -> None:
        """Who is to be phoned at the next opening does not wait at the telephone for it."""
        rows = self.records.rows("SELECT number FROM callbacks WHERE state = 'due_later' AND reason = 'outside hours'")
        for (number,) in rows:
            task = self.town.waiting.pop(str(number), None)
            if task is not None:
                next(one for one in self.town.customers if one.number == number).postponed = True
                task.cancel()

    async def _count(self) -> None:
        await asyncio.sleep(8)
        self.least_talking = 1_000
        while True:
            self.least_talking = min(self.least_talking, len({leg.who for leg in self.phones.live()}))
            await asyncio.sleep(1)

    async def _inject(self, planned: Planned) -> None:
        await asyncio.sleep(max(0.0, self.begun + planned.at - time.time()))
        async with self._busy.setdefault(planned.kind.what or planned.kind.name, asyncio.Lock()):
            injection = Injection(planned, time.time())
            self.injections.append(injection)
            try:
                await planned.kind.do(self, random.Random(planned.seed))
            except Exception as error:  # noqa: BLE001 - whatever went wrong with a fault is a line of the report
                injection.trouble = f"{type(error).__name__}: {error}"
            injection.over = time.time()
            while time.time() - injection.over < 2 * BACK:
                if await self.is_whole():
                    injection.whole = time.time()
                    return
                await asyncio.sleep(0.4)

    async def is_whole(self) -> bool:
        """Every process runs, and web, live and carrier answer."""
        return await asyncio.to_thread(lambda: all(map(self.system.kinds().get, PROCESSES)) and self.system.ready())

    async def _rest(self, within: float = 90) -> None:
        """Until no leg is left and nothing is open that a caller or an agent is in."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            quiet = not self.phones.live() and not self.open_tickets() and not self.rows("SELECT id FROM chores")
            if quiet and not self.backlog():
                return
            await asyncio.sleep(0.5)
        for name in self.backlog():
            for worker in self.system.kinds().get(f"worker-{name}", []):
                worker.send_signal(signal.SIGUSR1)  # where it stands goes to the system's log
        await asyncio.sleep(1)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What the records hold."""
        return self.records.rows(query)

    def backlog(self) -> dict[str, int]:
        """Wake-ups that no worker has taken, by queue."""
        client = redis.Redis.from_url(Settings(data_dir=self.system.data).redis, socket_timeout=5)
        lengths = {name: int(client.llen(f"rq:queue:{name}")) for name in QUEUES}  # type: ignore[arg-type]
        return {name: length for name, length in lengths.items() if length}

    def timeline(self) -> str:
        """What was done when, in seconds from the beginning."""
        return "\n".join(
            f"{one.began - self.begun:7.1f} to {one.over - self.begun:7.1f} s, whole at"
            f" {(one.whole or 0) - self.begun:7.1f}: {one.kind.name} {one.trouble}"
            for one in self.injections
        )

    def open_tickets(self) -> list[tuple[object, ...]]:
        """Hand-offs with somebody on the line, or in wrap-up."""
        states = "('waiting', 'offered', 'connecting', 'connected', 'wrap_up')"
        return list(self.rows(f"SELECT id, state, kind, call FROM tickets WHERE state IN {states}"))

    def closed_at(self, moment: float) -> bool:
        """Whether the queue was closed then, as far as a call that begins is concerned: a flow's text is read anew
        within some seconds."""
        return any(begun <= moment <= ended + 5 for begun, ended in self.closed_times)

    def without_web(self, moment: float) -> bool:
        """Whether a call that began then was on the line while no web server answered for longer than the carrier
        waits."""
        return any(
            one.kind.name == "web killed"
            and (one.whole or float("inf")) - one.began > CARRIER_WAITS
            and one.began - 60 <= moment <= (one.whole or float("inf"))
            for one in self.injections
        )

    def well_between(self, begun: float, ended: float) -> bool:
        """Whether no fault was in force or being mended in that time."""
        return not any(one.began <= ended and begun <= (one.whole or float("inf")) for one in self.injections)


@contextlib.asynccontextmanager
async def world(data: Path, seed: int, postgres: str | None = None) -> AsyncIterator[World]:
    """A system with agents on duty. ``postgres``: an empty database for the records; None: SQLite."""
    data.mkdir(parents=True, exist_ok=True)
    flow = data / "flow.yaml"
    shutil.copy(flows.library.PATH, flow)
    text, found = _HOURS.subn('from: "00:00", to: "24:00"', flow.read_text())
    assert found == 1, "the shipped flow's hours are not where they were"
    flow.write_text(text)
    port = free_ports(4)
    env = {
        "FLOW": str(flow),
        "HOURS": "flow",
        "RING_SECONDS": "6",
        "WRAP_UP_SECONDS": "60",
        "CALLBACK_PREFIXES": "+7,+1,+44,+61",
        "TWILIO_API_URL": f"http://127.0.0.1:{port + 3}",
    }
    records: Records = SqliteRecords(data / "hotline.db") if postgres is None else PostgresRecords(postgres)
    if postgres is not None:
        env["DATABASE_URL"] = postgres
    system = System(data=data, port=port, env=env)
    async with Between(system.carrier, url=env["TWILIO_API_URL"]) as between, contextlib.AsyncExitStack() as stack:
        stack.callback(system.stop)
        starting = time.monotonic()
        await asyncio.to_thread(system.start, 240)
        started_in = time.monotonic() - starting
        records.watch()
        phones = Phones(system.carrier)
        town = Town.of(seed, phones, system.callers(1000))
        made = World(system, between, records, phones, town, flow, started_in=started_in)
        for login, password in _people(system):
            dice = random.Random(f"{seed}:{login}")
            person = Person(system, login, password, phones=phones, dice=dice)
            made.agents.append(await stack.enter_async_context(person))
            await person.ready()
        yield made


def _people(system: System) -> Iterator[tuple[str, str]]:
    """Logins and passwords of so many agents."""
    for number in range(AGENTS):
        done = system.hotline("people", "add", f"person{number}", "--name", f"Person {number}")
        if done.returncode:
            raise RuntimeError(done.stderr)
        login, password = done.stdout.split()[:2]
        yield login, password
