"""Several queues on real records: moves between them, overflow, skills, and the agent who knows the caller."""

from __future__ import annotations

from datetime import timedelta

import pytest
from queue_world import make_world, ticket_state  # noqa: F401 - a fixture
from sqlalchemy import select

from callqueue.model import AgentStatus, OfferState, TicketState
from callqueue.rules import Overflow, QueueRules, Rules
from callqueue.store import offers, tickets
from callqueue.testing import MOSCOW, World

RULES = Rules(
    queues={
        "support": QueueRules(names={"ru": "Поддержка", "en": "Support"}),
        "cards": QueueRules(
            names={"ru": "Карты"}, needs={"cards": 5}, max_waiting=2, overflow=(Overflow(60, needs={"cards": 1}),)
        ),
        "returns": QueueRules(needs={"returns": 1}, priority=10, overflow=(Overflow(90, move="support"),)),
    }
)


@pytest.fixture(name="queues")
def make_queues(world: World) -> World:
    return World(world.queue.records.engine, RULES)


def test_a_waiting_ticket_moves_with_the_time_it_waited(queues: World) -> None:
    call, ticket = queues.caller(queue="cards")
    since = queues.now
    queues.later(30)
    agent = queues.agent(7, skills={"other": 5})
    queues.work()
    assert queues.offer_of(agent) is None
    assert queues.queue.move_ticket(ticket, "support", by=3, now=queues.now)
    queues.work()
    assert queues.offer_of(agent) is not None
    view = queues.queue.ticket(ticket)
    assert view is not None
    assert (view.queue, view.came_from, view.moved_by, view.since) == ("support", "cards", 3, since)
    assert not queues.queue.move_ticket(ticket, "support", by=3, now=queues.now), "it is there already"
    told = queues.queue.waiting(call, now=queues.now)
    assert told is not None
    assert (told.ticket, told.position) == (ticket, 1)


def test_a_move_withdraws_an_open_offer_and_is_nobodys_miss(queues: World) -> None:
    agent = queues.agent(7, skills={"other": 5})
    _, ticket = queues.caller()
    queues.work()
    offer = queues.offer_of(agent)
    assert offer is not None
    assert queues.queue.move_ticket(ticket, "cards", by=3, now=queues.now)
    queues.work()
    assert ticket_state(queues, ticket) == TicketState.WAITING
    assert not queues.queue.accept(offer, agent, now=queues.now)
    with queues.queue.records.engine.connect() as conn:
        assert [row.state for row in conn.execute(offers.select())] == [OfferState.WITHDRAWN]
    page = queues.queue.agent_view(agent)
    assert page is not None
    assert (page.state, page.paused, page.offer) == ("free", "", None)
    assert "withdrawn" in queues.push.events("agent:7")


@pytest.mark.parametrize("phase", ["accepted", "connected", "wrap_up", "abandoned"])
def test_what_is_with_an_agent_or_over_does_not_move(queues: World, phase: str) -> None:
    agent = queues.agent(7)
    call, ticket = queues.caller()
    queues.work()
    if phase == "accepted":
        queues.queue.accept(queues.offer_of(agent) or 0, agent, now=queues.now)
    elif phase == "abandoned":
        queues.queue.left(call, "hangup", now=queues.now)
    else:
        queues.talk(agent)
        if phase == "wrap_up":
            queues.queue.end_call(ticket, agent, now=queues.now)
    assert not queues.queue.move_ticket(ticket, "cards", by=3, now=queues.now)
    assert not queues.queue.move_ticket(99, "cards", by=3, now=queues.now)


def test_a_move_to_an_unknown_queue_names_those_there_are(queues: World) -> None:
    _, ticket = queues.caller()
    with pytest.raises(ValueError, match="cards, returns, support"):
        queues.queue.move_ticket(ticket, "sails", by=3, now=queues.now)


def test_a_promise_moves_with_its_ticket(queues: World) -> None:
    call, ticket = queues.caller()
    queues.queue.wants_callback(call, now=queues.now)
    promised = queues.promise(call=call)
    assert queues.queue.move_ticket(ticket, "returns", by=3, now=queues.now)
    assert promised.callback is not None
    view = queues.queue.callback(promised.callback)
    assert view is not None
    assert view.queue == "returns"
    agent = queues.agent(7, skills={"returns": 2})
    queues.tick()
    assert queues.offer_of(agent) is not None


def test_levels_decide_and_overflow_lowers_them(queues: World) -> None:
    beginner = queues.agent(7, skills={"cards": 4})
    queues.caller(queue="cards")
    queues.work()
    assert queues.offer_of(beginner) is None
    queues.later(59, alive=(beginner,))
    queues.tick()
    assert queues.offer_of(beginner) is None
    queues.later(1, alive=(beginner,))
    queues.tick()
    assert queues.offer_of(beginner) is not None


