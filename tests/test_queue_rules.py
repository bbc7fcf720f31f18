"""The pure rules: whom we may dial and when, and the states' tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callqueue.chores import QUEUE_OF, Chore
from callqueue.hours import diallable, in_hours, next_opening, zones
from callqueue.model import CALLBACK_NEXT, NEXT, CallbackState, TicketState
from callqueue.rules import Rules
from callqueue.work import DIALING, ERRANDS, HANDOFFS
from ivr.jobs import QUEUES

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RULES = Rules()


@pytest.mark.parametrize(
    ("number", "names"),
    [
        ("+74951234567", {"Europe/Moscow"}),
        ("+79161234567", {"Europe/Moscow"}),
        ("+78432001234", {"Europe/Moscow"}),
        ("+73432001234", {"Asia/Yekaterinburg"}),
        ("+12125551234", {"America/New_York"}),
        ("+441234567890", {"Europe/London"}),
        ("garbage", {"Europe/Moscow"}),
    ],
)
def test_time_zones_of_numbers(number: str, names: set[str]) -> None:
    assert {zone.key for zone in zones(number)} == names


@pytest.mark.parametrize(
    ("number", "allowed"),
    [
        ("+74951234567", True),
        ("+441234567890", True),
        ("+380441234567", True),
        ("+78095550123", False),
        ("+4490912345678", False),
        ("+12125551234", False),
        ("84951234567", False),
        ("+7495", False),
        ("+7495123456a", False),
        ("", False),
    ],
)
def test_whom_we_may_dial(number: str, allowed: bool) -> None:
    assert diallable(number, RULES) is allowed


@pytest.mark.parametrize(
    ("number", "at", "opening"),
    [
        ("+74951234567", "2026-11-23T06:00:00+00:00", "2026-11-23T06:00:00+00:00"),
        ("+74951234567", "2026-11-23T05:59:59+00:00", "2026-11-23T06:00:00+00:00"),
        ("+74951234567", "2026-11-23T18:00:00+00:00", "2026-11-24T06:00:00+00:00"),
        ("+73432001234", "2026-11-23T05:10:00+00:00", "2026-11-23T05:10:00+00:00"),
        ("+73432001234", "2026-11-23T16:00:00+00:00", "2026-11-24T04:00:00+00:00"),
    ],
)
def test_the_called_persons_day(number: str, at: str, opening: str) -> None:
    moment = datetime.fromisoformat(at)
    assert next_opening(number, "support", moment, RULES) == datetime.fromisoformat(opening)
    assert in_hours(number, "support", moment, RULES) is (at == opening)


def test_a_queue_that_never_opens_is_looked_at_again_a_day_later() -> None:
    never = Rules(opens=lambda queue, at: False)
    assert next_opening("+74951234567", "support", NOW, never) == NOW + timedelta(days=1)
    assert in_hours("+74951234567", "support", NOW + timedelta(hours=12), Rules(ignore_hours=True))


def test_every_state_has_its_row_and_ends_are_ends() -> None:
    assert set(NEXT) == set(TicketState)
    assert {state for state, after in NEXT.items() if not after} == {TicketState.CLOSED, TicketState.ABANDONED}
    assert set(CALLBACK_NEXT) == set(CallbackState)
    over = {state for state, after in CALLBACK_NEXT.items() if not after}
    assert over == {CallbackState.KEPT, CallbackState.FAILED, CallbackState.CANCELLED}


def test_nothing_that_may_wait_is_asked_of_the_carrier_by_the_worker_that_brings_callers_to_agents() -> None:
    urgent = {kind for kind, queue in QUEUE_OF.items() if queue == HANDOFFS}
    assert urgent == {Chore.CONNECT, Chore.REQUEUE, Chore.RING}
    assert set(QUEUE_OF) == set(Chore)
    assert {HANDOFFS, ERRANDS, DIALING} <= set(QUEUES), "each has a worker"
