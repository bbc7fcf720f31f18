"""Callers whom nobody served: found by rule, listed or phoned once; never who refused, never who was served since."""

from __future__ import annotations

from datetime import timedelta

import pytest
from queue_world import callback_state, make_world  # noqa: F401 - a fixture

from callqueue.callback_rules import CallbackRules
from callqueue.model import AttemptOutcome, CallbackState, MessageRequest
from callqueue.proposals import MissedCall
from callqueue.rules import Rules
from callqueue.testing import MOSCOW, START, World


def calling(world: World) -> World:
    """The same records, with rules that phone."""
    return World(world.queue.records.engine, Rules(callbacks=CallbackRules(abandoned="call", missed="call")))


def gives_up(world: World, number: str | None = MOSCOW, after: float = 45) -> str:
    call, _ = world.caller(number)
    world.later(after)
    world.carrier.live.discard(call)
    world.queue.left(call, "hangup", now=world.now)
    return call


def missed(world: World, call: str = "CA-night", number: str | None = MOSCOW) -> int | None:
    return world.queue.missed(MissedCall(call, number, "ru", "support", "Тема: доставка."), now=world.now)


def test_who_hangs_up_in_line_is_listed_once_with_the_place_they_had(world: World) -> None:
    call = gives_up(world)
    world.queue.left(call, "hangup", now=world.now)
    (listed,) = world.queue.proposals()
    assert (listed.state, listed.origin, listed.number) == (CallbackState.PROPOSED, "abandoned", MOSCOW)
    assert listed.since == START
    assert world.tick().callbacks_due == 0, "nobody is phoned by itself"
    gives_up(world)
    assert [one.id for one in world.queue.proposals()] == [listed.id], "one for a number"


@pytest.mark.parametrize(("number", "after"), [(MOSCOW, 29), (None, 300), ("+19005550123", 300), ("+78095550123", 300)])
def test_who_is_not_proposed(world: World, number: str | None, after: float) -> None:
    gives_up(world, number, after)
    assert world.queue.proposals() == []


def test_who_refused_is_not_proposed(world: World) -> None:
    world.queue.opt_out(MOSCOW, now=world.now)
    gives_up(world)
    missed(world)
    assert world.queue.proposals() == []


def test_rules_that_are_off_do_nothing(world: World) -> None:
    off = World(world.queue.records.engine, Rules(callbacks=CallbackRules(abandoned="off", missed="off")))
    gives_up(off)
    assert missed(off) is None
    assert off.queue.proposals() == []


def test_an_agent_takes_one_up_with_a_click(world: World) -> None:
    agent = world.agent()
    world.queue.set_status(agent, "off", now=world.now)  # type: ignore[arg-type]
    gives_up(world)
    (listed,) = world.queue.proposals()
    world.agent()
    assert world.queue.call_now(listed.id, now=world.now).kind == "promised"
    assert world.queue.call_now(listed.id, now=world.now).reason == "none", "a second click changes nothing"
    world.work()
    ticket, _ = world.join(agent)
    assert [each[:2] for each in world.carrier.dialled] == [(listed.id, 1)]
    world.queue.callback_ended(listed.id, 1, AttemptOutcome.NO_ANSWER, now=world.now)
    assert callback_state(world, listed.id) == CallbackState.FAILED, "once: they asked for nothing"
    assert world.queue.ticket(ticket) is not None


def test_an_agent_puts_one_away(world: World) -> None:
    gives_up(world)
    (listed,) = world.queue.proposals()
    assert world.queue.cancel_callback(listed.id, now=world.now)
    assert not world.queue.cancel_callback(listed.id, now=world.now)
    assert world.queue.proposals() == []


