"""Lookups and changes: slow, late, failing, twice; what the caller is told is what happened."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from twiml import Kit, Phone, kit

from ivr.calls import lookups, outbox, taking
from ivr.calls.outbox import Outbox
from ivr.shop.port import Answer, ShopFailed

ON_THE_WAY = Answer("found", {"number": "4711", "state": "on the way"})
CONFIRMED = Answer("found", {"number": "4711", "due": None})


@pytest.fixture
def line(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kit]:
    with kit(redis, tmp_path, monkeypatch) as made:
        yield made


def asking(line: Kit) -> Phone:
    phone = line.phone()
    phone.dial()
    phone.press("1")
    return phone


def confirming(line: Kit) -> Phone:
    phone = line.phone()
    phone.dial()
    phone.press("2")
    phone.press("4711")
    phone.press("4567")
    return phone


def slowly(seconds: float, answer: Any) -> Any:
    def answering() -> Any:
        time.sleep(seconds)
        return answer

    return answering


def test_a_slow_shop_is_bridged_with_a_filler(line: Kit) -> None:
    line.shop.answers["orders.status"] = slowly(1.2, ON_THE_WAY)
    phone = asking(line)
    began = time.monotonic()
    heard = phone.press("4711")
    assert time.monotonic() - began < 1.0
    assert "I am looking" in heard.said
    assert heard.verbs == ["Say", "Pause", "Redirect"]
    assert phone.go().verbs == ["Pause", "Redirect"], "each poll is a turn"
    time.sleep(0.8)
    assert "on the way" in phone.go().said
    line.work("lookups")
    assert len(line.shop.asked) == 1, "the thread that asked first has answered; nobody asked again"


def test_a_full_pool_leaves_the_question_to_the_worker(line: Kit) -> None:
    answered = threading.Event()

    def answering() -> Answer:
        answered.wait(10)
        return ON_THE_WAY

    line.shop.answers["orders.status"] = answering
    phones = [asking(line) for _ in range(6)]
    threads = [threading.Thread(target=phone.press, args=("4711",)) for phone in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all("I am looking" in phone.last.said for phone in phones)
    assert len(line.shop.asked) == 4, "a quarter of 16 threads"
    answered.set()
    line.work("lookups")
    assert len(line.shop.asked) == 6
    for phone in phones:
        assert "on the way" in line.poll(phone).said


def test_a_dead_thread_is_replaced_by_the_worker(line: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "THREAD_SECONDS", 0.2)
    line.shop.answers["orders.status"] = slowly(3, ON_THE_WAY)
    phone = asking(line)
    phone.press("4711")
    line.shop.answers["orders.status"] = ON_THE_WAY
    time.sleep(0.3)
    phone.go()
    line.work("lookups")
    assert "on the way" in phone.go().said


def test_a_shop_that_never_answers_has_failed(line: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    line.shop.answers["orders.status"] = slowly(2.5, ON_THE_WAY)
    phone = asking(line)
    phone.press("4711")
    phone.go()
    monkeypatch.setattr(lookups, "GIVE_UP_SECONDS", 0.0)
    assert "The shop does not answer." in phone.go().said


@pytest.mark.parametrize("error", [ShopFailed("down"), RuntimeError("our own fault"), ValueError("garbage")])
def test_a_broken_shop_is_told(line: Kit, error: Exception) -> None:
    def broken() -> Answer:
        raise error

    line.shop.answers["orders.status"] = broken
    assert "The shop does not answer." in asking(line).press("4711").said


def test_a_change_is_spoken_only_when_done(line: Kit) -> None:
    line.shop.answers["orders.confirm"] = CONFIRMED
    phone = confirming(line)
    assert "I am looking" in phone.last.said
    assert line.shop.asked == []
    assert phone.go().said == ""
    line.work("changes")
    assert "Your order is confirmed." in phone.go().said
    action, arguments, key = line.shop.asked[0]
    assert action == "orders.confirm"
    assert arguments == {"number": "4711", "phone_last4": "4567"}
    assert key.startswith(phone.call + ":3:")
    outbox.perform(key)
    assert len(line.shop.asked) == 1
    assert b"body" not in line.redis.hgetall(f"effect:{key}"), "the proof is gone with its use"


def test_a_change_is_tried_again(line: Kit) -> None:
    tries = []

    def sometimes() -> Answer:
        tries.append(time.time())
        if len(tries) < 3:
            raise ShopFailed("away for a moment")
        return CONFIRMED

    line.shop.answers["orders.confirm"] = sometimes
    phone = confirming(line)
    line.work("changes")
    assert phone.go().said == ""
    for _ in range(2):
        time.sleep(0.55)
        line.redis.delete(*line.redis.keys("woken:*") or ["-"])
        assert outbox.sweep() == 1
        line.work("changes")
    assert "Your order is confirmed." in phone.go().said
    keys = {key for _, _, key in line.shop.asked}
    assert len(keys) == 1, "under the same key, so the shop does it once"


def test_a_change_given_up_is_told_and_parked(line: Kit) -> None:
    def never() -> Answer:
        raise ShopFailed("refused for good", again=False)

    line.shop.answers["orders.confirm"] = never
    phone = confirming(line)
    line.work("changes")
    assert "The shop does not answer." in phone.go().said
    assert len(outbox.parked(line.redis)) == 1


def test_a_change_that_nobody_began_is_never_done(line: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    line.shop.answers["orders.confirm"] = CONFIRMED
    phone = confirming(line)
    monkeypatch.setattr(lookups, "GIVE_UP_SECONDS", 0.0)
    assert "The shop does not answer." in phone.go().said
    line.work("changes")
    assert line.shop.asked == [], "the caller was told that it failed: it must not happen afterwards"


def test_a_change_in_a_workers_hands_is_waited_for(line: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = confirming(line)
    box = Outbox(line.redis)
    (key,) = line.redis.zrange("outbox", 0, -1)
    assert box.claim(key.decode()) is not None
    monkeypatch.setattr(lookups, "GIVE_UP_SECONDS", 0.0)
    assert phone.go().said == ""
    box.finish(key.decode(), {"outcome": "found", "value": {"number": "4711", "due": None}})
    assert "Your order is confirmed." in phone.go().said


def test_a_change_in_doubt_is_told_as_such(line: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = confirming(line)
    box = Outbox(line.redis)
    (key,) = line.redis.zrange("outbox", 0, -1)
    box.claim(key.decode())
    monkeypatch.setattr(lookups, "GIVE_UP_SECONDS", 0.0)
    monkeypatch.setattr(taking, "DOUBT_SECONDS", 0.0)
    assert "will check how it ended" in phone.go().said
    assert outbox.parked(line.redis) == [key.decode()]
    assert box.claim(key.decode()) is None, "never tried again"
    box.finish(key.decode(), {"outcome": "found", "value": None})
    assert outbox.parked(line.redis) == [], "it was done after all"


def test_a_dead_workers_effect_is_done_by_the_next(line: Kit) -> None:
    line.shop.answers["orders.confirm"] = CONFIRMED
    phone = confirming(line)
    (key,) = line.redis.zrange("outbox", 0, -1)
    Outbox(line.redis).claim(key.decode(), lease_ms=1)
    line.redis.delete("rq:queue:changes", *line.redis.keys("waiting:*"))  # and its two seconds are over
    time.sleep(0.05)
    assert outbox.sweep() == 1
    line.work("changes")
    assert "Your order is confirmed." in phone.go().said


def test_the_sweep_finds_what_was_never_woken(line: Kit) -> None:
    line.shop.answers["orders.confirm"] = CONFIRMED
    phone = confirming(line)
    line.redis.delete("rq:queue:changes", *line.redis.keys("waiting:*"))
    assert outbox.sweep() == 0, "younger than a second"
    time.sleep(1.05)
    assert outbox.sweep() == 1
    line.work("changes")
    assert "Your order is confirmed." in phone.go().said
