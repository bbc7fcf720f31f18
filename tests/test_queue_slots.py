"""At a time: no more promises than the queue can keep, and the nearest free times instead. Clocks that jump."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from queue_world import at_once, callback_state, make_world  # noqa: F401 - a fixture

from callqueue.callback_rules import CallbackRules, QueueCallbacks
from callqueue.hours import in_hours, next_opening
from callqueue.model import CallbackState, PromiseResult
from callqueue.rules import Rules
from callqueue.testing import START, World

FIVE = START.replace(hour=14)
"""Five in the afternoon in Moscow."""
_numbers = count(1_000_000)


def small(world: World, **rules: object) -> World:
    """The same records, with two promises to a quarter of an hour."""
    return World(world.queue.records.engine, Rules(callbacks=CallbackRules(per_slot=2, **rules)))  # type: ignore[arg-type]


def anybody(world: World, at: datetime) -> PromiseResult:
    number = f"+7495{next(_numbers)}"
    return world.promise(number, call=f"CA-{number}", at=at)


def test_a_full_slot_is_refused_with_the_nearest_free_times(world: World) -> None:
    world = small(world)
    assert [anybody(world, FIVE + timedelta(minutes=m)).kind for m in (0, 14)] == ["promised"] * 2
    refused = anybody(world, FIVE + timedelta(minutes=7))
    assert (refused.kind, refused.reason) == ("refused", "slot")
    assert refused.free == (FIVE - timedelta(minutes=15), FIVE + timedelta(minutes=15))
    assert anybody(world, FIVE + timedelta(minutes=15)).kind == "promised", "the next slot is another"


def test_free_times_lie_in_hours_and_ahead(world: World) -> None:
    world = small(world)
    closing = START.replace(hour=17, minute=50)
    for n in (0, 1):
        assert anybody(world, closing + timedelta(minutes=n)).kind == "promised"
    refused = anybody(world, closing)
    last_before = START.replace(hour=17, minute=30)
    assert refused.free == (last_before - timedelta(minutes=15), last_before)
    soon = START + timedelta(minutes=1)
    for n in (0, 1):
        assert anybody(world, soon + timedelta(seconds=n)).kind == "promised"
    assert anybody(world, soon).free == (START + timedelta(minutes=15), START + timedelta(minutes=30))


def test_ones_own_promise_takes_no_second_place(world: World) -> None:
    world = small(world)
    anybody(world, FIVE)
    mine = world.promise(at=FIVE)
    assert world.promise(key="again", at=FIVE + timedelta(minutes=5)).callback == mine.callback
    assert anybody(world, FIVE).reason == "slot"
    world.queue.cancel_mine("+74951234567", now=world.now)
    assert anybody(world, FIVE).kind == "promised"


def test_as_soon_as_possible_takes_no_slot_and_no_limit_means_none(world: World) -> None:
    world = small(world, queues={"support": QueueCallbacks(per_slot=0)})
    assert {anybody(world, FIVE).kind for _ in range(5)} == {"promised"}
    world = small(world, queues={"support": QueueCallbacks(per_slot=5)})
    assert anybody(world, FIVE).reason == "slot"
    assert world.promise("+74950000001", call="CA-soon").kind == "promised"


def test_eight_who_want_the_last_places_at_once(world: World) -> None:
    world = small(world)
    made = at_once(lambda: anybody(world, FIVE).kind)
    assert sorted(made) == ["promised"] * 2 + ["refused"] * 6


@pytest.mark.parametrize("minutes", [5, 15, 60])
def test_a_slot_begins_on_the_clock(minutes: int) -> None:
    rules = CallbackRules(slot_minutes=minutes)
    at = datetime(2026, 11, 23, 14, 59, 59, tzinfo=UTC)
    assert rules.slot(at) == at.replace(minute=60 - minutes, second=0)


# Midnight, and the two nights in which clocks jump.

LONDON, NEW_YORK = "+442079460000", "+12125550123"


def test_over_midnight_nothing_is_early_and_nothing_at_night(world: World) -> None:
    agent = world.agent()
    world.now = START.replace(hour=17, minute=59)  # 20:59 in Moscow
    late = world.promise()
    world.later(61, alive=(agent,))
    world.tick()
    assert world.offer_of(agent) is None, "nine in the evening"
    for _ in range(11):
        world.later(3600, alive=(agent,))
        world.tick()
        assert world.offer_of(agent) is None
    assert world.now < START.replace(day=24, hour=6)
    world.now = START.replace(day=24, hour=6)
    world.queue.alive(agent, now=world.now)
    world.tick()
    assert world.offer_of(agent) is not None
    assert callback_state(world, late.callback) == CallbackState.DUE


@pytest.mark.parametrize(
    ("night", "opens"),
    [
        (datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 3, 29, 8, tzinfo=UTC)),
        (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 9, tzinfo=UTC)),
    ],
)
def test_nine_in_the_morning_is_nine_on_the_wall_also_when_clocks_jumped(night: datetime, opens: datetime) -> None:
    rules = Rules()
    assert next_opening(LONDON, "support", night, rules) == opens
    assert not in_hours(LONDON, "support", opens - timedelta(seconds=1), rules)
    assert in_hours(LONDON, "support", opens, rules)


def test_a_promise_across_the_jump_is_kept_at_the_time_that_was_said(world: World) -> None:
    """ "Tomorrow at ten" said in London on Saturday is nine UTC on the Sunday that summer time begins."""
    world.now = datetime(2026, 3, 28, 15, tzinfo=UTC)
    agent = world.agent()
    at = datetime.fromisoformat("2026-03-29T10:00+01:00")
    assert world.promise(LONDON, at=at).kind == "promised"
    world.now = datetime(2026, 3, 29, 8, 59, 59, tzinfo=UTC)
    world.queue.alive(agent, now=world.now)
    world.tick()
    assert world.offer_of(agent) is None
    world.later(1, alive=(agent,))
    world.tick()
    assert world.offer_of(agent) is not None
