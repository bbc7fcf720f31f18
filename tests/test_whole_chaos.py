"""The same calls over a good network and over a bad one: what was heard, written down and changed is the same.

Forty calls a side; ``CHAOS_CALLS=200`` plays so many, ``CHAOS_SEED`` makes it another bad network (`make chaos`).
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from chaos_calls import calls
from chaos_sides import Side, differences, play
from system import running

import flows.library

CALLS = int(os.environ.get("CHAOS_CALLS", "40"))
SEED = int(os.environ.get("CHAOS_SEED", "7"))
KINDS = ("doubled", "late", "reordered")
MOSCOW = ZoneInfo("Europe/Moscow")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + 3 * CALLS), pytest.mark.xdist_group("chaos")]


def test_chaos_changes_nothing(tmp_path: Path) -> None:
    begun = datetime.now(MOSCOW)
    at = f"{begun + timedelta(hours=5):%H%M}"
    # A copy, because a flow that is edited meanwhile is served at once.
    flow = shutil.copy(flows.library.PATH, tmp_path)
    good, bad = (_side(tmp_path / (chaos[0] if chaos else "good"), flow, at, chaos) for chaos in ((), KINDS))
    print(f"\n{_table(good)}\n{_table(bad)}")
    differ = differences(good, bad)
    print("the same" if not differ else f"{len(differ)} differences:\n" + "\n".join(differ))
    print("\n".join([*good.wrong, *bad.wrong]))
    if begun.date() != datetime.now(MOSCOW).date():
        pytest.skip("midnight came between the two sides: the sample shop and “today” are of two days")
    faults = [fault for side in (good, bad) for agent in side.agents for fault in agent.faults]
    assert [*good.wrong, *bad.wrong, *faults, *differ] == []
    assert good.rows - Counter(journal=good.rows["journal"]) == bad.rows - Counter(journal=bad.rows["journal"])


def _side(data: Path, flow: Path, at: str, chaos: tuple[str, ...]) -> Side:
    with running(data, HOURS="open", FLOW=str(flow)) as system:
        return asyncio.run(play(system, calls(CALLS, system.callers(1000), at, SEED), chaos))


def _table(side: Side) -> str:
    ends = Counter(outcome.reason or outcome.problem for outcome in side.outcomes.values())
    seconds = ", ".join(f"{desk} {value:.1f} s" for desk, value in side.seconds.items())
    return (
        f"{','.join(side.chaos) or 'no chaos'}: {len(side.outcomes)} calls ({dict(ends)}); desk: {seconds}; "
        f"rows: {dict(sorted(side.rows.items()))}; wrong: {len(side.wrong)}"
    )
