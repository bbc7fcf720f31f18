"""Wake-ups: one waits in its queue at most, none is swallowed by one that has begun, a dead worker's is made again."""

from __future__ import annotations

import time

import pytest
import redis as redis_client
from rq import Queue
from rq.serializers import JSONSerializer

from ivr import jobs
from ivr.commands.worker import Worker

SEEN: list[object] = []


def note(what: object) -> None:
    """The job of these tests; wakes once more from inside."""
    SEEN.append(what)
    if what == "again" and len(SEEN) == 1:
        jobs.wake("handoffs", f"{__name__}:note", what)


@pytest.fixture
def queue(redis: redis_client.Redis, monkeypatch: pytest.MonkeyPatch) -> Queue:
    monkeypatch.setattr(jobs, "client", lambda: redis)
    SEEN.clear()
    return jobs.queue("handoffs")


def work(queue: Queue) -> None:
    Worker([queue], connection=queue.connection, serializer=JSONSerializer).work(burst=True, logging_level="ERROR")


def test_a_wake_up_that_waits_is_not_enqueued_again(queue: Queue) -> None:
    for number in (1, 2, 1, 2, 1):
        jobs.wake("handoffs", f"{__name__}:note", number)
    assert len(queue) == 2
    work(queue)
    assert SEEN == [1, 2]
    jobs.wake("handoffs", f"{__name__}:note", 1)
    assert len(queue) == 1, "done is not waiting"


def test_one_that_has_begun_swallows_none(queue: Queue) -> None:
    jobs.wake("handoffs", f"{__name__}:note", "again")
    work(queue)
    assert SEEN == ["again", "again"]


def test_the_wake_up_of_a_worker_that_died_is_made_again(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "WAITING_MS", 50)
    jobs.wake("handoffs", f"{__name__}:note", 1)
    queue.connection.delete(queue.key)  # popped by one who was killed
    time.sleep(0.1)
    jobs.wake("handoffs", f"{__name__}:note", 1)
    assert len(queue) == 1
