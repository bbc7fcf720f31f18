"""Who comes in at all: blocked callers, the cap on calls at once, and the alarm when somebody goes the fallback way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis
from twiml import CALLER, Kit, kit

import callqueue as callqueue_package
from callqueue.ports import CarrierUnknown
from callqueue.testing import FakeCarrier
from ivr.admin import blocking
from ivr.admin.staff import COMMAND, Refused
from ivr.calls import alarm, door, journal
from ivr.carriers.twilio import reconcile
from ivr.store import alerts, audit
from ivr.store.calls import call_by_id
from ivr.store.engine import engine, reading

FALLBACK = "+74957777777"
WITHHELD = "+266696687"


@pytest.fixture
def line(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kit]:
    with kit(redis, tmp_path, monkeypatch, MAX_CALLS="2") as made:
        yield made


@pytest.fixture
def covered(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kit]:
    """The same with a fallback number."""
    monkeypatch.setattr(alarm, "GATHER_SECONDS", 0.05)
    monkeypatch.setattr(alarm, "RETRY_SECONDS", 0.1)
    with kit(redis, tmp_path, monkeypatch, MAX_CALLS="2", FALLBACK_NUMBER=FALLBACK) as made:
        yield made


def eventually(look: Callable[[], object], seconds: float = 10) -> object:
    until = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < until:
        time.sleep(0.02)
    return found


def fallback_lines() -> list[audit.Line]:
    with reading(engine()) as conn:
        return audit.page(conn, audit.Filter(kind="fallback"))[0]


def test_a_blocked_caller_hears_a_sentence_and_that_is_all(line: Kit) -> None:
    blocking.block(COMMAND, "+7 (916) 123-45-67", "insults agents")
    phone = line.phone("+79161234567")
    heard = phone.dial()
    assert "не можем ответить" in heard.said or "cannot take calls" in heard.said
    assert heard.verbs[-1] == "Hangup"
    assert phone.dial().response.data == heard.response.data, "asked twice, answered alike"
    journal.drain()
    with reading(engine()) as conn:
        call = call_by_id(conn, phone.call)
    assert call is not None
    assert (call.number, call.outcome) == ("+79161234567", "blocked")
    assert "Заказ, один." in line.phone("+79161234568").dial().said
    assert "Order, one." in line.phone(WITHHELD).dial().said


def test_a_blocked_caller_may_be_left_a_recorder(line: Kit) -> None:
    blocking.block(COMMAND, CALLER, "calls a hundred times a day", answer="message", days=7)
    phone = line.phone()
    heard = phone.dial()
    assert "Record" in heard.verbs
    phone.go(RecordingSid="RE" + "1" * 32, RecordingDuration="4")
    line.work("changes")
    assert [message.number for message in line.queue.messages()] == [CALLER]


def test_a_block_ends_when_lifted_or_over(line: Kit) -> None:
    made = blocking.block(COMMAND, CALLER, "why not")
    blocking.lift(COMMAND, made.id)
    assert "Order, one." in line.phone().dial().said
    blocking.block(COMMAND, CALLER, "why not", days=1)
    redis = line.redis
    redis.hset(door.BLOCKED, CALLER, f"{int(time.time() * 1000) - 1} sentence")
    assert "Order, one." in line.phone().dial().said


def test_what_agents_propose_blocks_nobody_until_it_is_decided(line: Kit) -> None:
    proposed = blocking.propose(COMMAND, CALLER, "shouts")
    assert "Order, one." in line.phone().dial().said
    blocking.approve(COMMAND, proposed.id, days=30)
    assert line.phone().dial().verbs[-1] == "Hangup"
    assert blocking.propose(COMMAND, CALLER, "again").state == "active", "a proposal takes no block back"


def test_an_emptied_redis_blocks_again_and_lost_records_block_nobody(line: Kit) -> None:
    blocking.block(COMMAND, CALLER, "insults agents")
    line.redis.flushall()
    with line.records_away():
        assert "Order, one." in line.phone().dial().said
    blocking.block(COMMAND, CALLER, "insults agents")
    line.redis.flushall()
    assert door.copy_blocked() == 1
    assert line.phone().dial().verbs[-1] == "Hangup"


@pytest.mark.parametrize(
    ("number", "reason", "why"),
    [("withheld", "x", "bad_number"), ("+7916", "x", "bad_number"), (CALLER, " ", "bad_reason")],
)
def test_a_block_that_cannot_be_says_why(line: Kit, number: str, reason: str, why: str) -> None:
    with pytest.raises(Refused) as refused:
        blocking.block(COMMAND, number, reason)
    assert refused.value.why == why


def test_the_hotlines_own_numbers_cannot_be_blocked(covered: Kit) -> None:
    for number in (covered.settings.phone_number, FALLBACK):
        with pytest.raises(Refused) as refused:
            blocking.block(COMMAND, number, "a loop")
        assert refused.value.why == "own_number"


def test_over_the_cap_a_caller_may_leave_a_message(line: Kit) -> None:
    first, second, third = line.phone(), line.phone(), line.phone()
    assert "Order, one." in first.dial().said
    assert "Order, one." in second.dial().said
    heard = third.dial()
    assert "lines are busy" in heard.said or "линии заняты" in heard.said
    assert "Record" in heard.verbs
    assert "Order, one." in first.dial().said, "who is in stays in, also when the webhook is repeated"
    third.hang_up()
    assert line.phone().dial().verbs[-1] != "Gather"
    first.hang_up()
    assert "Order, one." in line.phone().dial().said


def test_over_the_cap_with_a_fallback_number_raises_the_alarm(covered: Kit) -> None:
    for _ in range(2):
        covered.phone().dial()
    heard = covered.phone().dial()
    assert heard.verb("Number").text == FALLBACK
    (line,) = eventually(fallback_lines)  # type: ignore[misc]
    assert line.after["reason"] == "more calls at once than MAX_CALLS"
    assert line.after["count"] == 1

    def raised() -> object:
        with reading(engine()) as conn:
            return alerts.recent(conn, line.at)

    (alert,) = eventually(raised)  # type: ignore[misc]
    assert alert.kind == "fallback"


def test_the_alarm_waits_for_the_records(covered: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []
    write = alarm._written

    def later(records: object, uses: list[alarm.Use]) -> bool:
        tried.append(len(uses))
        return write(records, uses) if len(tried) > 2 else False  # type: ignore[arg-type]

    monkeypatch.setattr(alarm, "_written", later)
    phone = covered.phone()
    phone.raw("/twilio/fallback")
    phone.raw("/twilio/fallback")
    (line,) = eventually(fallback_lines)  # type: ignore[misc]
    assert len(tried) > 2
    assert line.after["count"] == 2
    assert phone.call in line.after["calls"]


def test_a_call_whose_end_was_never_told_counts_no_more(line: Kit) -> None:
    lost, alive = line.phone(), line.phone()
    lost.dial()
    alive.dial()
    carrier = FakeCarrier(live={alive.call})
    callqueue_package.bind(queue=line.queue, telephone=carrier)
    here = door.Door(line.redis, 2)
    assert here.inside() == 2
    assert reconcile.check() == 0, "not asked about before its time"
    line.redis.zadd(door.CALLS, {lost.call: 1, alive.call: 2}, xx=True)
    carrier.fail["is_live"] = [CarrierUnknown("no answer")]
    assert reconcile.check() == 0
    assert here.inside() == 2, "a carrier that does not answer ends no call"
    assert door.sweep()
    line.work("house")
    assert here.inside() == 1
    assert "Order, one." in line.phone().dial().said
    assert lost.press("1").verbs[-1] == "Hangup", "the call is over for the loop as well"
    assert "Gather" in alive.press("9").verbs
    journal.drain()
    with reading(engine()) as conn:
        call = call_by_id(conn, lost.call)
    assert call is not None
    assert call.outcome == "never told"
