"""Guessing: what gets through, on a real Valkey."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis as redis_client

from ivr.redis_client import connect
from ivr.settings import Settings
from ivr.shop import shop as shop_of
from ivr.shop.breaker import Breakers
from ivr.shop.guard import Guard, Limits
from ivr.shop.guarded import GuardedShop
from ivr.shop.port import Answer, Caller, ShopFailed
from ivr.shop.sample import callers, create

KEY = "k" * 32
CARD = {"card": "36030999", "pin": "0000"}
ORDER = {"number": "4519", "phone_last4": "0000"}


class OneSecret:
    """A shop with one card (PIN 3175) and one order (last digits 1951); counts what it is asked."""

    def __init__(self) -> None:
        self.asked = Counter[str]()
        self.kept: dict[str, Answer] = {}
        self.failure: ShopFailed | None = None
        self._lock = threading.Lock()

    def perform(self, action: str, arguments: Mapping[str, str], caller: Caller, key: str = "") -> Answer:
        with self._lock:
            self.asked[action] += 1
        if self.failure:
            raise self.failure
        if action == "orders.status":
            return Answer("found" if arguments["number"] == "4519" else "missing")
        right = arguments.get("pin") == "3175" or arguments.get("phone_last4") == "1951"
        answer = Answer("found" if right else "refused")
        if key and right:
            self.kept[key] = answer
        return answer

    def done(self, key: str) -> Answer | None:
        return self.kept.get(key)

    def context(self, number: str, cards: bool = True) -> Mapping[str, Any] | None:
        return None

    def ping(self) -> None:
        return


@pytest.fixture
def inner() -> OneSecret:
    return OneSecret()


@pytest.fixture
def shop(redis: redis_client.Redis, inner: OneSecret) -> GuardedShop:
    return GuardedShop(inner, Guard(redis, KEY))


def caller(n: int, number: str | None = "") -> Caller:
    return Caller(f"CA{n}", f"+7900{n:07d}" if number == "" else number, "ru")


def test_ten_thousand_guesses_from_changing_numbers(redis: redis_client.Redis, inner: OneSecret) -> None:
    # Wider overall, so that what holds is the limit of the target.
    shop = GuardedShop(inner, Guard(redis, KEY, Limits(overall=10**6)))

    def guess(n: int) -> str:
        return shop.perform("cards.points", {**CARD, "pin": f"{n:04d}"}, caller(n)).outcome

    with ThreadPoolExecutor(16) as pool:
        outcomes = Counter(pool.map(guess, range(10_000)))
    assert inner.asked["cards.points"] <= 5
    assert outcomes["limited"] >= 9_995


@pytest.mark.parametrize("writing", ["36030999", "0036030999", "3603 0999", "36-03-09-99"])
def test_another_writing_of_the_card_is_the_same_card(shop: GuardedShop, inner: OneSecret, writing: str) -> None:
    for n in range(5):
        shop.perform("cards.points", {**CARD, "pin": f"{n:04d}"}, caller(n))
    assert shop.perform("cards.points", {"card": writing, "pin": "3175"}, caller(9)) == Answer("limited")
    assert inner.asked["cards.points"] == 5


def test_three_wrong_in_one_call(shop: GuardedShop, inner: OneSecret) -> None:
    outcomes = [
        shop.perform(action, arguments, caller(1), key="k").outcome
        for action, arguments in (
            ("cards.points", CARD),
            ("orders.details", ORDER),
            ("orders.cancel", {**ORDER, "phone_last4": "1111"}),
            ("cards.points", {**CARD, "pin": "3175"}),
        )
    ]
    assert outcomes == ["refused", "refused", "refused", "limited"]
    assert shop.perform("cards.points", {**CARD, "pin": "3175"}, caller(2)).outcome == "found"


def test_ten_an_hour_from_one_number_and_more_from_withheld_ones(shop: GuardedShop, inner: OneSecret) -> None:
    def outcomes(number: str | None, first: int, count: int) -> Counter[str]:
        return Counter(
            shop.perform("cards.points", {"card": str(n), "pin": "0000"}, caller(n, number)).outcome
            for n in range(first, first + count)
        )

    assert outcomes("+79001112233", 1000, 15) == {"refused": 10, "limited": 5}
    assert outcomes(None, 2000, 70) == {"refused": 60, "limited": 10}
    assert outcomes("+79001112244", 3000, 1) == {"refused": 1}


def test_three_hundred_an_hour_in_all(shop: GuardedShop, inner: OneSecret) -> None:
    outcomes = Counter(
        shop.perform("cards.points", {"card": str(1000 + n), "pin": "0000"}, caller(n)).outcome for n in range(310)
    )
    assert outcomes == {"refused": 300, "limited": 10}


def test_right_proofs_count_for_nothing(shop: GuardedShop) -> None:
    for n in range(30):
        assert shop.perform("cards.points", {**CARD, "pin": "3175"}, caller(1, "+79001112233")).outcome == "found"
        assert (
            shop.perform("orders.confirm", {**ORDER, "phone_last4": "1951"}, caller(1), key=f"{n}").outcome == "found"
        )


def test_a_job_that_repeats_the_same_guess_counts_once(shop: GuardedShop) -> None:
    for _ in range(6):
        assert shop.perform("cards.points", CARD, caller(1)).outcome == "refused"
    assert shop.perform("cards.points", {**CARD, "pin": "3175"}, caller(1)).outcome == "found"


def test_parallel_guesses_cannot_slip_through(redis: redis_client.Redis, inner: OneSecret) -> None:
    shop = GuardedShop(inner, Guard(redis, KEY))
    start = threading.Barrier(20)

    def guess(n: int) -> None:
        start.wait(10)
        shop.perform("orders.details", {**ORDER, "phone_last4": f"{n:04d}"}, caller(n))

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(guess, range(20)))
    assert inner.asked["orders.details"] == 5


def test_a_failing_shop_uses_up_nothing(shop: GuardedShop, inner: OneSecret) -> None:
    inner.failure = ShopFailed("garbage", again=False)
    for _ in range(10):
        with pytest.raises(ShopFailed):
            shop.perform("cards.points", CARD, caller(1))
    inner.failure = None
    assert shop.perform("cards.points", {**CARD, "pin": "3175"}, caller(1)).outcome == "found"


def test_a_change_asked_again_is_answered_though_its_order_is_limited(shop: GuardedShop) -> None:
    right = {**ORDER, "phone_last4": "1951"}
    assert shop.perform("orders.cancel", right, caller(1), key="CA1:c1").outcome == "found"
    for n in range(5):
        shop.perform("orders.cancel", {**ORDER, "phone_last4": f"{n:04d}"}, caller(n + 10), key=f"x{n}")
    assert shop.perform("orders.cancel", right, caller(1), key="CA1:c1").outcome == "found"
    assert shop.perform("orders.cancel", right, caller(1), key="CA1:c2").outcome == "limited"


def test_orders_that_are_not_there(shop: GuardedShop, inner: OneSecret) -> None:
    number = "+79001112233"
    one_call = Counter(shop.perform("orders.status", {"number": str(n)}, caller(1, number)).outcome for n in range(10))
    assert one_call == {"missing": 8, "limited": 2}
    many = Counter(
        shop.perform("orders.status", {"number": str(n)}, caller(n, number)).outcome for n in range(100, 120)
    )
    assert many == {"missing": 12, "limited": 8}
    assert shop.perform("orders.status", {"number": "4519"}, caller(200)).outcome == "found"


def test_the_window_slides(redis: redis_client.Redis, inner: OneSecret) -> None:
    shop = GuardedShop(inner, Guard(redis, KEY, Limits(window=1.0)))

    def guess(n: int) -> str:
        return shop.perform("cards.points", {**CARD, "pin": f"{n:04d}"}, caller(n)).outcome

    assert [guess(n) for n in range(6)] == ["refused"] * 5 + ["limited"]
    time.sleep(1.1)
    assert guess(7) == "refused"
    assert all(redis.pttl(key) > 0 for key in redis.scan_iter("shop:guard:*"))


def test_redis_learns_no_secret(shop: GuardedShop, redis: redis_client.Redis) -> None:
    shop.perform("cards.points", CARD, caller(1, "+79001112233"))
    shop.perform("orders.status", {"number": "777777"}, caller(1, "+79001112233"))
    kept = b" ".join(key + b" ".join(redis.zrange(key, 0, -1)) for key in redis.scan_iter())
    for secret in (b"36030999", b"79001112233", b"777777", b"0000"):
        assert secret not in kept


def test_redis_away_means_no_proof_is_checked(inner: OneSecret) -> None:
    nowhere = connect("unix:///nowhere/at/all.sock")
    shop = GuardedShop(inner, Guard(nowhere, KEY))
    for action, arguments in (("cards.points", CARD), ("orders.details", ORDER), ("orders.status", ORDER)):
        with pytest.raises(ShopFailed, match="Redis is away") as failed:
            shop.perform(action, arguments, caller(1))
        assert failed.value.again
    assert not inner.asked
    inner.perform = lambda *_rest: Answer("found")  # type: ignore[method-assign]
    assert shop.perform("shops.list", {}, caller(1)).outcome == "found", "what needs no proof needs no Redis"


def test_redis_that_goes_away_in_between(redis: redis_client.Redis, inner: OneSecret) -> None:
    guard = Guard(redis, KEY)
    admission = guard.proof(caller(1), "card", "1", "2")
    assert admission
    guard._redis = connect("unix:///nowhere/at/all.sock")
    admission.take_back()


def test_the_shop_of_the_process(redis: redis_client.Redis, valkey_url: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, redis_url=valkey_url, shop_database_url="", shop_mapping=None)
    create(settings.shop_database)
    person = callers(settings.shop_database, 1)[0]
    assert shop_of(settings) is shop_of(settings)
    asked = Caller("CA1", None, "ru")
    card = {"card": str(person.card), "pin": str(person.pin)}
    assert shop_of(settings).perform("cards.points", card, asked).value["points"] == person.points
    wrong = {**card, "pin": "none"}
    assert shop_of(settings).perform("cards.points", wrong, asked) == Answer("refused")
    context = shop_of(settings).context(person.number)
    assert context is not None
    assert context["name"] == person.name
    shop_of(settings).ping()


def test_the_breaker_stands_before_the_shop(redis: redis_client.Redis, inner: OneSecret) -> None:
    shop = GuardedShop(inner, Guard(redis, KEY), Breakers())
    inner.failure = ShopFailed("down")
    for _ in range(7):
        with pytest.raises(ShopFailed):
            shop.perform("cards.points", CARD, caller(1))
    assert inner.asked["cards.points"] == 5
    inner.failure = None
    assert shop.perform("orders.status", {"number": "4519"}, caller(1)).outcome == "found", "other actions go on"
