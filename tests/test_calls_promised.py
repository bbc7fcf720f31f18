"""Whose call begins without asking the records for their promise: only those who certainly have none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from twiml import CALLER, Kit, kit

from callqueue.model import CallbackRequest
from callqueue.service import CallQueue
from flows import library
from ivr.calls.promised import WHOLE, Copy
from ivr.calls.store import PROMISED

OTHER = "+442079460000"


@pytest.fixture
def line(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kit]:
    monkeypatch.setenv("HOURS", "open")
    with kit(redis, tmp_path, monkeypatch, FLOW=str(library.PATH)) as made:
        yield made


@pytest.fixture
def asked(line: Kit, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The numbers that the records were asked about."""
    seen: list[str] = []
    real = CallQueue.promise_of

    def promise_of(queue: CallQueue, number: str) -> object:
        seen.append(number)
        return real(queue, number)

    monkeypatch.setattr(CallQueue, "promise_of", promise_of)
    return seen


def promise(line: Kit, key: str, number: str) -> None:
    line.queue.promise(CallbackRequest(key, f"CA-{key}", number, "en", "support", "wants a call"))


def test_without_a_clock_that_vouches_the_records_are_asked(line: Kit, asked: list[str]) -> None:
    line.phone().dial()
    assert asked == [CALLER]


def test_a_number_without_a_promise_is_not_asked_about_and_one_with_is(line: Kit, asked: list[str]) -> None:
    promise(line, "a", OTHER)
    copy = Copy()
    copy.look(line.queue)
    assert "call you when it" not in line.phone().dial().said
    assert asked == []
    assert "call you when it" in line.phone(OTHER).dial().said
    promise(line, "b", CALLER)
    copy.look(line.queue)
    assert "call you when it" in line.phone().dial().said
    assert asked == [OTHER, CALLER]


def test_a_caller_who_leaves_work_behind_is_asked_about_from_that_turn_on(line: Kit, asked: list[str]) -> None:
    Copy().look(line.queue)
    line.phone().dial()
    assert line.redis.zscore(PROMISED, CALLER) is None
    wanted = line.phone()
    wanted.dial()
    wanted.press("0")
    wanted.press("1")
    wanted.press("1")
    assert line.redis.zscore(PROMISED, CALLER), "the turn itself, before any worker or clock"
    line.phone().dial()
    assert asked == [CALLER]


def test_an_emptied_redis_is_whole_again_at_the_next_look(line: Kit, asked: list[str]) -> None:
    promise(line, "a", CALLER)
    copy = Copy()
    copy.look(line.queue)
    line.redis.flushdb()
    line.phone().dial()
    assert asked == [CALLER], "nobody vouches for an emptied copy"
    copy.look(line.queue)
    assert line.redis.exists(WHOLE)
    assert line.redis.zscore(PROMISED, CALLER)


def test_what_was_kept_is_forgotten_but_not_what_a_turn_has_just_added(line: Kit) -> None:
    line.redis.zadd(PROMISED, {OTHER: 1})
    line.phone().dial()
    wanted = line.phone()
    wanted.dial()
    wanted.press("0")
    wanted.press("1")
    wanted.press("1")
    Copy().look(line.queue)
    assert line.redis.zscore(PROMISED, OTHER) is None
    assert line.redis.zscore(PROMISED, CALLER)