def test_who_phones_again_is_not_phoned_meanwhile_and_keeps_being_listed_until_served(world: World) -> None:
    gives_up(world)
    (listed,) = world.queue.proposals()
    call, _ = world.caller()
    assert world.queue.call_now(listed.id, now=world.now).reason == "in_line"
    world.later(3)
    world.queue.left(call, "hangup", now=world.now)
    assert [one.id for one in world.queue.proposals()] == [listed.id], "given up after three seconds"
    agent = world.agent()
    world.caller()
    world.work()
    world.talk(agent)
    assert world.queue.proposals() == []


def test_it_goes_when_they_are_promised_a_call(world: World) -> None:
    gives_up(world, "+74950000001")
    world.promise("+74950000001", call="CA-p")
    assert world.queue.proposals() == []


def test_it_goes_after_a_week(world: World) -> None:
    gives_up(world)
    world.later(7 * 86400 - 1)
    assert world.tick().put_away == 0
    world.later(1)
    assert world.tick().put_away == 1
    assert world.queue.proposals() == []


def test_a_rule_that_phones_waits_a_little_and_phones_once(world: World) -> None:
    world = calling(world)
    gives_up(world)
    assert world.queue.proposals() == []
    agent = world.agent()
    world.later(119, alive=(agent,))
    world.tick()
    assert world.offer_of(agent) is None
    world.later(1, alive=(agent,))
    world.tick()
    world.join(agent)
    ((callback, _, _),) = world.carrier.dialled
    world.queue.callback_ended(callback, 1, AttemptOutcome.BUSY, now=world.now)
    assert callback_state(world, callback) == CallbackState.FAILED
    world.queue.set_status(agent, "break", now=world.now)  # type: ignore[arg-type]
    gives_up(world)
    assert [one.number for one in world.queue.proposals()] == [MOSCOW], "the second time in a day it is listed"


def test_a_rule_that_phones_does_so_in_the_morning(world: World) -> None:
    world = calling(world)
    world.now = START.replace(hour=20)  # eleven at night in Moscow
    callback = missed(world) or 0
    view = world.queue.callback(callback)
    assert view is not None
    assert (view.state, view.due_at) == (CallbackState.DUE_LATER, START.replace(day=24, hour=6))


def test_who_was_served_meanwhile_is_not_phoned(world: World) -> None:
    world = calling(world)
    callback = missed(world) or 0
    agent = world.agent()
    world.later(5, alive=(agent,))
    world.caller()
    world.work()
    world.talk(agent)
    view = world.queue.callback(callback)
    assert view is not None
    assert (view.state, view.reason) == (CallbackState.CANCELLED, "merged")


def test_a_message_that_is_told_late_stops_the_rule(world: World) -> None:
    world = calling(world)
    callback = missed(world) or 0
    world.queue.message(MessageRequest("m", "CA-night", MOSCOW, "ru", "message", "RE1", 9), now=world.now)
    world.later(121)
    world.tick()
    view = world.queue.callback(callback)
    assert view is not None
    assert (view.state, view.reason) == (CallbackState.CANCELLED, "left a message")


def test_a_message_that_is_told_late_takes_its_call_off_the_list(world: World) -> None:
    missed(world)
    assert len(world.queue.proposals()) == 1
    world.queue.message(MessageRequest("m", "CA-night", MOSCOW, "ru", "message", "RE1", 9), now=world.now)
    assert world.queue.proposals() == []


def test_who_left_something_or_spoke_with_us_missed_nothing(world: World) -> None:
    world.queue.message(MessageRequest("m", "CA-1", MOSCOW, "ru", "message", "RE1", 9), now=world.now)
    assert missed(world, "CA-1") is None
    world.promise("+74950000001", call="CA-2", at=START + timedelta(hours=1))
    assert missed(world, "CA-2", "+74950000001") is None
    agent = world.agent()
    call, _ = world.caller("+74950000002")
    world.work()
    world.talk(agent)
    assert missed(world, call, "+74950000002") is None
    assert world.queue.proposals() == []


def test_a_rule_never_overrides_a_promise(world: World) -> None:
    world.promise(at=START + timedelta(hours=3))
    assert missed(world) is None
    assert world.queue.proposals() == []
