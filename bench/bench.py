"""`make bench`: what a turn, an engine step, a session and a hand-off cost, beside the plain thing, in one run.

Whole turns are measured through the real server (gunicorn with the Procfile's configuration, the embedded Valkey,
SQLite) and beside a bare Flask view under the same flags, in alternating rounds, so that a drift of the machine's speed
falls on both. Options: ``--seconds`` of each round, ``--rounds``, ``--connections``, ``--transfers``.
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

from agents import on_duty  # noqa: E402
from load import Connection, Times  # noqa: E402
from system import System, free_ports  # noqa: E402

from flows.engine import CallFacts, advance, start  # noqa: E402
from flows.engine.inputs import Alternative, Digits, Input, Speech  # noqa: E402
from flows.language import read_flow  # noqa: E402
from flows.library import PATH  # noqa: E402
from ivr.carriers.local.line import Line  # noqa: E402
from ivr.shop.actions import CATALOGUE  # noqa: E402

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


async def transfers(system: System, count: int) -> list[tuple[str, str]]:
    """From the key that asks for a human to the offer on the agent's push channel, one call at a time."""
    took = []
    async with on_duty(system, 1, talk=0.05) as (agent,), Line(system.carrier) as line:
        for number in range(count):
            seen = len(agent.offers)
            await line.dial(NUMBER, from_=f"+7900000{number:04d}")
            await line.listening()
            begun = time.perf_counter()
            await line.press("0")
            await asyncio.wait_for(_offered(agent, seen), 20)
            took.append((agent.offers[seen][0] - begun) * 1000)
            await line.ended(30)
            await asyncio.sleep(1.0)
        faults = list(agent.faults)
    ordered = sorted(took)
    worst = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    text = f"p50 {statistics.median(took):.0f} ms, p99 {worst:.0f} ms of {count}"
    return [("transfer to offer on the desk", text + (f"; faults: {faults}" if faults else ""))]


async def _offered(agent: object, seen: int) -> None:
    while len(agent.offers) <= seen:  # type: ignore[attr-defined]
        await asyncio.sleep(0.001)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--transfers", type=int, default=20)
    options = parser.parse_args()
    rows = engine()
    with tempfile.TemporaryDirectory(prefix="hl-bench-") as folder:
        system = System(data=Path(folder))
        try:
            system.start()
            rows += turns(system, options)
            rows += asyncio.run(transfers(system, options.transfers))
        finally:
            system.stop()
    width = max(len(label) for label, _ in rows)
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {options.rounds} rounds of {options.seconds:g} s")
    for label, value in rows:
        print(f"{label:<{width}}  {value}")


if __name__ == "__main__":
    main()
