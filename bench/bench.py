"""`make bench`: what a turn, an engine step, a session, a hand-off and a full floor cost, beside the plain thing.

Whole turns are measured through the real server (gunicorn with the Procfile's configuration, the embedded Valkey,
SQLite) and beside a bare Flask view under the same flags, in alternating rounds, so that a drift of the machine's speed
falls on both. Hand-offs and promises stand beside raw RQ in the same Valkey. Options: ``--seconds`` of each round,
``--rounds``, ``--connections``, ``--transfers``, ``--desks``, ``--waiting``, ``--promises``; ``--only turns`` or
``--only floor`` measures a half.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench")]

import raw_rq  # noqa: E402
from agents import on_duty  # noqa: E402
from desks import freed, slow_shop, transfers  # noqa: E402
from floor import empty_line, fill_line, narrow, offered, open_desks, use  # noqa: E402
from load import Connection, Times  # noqa: E402
from promises import promises  # noqa: E402
from system import System, free_ports  # noqa: E402
from watching import watching  # noqa: E402

from flows.engine import CallFacts, advance, start  # noqa: E402
from flows.engine.events import Lookup  # noqa: E402
from flows.engine.inputs import Alternative, Digits, Input, LookupDone, Speech  # noqa: E402
from flows.language import read_flow  # noqa: E402
from flows.library import PATH  # noqa: E402
from ivr.actions import CATALOGUE  # noqa: E402
from ivr.carriers.local.line import Line  # noqa: E402
from ivr.settings import settings  # noqa: E402

NUMBER = "+74950000000"
ADDRESS = re.compile(rb'<Gather[^>]* action="([^"]+)"')


KEYS = ("9", "1", "9", "9")
"""What a measured caller keys, turn by turn: menus and questions that need neither the shop nor a human."""


async def caller(base: str, token: str, until: float, times: Times, names: Iterator[int]) -> None:
    """Whole calls one after another on one connection, until the time is over."""
    line = Connection(base, token)
    while time.perf_counter() < until:
        call = f"CA{next(names):032x}"
        facts = {"CallSid": call, "AccountSid": "AC" + "0" * 32, "From": "+79001112233", "To": NUMBER}
        status, reply, took = await line.post("/twilio/voice", facts | {"CallStatus": "ringing"})
        times.seconds.append(took)
        for keys in KEYS:
            found = ADDRESS.search(reply)
            if status != 200 or found is None:
                times.errors += 1
                break
            address = found.group(1).decode().split("#")[0].replace("&amp;", "&").removeprefix(base)
            status, reply, took = await line.post(address, facts | {"CallStatus": "in-progress", "Digits": keys})
            times.seconds.append(took)
    line.close()


async def plain_caller(base: str, path: str, token: str, until: float, times: Times) -> None:
    """The same form to a plain view."""
    line = Connection(base, token)
    form = {"CallSid": "CA" + "0" * 32, "AccountSid": "AC" + "0" * 32, "From": "+79001112233", "To": NUMBER}
    form |= {"CallStatus": "in-progress", "Digits": "1"}
    while time.perf_counter() < until:
        status, _, took = await line.post(path, form)
        times.errors += status != 200
        times.seconds.append(took)
    line.close()


async def load(kind: str, base: str, token: str, seconds: float, connections: int, names: Iterator[int]) -> Times:
    times, begun = Times(), time.perf_counter()
    until = begun + seconds
    work = [
        caller(base, token, until, times, names)
        if kind == "ours"
        else plain_caller(base, f"/{kind}", token, until, times)
        for _ in range(connections)
    ]
    await asyncio.gather(*work)
    times.whole = time.perf_counter() - begun
    return times


def turns(system: System, options: argparse.Namespace) -> list[tuple[str, str]]:
    """Rounds of ours, of a naive turn and of the bare view in turn; medians of the rounds."""
    port = free_ports(1)
    bare = subprocess.Popen(
        [
            str(Path(sys.executable).parent / "gunicorn"),
            "--config",
            "python:ivr.gunicorn_conf",
            "--bind",
            f"127.0.0.1:{port}",
            "--pythonpath",
            str(ROOT / "bench"),
            "bare:app",
        ],
        cwd=ROOT,
        env=system.environment() | {"PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    token = (system.data / "auth-token").read_text()
    names = itertools.count(int(time.time()) << 32)
    rounds: dict[str, list[Times]] = {"ours": [], "naive": [], "bare": []}
    try:
        time.sleep(3)
        asyncio.run(load("ours", system.web, token, 2, options.connections, names))
        for _ in range(options.rounds):
            for kind in rounds:
                base = system.web if kind == "ours" else f"http://127.0.0.1:{port}"
                times = asyncio.run(load(kind, base, token, options.seconds, options.connections, names))
                rounds[kind].append(times)
    finally:
        bare.terminate()
        bare.wait(10)
    per_second = {kind: statistics.median(t.per_second() for t in all_) for kind, all_ in rounds.items()}
    rows = []
    for kind, label in (("ours", "whole turns"), ("naive", "naive turns"), ("bare", "bare Flask view")):
        p50 = statistics.median(t.percentile(0.5) for t in rounds[kind])
        p99 = statistics.median(t.percentile(0.99) for t in rounds[kind])
        errors = sum(t.errors for t in rounds[kind])
        rows.append((label, f"{per_second[kind]:.0f}/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms, errors {errors}"))
    for above, below, label in (
        ("ours", "bare", "turns ÷ bare view"),
        ("naive", "bare", "naive ÷ bare view"),
        ("ours", "naive", "turns ÷ naive turns"),
    ):
        pairs = zip(rounds[above], rounds[below], strict=True)
        ratios = [one.per_second() / other.per_second() for one, other in pairs]
        rows.append((label, f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"))
    return rows


def engine() -> list[tuple[str, str]]:
    """One step of the engine by keys and by words, and what a session weighs, on the shipped flow."""
    flow = read_flow(PATH, CATALOGUE)
    now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    begun = start(flow, CallFacts("CA1", "+79001112233", NUMBER, "ru"), now)
    promised = begun.events[-1]
    if isinstance(promised, Lookup):
        begun = advance(flow, begun.session, LookupDone(promised.id, "missing"), now)
    rows = []
    inputs: tuple[tuple[str, Input], ...] = (
        ("engine step, a key", Digits("9")),
        ("engine step, words", Speech((Alternative("скажите, где мой заказ", 0.9),))),
    )
    for label, given in inputs:
        took = []
        for _ in range(2000):
            at = time.perf_counter_ns()
            advance(flow, begun.session, given, now)
            took.append((time.perf_counter_ns() - at) / 1000)
        rows.append((label, f"{statistics.median(took):.0f} µs (p99 {sorted(took)[int(len(took) * 0.99)]:.0f} µs)"))
    sizes = []
    session = begun.session
    for keys in ("1", "4217", "9", "0"):
        sizes.append(len(session.to_json().encode()))
        session = advance(flow, session, Digits(keys), now).session
    rows.append(("session", f"{statistics.median(sizes):.0f} bytes, largest {max(sizes)}"))
    return rows


async def phoned(system: System, count: int) -> list[tuple[str, str]]:
    """From the key that asks for a human, pressed at the built-in carrier's telephone, to the offer on the agent's push
    channel: one call at a time, one agent."""
    took = Times()
    async with on_duty(system, 1, talk=0.05) as (agent,), Line(system.carrier) as line:
        for number in range(count):
            seen = len(agent.offers)
            await line.dial(NUMBER, from_=f"+7900000{number:04d}")
            await line.listening()
            begun = time.perf_counter()
            await line.press("0")
            took.seconds.append(await offered([agent], seen, 20) - begun)
            await line.ended(30)
            await asyncio.sleep(1.0)
        faults = list(agent.faults)
    return [("key on a telephone to offer", _told(took) + (f"; faults: {faults}" if faults else ""))]


async def full_floor(system: System, token: str, options: argparse.Namespace) -> list[tuple[str, str]]:
    """What is demanded of hand-offs, promises and webhooks on a full floor, with raw RQ before and after."""
    names = itertools.count(int(time.time()) << 34)
    use(system)
    raw = [(forks, raw_rq.measure(settings().redis, 150, forks)) for forks in (False, True)]
    rows = [(f"raw RQ, {'forks (its default)' if forks else 'SimpleWorker'}", _told(times)) for forks, times in raw]
    plain = raw[0][1]
    async with open_desks(system, options.desks) as desks:
        on_duty_ = desks[: options.agents]
        for agent in on_duty_:
            await agent.ready()
        label = f"transfer to offer, {options.agents} agents, nobody waiting"
        rows += _row(label, await transfers(system, token, on_duty_, options.transfers * 3, names), plain, 300)
        narrow(desks)
        fill_line(options.waiting, "cards")
        label = f"transfer to offer, {options.agents} agents, {options.waiting} waiting for others"
        rows += _row(label, await transfers(system, token, on_duty_, options.transfers * 3, names), plain, 300)
        for agent in on_duty_:
            await agent.status("break", "lunch")
        empty_line()
        fill_line(options.waiting, "support")
        label = f"agent ready to offer, {options.agents} agents, {options.waiting} waiting"
        rows += _row(label, await freed(on_duty_, options.transfers * 3), plain, 300)
        for agent in on_duty_:
            await agent.status("break", "lunch")
        empty_line()
        # One agent is on duty, so that callers get in line; theirs is the only call that this agent may take.
        await on_duty_[0].ready()
        fill_line(options.calls, "cards")
        label = f"key to the supervisor's figure, {options.calls} calls in progress"
        rows += _row(label, await watching(system, token, options.transfers, names), plain, 2000)
        empty_line()
        for agent in desks:
            await agent.status("break", "lunch")
        needs, needs_not = await slow_shop(system, token, 20, 20, names)
        rows += _row(f"webhooks, shop held for 3 s, {options.desks} desks: need it", needs, plain, 1000)
        rows += _row(f"webhooks, shop held for 3 s, {options.desks} desks: don't", needs_not, plain, 100)
    looks, late, early = await promises(options.promises, 200, 20)
    rows += _row(f"one look of the clock, {options.promises} callbacks", looks, plain, 50)
    rows += _row("callback due to in line", late, plain, 1000)
    return [*rows, ("callbacks that started early", str(early))]


def _told(times: Times) -> str:
    p50, p99 = times.percentile(0.5), times.percentile(0.99)
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {times.percentile(1):.1f} ms of {len(times.seconds)}"


def _row(label: str, times: Times, plain: Times, most: float) -> list[tuple[str, str]]:
    """``most``: milliseconds that 99 in 100 may take."""
    p99 = times.percentile(0.99)
    ratio = f"{times.percentile(0.5) / plain.percentile(0.5):.1f}× / {p99 / plain.percentile(0.99):.1f}× raw RQ"
    return [(label, f"{_told(times)}; {ratio}; {'kept' if p99 < most else 'MISSED'}: p99 < {most:.0f} ms")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--transfers", type=int, default=20)
    parser.add_argument("--desks", type=int, default=60)
    parser.add_argument("--agents", type=int, default=50)
    parser.add_argument("--waiting", type=int, default=500)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--promises", type=int, default=100_000)
    parser.add_argument("--only", choices=("turns", "floor"))
    options = parser.parse_args()
    rows = engine()
    with tempfile.TemporaryDirectory(prefix="hl-bench-") as folder:
        system = System(data=Path(folder))
        try:
            system.start()
            token = (Path(folder) / "auth-token").read_text()
            if options.only != "floor":
                rows += turns(system, options)
                rows += asyncio.run(phoned(system, options.transfers))
            if options.only != "turns":
                rows += asyncio.run(full_floor(system, token, options))
        finally:
            system.stop()
    width = max(len(label) for label, _ in rows)
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {options.rounds} rounds of {options.seconds:g} s")
    for label, value in rows:
        print(f"{label:<{width}}  {value}")


if __name__ == "__main__":
    main()
