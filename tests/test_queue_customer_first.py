"""The customer dialled first: only with an agent kept free for them, and not while too many hear nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from queue_world import callback_state, make_world, ticket_state  # noqa: F401 - a fixture

from callqueue.callback_rules import CallbackRules, QueueCallbacks
from callqueue.model import AgentStatus, AttemptOutcome, CallbackState, TicketState
from callqueue.rules import Rules
from callqueue.testing import START, World

SECOND = "+74951234568"


@pytest.fixture(name="first")
def make_first(world: World) -> World:
    return World(world.queue.records.engine, Rules(callbacks=CallbackRules(first="customer")))


def test_the_customer_is_dialled_while_an_agent_is_free_and_that_agent_gets_them(first: World) -> None:
    callback = first.promise().callback or 0
    first.work()
    assert first.carrier.dialled == [], "nobody to speak with them"
    agent = first.agent()
    first.work()
    ((_, attempt, leg),) = first.carrier.dialled
    assert first.offer_of(agent) is None, "the agent is not asked before anybody answers"
    first.tick()
    assert len(first.carrier.dialled) == 1
    ticket = first.queue.callback_answered(callback, attempt, leg, now=first.now) or 0
    assert ticket_state(first, ticket) == TicketState.WAITING
    first.work()
    assert first.offer_of(agent) is not None
    first.carrier.queued.add(leg)
    first.queue.entered(leg, "QU1", now=first.now)
    first.join(agent)
    first.queue.caller_joined(ticket, leg, "CF1", now=first.now)
    assert callback_state(first, callback) == CallbackState.KEPT


def test_the_agent_kept_free_is_offered_nobody_else(first: World) -> None:
    agent = first.agent()
    callback = first.promise().callback or 0
    first.work()
    first.caller(SECOND, priority=20)
    first.work()
    assert first.offer_of(agent) is None, "while it rings"
    first.queue.callback_ended(callback, 1, AttemptOutcome.NO_ANSWER, now=first.now)
    first.work()
    assert first.offer_of(agent) is not None, "the caller, now"


def test_no_more_customers_ring_than_agents_are_free(first: World) -> None:
    for n in range(4):
        first.promise(f"+7495123456{n}", call=f"CA-{n}")
    first.agent(1)
    first.agent(2)
    for _ in range(6):
        first.work()
        first.later(2, alive=(1, 2))
        first.tick()
    assert len(first.carrier.dialled) == 2
    first.queue.callback_ended(first.carrier.dialled[0][0], 1, AttemptOutcome.BUSY, now=first.now)
    for _ in range(3):
        first.work()
        first.later(2, alive=(1, 2))
        first.tick()
    assert len(first.carrier.dialled) == 3


def test_an_agent_who_leaves_between_plan_and_dialling_stops_it(first: World) -> None:
    agent = first.agent()
    callback = first.promise().callback or 0
    job, args = first.wake.waiting.pop(0)
    assert (job, args) == ("match", ())
    first.queue.match(now=first.now)
    first.queue.set_status(agent, AgentStatus.BREAK, now=first.now)
    first.work()
    assert first.carrier.dialled == []
    assert callback_state(first, callback) == CallbackState.DUE


def test_who_answers_and_finds_no_agent_any_more_is_first_in_line(first: World) -> None:
    agent = first.agent()
    callback = first.promise().callback or 0
    first.work()
    first.queue.set_status(agent, AgentStatus.OFF, now=first.now)
    first.caller(SECOND, priority=50)
    leg = first.carrier.dialled[0][2]
    ticket = first.queue.callback_answered(callback, 1, leg, now=first.now)
    assert next(row.ticket for row in first.queue.waiting_list(now=first.now)) == ticket


def abandon(world: World, n: int) -> None:
    """A customer answers and hangs up before the agent came."""
    callback = world.promise(f"+7495123{n:04d}", call=f"CA-{n}").callback or 0
    world.later(2, alive=(7,))
    world.work()
    world.tick()
    leg = next(leg for found, _, leg in world.carrier.dialled if found == callback)
    world.queue.callback_answered(callback, 1, leg, now=world.now)
    world.carrier.live.discard(leg)
    world.queue.call_gone(leg, now=world.now)


def test_agents_are_dialled_first_when_too_many_hear_nobody(first: World) -> None:
    agent = first.agent()
    for n in (1, 2):
        abandon(first, n)
    first.promise(call="CA-last")
    first.work()
    assert first.offer_of(agent) is not None, "agent first: two of two were gone"
    assert len(first.carrier.dialled) == 2
    first.queue.decline(first.offer_of(agent) or 0, agent, now=first.now)
    first.now = START + timedelta(days=1, hours=2)
    first.queue.alive(agent, now=first.now)
    first.tick()
    assert len(first.carrier.dialled) >= 3, "the next day it is tried again"


def test_it_is_each_queues_own_choice(world: World) -> None:
    queues = {"support": QueueCallbacks(first="agent")}
    own = World(world.queue.records.engine, Rules(callbacks=CallbackRules(first="customer", queues=queues)))
    agent = own.agent()
    own.promise()
    own.work()
    assert own.offer_of(agent) is not None
    assert own.carrier.dialled == []
