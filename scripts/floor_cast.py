"""Who plays in the floor show: agents at desks, one of them in a browser, and callers; and what each of them saw."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from agents import Agent
from browser import DESKTOP, launched
from fault_phones import Leg, Phones, WatchedLine
from floor_people import Person, legs
from pages import DeskPage
from playwright.sync_api import expect
from system import System, wait_for

NUMBER = "+74950000000"
PATIENCE_MS = 60_000
"""A page of a busy machine may take so long."""
Value = TypeVar("Value")

WATCH = """
window.seen = [];
let last = "";
new MutationObserver(() => {
  const mode = document.getElementById("call")?.dataset.mode ?? "";
  const status = document.getElementById("status-title")?.textContent.trim() ?? "";
  const toast = [...document.querySelectorAll("#toast p")].map((one) => one.textContent).join(" ");
  const now = [mode, status, toast].join("|");
  if (now !== last) window.seen.push([Date.now() / 1000, mode, status, toast]);
  last = now;
}).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
"""
"""What a person at the page would see change: the call's panel, the status, and what pops up."""


@dataclass
class Row:
    """What came of one caller; ``faults``: what is not as it is promised."""

    who: str
    did: str
    heard: str = ""
    saw: str = ""
    ended: str = ""
    faults: list[str] = field(default_factory=list)

    def must(self, condition: object, otherwise: str) -> None:
        if not condition:
            self.faults.append(otherwise)


@dataclass
class Caller:
    """A customer with a telephone."""

    knows: dict[str, Any]
    line: WatchedLine
    begun: float = 0.0

    @property
    def name(self) -> str:
        return str(self.knows["name"])

    async def asks_for_a_person(self) -> None:
        await self.calls()
        await self.line.press("0")

    async def calls(self) -> None:
        self.begun = time.time()
        await self.line.dial(NUMBER, language="en")
        await self.line.listening(20)

    async def hangs_up(self) -> None:
        if self.line.reason is None:
            await self.line.hangup()
        await self.line.ended(10)


