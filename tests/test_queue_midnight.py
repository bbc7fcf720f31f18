"""Promises over midnight and the change to summer time, with a clock held by hand: never out of hours, none lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from queue_world import make_world  # noqa: F401 - a fixture

from callqueue.hours import zones
from callqueue.model import AttemptOutcome, PromiseResult
from callqueue.testing import World

MOSCOW = ZoneInfo("Europe/Moscow")
BEFORE_SUMMER_TIME = datetime(2026, 3, 28, 17, 0, tzinfo=UTC)
"""A Saturday; London and Kyiv change their clocks that night, Moscow never does."""
NUMBERS = ("+7495123450", "+7423250010", "+4420794600", "+3804423500")
"""Moscow, Vladivostok, London, Kyiv: beginnings to which a digit is added."""
STEP = timedelta(minutes=15)


def works(_queue: str, at: datetime) -> bool:
    return 8 <= at.astimezone(MOSCOW).hour < 22


def test_nobody_is_dialled_out_of_hours_and_everybody_is(world: World) -> None:
    world.queue.records.rules = replace(world.queue.records.rules, opens=works, dial_every=timedelta(0))
    world.now = BEFORE_SUMMER_TIME
    promised = [
        made.callback for number in _numbers() for at in (None, 10, 100) if (made := _promise(world, number, at))
    ]
    assert len(set(promised)) >= 6, "some were promised before the day ended"
    # Everything is down until three in the night; then the clock finds what fell due meanwhile.
    world.later(7 * 3600)
    agent = world.agent()
    ended: Counter[int] = Counter()
    until = world.now + timedelta(hours=36)
    while world.now < until:
        world.later(STEP.total_seconds(), alive=(agent,))
        world.tick()
        while world.offer_of(agent) is not None:
            before = len(world.carrier.dialled)
            world.join(agent)
            for callback, attempt, _ in world.carrier.dialled[before:]:
                view = world.queue.callback(callback)
                assert view is not None
                for zone in zones(view.number):
                    assert 9 <= world.now.astimezone(zone).hour < 21, f"{view.number} at {world.now.astimezone(zone)}"
                assert works("support", world.now)
                ended[callback] += 1
                assert ended[callback] == attempt, "an attempt was made twice"
                world.queue.callback_ended(callback, attempt, AttemptOutcome.NO_ANSWER, now=world.now)
                world.work()
    assert ended == Counter({callback: 3 for callback in promised if callback}), "three attempts each, no more"


def _numbers() -> list[str]:
    return [f"{beginning}{digit}" for beginning in NUMBERS for digit in range(3)]


def _promise(world: World, number: str, quarters: int | None) -> PromiseResult | None:
    """A promise at once, or so many quarters of an hour ahead; None when it is refused for that hour."""
    at = world.now + timedelta(minutes=15 * quarters) if quarters else None
    made = world.promise(number, call=f"CA{number}", key=f"{number}:{quarters}", at=at)
    return made if made.kind == "promised" else None
