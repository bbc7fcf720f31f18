"""The wait lane over time: who waits is never left to music when nobody is there to answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from twiml import CALLER, Heard, Kit, Phone, kit

from callqueue.model import AgentStatus

QUEUE_SID = "QU" + "1" * 32


@pytest.fixture
def line(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kit]:
    with kit(redis, tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def waiting(line: Kit) -> Phone:
    """In line, one agent on duty."""
    line.queue.register_agent(7, "Anna")
    line.queue.alive(7)
    line.queue.set_status(7, AgentStatus.READY)
    phone = line.phone()
    phone.dial()
    assert phone.press("0").verbs[-1] == "Enqueue"
    line.work("changes")
    return phone


def wait(phone: Phone, round: int) -> Heard:
    parked = next(heard for heard in phone.heard if "Enqueue" in heard.verbs)
    url = str(parked.verb("Enqueue").get("waitUrl")).partition("#")[0]
    return phone.post(f"{url}?round={round}", QueueSid=QUEUE_SID, QueuePosition="1")


def after(phone: Phone) -> Heard:
    parked = next(heard for heard in phone.heard if "Enqueue" in heard.verbs)
    return phone.post(parked.following, QueueResult="leave")


def test_everybody_gone_off_duty_lets_the_caller_choose(line: Kit, waiting: Phone) -> None:
    assert "You are number 1." in wait(waiting, 0).said
    line.queue.set_status(7, AgentStatus.OFF)
    assert wait(waiting, 1).verbs != ["Leave"], "somebody may come back within the minute"
    assert wait(waiting, 2).verbs == ["Leave"]
    assert "Nobody is free." in after(waiting).said
    line.work("changes")
    assert line.queue.waiting(waiting.call) is None, "no agent is offered a caller who left the line"
    waiting.press("1")
    line.work("changes")
    assert "We will call you back." in waiting.go().said
    assert [one.number for one in line.queue.callbacks()] == [CALLER]


def test_busy_agents_are_waited_for(line: Kit, waiting: Phone) -> None:
    line.queue.match()
    for round in range(6):
        assert wait(waiting, round).verbs != ["Leave"]
