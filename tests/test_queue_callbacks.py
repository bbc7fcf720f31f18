"""Promises to phone back: never early, once per attempt, whatever the carrier answers or does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from queue_world import at_once, callback_state, make_world, ticket_state  # noqa: F401 - a fixture
from sqlalchemy import select

from callqueue.model import AttemptOutcome, CallbackState, TicketState
from callqueue.ports import CarrierRefused, CarrierUnknown
from callqueue.rules import Rules
from callqueue.store import attempts
from callqueue.testing import START, World


def dialled(world: World) -> tuple[int, int, str]:
    """A kept place whose agent joined: callback, ticket, the customer's leg."""
    agent = world.agent()
    promised = world.promise()
    assert promised.kind == "promised"
    world.work()
    ticket, _ = world.join(agent)
    assert len(world.carrier.dialled) == 1
    return promised.callback or 0, ticket, world.carrier.dialled[0][2]


def test_a_customer_still_on_the_line_is_not_dialled(world: World) -> None:
    world.agent()
    promised = world.promise(call="CA-asked", on_line=True)
    assert promised.due_at == world.now
    world.later(30, alive=(7,))
    world.tick()
    assert world.offer_of(7) is None
    world.queue.left("CA-asked", "leave", now=world.now)
    assert world.offer_of(7) is None, "they left the queue, not the call"
    world.queue.left("CA-asked", "hangup", now=world.now)
    world.work()
    assert world.offer_of(7) is not None


def test_on_the_line_a_promised_time_stays_as_it_is(world: World) -> None:
    world.agent()
    at = world.now + timedelta(minutes=1)
    promised = world.promise(at=at, on_line=True)
    assert promised.due_at == at
    world.queue.left("CA-asked", "hangup", now=world.now)
    world.later(59, alive=(7,))
    world.tick()
    assert world.offer_of(7) is None, "never early"
    world.later(2, alive=(7,))
    world.tick()
    assert world.offer_of(7) is not None


def test_a_lost_word_of_the_end_delays_a_promise_and_no_more(world: World) -> None:
    world.agent()
    world.promise(on_line=True)
    for _ in range(19):
        world.later(10, alive=(7,))
    world.tick()
    assert world.offer_of(7) is not None


def test_keep_my_place_agent_first_then_the_customer_once(world: World) -> None:
    world.agent()
    call, ticket = world.caller()
    world.later(40, alive=(7,))
    assert world.queue.wants_callback(call, now=world.now)
    world.queue.left(call, "leave", now=world.now)
    promised = world.promise(call=call)
    world.queue.left(call, "hangup", now=world.now)
    view = world.queue.ticket(ticket)
    assert view is not None
    assert (view.state, view.kind) == (TicketState.CALLBACK, "callback")
    assert (world.now - view.since).total_seconds() == 40, "the place is kept"
    world.work()
    page = world.queue.agent_view(7)
    assert page is not None
    assert page.offer is not None
    assert page.offer.ticket.callback is not None
    assert world.carrier.dialled == [], "the agent first"
    joined, _ = world.join(7)
    assert joined == ticket
    callback = promised.callback or 0
    assert callback_state(world, callback) == CallbackState.DIALING
    ((number, attempt, leg),) = world.carrier.dialled
    assert (number, attempt) == (callback, 1)
    assert world.queue.callback_answered(callback, 1, "CA-other", now=world.now) is None
    assert world.queue.callback_answered(callback, 1, leg, now=world.now) == ticket
    assert world.queue.callback_answered(callback, 1, leg, now=world.now) == ticket
    world.queue.caller_joined(ticket, leg, "CF1", now=world.now)
    assert callback_state(world, callback) == CallbackState.KEPT
    world.queue.callback_ended(callback, 1, AttemptOutcome.NO_ANSWER, now=world.now)
    assert callback_state(world, callback) == CallbackState.KEPT
    world.carrier.live.discard(leg)
    world.queue.call_gone(leg, now=world.now)
    world.work()
    assert ticket_state(world, ticket) == TicketState.WRAP_UP
    found = world.queue.ticket_of_call(leg)
    assert found is not None
    assert found.id == ticket


