"""Hand-offs from the line to wrap-up, and whatever goes wrong on the way, against real records."""

from __future__ import annotations

from itertools import count

import pytest
from queue_world import at_once, make_world, ticket_state  # noqa: F401 - a fixture
from sqlalchemy import func, select

from callqueue.calls import QueueFull
from callqueue.model import AgentStatus, HandOffRequest, MessageRequest, MessageState, OfferState, TicketState
from callqueue.ports import CarrierRefused, CarrierUnknown
from callqueue.rules import Rules
from callqueue.store import offers, tickets
from callqueue.testing import World


def test_a_call_from_the_line_to_the_end_of_wrap_up(world: World) -> None:
    agent = world.agent()
    call, ticket = world.caller()
    world.work()
    assert ticket_state(world, ticket) == TicketState.OFFERED
    assert "offer" in world.push.events("agent:7")
    joined, leg = world.join(agent)
    assert joined == ticket
    assert ("connect_waiting", call, "QU1", ticket) in world.carrier.asked
    assert ticket_state(world, ticket) == TicketState.CONNECTING
    world.queue.caller_joined(ticket, call, "CF1", now=world.now)
    assert ticket_state(world, ticket) == TicketState.CONNECTED
    world.later(60, alive=(agent,))
    assert world.queue.save_notes(ticket, agent, "blue kettle", now=world.now) == 1
    assert world.queue.end_call(ticket, agent, now=world.now)
    world.work()
    assert not {call, leg} & world.carrier.live
    assert ticket_state(world, ticket) == TicketState.WRAP_UP
    question = world.queue.add_question(ticket, "When is it in stock?", now=world.now)
    assert world.queue.add_question(ticket, "When is it in stock?", now=world.now) == question
    assert world.queue.wrap_up(ticket, agent, "answered", questions=["Is there a green one?"], now=world.now)
    assert not world.queue.wrap_up(ticket, agent, "answered", now=world.now)
    view = world.queue.ticket(ticket)
    assert view is not None
    assert (view.state, view.outcome, view.notes) == (TicketState.CLOSED, "answered", "blue kettle")
    assert [each.answer for each in view.questions] == [None, None]
    assert world.queue.answer_question(question, agent, "On Friday", now=world.now)
    assert not world.queue.answer_question(question, agent, "Never", now=world.now)
    page = world.queue.agent_view(agent)
    assert page is not None
    assert page.state == "free"


def test_a_hand_off_happens_once_per_key(world: World) -> None:
    request = HandOffRequest("CA1:h1", "CA1", None, "en", "support", 0, "asked", "")
    first = world.queue.hand_off(request, now=world.now)
    assert world.queue.hand_off(request, now=world.now) == first
    assert len(world.queue.waiting_list(now=world.now)) == 1


def test_the_line_is_priority_then_time_and_waiting_tells_the_place(world: World) -> None:
    first, _ = world.caller()
    world.later(1)
    second, _ = world.caller()
    world.later(1)
    gold, _ = world.caller(priority=10)
    places = {call: world.queue.waiting(call, now=world.now) for call in (gold, first, second)}
    assert [place.position for place in places.values() if place] == [1, 2, 3]
    assert all(place.expected_wait is None for place in places.values() if place)
    world.agent()
    told = world.queue.waiting(second, now=world.now)
    assert told is not None
    assert told.expected_wait == 3 * 180
    assert world.queue.waiting("CA-nobody", now=world.now) is None


def test_admission(world: World) -> None:
    assert world.queue.admit("support", False, now=world.now) == "closed"
    assert world.queue.admit("support", True, now=world.now) == "nobody"
    agent = world.agent()
    assert world.queue.admit("support", True, now=world.now) == "admitted"
    world.queue.set_status(agent, AgentStatus.BREAK, "lunch", now=world.now)
    assert world.queue.admit("support", True, now=world.now) == "nobody"
    world.queue.set_status(agent, AgentStatus.READY, now=world.now)
    world.later(16)
    assert world.queue.admit("support", True, now=world.now) == "nobody"


def test_a_full_queue_admits_nobody(world: World) -> None:
    small = World(world.queue.records.engine, Rules(queue_max=1))
    small.agent()
    small.caller()
    assert small.queue.admit("support", True, now=small.now) == "full"


def test_two_who_are_admitted_together_do_not_both_get_the_last_place(world: World) -> None:
    small = World(world.queue.records.engine, Rules(queue_max=3))
    small.agent()
    calls = count()

    def joins() -> str:
        call = f"CA-rush-{next(calls)}"
        try:
            small.queue.hand_off(HandOffRequest(call, call, None, "ru", "support", 0, "", ""), now=small.now)
        except QueueFull:
            return "full"
        return "in line"

    assert at_once(joins).count("in line") == 3
    assert len(small.queue.waiting_list(now=small.now)) == 3


