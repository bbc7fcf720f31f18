"""What a flow may ask about the caller's own promise, and who is thought of when a call ends unserved."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from queue_world import make_world  # noqa: F401 - a fixture

from callqueue.callback_rules import CallbackRules
from callqueue.model import CallbackRequest
from callqueue.rules import Rules
from callqueue.testing import MOSCOW, START, World
from flows.engine import CallFacts, Session, Step, advance, start
from flows.engine.events import HandOff, Lookup
from flows.engine.inputs import Digits, HungUp, LookupDone, RecordingDone, TransferEnded
from flows.engine.waiting import Unserved, unserved
from flows.language import Flow, read_flow
from flows.library import PATH
from ivr.actions import CATALOGUE
from ivr.calls import promises
from ivr.shop.port import Answer, Caller

LONDON = "+442079460000"


def asked(world: World, action: str = "callbacks.mine", number: str | None = MOSCOW) -> Answer:
    return promises.perform(lambda: world.queue, action, Caller("CA9", number, "ru"), world.now)


def test_the_caller_hears_when_and_nothing_else(world: World) -> None:
    assert asked(world) == Answer("missing")
    world.promise(at=START + timedelta(hours=2))
    assert asked(world) == Answer("found", {"at": "2026-11-23T14:00+03:00", "late": False})
    assert asked(world, number=LONDON) == Answer("missing")
    assert asked(world, number=None) == Answer("missing"), "a withheld number is nobody's"


def test_a_promise_in_turn_has_no_time_and_is_never_late(world: World) -> None:
    world.promise()
    world.later(7200)
    assert asked(world) == Answer("found", {"at": None, "late": False})


def test_it_is_said_on_the_callers_clock_and_that_we_are_late(world: World) -> None:
    world.promise(LONDON, at=START + timedelta(hours=2))
    world.later(2 * 3600 + 60)
    assert asked(world, number=LONDON) == Answer("found", {"at": "2026-11-23T11:00+00:00", "late": True})


def test_what_a_rule_means_to_do_was_promised_to_nobody(world: World) -> None:
    ruled = World(world.queue.records.engine, Rules(callbacks=CallbackRules(abandoned="call")))
    call, _ = ruled.caller()
    ruled.later(60)
    ruled.queue.left(call, "hangup", now=ruled.now)
    assert ruled.queue.promise_of(MOSCOW) is not None
    assert asked(ruled) == Answer("missing")


def test_the_caller_takes_it_back(world: World) -> None:
    world.queue.promise(CallbackRequest("k", "CA1", MOSCOW, "ru", "support", "", START + timedelta(hours=2)))
    world.promise(at=START + timedelta(hours=2))
    assert asked(world, "callbacks.cancel") == Answer("found")
    world.later(300)
    assert asked(world, "callbacks.cancel") == Answer("missing")


# Calls that end without a human.


@pytest.fixture(scope="module", name="flow")
def make_flow() -> Flow:
    return read_flow(Path(PATH), CATALOGUE)


NOON = datetime.fromisoformat("2026-11-23T12:00+03:00")
NIGHT = datetime.fromisoformat("2026-11-23T23:00+03:00")


def begin(flow: Flow, now: datetime) -> Step:
    step = start(flow, CallFacts("CA1", MOSCOW, "+74950000000", "ru"), now)
    while isinstance(step.events[-1], Lookup):
        step = advance(flow, step.session, LookupDone(step.events[-1].id, "missing"), now)
    return step


def wanted(flow: Flow, *inputs: object, now: datetime = NOON) -> Unserved | None:
    step = begin(flow, now)
    for each in inputs:
        step = advance(flow, Session.from_json(step.session.to_json()), each, now)  # type: ignore[arg-type]
    return unserved(flow, Session.from_json(step.session.to_json()))


@pytest.mark.parametrize("outcome", ["nobody", "full", "failed", "closed"])
def test_who_wanted_a_human_and_left_nothing_is_thought_of(flow: Flow, outcome: str) -> None:
    found = wanted(flow, Digits("0"), TransferEnded(outcome))  # type: ignore[arg-type]
    assert found == Unserved("support", "ru", "")


def test_at_night_too_with_what_it_was_about(flow: Flow) -> None:
    assert wanted(flow, Digits("1"), Digits("0"), now=NIGHT) == Unserved("support", "ru", "Тема: доставка.")


def test_who_was_served_left_a_message_or_waits_is_not(flow: Flow) -> None:
    assert wanted(flow, Digits("1")) is None, "never wanted one"
    assert wanted(flow, Digits("0")) is None, "in line: the ticket tells"
    assert wanted(flow, Digits("0"), TransferEnded("connected")) is None
    assert wanted(flow, Digits("0"), TransferEnded("nobody"), Digits("2"), RecordingDone("RE1", 7)) is None
    assert wanted(flow, Digits("0"), TransferEnded("nobody"), Digits("2"), RecordingDone("RE1", 0)) is not None


def test_who_was_promised_a_call_is_not(flow: Flow) -> None:
    step = begin(flow, NOON)
    for each in (Digits("0"), TransferEnded("nobody"), Digits("1"), Digits("1")):
        step = advance(flow, step.session, each, NOON)
    assert not isinstance(step.events[-1], HandOff)
    done = advance(flow, step.session, LookupDone(step.events[-1].id, "found", {}), NOON)  # type: ignore[union-attr]
    assert unserved(flow, done.session) is None
    failed = advance(flow, step.session, LookupDone(step.events[-1].id, "failed"), NOON)  # type: ignore[union-attr]
    assert unserved(flow, failed.session) is not None


def test_hanging_up_keeps_what_was_wanted(flow: Flow) -> None:
    step = begin(flow, NOON)
    for each in (Digits("0"), TransferEnded("nobody"), HungUp()):
        step = advance(flow, step.session, each, NOON)  # type: ignore[arg-type]
    assert unserved(flow, step.session) is not None
