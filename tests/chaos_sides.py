"""One side of the chaos test: a system, the scripted calls played on it, and what came of them in comparable form.

What differs between any two runs is taken out: times, carrier's ids, row numbers, which agent it was, and hold
announcements (how long one waits in a line depends on the machine, so their number and the place told do). Also the
sentence that fills the time of a slow look-up, which comes after 0.7 s on any network.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sqlite3
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from difflib import unified_diff
from pathlib import Path
from typing import Any

import httpx
from agents import Agent
from chaos_calls import Desk, ScriptedCall, by_desk
from system import System, wait_for

from ivr.carriers.local.scripted import Action, Outcome, Plan, perform

NUMBER = "+74950000000"
AT_ONCE = 10
LATEST_COPY = 2.5
"""Seconds after which the carrier sends no copy of a webhook any more."""

_IDS = re.compile(r"\b(?:CA|RE|CF|QU|SM)[0-9a-f]{32}\b")
_TIMES = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[0-9.:+Z]*")
_HOLD = re.compile(
    r"Ваша очередь|You are number|Ждать примерно|The wait is about|Сколько ждать|How long it will take"
    r"|Чтобы мы вам перезвонили, нажмите один|If you'd like us to call you back, press one\."
)
_FILLER = re.compile(r"Одну минуту, смотрю|One moment, let me look")
_OPEN = "('waiting', 'offered', 'connecting', 'connected', 'wrap_up')"


class Asking(Agent):
    """Writes down a question before finishing each call."""

    async def finish(self, outcome: str = "resolved", within: float = 10) -> None:
        page = await wait_for(lambda: self._wrap_up_page(), within, 0.1)
        await self.post(f"/desk/tickets/{page}/questions", text="Когда вернут деньги?")
        await super().finish(outcome, within)

    async def _wrap_up_page(self) -> str:
        found = re.search(r"/desk/tickets/(\d+)/wrap-up", (await self.http.get("/desk/panel/call")).text)
        return found.group(1) if found else ""


@dataclass
class Side:
    """What came of one side, by call. ``facts`` holds what must be equal; ``wrong`` what must never be, anywhere."""

    chaos: tuple[str, ...]
    seconds: dict[str, float] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    agents: list[Agent] = field(default_factory=list)


async def play(system: System, made: list[ScriptedCall], chaos: tuple[str, ...]) -> Side:
    """All the calls, ten at once, with at the desk whom each needs; then what is in the databases once all is quiet."""
    side = Side(chaos)
    for desk, calls in by_desk(made):
        if not calls:
            continue
        begun = time.monotonic()
        async with contextlib.AsyncExitStack() as stack:
            side.agents += [await stack.enter_async_context(agent) for agent in _people(system, desk, chaos)]
            for agent in side.agents[-2:] if desk != "nobody" else ():
                await agent.ready()
            room = asyncio.Semaphore(AT_ONCE)
            done = await asyncio.gather(*(_one(system, call, chaos, room) for call in calls))
            side.outcomes |= {call.name: outcome for call, outcome in zip(calls, done, strict=True)}
            side.seconds[desk] = time.monotonic() - begun
            await wait_for(lambda: _quiet(system), 30, 0.2)
    await asyncio.sleep(LATEST_COPY)
    await wait_for(lambda: _quiet(system), 30, 0.2)
    _gather(system, made, side)
    return side


def _people(system: System, desk: Desk, chaos: tuple[str, ...]) -> list[Agent]:
    if desk == "nobody":
        return []
    talk = 0.3 if desk == "hangs up" else None
    logins = [(login, password) for login, password, role in system.sign_ins() if role == "agent"][:2]
    return [Asking(system, *who, talk=talk, accepts=desk != "away", chaos=chaos) for who in logins]


async def _one(system: System, call: ScriptedCall, chaos: tuple[str, ...], room: asyncio.Semaphore) -> Outcome:
    script = [Action(name, value) for name, value in call.acts]
    async with room:
        plan = Plan(NUMBER, call.number, script, call.language, chaos, call.seed)
        return await perform(system.carrier, plan)


def _quiet(system: System) -> bool:
    """Every call has ended in the records, and no ticket is anywhere but closed or kept for a callback."""
    try:
        with _open(system.data / "hotline.db") as records:
            living = records.execute("SELECT COUNT(*) FROM calls WHERE ended_at IS NULL").fetchone()[0]
            tickets = records.execute(f"SELECT COUNT(*) FROM tickets WHERE state IN {_OPEN}").fetchone()[0]
        return not living and not tickets and httpx.get(f"{system.web}/readyz", timeout=5).status_code == 200
    except sqlite3.OperationalError:
        return False


@contextlib.contextmanager
def _open(path: Path) -> Any:
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


# -- what came of it -----------------------------------------------------------------------------------------------


def _gather(system: System, made: list[ScriptedCall], side: Side) -> None:
    names = {side.outcomes[call.name].sid: call.name for call in made}
    facts: dict[str, dict[str, Any]] = {call.name: defaultdict(list) for call in made}
    for call in made:
        outcome = side.outcomes[call.name]
        if not outcome.orderly:
            side.wrong.append(f"{call.name}: {outcome.problem or outcome.reason}\n{_printed(outcome)}")
        facts[call.name]["transcript"] = _heard(outcome)
        facts[call.name]["end"] = outcome.reason
    with _open(system.data / "hotline.db") as records:
        _of_records(records, names, facts, side)
        side.wrong += _agents_in_two_calls(records) + _more_than_once(records)
    with _open(system.data / "shop.db") as shop:
        for row in shop.execute("SELECT key, answer FROM hotline_changes"):
            call = names[row["key"].partition(":")[0]]
            facts[call]["change"].append(_plain(row["answer"]))
            side.rows["change"] += 1
        facts["the shop's orders"] = {row["number"]: dict(row) for row in shop.execute("SELECT * FROM orders")}
    for call in made:
        for what in ("change", "ticket", "promise", "message"):
            have, want = len(facts[call.name][what]), call.kind.makes.count(what)
            if have != want:
                side.wrong.append(f"{call.name}: {have} of {what}, not {want}\n{_printed(side.outcomes[call.name])}")
    side.facts = {name: _sorted(what) for name, what in facts.items()}


def _of_records(records: sqlite3.Connection, names: dict[str, str], facts: dict[str, Any], side: Side) -> None:
    numbers: dict[str, list[int]] = defaultdict(list)
    for row in records.execute("SELECT * FROM call_entries ORDER BY call, seq"):
        if row["call"] not in names:
            side.wrong.append(f"an entry of no call of ours: {dict(row)}")
            continue
        numbers[row["call"]].append(row["seq"])
        data = _plain(row["data"])
        if not (row["kind"] == "said" and _FILLER.search(data)):
            facts[names[row["call"]]]["journal"].append((row["kind"], data))
        side.rows["journal"] += 1
    for sid, seqs in numbers.items():
        if seqs != list(range(seqs[0], seqs[0] + len(seqs))):
            side.wrong.append(f"{names[sid]}: entries are numbered {seqs}")
    for row in records.execute("SELECT id, number, called, language, flow, revision, outcome FROM calls"):
        facts[names[row["id"]]]["call"].append(tuple(row)[1:])
        side.rows["call"] += 1
    of_ticket = {row["id"]: names[row["call"]] for row in records.execute("SELECT id, call FROM tickets")}
    columns = "kind, number, language, queue, priority, head, reason, summary, context, state, outcome, notes"
    queries = {
        "ticket": f"SELECT call, {columns}, callback IS NULL AS without_callback FROM tickets",
        "callback": "SELECT call, number, language, queue, priority, summary, context, at, state, attempt, reason,"
        " last_outcome FROM callbacks",
        "promise": "SELECT c.call, c.number FROM promises p JOIN callbacks c ON c.id = p.callback",
        "message": "SELECT call, state, number, language, purpose, seconds > 0 AS some, summary, queue FROM messages",
    }
    for what, query in queries.items():
        for row in records.execute(query):
            values = {key: value for key, value in dict(row).items() if key != "call"}
            at = values.pop("at", None)  # a minute on the clock: the same on both sides
            facts[names[row["call"]]][what].append((at, _plain(json.dumps(values, ensure_ascii=False, default=str))))
            side.rows[what] += 1
    for row in records.execute("SELECT ticket, text, answer FROM questions"):
        facts[of_ticket[row["ticket"]]]["question"].append(tuple(row)[1:])
        side.rows["question"] += 1


def _agents_in_two_calls(records: sqlite3.Connection) -> list[str]:
    """Offers to one agent that overlap, or came before the call they were in was wrapped up.

    A quarter of a second is forgiven: the clock's look at everything that is due bears one time, that of its beginning.
    """
    query = (
        "SELECT o.agent, o.ticket, o.state, o.made_at, COALESCE(CASE WHEN o.state = 'accepted' THEN t.closed_at END,"
        " o.ended_at) AS free_at FROM offers o JOIN tickets t ON t.id = o.ticket ORDER BY o.agent, o.made_at, o.id"
    )
    wrong, before = [], None
    for row in records.execute(query):
        if before is not None and before["agent"] == row["agent"] and _apart(row["made_at"], before["free_at"]) < -0.25:
            wrong.append(f"an agent was in two calls: {dict(before)}, {dict(row)}")
        before = row
    return wrong


def _apart(later: str, earlier: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def _more_than_once(records: sqlite3.Connection) -> list[str]:
    queries = {
        "tickets of one call": "SELECT call FROM tickets GROUP BY call HAVING COUNT(*) > 1",
        "acceptances of one ticket": "SELECT ticket FROM offers WHERE state = 'accepted' GROUP BY ticket"
        " HAVING COUNT(*) > 1",
        "promises of one callback": "SELECT callback FROM promises GROUP BY callback HAVING COUNT(*) > 1",
        "callbacks for one number": "SELECT number FROM callbacks GROUP BY number HAVING COUNT(*) > 1",
        "attempts before their time": "SELECT callback FROM attempts",
    }
    return [f"{what}: {row[0]}" for what, query in queries.items() for row in records.execute(query)]


def _heard(outcome: Outcome) -> list[tuple[str, str]]:
    return [
        (entry.who, entry.text)
        for entry in outcome.transcript
        if not (entry.who == "heard" and (_HOLD.search(entry.text) or _FILLER.search(entry.text)))
        and (entry.who, entry.text) != ("note", "music")
    ]


def _plain(text: str) -> str:
    return _TIMES.sub("<time>", _IDS.sub("<id>", json.dumps(json.loads(text), ensure_ascii=False)))


def _printed(outcome: Outcome) -> str:
    return "\n".join(map(str, outcome.transcript))


def _sorted(facts: Any) -> Any:
    ordered = ("transcript", "journal", "end")
    return {
        what: sorted(rows, key=repr) if isinstance(rows, list) and what not in ordered else rows
        for what, rows in facts.items()
    }


def differences(one: Side, other: Side) -> list[str]:
    """Where two sides differ, in words; empty when they are the same."""
    found = []
    for name in one.facts.keys() | other.facts.keys():
        mine, theirs = one.facts.get(name, {}), other.facts.get(name, {})
        for what in sorted(mine.keys() | theirs.keys()):
            if mine.get(what) != theirs.get(what):
                lines = (
                    list(map(repr, rows if isinstance(rows := side.get(what), list) else [rows]))
                    for side in (mine, theirs)
                )
                found.append(f"{name}, {what}:\n" + "\n".join(unified_diff(*lines, "one", "other", n=2, lineterm="")))
    return sorted(found)