def test_who_has_a_place_keeps_it_in_a_full_queue(world: World) -> None:
    small = World(world.queue.records.engine, Rules(queue_max=1))
    small.agent()
    call, ticket = small.caller()
    again = small.queue.hand_off(HandOffRequest("again", call, None, "ru", "support", 0, "", ""), now=small.now)
    assert again != ticket
    assert [one.ticket for one in small.queue.waiting_list(now=small.now)] == [again]


def test_silence_is_a_miss_the_place_is_kept_and_the_next_agent_gets_it(world: World) -> None:
    slow = world.agent(7)
    _, ticket = world.caller()
    world.work()
    since = world.queue.waiting_list(now=world.now)[0].since
    world.later(1)
    quick = world.agent(8)
    world.later(15, alive=(slow, quick))
    world.tick()
    assert world.queue.agents(now=world.now)[0].paused == "missed"
    assert world.queue.agents(now=world.now)[0].status == AgentStatus.READY
    assert world.offer_of(quick) is not None
    assert world.queue.waiting_list(now=world.now)[0].since == since
    assert ("agent:7", "withdrawn") in {(to, event) for to, event, _ in world.push.sent}
    world.queue.decline(world.offer_of(quick) or 0, quick, now=world.now)
    world.work()
    assert world.offer_of(slow) is None, "paused until they press Ready"
    world.queue.set_status(slow, AgentStatus.READY, now=world.now)
    world.work()
    assert world.offer_of(slow) is not None
    assert ticket_state(world, ticket) == TicketState.OFFERED


def test_a_declined_call_comes_back_to_the_only_agent_after_a_while(world: World) -> None:
    agent = world.agent()
    world.caller()
    world.work()
    assert world.queue.decline(world.offer_of(agent) or 0, agent, now=world.now)
    world.work()
    assert world.offer_of(agent) is None
    page = world.queue.agent_view(agent)
    assert page is not None
    assert page.paused == ""
    world.later(21, alive=(agent,))
    world.tick()
    assert world.offer_of(agent) is not None


def test_one_acceptance_wins_of_eight(world: World) -> None:
    agent = world.agent()
    world.caller()
    world.work()
    offer = world.offer_of(agent) or 0
    assert at_once(lambda: world.queue.accept(offer, agent, now=world.now)).count(True) == 1


def test_eight_matches_at_once_offer_each_call_once_and_no_agent_two(world: World) -> None:
    for id in range(1, 6):
        world.agent(id)
    for _ in range(8):
        world.caller(None)
    at_once(lambda: world.queue.match(now=world.now))
    with world.queue.records.engine.connect() as conn:
        made = conn.execute(select(offers.c.ticket, offers.c.agent)).all()
    assert len(made) == len({row.ticket for row in made}) == len({row.agent for row in made}) == 5


def test_who_accepts_and_does_not_come_loses_the_call_and_is_paused(world: World) -> None:
    agent = world.agent()
    _, ticket = world.caller()
    world.work()
    world.queue.accept(world.offer_of(agent) or 0, agent, now=world.now)
    world.later(10, alive=(agent,))
    world.tick()
    assert ticket_state(world, ticket) == TicketState.WAITING
    page = world.queue.agent_view(agent)
    assert page is not None
    assert (page.state, page.paused) == ("paused", "missed")
    assert not world.queue.agent_joined(ticket, agent, "CA-late", "CF1", now=world.now)
    world.work()
    assert ("hang_up", "CA-late") in world.carrier.asked


@pytest.mark.parametrize("phase", ["waiting", "offered", "accepted", "joined", "connected"])
def test_the_caller_hangs_up_at_any_moment_and_no_leg_stays(world: World, phase: str) -> None:
    call, ticket = world.caller()
    agent = world.agent(ready=phase != "waiting")
    world.work()
    leg = ""
    if phase == "accepted":
        world.queue.accept(world.offer_of(agent) or 0, agent, now=world.now)
    elif phase == "joined":
        _, leg = world.join(agent)
    elif phase == "connected":
        _, leg = world.talk(agent)
    world.carrier.live.discard(call)
    world.queue.left(call, "hangup", now=world.now)
    world.queue.left(call, "hangup", now=world.now)
    world.work()
    assert leg not in world.carrier.live
    page = world.queue.agent_view(agent)
    assert page is not None
    assert page.paused == "", "the caller's leaving is nobody's miss"
    if phase == "connected":
        assert ticket_state(world, ticket) == TicketState.WRAP_UP
        assert page.state == "wrap_up"
    else:
        assert ticket_state(world, ticket) == TicketState.ABANDONED
        assert page.ticket is None
        assert page.offer is None
    if phase == "offered":
        assert "withdrawn" in world.push.events("agent:7")


