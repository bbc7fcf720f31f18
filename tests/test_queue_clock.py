"""The clock: one active of many, and quick with a hundred thousand promises to keep."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from queue_world import at_once, make_world  # noqa: F401 - a fixture

import callqueue
from callqueue import bound, jobs
from callqueue.bound import NotBound
from callqueue.clock import Lease
from callqueue.rules import Rules
from callqueue.store import callbacks
from callqueue.testing import START, World
from callqueue.work import Tx


def test_one_clock_at_a_time(world: World) -> None:
    engine = world.queue.records.engine
    first, second = (Lease(engine, "clock", holder, timedelta(seconds=5)) for holder in ("first", "second"))
    assert first.take(now=START)
    assert not second.take(now=START + timedelta(seconds=4))
    assert first.take(now=START + timedelta(seconds=4))
    assert not second.take(now=START + timedelta(seconds=8))
    assert second.take(now=START + timedelta(seconds=9))
    assert not first.take(now=START + timedelta(seconds=9))
    second.release()
    assert first.take(now=START + timedelta(seconds=9))


def test_who_waited_for_the_records_is_later_than_who_kept_them(world: World) -> None:
    records = world.queue.records

    def keep(tx: Tx) -> datetime:
        time.sleep(0.3)
        return tx.now

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(records.write, None, keep)
        time.sleep(0.1)
        second = records.write(None, lambda tx: tx.now)
    if records.engine.dialect.name == "sqlite":  # others let both write at once
        assert second - first.result() > timedelta(seconds=0.25)


def test_of_eight_clocks_that_start_together_one_is_active(world: World) -> None:
    engine = world.queue.records.engine
    taken = at_once(lambda: Lease(engine, "clock", f"holder {time.monotonic_ns()}").take(now=START))
    assert taken.count(True) == 1


@pytest.mark.slow
def test_a_look_is_quick_with_a_hundred_thousand_promises(world: World) -> None:
    values = {
        "call": "CA", "language": "ru", "queue": "support", "summary": "", "context": {}, "state": "due_later",
        "since": START, "state_at": START, "created_at": START, "promised_for": START,
    }  # fmt: skip
    rows = [
        {"key": f"k{n}", "number": f"+7{9000000000 + n}", "due_at": START + timedelta(seconds=60 + n), **values}
        for n in range(100_000)
    ]
    with world.queue.records.engine.begin() as conn:
        for first in range(0, len(rows), 5000):  # one statement has only seconds to answer
            conn.execute(callbacks.insert(), rows[first : first + 5000])
    world.agent()
    world.queue.tick(now=START)
    looks = []
    for _ in range(20):
        begun = time.perf_counter()
        world.queue.tick(now=START)
        looks.append(time.perf_counter() - begun)
    assert sorted(looks)[10] < 0.05
    assert world.queue.tick(now=START + timedelta(seconds=62)).callbacks_due == 3


def test_a_row_that_raises_stops_no_other(world: World) -> None:
    bad = world.promise("+74951234567", call="CA1", at=START + timedelta(minutes=1)).callback
    good = world.promise("+74951234568", call="CA2", at=START + timedelta(minutes=1)).callback

    def opens(_queue: str, _at: object) -> bool:
        raise RuntimeError("hours that nobody can read")

    broken = World(world.queue.records.engine, Rules(opens=opens), now=START + timedelta(seconds=61))
    assert broken.tick().failed == 2, "both fail, neither stops the look"
    world.later(61)
    assert world.tick().callbacks_due == 2
    assert {row.id for row in world.queue.callbacks()} == {bad, good}


def test_jobs_say_when_they_are_not_bound(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bound, "_bound", bound._Bound())
    with pytest.raises(NotBound, match="hotline worker"):
        jobs.match()
    callqueue.bind(queue=world.queue, telephone=world.carrier)
    for job in (jobs.connect, jobs.dial, jobs.requeue, jobs.ring, jobs.reconcile, jobs.trace):
        job(404)
    jobs.hang_up("CA404")
    jobs.match()
    assert world.carrier.asked == []