def test_new_skills_bring_the_calls_they_are_for(queues: World) -> None:
    agent = queues.agent(7, skills=["returns"])
    queues.caller(queue="cards")
    queues.work()
    assert queues.offer_of(agent) is None
    assert queues.queue.set_skills(agent, {"cards": 5}, now=queues.now)
    assert not queues.queue.set_skills(99, {"cards": 5}, now=queues.now)
    queues.work()
    assert queues.offer_of(agent) is not None
    view = queues.queue.agent_view(agent)
    assert view is not None
    assert view.skills == {"cards": 5}
    assert [row.skills for row in queues.queue.agents(now=queues.now)] == [{"cards": 5}]


@pytest.mark.parametrize("skills", [{"cards": 0}, {"cards": 11}, {"cards": True}, {"cards": 2.5}, {"": 5}, {"a=b": 5}])
def test_a_level_is_of_1_to_10_and_a_skill_has_a_name(queues: World, skills: dict[str, int]) -> None:
    queues.agent(7, skills={"cards": 3})
    with pytest.raises(ValueError, match=r"level|name"):
        queues.queue.set_skills(7, skills, now=queues.now)
    view = queues.queue.agent_view(7)
    assert view is not None
    assert view.skills == {"cards": 3}


def test_who_waits_too_long_goes_over_by_itself(queues: World) -> None:
    agent = queues.agent(7, skills={"other": 5})
    _, ticket = queues.caller(queue="returns")
    queues.later(89, alive=(agent,))
    assert queues.tick().overflowed == 0
    queues.later(1, alive=(agent,))
    assert queues.tick().overflowed == 1
    view = queues.queue.ticket(ticket)
    assert view is not None
    assert (view.queue, view.came_from, view.moved_by) == ("support", "returns", None)
    assert queues.offer_of(agent) is not None


def test_a_due_callback_goes_over_too(queues: World) -> None:
    call, ticket = queues.caller(queue="returns")
    queues.queue.wants_callback(call, now=queues.now)
    queues.promise(call=call)
    queues.later(91)
    assert queues.tick().overflowed == 1
    view = queues.queue.ticket(ticket)
    assert view is not None
    assert view.queue == "support"


def test_each_queue_has_its_own_length_and_its_own_agents(queues: World) -> None:
    queues.agent(7, skills={"other": 5})
    assert queues.queue.admit("cards", True, now=queues.now) == "nobody"
    assert queues.queue.admit("returns", True, now=queues.now) == "admitted", "they go over to support in the end"
    assert queues.queue.admit("cards", False, now=queues.now) == "closed"
    queues.queue.set_skills(7, {"cards": 1}, now=queues.now)
    assert queues.queue.admit("cards", True, now=queues.now) == "admitted", "a lower level suffices in the end"
    queues.caller(queue="cards")
    queues.caller(queue="cards")
    assert queues.queue.admit("cards", True, now=queues.now) == "full"
    assert queues.queue.admit("support", True, now=queues.now) == "admitted"


def test_place_and_expected_wait_are_by_queue(queues: World) -> None:
    for id, skills in ((7, {"other": 5}), (8, {"cards": 5})):
        queues.queue.register_agent(id, "Agent", skills, now=queues.now)
        queues.queue.set_status(id, AgentStatus.READY, now=queues.now)
    calls = [queues.caller(None, queue=queue)[0] for queue in ("support", "cards", "support", "cards")]
    told = [queues.queue.waiting(call, now=queues.now) for call in calls]
    assert [each and each.position for each in told] == [1, 1, 2, 2]
    # Support has two agents, cards one of them. Of two support callers half a one is served by the cards agent.
    assert [each and each.expected_wait for each in told] == [90, 270, 270, 540]


def test_priority_is_a_head_start_and_not_for_ever(queues: World) -> None:
    first, _ = queues.caller(None)
    queues.later(299)
    gold, _ = queues.caller(None, priority=10)
    queues.later(2)
    late, _ = queues.caller(None, priority=10)
    assert [row.ticket for row in queues.queue.waiting_list(now=queues.now)] == [2, 1, 3]
    places = [queues.queue.waiting(call, now=queues.now) for call in (first, gold, late)]
    assert [each and each.position for each in places] == [2, 1, 3]


def _had_a_call(world: World, agent: int) -> None:
    """With the caller of the usual number, from the line to the end of wrap-up."""
    call, ticket = world.caller(MOSCOW)
    world.work()
    world.talk(agent)
    world.queue.left(call, "hangup", now=world.now)
    world.queue.wrap_up(ticket, agent, "done", now=world.now)