def test_the_carrier_refuses_to_connect_a_caller_who_has_gone(world: World) -> None:
    agent = world.agent()
    call, ticket = world.caller()
    world.work()
    world.carrier.queued.discard(call)
    world.carrier.live.discard(call)
    _, leg = world.join(agent)
    assert ticket_state(world, ticket) == TicketState.ABANDONED
    assert leg not in world.carrier.live
    page = world.queue.agent_view(agent)
    assert page is not None
    assert (page.state, page.paused) == ("free", "")


def test_a_lost_answer_to_connect_is_looked_at_before_it_is_asked_again(world: World) -> None:
    agent = world.agent()
    call, ticket = world.caller()
    world.work()
    world.carrier.lost["connect_waiting"] = 1
    world.join(agent)
    world.queue.caller_joined(ticket, call, "CF1", now=world.now)
    world.later(2, alive=(agent,))
    world.tick()
    assert world.carrier.count("connect_waiting") == 1
    assert ticket_state(world, ticket) == TicketState.CONNECTED


def test_a_failed_connect_is_tried_again_by_the_clock(world: World) -> None:
    agent = world.agent()
    call, ticket = world.caller()
    world.work()
    world.carrier.fail["connect_waiting"] = [CarrierUnknown("503")]
    world.join(agent)
    assert call in world.carrier.queued
    world.later(2, alive=(agent,))
    world.tick()
    assert call not in world.carrier.queued
    assert ticket_state(world, ticket) == TicketState.CONNECTING


def test_a_caller_astray_is_put_into_the_line_first(world: World) -> None:
    agent = world.agent()
    call, ticket = world.caller()
    world.work()
    world.carrier.fail["connect_waiting"] = [CarrierRefused("404")] * 9
    world.join(agent)
    for _ in range(4):
        world.later(2, alive=(agent,))
        world.tick()
    assert ("return_to_line", call, ticket) in world.carrier.asked
    assert ticket_state(world, ticket) in (TicketState.WAITING, TicketState.OFFERED)


def test_a_caller_not_yet_in_the_carriers_queue_is_connected_when_they_enter(world: World) -> None:
    agent = world.agent()
    world.carrier.live.add("CA9")
    ticket = world.queue.hand_off(HandOffRequest("k", "CA9", None, "ru", "support", 0, "asked", ""), now=world.now)
    world.work()
    world.join(agent)
    assert world.carrier.count("connect_waiting") == 0
    world.carrier.queued.add("CA9")
    world.queue.entered("CA9", "QU1", now=world.now)
    world.work()
    assert world.carrier.asked[-1] == ("connect_waiting", "CA9", "QU1", ticket)


def test_the_agents_line_drops_and_the_caller_is_first_again_with_the_notes(world: World) -> None:
    agent = world.agent(7)
    call, ticket = world.caller()
    world.work()
    _, leg = world.talk(agent)
    world.queue.save_notes(ticket, agent, "half way", 5, now=world.now)
    assert world.queue.save_notes(ticket, agent, "older", 4, now=world.now) == 5
    world.later(5, alive=(agent,))
    world.caller(None, priority=50)
    world.carrier.live.discard(leg)
    world.queue.agent_left(ticket, leg, "CF1", now=world.now)
    world.work()
    assert ("return_to_line", call, ticket) in world.carrier.asked
    assert world.queue.waiting_list(now=world.now)[0].ticket == ticket
    page = world.queue.agent_view(agent)
    assert page is not None
    assert page.paused == "line"
    world.queue.entered(call, "QU2", now=world.now)
    other = world.agent(8)
    world.work()
    assert world.offer_of(other)
    again, _ = world.talk(other)
    assert again == ticket
    # Late word about the first conference moves nothing.
    world.queue.conference_ended(ticket, "CF0", now=world.now)
    view = world.queue.ticket(ticket)
    assert view is not None
    assert (view.state, view.notes) == (TicketState.CONNECTED, "half way")


def test_both_gone_told_agent_first_is_wrap_up_and_not_the_line(world: World) -> None:
    agent = world.agent()
    call, ticket = world.caller()
    world.work()
    _, leg = world.talk(agent)
    world.carrier.live -= {call, leg}
    world.queue.agent_left(ticket, leg, "CF1", now=world.now)
    world.work()
    assert ticket_state(world, ticket) == TicketState.WRAP_UP
    assert world.carrier.count("return_to_line") == 0


