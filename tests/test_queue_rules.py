"""The pure rules: who gets whom, whom we may dial and when, and the states' tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callqueue.hours import diallable, in_hours, next_opening, zones
from callqueue.model import CALLBACK_NEXT, NEXT, CallbackState, TicketState
from callqueue.rules import FreeAgent, InLine, Rules, expected_wait, pick

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RULES = Rules(needs={"cards": frozenset({"cards"})})


def agent(id: int, idle: float = 0, *skills: str) -> FreeAgent:
    return FreeAgent(id, frozenset(skills), NOW - timedelta(seconds=idle))


def ticket(
    id: int, waited: float = 0, priority: int = 0, head: int = 0, queue: str = "support", **more: dict
) -> InLine:
    return InLine(id, queue, head, priority, NOW - timedelta(seconds=waited), **more)


@pytest.mark.parametrize(
    ("agents", "line", "pairs"),
    [
        ([], [ticket(1)], ()),
        ([agent(7)], [], ()),
        ([agent(7, 5), agent(8, 50)], [ticket(1)], ((1, 8),)),
        ([agent(7)], [ticket(1, 5), ticket(2, 50)], ((2, 7),)),
        ([agent(7)], [ticket(1, 500), ticket(2, 5, priority=1)], ((2, 7),)),
        ([agent(7)], [ticket(1, 5, priority=9), ticket(2, 1, head=1)], ((2, 7),)),
        ([agent(7, 9), agent(8)], [ticket(1, 2), ticket(2, 1)], ((1, 7), (2, 8))),
        ([agent(7, 9, "sales"), agent(8, 1, "cards")], [ticket(1, queue="cards")], ((1, 8),)),
        ([agent(7, 9, "sales")], [ticket(1, queue="cards")], ()),
        ([agent(7)], [ticket(1, queue="cards")], ((1, 7),)),
        ([agent(7, 9), agent(8)], [ticket(1, declined={7: NOW})], ((1, 8),)),
        ([agent(7)], [ticket(1, declined={7: NOW - timedelta(seconds=19)})], ()),
        ([agent(7)], [ticket(1, declined={7: NOW - timedelta(seconds=20)})], ((1, 7),)),
        ([agent(7)], [ticket(1, 9, declined={7: NOW}), ticket(2, 1)], ((2, 7),)),
    ],
)
def test_who_gets_whom(agents: list[FreeAgent], line: list[InLine], pairs: tuple[tuple[int, int], ...]) -> None:
    assert pick(agents, line, NOW, RULES) == pairs


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


@pytest.mark.parametrize(("position", "agents", "seconds"), [(1, 1, 180), (3, 1, 540), (3, 2, 270), (1, 0, None)])
def test_expected_wait(position: int, agents: int, seconds: int | None) -> None:
    assert expected_wait(position, 180.0, agents) == seconds


def test_every_state_has_its_row_and_ends_are_ends() -> None:
    assert set(NEXT) == set(TicketState)
    assert {state for state, after in NEXT.items() if not after} == {TicketState.CLOSED, TicketState.ABANDONED}
    assert set(CALLBACK_NEXT) == set(CallbackState)
    over = {state for state, after in CALLBACK_NEXT.items() if not after}
    assert over == {CallbackState.KEPT, CallbackState.FAILED, CallbackState.CANCELLED}