def test_the_agent_who_knows_the_caller_comes_first(queues: World) -> None:
    knows = queues.agent(7)
    _had_a_call(queues, knows)
    queues.later(5, alive=(knows,))
    idle = queues.agent(8)
    queues.later(60, alive=(knows, idle))
    queues.queue.set_status(knows, AgentStatus.BREAK, now=queues.now)
    queues.queue.set_status(knows, AgentStatus.READY, now=queues.now)
    queues.caller(MOSCOW)
    queues.work()
    assert queues.offer_of(knows) is not None, "though the other has been idle longer"
    assert queues.offer_of(idle) is None


def test_a_busy_one_is_waited_for_a_little(queues: World) -> None:
    knows = queues.agent(7)
    _had_a_call(queues, knows)
    queues.caller("+74951234599")
    queues.work()
    assert queues.offer_of(knows) is not None
    other = queues.agent(8)
    queues.caller(MOSCOW)
    queues.work()
    assert queues.offer_of(other) is None
    queues.later(14, alive=(knows, other))
    queues.tick()
    assert queues.offer_of(other) is None
    queues.later(1, alive=(knows, other))
    queues.tick()
    assert queues.offer_of(other) is not None


def test_an_agent_is_remembered_for_a_month_and_by_number_only(queues: World) -> None:
    knows = queues.agent(7)
    _had_a_call(queues, knows)
    queues.later(timedelta(days=30).total_seconds())
    queues.caller(None)
    queues.caller(MOSCOW)
    queues.later(1)
    queues.caller(MOSCOW)
    with queues.queue.records.engine.connect() as conn:
        familiar = conn.execute(select(tickets.c.familiar).order_by(tickets.c.id)).scalars().all()
    assert familiar == [None, None, knows, None]


def test_queues_have_names(queues: World) -> None:
    assert queues.queue.queue_names("ru") == {"support": "Поддержка", "cards": "Карты", "returns": "returns"}
    assert queues.queue.queue_names("uk") == {"support": "Support", "cards": "cards", "returns": "returns"}


def test_wrap_up_is_the_servers_through_a_closed_tab_and_a_restart(queues: World) -> None:
    agent = queues.agent(7)
    call, ticket = queues.caller()
    queues.work()
    queues.talk(agent)
    queues.queue.save_notes(ticket, agent, "blue kettle", now=queues.now)
    queues.queue.left(call, "hangup", now=queues.now)
    before = queues.queue.ticket(ticket)
    assert before is not None
    queues.later(16)  # their page answers no more
    assert queues.tick().off_duty == 1
    queues.caller()
    again = World(queues.queue.records.engine, RULES, now=queues.now)
    again.carrier = queues.carrier
    view = again.queue.agent_view(agent)
    assert view is not None
    assert view.ticket is not None
    assert (view.state, view.status, view.ticket.notes) == ("wrap_up", AgentStatus.OFF, "blue kettle")
    assert view.ticket.wrap_up_until == before.wrap_up_until
    again.queue.set_status(agent, AgentStatus.READY, now=again.now)
    again.tick()
    assert again.offer_of(agent) is None, "not while they wrap up"
    again.later(RULES.wrap_up_seconds, alive=(agent,))
    assert again.tick().wrapped_up == 1
    assert again.offer_of(agent) is not None


@pytest.mark.parametrize("chosen", [AgentStatus.BREAK, AgentStatus.OFF, AgentStatus.READY])
def test_the_status_that_was_chosen_while_it_rang_or_in_the_call_stays(queues: World, chosen: AgentStatus) -> None:
    agent = queues.agent(7)
    _, ticket = queues.caller()
    queues.work()
    queues.talk(agent)
    queues.queue.set_status(agent, chosen, "mine", now=queues.now)
    queues.queue.end_call(ticket, agent, now=queues.now)
    queues.queue.wrap_up(ticket, agent, "done", now=queues.now)
    queues.tick()
    view = queues.queue.agent_view(agent)
    assert view is not None
    assert (view.status, view.reason) == (chosen, "mine")


def test_who_was_passed_over_is_before_whoever_comes_later_whatever_their_tier(queues: World) -> None:
    slow = queues.agent(7)
    _, first = queues.caller(None)
    queues.work()
    queues.later(1, alive=(slow,))
    queues.caller(None, priority=99)
    queues.later(14.5, alive=(slow,))
    queues.tick()
    assert queues.queue.waiting_list(now=queues.now)[0].ticket == first
    quick = queues.agent(8)
    queues.tick()
    view = queues.queue.agent_view(quick)
    assert view is not None
    assert view.offer is not None
    assert view.offer.ticket.id == first, "offered to the next within 20 s"