def test_wrap_up_ends_by_itself(world: World) -> None:
    agent = world.agent()
    _, ticket = world.caller()
    world.work()
    world.talk(agent)
    world.queue.caller_left(ticket, "CF1", now=world.now)
    world.caller(None)
    world.later(100, alive=(agent,))
    world.tick()
    assert world.offer_of(agent) is None
    world.later(21, alive=(agent,))
    world.tick()
    view = world.queue.ticket(ticket)
    assert view is not None
    assert (view.state, view.outcome) == (TicketState.CLOSED, "not given")
    assert world.offer_of(agent) is not None


def test_a_silent_page_is_off_duty_within_fifteen_seconds_and_its_offer_moves_on(world: World) -> None:
    gone = world.agent(7)
    world.caller()
    world.work()
    world.later(1)
    here = world.agent(8)
    world.later(14.5, alive=(here,))
    world.tick()
    row = world.queue.agents(now=world.now)[0]
    assert (row.status, row.reason) == (AgentStatus.OFF, "page closed")
    assert world.offer_of(gone) is None
    assert world.offer_of(here) is not None


def test_a_dead_page_never_ends_a_conversation(world: World) -> None:
    agent = world.agent()
    _, ticket = world.caller()
    world.work()
    world.talk(agent)
    world.queue.dead(agent, now=world.now)
    world.later(20)
    world.tick()
    assert ticket_state(world, ticket) == TicketState.CONNECTED
    world.queue.caller_left(ticket, "CF1", now=world.now)
    world.tick()
    assert world.queue.agents(now=world.now)[0].status == AgentStatus.OFF


def test_a_break_hands_the_offer_on_without_a_miss(world: World) -> None:
    agent = world.agent()
    _, ticket = world.caller()
    world.work()
    offer = world.offer_of(agent) or 0
    world.queue.set_status(agent, AgentStatus.BREAK, "tea", now=world.now)
    assert ticket_state(world, ticket) == TicketState.WAITING
    assert not world.queue.accept(offer, agent, now=world.now)
    with world.queue.records.engine.connect() as conn:
        assert conn.execute(select(offers.c.state)).scalar() == OfferState.WITHDRAWN


def test_lost_wake_ups_are_found_by_the_clock(world: World) -> None:
    agent = world.agent()
    world.wake.waiting.clear()
    world.wake.lose = True
    call, ticket = world.caller()
    world.wake.lose = False
    assert world.tick().offered == 1
    world.wake.lose = True
    offer = world.offer_of(agent) or 0
    world.queue.accept(offer, agent, now=world.now)
    world.carrier.live.add("CA-leg")
    world.queue.agent_joined(ticket, agent, "CA-leg", "CF1", now=world.now)
    world.wake.lose = False
    world.later(2, alive=(agent,))
    world.tick()
    assert call not in world.carrier.queued


def test_ends_never_told_are_found_by_asking(world: World) -> None:
    agent = world.agent()
    call, ticket = world.caller()
    world.work()
    world.talk(agent)
    world.carrier.live.discard(call)
    world.later(31, alive=(agent,))
    world.tick()
    assert ticket_state(world, ticket) == TicketState.WRAP_UP


def test_the_callback_key_keeps_the_place_and_does_not_take_a_caller_from_an_agent(world: World) -> None:
    agent = world.agent()
    call, ticket = world.caller()
    world.work()
    assert world.queue.wants_callback(call, now=world.now), "an offer nobody took yet is withdrawn"
    world.work()
    assert world.offer_of(agent) is None
    world.queue.left(call, "leave", now=world.now)
    assert ticket_state(world, ticket) == TicketState.WAITING
    request = HandOffRequest("again", call, None, "ru", "support", 0, "asked", "changed their mind")
    world.later(5, alive=(agent,))
    new = world.queue.hand_off(request, now=world.now)
    assert ticket_state(world, ticket) == TicketState.CLOSED
    view = world.queue.ticket(new)
    assert view is not None
    assert (world.now - view.since).total_seconds() == 5
    world.work()
    world.join(agent)
    assert not world.queue.wants_callback(call, now=world.now)


def test_an_agents_telephone_rings_once_and_accepts_by_key(world: World) -> None:
    agent = world.agent(phone="+74950000001")
    _, ticket = world.caller()
    world.work()
    assert world.carrier.count("call_agent") == 1
    offer = world.offer_of(agent) or 0
    world.later(5, alive=(agent,))
    world.queue.offer_ringing(offer, now=world.now)
    world.later(14, alive=(agent,))
    world.tick()
    leg = f"CA-agent-{offer}"
    assert world.queue.offer_answered(offer, leg, now=world.now) == ticket
    assert world.queue.offer_answered(offer, leg, now=world.now) == ticket
    assert world.queue.agent_joined(ticket, agent, leg, "CF1", now=world.now)
    world.work()
    assert leg in world.carrier.live


