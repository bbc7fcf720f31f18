"""The traffic of a flow equals a plain count of the journal."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from redis import Redis
from sqlalchemy import select
from twiml import Kit, kit

from ivr.admin.staff import COMMAND
from ivr.calls import journal
from ivr.commands.flows import command
from ivr.shop.port import Answer
from ivr.store.calls import calls, transcript
from ivr.store.engine import engine, reading
from ivr.studio import drafts, publishing
from ivr.studio.traffic import StepTraffic, Traffic, traffic

NAME = "testline"


@pytest.fixture
def line(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kit]:
    with kit(redis, tmp_path, monkeypatch) as made:
        made.shop.answers["orders.status"] = Answer("found", {"number": "4711", "state": "on the way"})
        yield made


def counted(revision: str | None) -> Traffic:
    """The same by reading every call's journal from its beginning."""
    with reading(engine()) as conn:
        rows = [row for row in conn.execute(select(calls)) if revision in (None, row.revision)]
        journals = {row.id: transcript(conn, row.id) for row in rows}
    came: Counter[str] = Counter()
    ways: Counter[tuple[str, str]] = Counter()
    hung: Counter[str] = Counter()
    missed: Counter[tuple[str, str]] = Counter()
    alone = 0
    for row in rows:
        steps = [str(one.data["step"]) for one in journals[row.id] if one.kind == "entered"]
        came.update(set(steps))
        ways.update(set(itertools.pairwise(steps)))
        if row.outcome == "caller":
            hung[steps[-1]] += 1
        for one in journals[row.id]:
            if one.kind == "understood" and one.data["as"] in ("no_input", "no_match"):
                missed[str(one.data["step"]), str(one.data["as"])] += 1
        handed = any(one.kind == "handoff" for one in journals[row.id])
        alone += row.outcome in ("done", "caller") and not handed
    per_step = {
        step: StepTraffic(came[step], hung[step], missed[step, "no_input"], missed[step, "no_match"])
        for step in sorted(came)
    }
    return Traffic(len(rows), sum(row.ended_at is not None for row in rows), alone, per_step, dict(ways))


def play(line: Kit, calls_: int, chance: random.Random) -> None:
    for _ in range(calls_):
        phone = line.phone()
        heard = phone.dial()
        for _ in range(chance.randint(0, 5)):
            if "Gather" not in heard.verbs:
                break
            act = chance.randrange(6)
            heard = (
                phone.go() if act == 0 else phone.say("nonsense") if act == 1 else phone.press(chance.choice("1014"))
            )
        if chance.random() < 0.7:
            phone.hang_up()


def test_it_equals_a_plain_count(line: Kit) -> None:
    chance = random.Random(7)
    play(line, 25, chance)
    draft = drafts.working(NAME)
    text = draft.text.replace("Order number?", "Which order?")
    version = drafts.save(COMMAND, NAME, 0, text, "").version
    made = publishing.publish(COMMAND, NAME, version, "clearer")
    play(line, 15, chance)
    journal.drain()
    now = datetime.now(UTC)
    since, until = now - timedelta(hours=1), now + timedelta(hours=1)
    assert traffic(NAME, since, until) == counted(None)
    new = traffic(NAME, since, until, made.revision)
    assert new == counted(made.revision)
    assert (new.calls, new.steps["main"].calls) == (15, 15)
    assert new.share("main") == 100
    assert sum(each.no_input for each in new.steps.values()) > 0
    assert traffic(NAME, since - timedelta(days=2), since).calls == 0
    assert traffic("other", since, until).alone_share == 0
    out = CliRunner().invoke(command, ["traffic", NAME])
    assert out.exit_code == 0, out.output
    assert "revision 2: 15 calls" in out.output
    assert "revision 1: 25 calls" in out.output
