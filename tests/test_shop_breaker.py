"""The breaker, with a clock to hold."""

from __future__ import annotations

import pytest

from ivr.shop.breaker import FAILURES, REST_SECONDS, SLOW_SECONDS, Breakers
from ivr.shop.port import ShopFailed


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breakers(clock: Clock) -> Breakers:
    return Breakers(clock)


def fail() -> None:
    raise ShopFailed("down")


def garbage() -> None:
    raise ShopFailed("nonsense", again=False)


def open_it(breakers: Breakers) -> None:
    for _ in range(FAILURES):
        with pytest.raises(ShopFailed, match="down"):
            breakers.call("a", fail)


def test_opens_after_failures_in_a_row(breakers: Breakers) -> None:
    for _ in range(FAILURES - 1):
        with pytest.raises(ShopFailed):
            breakers.call("a", fail)
    assert breakers.call("a", lambda: 1) == 1
    open_it(breakers)
    assert breakers.state("a") == "open"
    with pytest.raises(ShopFailed, match="rests") as refused:
        breakers.call("a", lambda: 1)
    assert refused.value.again
    assert breakers.call("b", lambda: 2) == 2


def test_one_tries_when_half_open(breakers: Breakers, clock: Clock) -> None:
    open_it(breakers)
    clock.now += REST_SECONDS
    assert breakers.state("a") == "half_open"

    def tries() -> int:
        with pytest.raises(ShopFailed, match="rests"):
            breakers.call("a", lambda: 1)
        return 5

    assert breakers.call("a", tries) == 5
    assert breakers.state("a") == "closed"


def test_a_try_in_vain_opens_again(breakers: Breakers, clock: Clock) -> None:
    open_it(breakers)
    clock.now += REST_SECONDS
    with pytest.raises(ShopFailed, match="down"):
        breakers.call("a", fail)
    assert breakers.state("a") == "open"


def test_slow_answers_are_given_and_counted(breakers: Breakers, clock: Clock) -> None:
    def slow() -> int:
        clock.now += SLOW_SECONDS + 0.1
        return 1

    assert [breakers.call("a", slow) for _ in range(FAILURES)] == [1] * FAILURES
    assert breakers.state("a") == "open"


def test_garbage_is_not_the_shop_being_down(breakers: Breakers) -> None:
    for _ in range(2 * FAILURES):
        with pytest.raises(ShopFailed, match="nonsense"):
            breakers.call("a", garbage)
    assert breakers.state("a") == "closed"


def test_faults_of_ours_count_too(breakers: Breakers) -> None:
    for _ in range(FAILURES):
        with pytest.raises(ZeroDivisionError):
            breakers.call("a", lambda: 1 // 0)
    assert breakers.state("a") == "open"