def test_a_promise_is_given_once_per_key_and_a_number_has_one(world: World) -> None:
    later, sooner = START + timedelta(hours=5), START + timedelta(hours=2)
    first = world.promise(at=later, key="one")
    assert world.promise(at=later, key="one") == first
    second = world.promise(at=sooner, key="two")
    assert second.callback == first.callback
    assert world.promise(at=later, key="one").due_at == sooner, "the later choice stays"
    assert len(world.queue.callbacks()) == 1


def test_eight_promises_at_once_are_one(world: World) -> None:
    made = at_once(lambda: world.promise(key="same").callback)
    assert len(set(made)) == 1
    others = at_once(lambda: world.promise(key=f"key {id(object())}", call="CA-2").callback)
    assert set(others) == set(made)


@pytest.mark.parametrize(
    ("number", "hours", "reason"),
    [
        ("+19005550123", 1, "prefix"),
        ("+78095550123", 1, "prefix"),
        ("+7", 1, "prefix"),
        ("+74951234567", -1, "past"),
        ("+74951234567", 24 * 15, "far"),
        ("+74951234567", 12, "hours"),
        ("+79991234567", 8.9, None),
        ("+79991234567", 9, "hours"),
    ],
)
def test_what_is_not_promised(world: World, number: str, hours: float, reason: str | None) -> None:
    refused = world.promise(number, at=START + timedelta(hours=hours))
    assert (refused.kind, refused.reason) == (("refused", reason) if reason else ("promised", None))


def test_a_number_gets_no_more_promises_than_its_share(world: World) -> None:
    for n in range(10):
        assert world.promise(key=f"k{n}", at=START + timedelta(hours=1, minutes=n)).kind == "promised"
    assert world.promise(key="one more").reason == "full"


def test_who_opted_out_is_not_promised_and_not_dialled(world: World) -> None:
    promised = world.promise(at=START + timedelta(hours=1))
    world.queue.opt_out("+74951234567", now=world.now)
    assert callback_state(world, promised.callback) == CallbackState.CANCELLED
    assert world.promise(key="again").reason == "opt_out"


def test_never_early(world: World) -> None:
    agent = world.agent()
    promised = world.promise(at=START + timedelta(hours=1))
    world.later(3599.9, alive=(agent,))
    world.tick()
    assert callback_state(world, promised.callback) == CallbackState.DUE_LATER
    assert world.offer_of(agent) is None
    world.later(0.1, alive=(agent,))
    ticked = world.tick()
    assert (ticked.callbacks_due, ticked.offered) == (1, 1)
    assert world.offer_of(agent) is not None


def test_due_over_night_waits_for_the_morning(world: World) -> None:
    agent = world.agent()
    promised = world.promise(at=START + timedelta(hours=1))
    world.later(14 * 3600, alive=(agent,))  # everything was down; it is two in the morning in Moscow
    world.tick()
    assert world.offer_of(agent) is None
    view = world.queue.callback(promised.callback or 0)
    assert view is not None
    assert view.due_at.isoformat() == "2026-11-24T06:00:00+00:00"
    world.later(7 * 3600, alive=(agent,))
    world.tick()
    assert world.offer_of(agent) is not None


def test_hours_are_looked_at_again_when_dialling(world: World) -> None:
    agent = world.agent()
    world.later(8.99 * 3600, alive=(agent,))
    promised = world.promise()
    world.work()
    offer = world.offer_of(agent) or 0
    world.queue.accept(offer, agent, now=world.now)
    world.later(60, alive=(agent,))
    ticket = world.queue.agent_for_offer(offer, agent) or 0
    world.queue.agent_joined(ticket, agent, "CA-leg", "CF1", now=world.now)
    world.work()
    assert world.carrier.dialled == []
    assert callback_state(world, promised.callback) == CallbackState.DUE_LATER
    page = world.queue.agent_view(agent)
    assert page is not None
    assert page.state == "free"


