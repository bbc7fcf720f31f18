"""Moving a promise, taking it back, having it dialled now, and: do not phone me."""

from __future__ import annotations

from datetime import timedelta

import pytest
from queue_world import callback_state, make_world, ticket_state  # noqa: F401 - a fixture

from callqueue.callback_rules import CallbackRules
from callqueue.model import AttemptOutcome, CallbackRequest, CallbackState, PromiseResult, TicketState
from callqueue.rules import Rules
from callqueue.testing import MOSCOW, START, World

LATER, LATER_STILL = START + timedelta(hours=2), START + timedelta(hours=4)


def moved(world: World, key: str = "move", number: str = MOSCOW) -> PromiseResult:
    return world.queue.move_mine(key, number, LATER_STILL, call="CA-again", language="en", now=world.now)


def test_the_customer_moves_theirs_once_and_what_it_is_about_stays(world: World) -> None:
    asked = CallbackRequest("k", "CA-1", MOSCOW, "ru", "sales", "about a kettle", LATER, {"name": "Anna"})
    first = world.queue.promise(asked, now=world.now)
    assert moved(world) == PromiseResult("promised", first.callback, due_at=LATER_STILL)
    assert moved(world).due_at == LATER_STILL, "told twice"
    (one,) = world.queue.promises(START, START + timedelta(days=1))
    assert (one.at, one.promised_for, one.queue, one.summary) == (LATER_STILL, LATER_STILL, "sales", "about a kettle")
    assert one.language == "en", "they speak it now"
    world.queue.cancel_mine(MOSCOW, now=world.now)
    assert moved(world).kind == "promised", "the same key gets the same answer, whatever came since"
    assert moved(world, "another").reason == "none"


def test_a_full_time_is_refused_when_moving_too(world: World) -> None:
    world = World(world.queue.records.engine, Rules(callbacks=CallbackRules(per_slot=1)))
    world.promise("+74950000001", call="CA-1", at=LATER_STILL)
    world.promise(at=LATER)
    refused = moved(world)
    assert (refused.reason, len(refused.free)) == ("slot", 2)
    assert world.queue.promise_of(MOSCOW).at == LATER  # type: ignore[union-attr]


def test_moving_what_is_late_leaves_it_late(world: World) -> None:
    world.promise(at=LATER)
    world.now = LATER + timedelta(minutes=20)
    moved(world)
    one = world.queue.promise_of(MOSCOW)
    assert one is not None
    assert (one.at, one.promised_for) == (LATER_STILL, LATER)


def test_a_moved_promise_has_all_its_attempts_again(world: World) -> None:
    agent = world.agent()
    callback = world.promise().callback or 0
    world.work()
    world.join(agent)
    world.queue.callback_ended(callback, 1, AttemptOutcome.BUSY, now=world.now)
    moved(world)
    view = world.queue.callback(callback)
    assert view is not None
    assert (view.attempt, view.max_attempts) == (1, 4)


def test_the_customer_takes_theirs_back_also_while_it_rings(world: World) -> None:
    agent = world.agent()
    callback = world.promise().callback
    world.work()
    world.join(agent)
    assert callback_state(world, callback) == CallbackState.DIALING
    assert world.queue.cancel_mine(MOSCOW, now=world.now)
    assert world.queue.cancel_mine(MOSCOW, now=world.now), "told twice"
    world.later(121)
    assert not world.queue.cancel_mine(MOSCOW, now=world.now)
    world.work()
    assert world.carrier.live == set(), "their phone and the agent's line are hung up"
    page = world.queue.agent_view(agent)
    assert page is not None
    assert page.state == "free"


