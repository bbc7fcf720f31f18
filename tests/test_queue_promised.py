"""What became of promises, as lists and figures read it."""

from __future__ import annotations

from datetime import timedelta

from queue_world import make_world  # noqa: F401 - a fixture

from callqueue.model import AttemptOutcome, CallbackState
from callqueue.testing import START, World

HOUR = timedelta(hours=1)


def test_a_promise_tells_when_it_was_dialled_and_kept_and_by_whom(world: World) -> None:
    agent = world.agent()
    at = START + HOUR
    world.promise(at=at)
    (promised,) = world.queue.promises(START, START + 2 * HOUR)
    assert (promised.promised_for, promised.first_dial_at, promised.kept_at) == (at, None, None)
    assert promised.open
    assert promised.as_promised(at + timedelta(minutes=4), 300) is None, "still in time"
    assert promised.as_promised(at + timedelta(minutes=6), 300) is False
    world.later(3600 + 120, alive=(agent,))
    world.tick()
    ticket, _ = world.join(agent)
    dialled_at = world.now
    world.later(20, alive=(agent,))
    callback, _, leg = world.carrier.dialled[0]
    world.queue.callback_answered(callback, 1, leg, now=world.now)
    world.queue.caller_joined(ticket, leg, "CF1", now=world.now)
    (kept,) = world.queue.promises(START, START + 2 * HOUR)
    assert (kept.state, kept.first_dial_at, kept.kept_at) == (CallbackState.KEPT, dialled_at, world.now)
    assert kept.agent == agent
    assert kept.kept_within(140)
    assert not kept.kept_within(139)
    assert kept.as_promised(world.now, 300) is True
    assert kept.as_promised(world.now, 60) is False


def test_as_soon_as_possible_is_measured_from_when_it_was_promised(world: World) -> None:
    agent = world.agent()
    world.promise()
    world.work()
    (promised,) = world.queue.promises(START, START + HOUR)
    assert (promised.at, promised.promised_for) == (None, START)
    assert promised.as_promised(START + HOUR, 300) is None, "it has no time, but to be kept"
    for attempt in (1, 2, 3):
        world.join(agent)
        world.queue.callback_ended(promised.id, attempt, AttemptOutcome.BUSY, now=world.now)
        world.later(301, alive=(agent,))
        world.tick()
    (failed,) = world.queue.promises(START, START + HOUR)
    assert (failed.state, failed.first_dial_at) == (CallbackState.FAILED, START)
    assert failed.as_promised(world.now, 300) is False


def test_promises_come_by_time_state_and_queue(world: World) -> None:
    for n in (3, 1, 2):
        world.promise(f"+7495123456{n}", call=f"CA-{n}", at=START + n * HOUR)
    world.queue.opt_out("+74951234562", now=world.now)
    week = (START, START + timedelta(days=7))
    assert [one.number[-1] for one in world.queue.promises(*week)] == ["1", "2", "3"]
    assert [one.number[-1] for one in world.queue.promises(START + HOUR, START + 3 * HOUR)] == ["1", "2"]
    waiting = world.queue.promises(*week, states=(CallbackState.DUE_LATER,))
    assert [one.number[-1] for one in waiting] == ["1", "3"]
    assert world.queue.promises(*week, queue="sales") == []
    assert len(world.queue.promises(*week, limit=2)) == 2
