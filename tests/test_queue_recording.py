"""Conversations recorded: once per call, with the customer knowing, paused for card data, kept until told otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from queue_world import make_world  # noqa: F401 - a fixture
from sqlalchemy import select

from callqueue.incall_model import RecordingState, Target
from callqueue.ports import CarrierRefused, CarrierUnknown
from callqueue.rules import Rules
from callqueue.store import chores, recordings
from callqueue.testing import World

ANNA, BORIS = 7, 8


@pytest.fixture
def recorded(world: World) -> World:
    """The same records, where conversations are recorded unless refused."""
    return World(world.queue.records.engine, Rules(record="ask"))


def rows(world: World) -> list[Any]:
    with world.queue.records.engine.connect() as conn:
        return list(conn.execute(select(recordings)).mappings())


def talking(world: World) -> tuple[str, int]:
    world.agent(ANNA)
    call, ticket = world.caller()
    world.work()
    assert world.queue.notice_due(ticket)
    world.talk(ANNA)
    world.work()
    return call, ticket


def test_recorded_from_the_first_agent_to_the_end_through_a_hand_over(recorded: World) -> None:
    call, ticket = talking(recorded)
    assert recorded.carrier.recorded == {call: "RE-1"}
    assert recorded.queue.in_call(ANNA).recording is RecordingState.ON
    assert not recorded.queue.notice_due(ticket), "they have heard it"
    recorded.agent(BORIS)
    recorded.queue.transfer(ticket, ANNA, Target("agent", str(BORIS)), warm=True, now=recorded.now)
    recorded.work()
    offer = recorded.offer_of(BORIS) or 0
    recorded.queue.accept(offer, BORIS, now=recorded.now)
    recorded.carrier.live.add("CA-boris")
    recorded.queue.agent_joined(ticket, BORIS, "CA-boris", "CF1", now=recorded.now)
    recorded.queue.hand_over(ticket, ANNA, now=recorded.now)
    recorded.work()
    assert recorded.carrier.count("start_recording") == 1
    assert recorded.queue.in_call(BORIS).recording is RecordingState.ON
    recorded.queue.recording_ended(1, "RE-1", 63, now=recorded.now)
    recorded.queue.recording_ended(1, "RE-1", 63, now=recorded.now)
    (kept,) = recorded.queue.recordings()
    assert (kept.ticket, kept.sid, kept.seconds, kept.agent) == (ticket, "RE-1", 63, ANNA)
    assert recorded.queue.in_call(BORIS).recording is None


def test_paused_while_card_data_is_spoken(recorded: World) -> None:
    call, ticket = talking(recorded)
    assert not recorded.queue.pause_recording(ticket, BORIS, True, now=recorded.now), "not his call"
    assert recorded.queue.pause_recording(ticket, ANNA, True, now=recorded.now)
    assert recorded.queue.pause_recording(ticket, ANNA, True, now=recorded.now)
    recorded.carrier.fail["pause_recording"] = [CarrierUnknown("503")]
    recorded.work()
    assert recorded.queue.in_call(ANNA).paused_at == recorded.now
    recorded.later(2, alive=(ANNA,))
    recorded.tick()
    assert ("pause_recording", call, "RE-1", True) in recorded.carrier.asked
    recorded.queue.pause_recording(ticket, ANNA, False, now=recorded.now)
    recorded.work()
    assert recorded.carrier.asked[-1] == ("pause_recording", call, "RE-1", False)
    with recorded.queue.records.engine.connect() as conn:
        assert conn.execute(select(chores)).first() is None


def test_a_pause_that_nobody_ends_goes_on_by_itself(recorded: World) -> None:
    call, ticket = talking(recorded)
    recorded.queue.pause_recording(ticket, ANNA, True, now=recorded.now)
    recorded.work()
    recorded.later(100, alive=(ANNA,))
    assert recorded.queue.pause_recording(ticket, ANNA, True, now=recorded.now), "more time"
    assert recorded.queue.in_call(ANNA).paused_until == recorded.now + timedelta(seconds=120)
    recorded.later(119, alive=(ANNA,))
    assert recorded.tick().recorded == 0
    recorded.later(1, alive=(ANNA,))
    recorded.push.sent.clear()
    assert recorded.tick().recorded == 1
    asked = [each for each in recorded.carrier.asked if each[0] == "pause_recording"]
    assert asked == [("pause_recording", call, "RE-1", True), ("pause_recording", call, "RE-1", False)]
    assert recorded.queue.in_call(ANNA).paused_at is None
    assert "controls" in recorded.push.events(f"agent:{ANNA}")
    assert recorded.tick().recorded == 0


def test_a_pause_can_last_until_the_agent_ends_it(world: World) -> None:
    forever = World(world.queue.records.engine, Rules(record="ask", pause_seconds=0))
    _, ticket = talking(forever)
    forever.queue.pause_recording(ticket, ANNA, True, now=forever.now)
    forever.later(3600, alive=(ANNA,))
    assert forever.tick().recorded == 0
    seen = forever.queue.in_call(ANNA)
    assert (seen.paused_at is None, seen.paused_until) == (False, None)


def test_paused_before_the_carrier_has_begun(recorded: World) -> None:
    recorded.agent(ANNA)
    call, ticket = recorded.caller()
    recorded.work()
    recorded.carrier.fail["start_recording"] = [CarrierRefused("429", again=True)]
    recorded.talk(ANNA)
    assert recorded.queue.pause_recording(ticket, ANNA, True, now=recorded.now)
    recorded.later(2, alive=(ANNA,))
    recorded.tick()
    assert [each[0] for each in recorded.carrier.asked][-2:] == ["start_recording", "pause_recording"]
    assert recorded.carrier.asked[-1] == ("pause_recording", call, "RE-1", True)


def test_an_answer_that_was_lost_is_no_second_recording(recorded: World) -> None:
    recorded.carrier.lost["start_recording"] = 1
    talking(recorded)
    recorded.later(2, alive=(ANNA,))
    recorded.tick()
    assert recorded.carrier.count("start_recording") == 1
    assert rows(recorded)[0]["sid"] == "RE-1"
    assert rows(recorded)[0]["state"] == RecordingState.ON


def test_who_refuses_is_not_recorded(recorded: World) -> None:
    recorded.agent(ANNA)
    _, ticket = recorded.caller()
    recorded.work()
    recorded.queue.refuse_recording(ticket, now=recorded.now)
    assert not recorded.queue.notice_due(ticket)
    recorded.talk(ANNA)
    recorded.work()
    assert rows(recorded) == []
    assert recorded.queue.in_call(ANNA).recording is None
    other = recorded.queue.transfer(ticket, ANNA, Target("queue", "orders"), warm=False, now=recorded.now).ticket or 0
    assert not recorded.queue.notice_due(other), "nor by the next agent"


def test_a_carrier_that_refuses_is_no_recording_and_no_trouble(recorded: World) -> None:
    recorded.carrier.fail["start_recording"] = [CarrierRefused("400")]
    _, ticket = talking(recorded)
    assert rows(recorded)[0]["state"] == RecordingState.FAILED
    assert not recorded.queue.pause_recording(ticket, ANNA, True, now=recorded.now)


def test_nothing_is_recorded_unless_it_is_set(world: World) -> None:
    world.agent(ANNA)
    _, ticket = world.caller()
    world.work()
    world.talk(ANNA)
    world.work()
    assert not world.queue.notice_due(ticket)
    assert rows(world) == []
