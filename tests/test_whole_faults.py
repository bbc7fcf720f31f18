"""The whole program under load, and every kind of fault put on it: nothing is lost, nothing is done twice.

Each kind once; `make faults` draws a thousand. ``FAULTS``: how many, ``FAULTS_SEED``: which; the same seed is the same
schedule, callers and choices. ``FAULTS_EVERY``: seconds from one to the next. ``FAULTS_RECORDS``: ``sqlite``,
``postgresql``, or ``both``, half of the faults on each.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest
from fault_checks import Verdict, verdicts
from fault_kinds import KINDS, plan
from fault_world import World, world

FAULTS = int(os.environ.get("FAULTS", len(KINDS)))
SEED = int(os.environ.get("FAULTS_SEED", "7"))
EVERY = float(os.environ.get("FAULTS_EVERY", "2.5"))
RECORDS = os.environ.get("FAULTS_RECORDS", "sqlite")
SIDES = ("sqlite", "postgresql") if RECORDS == "both" else (RECORDS,)
AT_ONCE = 26
"""Telephone boxes: so that, with those between two calls, twenty are always in one."""
SLOW = 20.0
"""Seconds to start everything. The carrier gives up after 15 s: where a killed web server is not back by then, no
program can keep its calls."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900 + 6 * FAULTS), pytest.mark.xdist_group("faults")]


@pytest.mark.parametrize("side", SIDES)
def test_nothing_is_lost_or_done_twice(side: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    postgres = request.getfixturevalue("postgres_url") if side == "postgresql" else None
    count, seed = FAULTS // len(SIDES), SEED + SIDES.index(side)
    print(f"\n{count} faults, FAULTS_SEED={seed} FAULTS_RECORDS={side}")

    async def play() -> tuple[World, list[Verdict]]:
        async with world(tmp_path / "faults", seed, postgres) as made:
            if "FAULTS" not in os.environ and made.started_in > SLOW:
                pytest.skip(f"too slow or too busy a machine: starting took {made.started_in:.0f} s")
            made.town.in_a_hurry = count <= len(KINDS)
            await made.run(plan(seed, count, EVERY), AT_ONCE)
            return made, verdicts(made)

    begun = time.monotonic()
    made, found = asyncio.run(play())
    print(_tables(made, found, time.monotonic() - begun))
    if broken := [f"{one.name}: {what}" for one in found for what in one.broken]:
        kept = Path(shutil.copy(made.system.log, Path(os.environ.get("FAULTS_LOG", tmp_path / "kept.log"))))
        with contextlib.suppress(FileNotFoundError):
            shutil.copy(made.system.data / "hotline.db", kept.with_suffix(".db"))
        print(made.timeline(), *broken[:60], sep="\n\n", end="\n\n")
        print(f"\nthe system's log: {kept}")
    assert not broken, f"{len(broken)} broken promises, with FAULTS_SEED={seed}; the first: {broken[0]}"
    assert made.least_talking >= 20, "there were not twenty calls at once all the time"


def _tables(made: World, found: list[Verdict], seconds: float) -> str:
    counts, slowest = Counter(one.kind.name for one in made.injections), dict[str, float]()
    for one in made.injections:
        took = (one.whole or float("inf")) - one.over
        slowest[one.kind.name] = max(took, slowest.get(one.kind.name, 0.0))
    ends = Counter(one.end.partition(":")[0] for one in made.town.customers)
    acts = sum((Counter(agent.acts) for agent in made.agents), Counter[str]())
    lines = [
        f"{len(made.town.customers)} calls in {seconds:.0f} s, at least {made.least_talking} at once: {dict(ends)}",
        f"agents: {dict(acts)}; faults of their pages: {sum(len(agent.faults) for agent in made.agents)}",
        f"requests to the carrier: {made.between.requests}, calls placed: {len(made.between.dials)}",
        "",
        f"{'fault':<45} {'times':>5}  {'back within':>11}",
        *(f"{name:<45} {count:>5}  {slowest[name]:>9.1f} s" for name, count in sorted(counts.items())),
        f"{'all':<45} {sum(counts.values()):>5}",
        "",
        f"{'what must hold':<75} {'looked at':>9}  {'broken':>6}",
        *(f"{one.name:<75} {one.checked:>9}  {len(one.broken):>6}" for one in found),
        *(
            f"{one.excused} callers were cut off while the machine took over 15 s to start a web server"
            for one in found
            if one.excused
        ),
    ]
    return "\n".join(lines)