@pytest.mark.parametrize(
    ("outcome", "minutes"),
    [
        (AttemptOutcome.BUSY, 5),
        (AttemptOutcome.NO_ANSWER, 30),
        (AttemptOutcome.MACHINE, 60),
        (AttemptOutcome.PROVIDER_ERROR, 2),
        (AttemptOutcome.GONE, 30),
    ],
)
def test_not_reached_is_tried_again_by_outcome_and_the_agent_is_free(
    world: World, outcome: AttemptOutcome, minutes: int
) -> None:
    callback, ticket, leg = dialled(world)
    world.queue.callback_ended(callback, 1, outcome, now=world.now)
    world.queue.callback_ended(callback, 1, outcome, now=world.now)
    world.work()
    view = world.queue.callback(callback)
    assert view is not None
    assert (view.state, view.last_outcome) == (CallbackState.DUE_LATER, outcome)
    assert view.due_at == world.now + timedelta(minutes=minutes)
    assert ticket_state(world, ticket) == TicketState.CALLBACK
    page = world.queue.agent_view(7)
    assert page is not None
    assert (page.state, page.paused) == ("free", "")
    assert [data["reason"] for to, event, data in world.push.sent if to == "agent:7" and event == "state"][
        -1
    ] == outcome.value
    assert world.queue.callback_answered(callback, 1, leg, now=world.now) is None, "that attempt is over"


def test_three_attempts_then_failed_and_seen_on_the_desk(world: World) -> None:
    callback, ticket, _ = dialled(world)
    for attempt in (1, 2, 3):
        world.queue.callback_ended(callback, attempt, AttemptOutcome.BUSY, now=world.now)
        world.work()
        if attempt < 3:
            world.later(301, alive=(7,))
            world.tick()
            world.join(7)
    assert [each[:2] for each in world.carrier.dialled] == [(callback, 1), (callback, 2), (callback, 3)]
    assert callback_state(world, callback) == CallbackState.FAILED
    assert ticket_state(world, ticket) == TicketState.CLOSED
    assert world.queue.callbacks()[0].id == callback


def test_a_lost_answer_is_one_call(world: World) -> None:
    world.carrier.lost["call_customer"] = 1
    callback, _, leg = dialled(world)
    assert callback_state(world, callback) == CallbackState.UNKNOWN
    world.later(4, alive=(7,))
    world.tick()
    view = world.queue.callback(callback)
    assert view is not None
    assert view.state == CallbackState.DIALING
    assert world.carrier.count("call_customer") == 1
    assert world.queue.callback_answered(callback, 1, leg, now=world.now)


def test_an_answer_that_comes_before_the_carriers_is_taken(world: World) -> None:
    world.carrier.lost["call_customer"] = 1
    callback, ticket, leg = dialled(world)
    assert world.queue.callback_answered(callback, 1, leg, now=world.now) == ticket


def test_a_call_the_carrier_never_had_counts_as_its_error(world: World) -> None:
    world.carrier.fail["call_customer"] = [CarrierUnknown("timeout")]
    agent = world.agent()
    promised = world.promise()
    world.work()
    world.join(agent)
    for _ in range(15):
        world.later(5, alive=(agent,))
        world.tick()
    view = world.queue.callback(promised.callback or 0)
    assert view is not None
    assert (view.state, view.last_outcome) == (CallbackState.DUE_LATER, AttemptOutcome.PROVIDER_ERROR)
    assert world.carrier.count("call_customer") == 1


def test_429_is_the_same_attempt_again(world: World) -> None:
    world.carrier.fail["call_customer"] = [CarrierRefused("429", again=True)]
    agent = world.agent()
    promised = world.promise()
    world.work()
    world.join(agent)
    assert callback_state(world, promised.callback) == CallbackState.DUE
    world.later(3, alive=(agent,))
    world.tick()
    assert [each[1] for each in world.carrier.dialled] == [1]


def test_a_refusal_is_the_carriers_error(world: World) -> None:
    world.carrier.fail["call_customer"] = [CarrierRefused("400")]
    agent = world.agent()
    promised = world.promise()
    world.work()
    world.join(agent)
    view = world.queue.callback(promised.callback or 0)
    assert view is not None
    assert view.last_outcome == AttemptOutcome.PROVIDER_ERROR


def test_a_worker_killed_between_commit_and_post_dials_no_second_time(world: World) -> None:
    class Killed(BaseException):
        pass

    agent = world.agent()
    promised = world.promise()
    world.work()
    world.carrier.fail["call_customer"] = [Killed()]  # type: ignore[list-item]
    with pytest.raises(Killed):
        world.join(agent)
    for _ in range(20):
        world.later(5, alive=(agent,))
        world.tick()
    view = world.queue.callback(promised.callback or 0)
    assert view is not None
    assert (view.state, view.attempt) == (CallbackState.DUE_LATER, 1)
    assert world.carrier.count("call_customer") == 1