def test_a_voicemail_on_an_agents_telephone_is_a_miss_and_the_offer_goes_on(world: World) -> None:
    first = world.agent(7, phone="+74950000001")
    call, ticket = world.caller()
    world.work()
    offer = world.offer_of(first) or 0
    leg = f"CA-agent-{offer}"
    world.queue.offer_ringing(offer, now=world.now)
    second = world.agent(8)
    world.later(9, alive=(first, second))  # it answered and pressed nothing, and the carrier ended the leg
    world.queue.call_gone(leg, now=world.now)
    world.queue.call_gone(leg, now=world.now)
    world.work()
    assert ticket_state(world, ticket) == TicketState.OFFERED
    assert world.offer_of(second) is not None
    assert world.offer_of(first) is None
    paused = {row.id: row.paused for row in world.queue.agents(now=world.now)}
    assert paused == {first: "missed", second: ""}
    late = world.queue.offer_answered(offer, leg, now=world.now)
    assert late is None, "a key that comes after the end takes nothing"
    assert world.queue.waiting(call, now=world.now) is not None


def test_an_agents_telephone_stops_ringing_when_the_caller_leaves(world: World) -> None:
    world.agent(phone="+74950000001")
    call, _ = world.caller()
    world.work()
    world.queue.left(call, "hangup", now=world.now)
    world.work()
    assert not any(leg.startswith("CA-agent") for leg in world.carrier.live)


def test_messages_are_kept_once_claimed_by_one_and_closed(world: World) -> None:
    request = MessageRequest("CA1:r1", "CA1", None, "ru", "complaint", "RE1", 12, "broken")
    first = world.queue.message(request, now=world.now)
    assert world.queue.message(request, now=world.now) == first
    assert world.queue.claim_message(first, 7, now=world.now)
    assert not world.queue.claim_message(first, 8, now=world.now)
    assert world.queue.close_message(first, 8, "answered", now=world.now).kind == "late"
    assert world.queue.close_message(first, 7, "answered", "phoned", now=world.now).kind == "done"
    kept = world.queue.messages()[0]
    assert (kept.state, kept.agent, kept.note) == (MessageState.CLOSED, 7, "phoned")


def test_nothing_is_lost_when_the_push_channel_is_away(world: World) -> None:
    def away(*_: object) -> None:
        raise ConnectionError("Redis is away")

    world.push.send = away  # type: ignore[method-assign]
    world.agent()
    _, ticket = world.caller()
    world.tick()
    assert ticket_state(world, ticket) == TicketState.OFFERED
    with world.queue.records.engine.connect() as conn:
        assert conn.execute(select(func.count()).select_from(tickets)).scalar() == 1


def test_a_caller_nobody_asked_about_for_long_is_asked_for_before_an_offer(world: World) -> None:
    (gone, first), (_, second) = world.caller("+74951234501"), world.caller("+74951234502")
    world.carrier.live.discard(gone)
    world.later(300)
    agent = world.agent()
    assert world.queue.match(now=world.now) == 0, "the clock was away: nobody knows whether they are there"
    world.work()
    assert ticket_state(world, first) == TicketState.ABANDONED
    assert ticket_state(world, second) == TicketState.OFFERED
    view = world.queue.agent_view(agent)
    assert view is not None
    assert view.offer is not None
    assert view.offer.ticket.id == second
    assert "withdrawn" not in world.push.events(f"agent:{agent}")


def test_a_carrier_that_does_not_answer_keeps_no_caller_from_an_agent(world: World) -> None:
    _, ticket = world.caller()
    world.carrier.fail["is_live"] = [CarrierUnknown("away")] * 9
    world.later(300)
    world.agent()
    world.work()
    world.later(1, alive=(7,))
    world.tick()
    assert ticket_state(world, ticket) == TicketState.OFFERED


def test_a_caller_who_went_unnoticed_is_withdrawn_from_the_agent(world: World) -> None:
    call, ticket = world.caller()
    world.later(20)
    world.carrier.live.discard(call)
    agent = world.agent()
    world.queue.match(now=world.now)
    assert ticket_state(world, ticket) == TicketState.OFFERED
    world.work()
    assert ticket_state(world, ticket) == TicketState.ABANDONED
    assert world.push.events(f"agent:{agent}")[-2:].count("withdrawn") == 1