@dataclass
class Show:
    """The stage: the running program, its telephones, and the rows so far."""

    system: System
    customers: list[dict[str, Any]]
    rows: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.phones = Phones(self.system.carrier)

    def at_desks(self, anna: BrowserDesk, boris: HttpDesk, vera: HttpDesk) -> None:
        self.anna, self.boris, self.vera = anna, boris, vera
        self.desks: list[BrowserDesk | HttpDesk] = [anna, boris, vera]

    @property
    def faults(self) -> list[str]:
        return [f"{row.who}: {fault}" for row in self.rows for fault in row.faults]

    async def caller(self, stack: Any, nth: int, tier: str | None = None) -> Caller:
        """The ``nth`` customer (of a tier, one with a card) with their telephone, which rings when they are phoned."""
        knows = self.customers[nth - 1]
        if tier is not None:
            knows = next(one for one in self.customers[10:] if one["tier"] == tier and one["card"])
        line = await stack.enter_async_context(self.phones.line(f"caller {nth}"))
        await line.register(number=knows["number"], language="en")
        return Caller(knows, line)

    async def on_duty(self, *desks: BrowserDesk | HttpDesk) -> None:
        """These are ready, the first for longest; the others are off."""
        for desk in self.desks:
            await desk.finish()
            await desk.status("off")
        for desk in desks:
            await desk.status("ready")

    async def play(self, scene: Callable[[Show], Awaitable[list[Row]]]) -> None:
        print(f"  {scene.__doc__}", file=sys.stderr, flush=True)
        try:
            self.rows += await scene(self)
        except Exception as error:  # noqa: BLE001 - whatever broke is what this row has to show
            self.rows.append(Row(scene.__name__, scene.__doc__ or "", faults=[f"{type(error).__name__}: {error}"]))

    async def no_legs(self, row: Row) -> None:
        """Two seconds after the last hung up nothing is left at the carrier."""
        try:
            await wait_for(self._none, 2.5)
        except TimeoutError:
            row.must(False, f"legs left: {[(one['from'], one['to']) for one in await legs(self.system)]}")

    async def _none(self) -> bool:
        return not await legs(self.system)

    # What is known from outside: what telephones heard, and the records.

    def leg(self, caller: Caller) -> Leg:
        """The caller's newest call."""
        return max((one for one in self.phones.legs.values() if one.sid == caller.line.sid), key=lambda one: one.began)

    def heard(self, caller: Caller, since: str = "", most: int = 5) -> str:
        """What the caller heard in their newest call, from the first sentence with ``since`` in it."""
        found: list[str] = []
        for _, kind, text in self.leg(caller).heard:
            said = {"say": f"“{_short(text)}”", "peer": f"☎ “{_short(text)}”"}.get(kind, "♪")
            if not found or found[-1] != said:
                found.append(said)
        begins = next((n for n, said in enumerate(found) if since.casefold() in said.casefold()), 0)
        return " → ".join(found[begins:][-most:])

    def heard_at(self, caller: Caller, text: str) -> float:
        """When a sentence came; infinity: never."""
        found = [at for at, _, said in self.leg(caller).heard if text.casefold() in said.casefold()]
        return found[-1] if found else float("inf")

    def records(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Rows of the program's records, read only."""
        with sqlite3.connect(f"file:{self.system.data / 'hotline.db'}?mode=ro", uri=True) as conn:
            conn.row_factory = sqlite3.Row
            return [dict(row) for row in conn.execute(query, values)]

    def caller_of(self, ticket: int) -> str:
        """The number of a ticket's customer."""
        return str(self.records("SELECT number FROM tickets WHERE id = ?", ticket)[0]["number"])

    def ended(self, caller: Caller) -> str:
        """Where this customer's newest call ended: each ticket with queue, state and outcome."""
        found = self.records(
            "SELECT queue, state, outcome, kind FROM tickets WHERE number = ? ORDER BY id", caller.knows["number"]
        )
        return "; ".join(
            f"{row['queue']}{', ' + row['kind'] if row['kind'] != 'call' else ''}: {row['state']}"
            f"{' (' + row['outcome'] + ')' if row['outcome'] else ''}"
            for row in found
        )

    def offers(self, desk: str) -> dict[str, int]:
        """How the offers to an agent ended."""
        query = "SELECT o.state, count(*) n FROM offers o JOIN agents a ON a.id = o.agent WHERE a.name = ? GROUP BY 1"
        return {row["state"]: row["n"] for row in self.records(query, desk)}

    async def saw(self, since: float) -> str:
        """What each desk showed since then."""
        told = []
        for desk in self.desks:
            await desk.note()
            seen = [what for at, what in desk.seen if at >= since]
            if seen:
                told.append(f"{desk.name}: {', '.join(seen)}")
        return "; ".join(told)

    def printed(self) -> str:
        """Both tables, in Markdown, and what is wrong."""
        lines = ["| caller | did | heard | agents saw | ended | as promised |", "|---|---|---|---|---|---|"]
        for row in self.rows:
            cells = (row.who, row.did, row.heard, row.saw, row.ended, "**no**" if row.faults else "yes")
            lines.append(f"| {' | '.join(cells)} |")
        lines += ["", "| agent | offers | accepted | missed | declined | taken back | wrap-ups | status in the end |"]
        lines += ["|---|---|---|---|---|---|---|---|"]
        for desk in self.desks:
            how = self.offers(desk.name)
            ends = ("accepted", "missed", "declined", "withdrawn")
            counts = [sum(how.values()), *(how.get(end, 0) for end in ends)]
            wraps = self.records(
                "SELECT count(*) n FROM tickets t JOIN agents a ON a.id = t.agent WHERE a.name = ? AND t.outcome = ?",
                desk.name,
                "resolved",
            )[0]["n"]
            status = self.records("SELECT status, reason, paused FROM agents WHERE name = ?", desk.name)[0]
            end = " ".join(filter(None, status.values()))
            lines.append(f"| {desk.name} | {' | '.join(map(str, counts))} | {wraps} | {end} |")
        lines += ["", *(f"NOT AS PROMISED: {fault}" for fault in self.faults)]
        return "\n".join(lines)


def _short(text: str, most: int = 70) -> str:
    return text if len(text) <= most else f"{text[:most].rsplit(' ', 1)[0]} …"


@dataclass
class Watching(Agent):
    """A desk's page over HTTP that writes down what it is told."""

    seen: list[tuple[float, str]] = field(default_factory=list)

    async def _take(self, event: str, data: dict[str, Any]) -> None:
        told = {"offer": "offer", "withdrawn": f"offer gone ({data.get('reason')})"}.get(event, "")
        if event == "state":
            told = data["state"].replace("_", "-") + (f" ({data['reason']})" if data.get("reason") else "")
        if told:
            self.seen.append((time.time(), told))
        await super()._take(event, data)


class HttpDesk:
    """An agent whose page is played over HTTP: its push channel, its pings, its buttons, its telephone."""

    def __init__(self, show: Show, name: str, login: str, password: str) -> None:
        self.name = name
        self._show = show
        self._agent = Watching(show.system, login, password, accepts=False)
        self.seen = self._agent.seen
        self._person: Person | None = None

    async def __aenter__(self) -> Self:
        await self._agent.__aenter__()
        await self.plug_in()
        return self

    async def __aexit__(self, *more: Any) -> None:
        await self.person.line.__aexit__(None, None, None)
        await self._agent.__aexit__(*more)

    @property
    def person(self) -> Person:
        assert self._person is not None
        return self._person

    async def plug_in(self) -> None:
        """A new telephone in the page."""
        line = await self._show.phones.line(self.name).__aenter__()
        await line.register(token=(await self._agent.post("/desk/phone-token")).json()["token"])
        self._person = Person(self._agent, line, int(line.registered_as.rpartition("-")[2]))

    async def drop(self) -> None:
        """The network of the telephone is gone."""
        await self.person.line.__aexit__(None, None, None)

    async def status(self, status: str, reason: str = "") -> None:
        await self._agent.status(status, reason)

    async def offered(self, within: float = 30) -> int:
        await wait_for(lambda: self._has("/accept"), within)
        return await self.person.ticket()

    async def _has(self, words: str) -> bool:
        return words in await self.person.panel()

    async def accept(self) -> int:
        return await self.person.accept()

    async def accept_only(self) -> None:
        """Accept, without the telephone coming."""
        await self._agent.post(f"/desk/offers/{await self.person.offered()}/accept")

    async def decline(self) -> None:
        await self._agent.post(f"/desk/offers/{await self.person.offered()}/decline")

    async def say(self, text: str) -> None:
        await self.person.line.say(text)

    async def hears(self, text: str) -> None:
        await self.person.line.hear(text, 15)

    async def write(self, notes: str) -> None:
        await self.person.does(f"tickets/{await self.person.ticket()}/notes", notes=notes)

    async def transfer(self, target: str, how: str) -> None:
        await self.person.does(f"tickets/{await self.person.ticket()}/transfer", target=target, how=how)

    async def does(self, act: str) -> None:
        await self.person.does(f"tickets/{await self.person.ticket()}/{act}", on="1")

    async def mode(self) -> str:
        found = re.search(r'data-mode="(\w+)"', await self.person.panel())
        return found.group(1) if found else ""

    async def shown(self) -> str:
        return (await self._agent.http.get("/desk/panel/status")).text + await self.person.panel()

    async def finish(self) -> None:
        if await self.mode() == "wrap_up":
            await self._agent.finish()

    async def note(self) -> None:
        """Its push channel has written everything down already."""


class BrowserDesk:
    """An agent at the desk in a real browser, which lives in a thread of its own."""

    def __init__(self, show: Show, name: str, login: str, password: str) -> None:
        self.name = name
        self.seen: list[tuple[float, str]] = []
        self._show, self._login, self._password = show, login, password
        self._thread = ThreadPoolExecutor(1)
        self._stack = ExitStack()
        self._page: DeskPage | None = None

    async def _in_page(self, act: Callable[[], Value]) -> Value:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act)

    async def __aenter__(self) -> Self:
        await self._in_page(self._open)
        return self

    def _open(self) -> None:
        expect.set_options(timeout=PATIENCE_MS)
        browser = self._stack.enter_context(launched())
        page = browser.new_page(locale="en-GB", viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(WATCH)
        self._page = DeskPage.sign_in(self._show.system, page)

    async def __aexit__(self, *_: Any) -> None:
        await self._in_page(self._stack.close)
        self._thread.shutdown()

    @property
    def desk(self) -> DeskPage:
        assert self._page is not None
        return self._page

    async def status(self, status: str, reason: str = "") -> None:
        await self._in_page(lambda: self._status(status, reason))

    def _status(self, status: str, reason: str) -> None:
        if status == "ready":
            self.desk.ready()
        elif status == "off":
            self.desk.off()
        else:
            self.desk.page.keyboard.press("b")
            self.desk.page.click(f"#break-reasons button[value={reason}]")

    async def offered(self, within: float = 30) -> int:
        await self._in_page(lambda: self.desk.is_in("offer", within * 1000))
        return int(await self._in_page(lambda: self.desk.ticket))

    async def accept(self) -> int:
        await self._in_page(self.desk.accept)
        return int(await self._in_page(lambda: self.desk.ticket))

    async def say(self, text: str) -> None:
        await self._in_page(lambda: self.desk.say(text))

    async def hears(self, text: str) -> None:
        await self._in_page(lambda: self.desk.hears(text))

    async def transfer(self, target: str, how: str) -> None:
        await self._in_page(lambda: self._transfer(target, how))

    def _transfer(self, target: str, how: str) -> None:
        page = self.desk.page
        page.click("button[data-key=x]")
        form = f"#transfer-{self.desk.ticket}"
        page.select_option(f"{form} select", target)
        page.click(f"{form} button[value={how}]")

    async def does(self, act: str) -> None:
        key = {"hold": "h", "hand-over": "g", "take-back": "z"}[act]
        await self._in_page(lambda: self.desk.page.click(f"button[data-key={key}]"))

    async def mode(self) -> str:
        return await self._in_page(lambda: self.desk.page.locator("#call").get_attribute("data-mode") or "")

    async def shown(self) -> str:
        return await self._in_page(lambda: self.desk.page.inner_text("#desk"))

    async def finish(self) -> None:
        if await self.mode() == "wrap_up":
            await self._in_page(self.desk.finish)

    async def note(self) -> None:
        """Take over what the page's observer saw: the call's panel, the status, what popped up."""
        before: tuple[str, str, str] = ("", "", "")
        found: list[tuple[float, str]] = []
        for at, mode, status, toast in await self._in_page(lambda: self.desk.page.evaluate("window.seen")):
            if mode != before[0]:
                found.append((at, mode.replace("_", "-")))
            if status != before[1]:
                found.append((at, f"“{status}”"))
            if toast and toast != before[2]:
                found.append((at, f"told “{toast}”"))
            before = (mode, status, toast)
        self.seen[:] = found