def test_an_end_never_told_is_found(world: World) -> None:
    callback, _, leg = dialled(world)
    world.carrier.live.discard(leg)
    world.later(61, alive=(7,))
    world.tick()
    assert callback_state(world, callback) == CallbackState.DUE_LATER


def test_the_agent_is_lost_while_it_rings_and_the_customer_is_first_in_line(world: World) -> None:
    callback, ticket, leg = dialled(world)
    view = world.queue.ticket(ticket)
    assert view is not None
    world.queue.agent_left(ticket, "CA-leg-1", "CF1", now=world.now)
    world.work()
    assert ticket_state(world, ticket) == TicketState.CALLBACK
    assert world.queue.callback_answered(callback, 1, leg, now=world.now) == ticket
    world.queue.caller_joined(ticket, leg, "CF2", now=world.now)
    world.work()
    assert ("return_to_line", leg, ticket) in world.carrier.asked
    world.queue.entered(leg, "QU1", now=world.now)
    world.agent(8)
    world.work()
    world.join(8)
    assert world.carrier.asked[-1] == ("connect_waiting", leg, "QU1", ticket)
    world.queue.caller_joined(ticket, leg, "CF3", now=world.now)
    assert callback_state(world, callback) == CallbackState.KEPT


def test_who_phones_again_keeps_their_place_and_is_not_dialled(world: World) -> None:
    promised = world.promise()
    world.later(30)
    _, ticket = world.caller()
    view = world.queue.callback(promised.callback or 0)
    assert view is not None
    assert (view.state, view.reason) == (CallbackState.CANCELLED, "merged")
    line = world.queue.waiting_list(now=world.now)
    assert [each.ticket for each in line] == [ticket]
    assert (world.now - line[0].since).total_seconds() == 30


def test_who_phones_while_we_dial_them_hears_from_one_of_us(world: World) -> None:
    callback, _, leg = dialled(world)
    world.caller()
    world.work()
    assert callback_state(world, callback) == CallbackState.CANCELLED
    assert leg not in world.carrier.live
    assert world.queue.callback_answered(callback, 1, leg, now=world.now) is None


def test_dialling_keeps_the_carriers_pace(world: World) -> None:
    for n in range(4):
        world.agent(10 + n)
        world.promise(f"+7495123456{n}", call=f"CA-{n}")
    world.work()
    for n in range(4):
        world.join(10 + n)
    assert len(world.carrier.dialled) == 1
    for seconds in range(1, 6):
        world.later(1, alive=(10, 11, 12, 13))
        world.tick()
        assert len(world.carrier.dialled) <= seconds + 1
    assert len(world.carrier.dialled) == 4


def test_agents_are_not_asked_for_callbacks_out_of_hours(world: World) -> None:
    night = World(world.queue.records.engine, Rules(opens=lambda queue, at: at < START + timedelta(minutes=5)))
    promised = night.promise()
    night.later(600)
    agent = night.agent()
    night.work()
    assert night.offer_of(agent) is None
    assert callback_state(night, promised.callback) == CallbackState.DUE


def test_each_attempt_is_written_down_once(world: World) -> None:
    callback, _, _ = dialled(world)
    world.queue.callback_ended(callback, 1, AttemptOutcome.NO_ANSWER, now=world.now)
    with world.queue.records.engine.connect() as conn:
        rows = conn.execute(select(attempts.c.attempt, attempts.c.outcome)).all()
    assert [tuple(row) for row in rows] == [(1, "no_answer")]


def test_a_closing_that_is_taken_back_postpones_nobody_to_tomorrow(world: World) -> None:
    shut = [False]
    tomorrow = START + timedelta(hours=12)
    there = World(world.queue.records.engine, Rules(opens=lambda queue, at: not shut[0] or at > tomorrow))
    promised = there.promise(at=START + timedelta(minutes=30))
    shut[0] = True
    there.later(30 * 60)
    there.tick()
    view = there.queue.callback(promised.callback or 0)
    assert view is not None
    assert view.due_at > there.now + timedelta(hours=11), "the queue was closed when its time came"
    there.later(60)
    there.tick()
    assert callback_state(there, promised.callback) == CallbackState.DUE_LATER, "and still is"
    shut[0] = False
    there.later(60)
    there.tick()
    assert callback_state(there, promised.callback) == CallbackState.DUE