def test_an_agent_moves_and_cancels_but_not_what_is_being_dialled(world: World) -> None:
    agent = world.agent()
    callback = world.promise(at=LATER).callback or 0
    assert world.queue.move_callback(callback, LATER_STILL, now=world.now).due_at == LATER_STILL
    assert world.queue.move_callback(callback, START.replace(hour=23), now=world.now).reason == "hours"
    assert world.queue.move_callback(callback, None, now=world.now).kind == "promised"
    world.work()
    world.join(agent)
    assert world.queue.move_callback(callback, LATER, now=world.now).reason == "none"
    assert world.queue.cancel_callback(callback, now=world.now)
    assert not world.queue.cancel_callback(callback, now=world.now)


def test_an_agent_has_it_dialled_before_its_time_and_it_is_measured_as_promised(world: World) -> None:
    agent = world.agent()
    callback = world.promise(at=LATER).callback or 0
    assert world.queue.call_now(callback, now=world.now).kind == "promised"
    world.work()
    world.join(agent)
    assert len(world.carrier.dialled) == 1
    (one,) = world.queue.promises(LATER, LATER_STILL)
    assert (one.at, one.promised_for, one.first_dial_at) == (LATER, LATER, START)
    assert one.as_promised(LATER_STILL, 300) is True


@pytest.mark.parametrize(
    ("number", "at", "reason"), [(MOSCOW, START.replace(hour=22), "hours"), (MOSCOW, START, "opt_out")]
)
def test_not_even_an_agent_dials_at_night_or_who_refused(world: World, number: str, at: object, reason: str) -> None:
    callback = world.promise(number, at=LATER).callback or 0
    if reason == "opt_out":
        world.queue.opt_out("+74950000009", now=world.now)
        world.queue.opt_out(number, now=world.now)
        assert world.queue.call_now(callback, now=world.now).reason == "none"
    else:
        world.now = at  # type: ignore[assignment]
        assert world.queue.call_now(callback, now=world.now).reason == reason
    world.work()
    assert world.carrier.dialled == []


def answered(world: World) -> tuple[int, int, str]:
    agent = world.agent()
    callback = world.promise().callback or 0
    world.work()
    ticket, _ = world.join(agent)
    leg = world.carrier.dialled[0][2]
    assert world.queue.callback_answered(callback, 1, leg, now=world.now) == ticket
    return callback, ticket, leg


def test_the_key_that_says_never_again(world: World) -> None:
    callback, ticket, leg = answered(world)
    assert not world.queue.refuse_calls(callback, 1, "CA-other", now=world.now)
    assert not world.queue.refuse_calls(callback, 2, leg, now=world.now)
    assert world.queue.refuse_calls(callback, 1, leg, now=world.now)
    assert world.queue.refuse_calls(callback, 1, leg, now=world.now), "told twice"
    world.work()
    assert callback_state(world, callback) == CallbackState.CANCELLED
    assert ticket_state(world, ticket) == TicketState.CLOSED
    page = world.queue.agent_view(7)
    assert page is not None
    assert (page.state, page.paused) == ("free", "")
    assert leg in world.carrier.live, "they hear that we won't call before their line is closed"
    assert world.promise(key="again").reason == "opt_out"
    world.queue.callback_ended(callback, 1, AttemptOutcome.GONE, now=world.now)
    world.queue.call_gone(leg, now=world.now)
    assert callback_state(world, callback) == CallbackState.CANCELLED


def test_who_refused_while_it_was_due_is_not_dialled(world: World) -> None:
    agent = world.agent()
    world.promise()
    world.work()
    offer = world.offer_of(agent) or 0
    world.queue.accept(offer, agent, now=world.now)
    world.queue.opt_out(MOSCOW, now=world.now)
    world.queue.agent_joined(1, agent, "CA-leg", "CF1", now=world.now)
    world.work()
    assert world.carrier.dialled == []


def test_who_allows_it_again_is_promised_again(world: World) -> None:
    world.queue.opt_out(MOSCOW, now=world.now)
    assert world.queue.opt_in(MOSCOW, now=world.now)
    assert not world.queue.opt_in(MOSCOW, now=world.now)
    assert world.promise().kind == "promised"
