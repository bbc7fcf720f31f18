"""During the call, against real records: hold, keys, transfers cold and warm, supervisors; and who hangs up when."""

from __future__ import annotations

from typing import Any

import pytest
from queue_world import at_once, make_world, ticket_state  # noqa: F401 - a fixture
from sqlalchemy import select

from callqueue.incall_model import SupervisionState, Target
from callqueue.model import AgentStatus, TicketState
from callqueue.ports import CarrierRefused, CarrierUnknown, Seat
from callqueue.store import chores, segments, supervisions, tickets
from callqueue.testing import World

ANNA, BORIS, VERA = 7, 8, 9
OUTSIDE = "+74959998877"


def row(world: World, ticket: int) -> Any:
    with world.queue.records.engine.connect() as conn:
        return conn.execute(select(tickets).where(tickets.c.id == ticket)).mappings().one()


def state_of(world: World, agent: int) -> str:
    view = world.queue.agent_view(agent)
    assert view is not None
    return view.state


def talking(world: World) -> tuple[str, int, str]:
    """Anna talks with a caller: the caller's leg, the ticket, Anna's leg. Boris is ready."""
    world.agent(ANNA)
    call, ticket = world.caller()
    world.work()
    found, leg = world.talk(ANNA)
    assert found == ticket
    world.agent(BORIS)
    return call, ticket, leg


def to(agent: int) -> Target:
    return Target("agent", str(agent))


def consulting(world: World, target: Target | None = None) -> tuple[str, int, str, int, str]:
    """Anna's caller is on hold, and Boris has joined her: as :func:`talking`, and Boris's ticket and leg."""
    call, ticket, leg = talking(world)
    made = world.queue.transfer(ticket, ANNA, target or to(BORIS), warm=True, now=world.now)
    assert made.ticket is not None
    world.work()
    other = come(world, BORIS, ticket)
    return call, ticket, leg, made.ticket, other


def come(world: World, agent: int, room: int) -> str:
    """The agent accepts what they are offered and joins the conference of ``room``; their leg."""
    offer = world.offer_of(agent)
    assert offer is not None
    assert world.queue.accept(offer, agent, now=world.now)
    assert world.queue.agent_for_offer(offer, agent) == room
    leg = f"CA-leg-{offer}"
    world.carrier.live.add(leg)
    assert world.queue.agent_joined(room, agent, leg, "CF1", now=world.now)
    world.work()
    return leg


def left_over(world: World) -> list[str]:
    """Chores nobody has done."""
    with world.queue.records.engine.connect() as conn:
        return [f"{row.kind} {row.subject}" for row in conn.execute(select(chores))]


# Hold, mute, keys.


def test_hold_plays_music_to_the_caller_and_resumes(world: World) -> None:
    call, ticket, _ = talking(world)
    assert not world.queue.hold(ticket, BORIS, True, now=world.now), "not his call"
    assert world.queue.hold(ticket, ANNA, True, now=world.now)
    assert world.queue.hold(ticket, ANNA, True, now=world.now), "twice is once"
    world.work()
    assert world.carrier.seats[call] == Seat(hold=True)
    assert world.carrier.count("seat") == 1
    assert world.queue.in_call(ANNA).held_at == world.now
    world.later(42)
    assert world.queue.hold(ticket, ANNA, False, now=world.now)
    world.work()
    assert world.carrier.seats[call] == Seat(hold=False)
    assert world.queue.in_call(ANNA).held_at is None
    with world.queue.records.engine.connect() as conn:
        assert conn.execute(select(segments.c.held_seconds)).scalar() == 42


def test_an_agent_is_muted_also_on_another_leg(world: World) -> None:
    _, ticket, leg = talking(world)
    assert world.queue.mute(ticket, ANNA, True, now=world.now)
    world.work()
    assert world.carrier.seats[leg] == Seat(muted=True, coach="")
    world.carrier.live.add("CA-again")
    assert world.queue.agent_joined(ticket, ANNA, "CA-again", "CF1", now=world.now)
    world.work()
    assert world.carrier.seats["CA-again"] == Seat(muted=True, coach="")
    assert world.queue.mute(ticket, ANNA, False, now=world.now)
    world.work()
    assert world.carrier.seats["CA-again"] == Seat(muted=False, coach="")


def test_a_hold_survives_a_carrier_that_fails_and_a_worker_that_dies(world: World) -> None:
    call, ticket, _ = talking(world)
    world.carrier.fail["seat"] = [CarrierUnknown("503"), CarrierRefused("429", again=True)]
    world.queue.hold(ticket, ANNA, True, now=world.now)
    for _ in range(3):
        world.work()
        world.later(2, alive=(ANNA, BORIS))
        world.tick()
    assert world.carrier.seats[call] == Seat(hold=True)
    world.wake.lose = True
    world.queue.hold(ticket, ANNA, False, now=world.now)
    world.wake.lose = False
    world.later(2, alive=(ANNA, BORIS))
    world.tick()
    assert world.carrier.seats[call] == Seat(hold=False)
    assert left_over(world) == []


def test_what_is_wanted_last_is_what_the_carrier_has(world: World) -> None:
    """Resumed while the carrier is being asked to hold: the job looks again before it is done."""
    call, ticket, _ = talking(world)
    seat = world.carrier.seat

    def slow(conference: str, leg: str, wanted: Seat) -> None:
        world.carrier.seat = seat  # type: ignore[method-assign]
        world.queue.hold(ticket, ANNA, False, now=world.now)
        seat(conference, leg, wanted)

    world.carrier.seat = slow  # type: ignore[method-assign]
    world.queue.hold(ticket, ANNA, True, now=world.now)
    world.work()
    assert world.carrier.seats[call] == Seat(hold=False)
    assert left_over(world) == []


def test_keys_are_played_once_and_to_the_added_number(world: World) -> None:
    call, ticket, _ = talking(world)
    assert not world.queue.press(ticket, ANNA, "call me", now=world.now)
    assert world.queue.press(ticket, ANNA, "12#", now=world.now)
    world.carrier.lost["play_keys"] = 1
    world.work()
    (played,) = [each for each in world.carrier.asked if each[0] == "play_keys"]
    assert played[1:3] == ("CF1", call)
    assert world.queue.keys(played[3]) == "12#"
    consulted = world.queue.transfer(ticket, ANNA, Target("number", OUTSIDE), warm=True, now=world.now).ticket
    assert consulted is not None
    world.work()
    added = f"CA-outside-{consulted}"
    assert world.queue.outside_answered(consulted, added, now=world.now) == ticket
    world.queue.outside_joined(consulted, added, "CF1", now=world.now)
    assert world.queue.press(ticket, ANNA, "1", now=world.now)
    world.work()
    assert [each[2] for each in world.carrier.asked if each[0] == "play_keys"] == [call, added]


# Warm.


def test_a_consultation_and_the_hand_over(world: World) -> None:
    call, ticket, leg, other, boris = consulting(world)
    assert world.carrier.seats[call] == Seat(hold=True)
    seen = world.queue.in_call(ANNA)
    assert seen.consult is not None
    assert (seen.consult.state, seen.consult.name) == (TicketState.CONNECTED, f"Agent {BORIS}")
    asked = world.queue.in_call(BORIS).asked_by
    assert asked is not None
    assert asked.name == f"Agent {ANNA}"
    world.queue.save_notes(ticket, ANNA, "blue kettle", now=world.now)
    question = world.queue.add_question(ticket, "When?", now=world.now)
    assert world.queue.hand_over(ticket, ANNA, now=world.now)
    assert not world.queue.hand_over(ticket, ANNA, now=world.now)
    world.work()
    assert (ticket_state(world, ticket), ticket_state(world, other)) == (TicketState.WRAP_UP, TicketState.CONNECTED)
    assert world.carrier.seats[call] == Seat(hold=False)
    assert world.carrier.live == {call, boris}, "the first agent is out"
    before = world.queue.in_call(BORIS).before
    assert [(each.name, each.notes) for each in before] == [(f"Agent {ANNA}", "blue kettle")]
    view = world.queue.ticket(other)
    assert view is not None
    assert [each.id for each in view.questions] == [question]
    # The first agent wraps up and takes calls again while the second still talks.
    assert world.queue.wrap_up(ticket, ANNA, "passed on", "red kettle", now=world.now)
    assert state_of(world, ANNA) == "free"
    world.queue.agent_left(ticket, leg, "CF1", now=world.now)
    world.queue.conference_ended(ticket, "CF0", now=world.now)
    assert ticket_state(world, other) == TicketState.CONNECTED
    assert world.queue.end_call(other, BORIS, now=world.now)
    world.work()
    assert world.carrier.live == set()
    assert state_of(world, BORIS) == "wrap_up"
    assert world.queue.wrap_up(other, BORIS, "answered", now=world.now)
    with world.queue.records.engine.connect() as conn:
        assert [each.agent for each in conn.execute(select(segments).order_by(segments.c.id))] == [ANNA, BORIS]


def test_taken_back_the_caller_hears_the_first_agent(world: World) -> None:
    call, ticket, leg, other, _ = consulting(world)
    assert world.queue.take_back(ticket, ANNA, now=world.now)
    assert not world.queue.take_back(ticket, ANNA, now=world.now)
    world.work()
    assert world.carrier.seats[call] == Seat(hold=False)
    assert world.carrier.live == {call, leg}
    assert (ticket_state(world, ticket), ticket_state(world, other)) == (TicketState.CONNECTED, TicketState.CLOSED)
    assert state_of(world, BORIS) == "free", "he never spoke with the caller"


def test_taken_back_while_it_rings_it_stops_ringing(world: World) -> None:
    _, ticket, _ = talking(world)
    world.queue.register_agent(BORIS, "Boris", phone="+74950000001", now=world.now)
    world.queue.transfer(ticket, ANNA, to(BORIS), warm=True, now=world.now)
    world.work()
    offer = world.offer_of(BORIS)
    assert f"CA-agent-{offer}" in world.carrier.live
    assert world.queue.take_back(ticket, ANNA, now=world.now)
    world.work()
    assert f"CA-agent-{offer}" not in world.carrier.live
    assert world.offer_of(BORIS) is None
    assert world.queue.offer_answered(offer or 0, "CA-late", now=world.now) is None


@pytest.mark.parametrize("how", ["declines", "misses", "goes on a break", "does not join"])
def test_who_does_not_come_leaves_the_caller_with_the_first_agent(world: World, how: str) -> None:
    call, ticket, leg = talking(world)
    other = world.queue.transfer(ticket, ANNA, to(BORIS), warm=True, now=world.now).ticket or 0
    world.work()
    offer = world.offer_of(BORIS) or 0
    if how == "declines":
        assert world.queue.decline(offer, BORIS, now=world.now)
    elif how == "misses":
        world.later(16, alive=(ANNA, BORIS))
    elif how == "goes on a break":
        world.queue.set_status(BORIS, AgentStatus.BREAK, now=world.now)
    else:
        assert world.queue.accept(offer, BORIS, now=world.now)
        world.later(11, alive=(ANNA, BORIS))
    world.tick()
    assert (ticket_state(world, ticket), ticket_state(world, other)) == (TicketState.CONNECTED, TicketState.CLOSED)
    assert world.carrier.seats[call] == Seat(hold=False)
    assert world.queue.in_call(ANNA).consult is None
    assert world.carrier.live == {call, leg}


def test_a_queue_is_consulted_until_somebody_comes_or_a_minute_is_over(world: World) -> None:
    call, ticket, leg = talking(world)
    other = world.queue.transfer(ticket, ANNA, Target("queue", "support"), warm=True, now=world.now).ticket or 0
    world.work()
    world.queue.decline(world.offer_of(BORIS) or 0, BORIS, now=world.now)
    world.work()
    assert ticket_state(world, other) == TicketState.WAITING, "the next one may come"
    world.queue.set_status(BORIS, AgentStatus.OFF, now=world.now)
    world.later(61, alive=(ANNA,))
    world.tick()
    assert ticket_state(world, other) == TicketState.CLOSED
    assert world.carrier.seats[call] == Seat(hold=False)
    assert world.carrier.live == {call, leg}


@pytest.mark.parametrize("when", ["waiting", "offered", "accepted", "consulting", "handed over"])
def test_a_caller_who_hangs_up_leaves_no_leg_and_no_ringing(world: World, when: str) -> None:
    call, ticket, _ = talking(world)
    world.queue.register_agent(BORIS, "Boris", phone="+74950000001", now=world.now)
    if when == "waiting":
        world.queue.set_status(BORIS, AgentStatus.BREAK, now=world.now)
    target = Target("queue", "support") if when == "waiting" else to(BORIS)
    other = world.queue.transfer(ticket, ANNA, target, warm=True, now=world.now).ticket or 0
    world.work()
    if when == "accepted":
        assert world.queue.accept(world.offer_of(BORIS) or 0, BORIS, now=world.now)
    elif when in ("consulting", "handed over"):
        come(world, BORIS, ticket)
    if when == "handed over":
        assert world.queue.hand_over(ticket, ANNA, now=world.now)
    world.work()
    world.carrier.live.discard(call)
    world.queue.caller_left(ticket, "CF1", now=world.now)
    world.queue.left(call, "hangup", now=world.now)
    world.queue.conference_ended(ticket, "CF1", now=world.now)
    world.work()
    assert world.carrier.live == set()
    assert ticket_state(world, ticket) == TicketState.WRAP_UP
    spoke = when == "handed over"
    assert ticket_state(world, other) == (TicketState.WRAP_UP if spoke else TicketState.CLOSED)
    assert state_of(world, BORIS) == ("wrap_up" if spoke else "break" if when == "waiting" else "free")
    assert world.offer_of(BORIS) is None
    assert left_over(world) == []


def test_the_first_agents_line_drops_while_they_consult(world: World) -> None:
    call, ticket, leg, other, boris = consulting(world)
    world.carrier.live.discard(leg)
    world.queue.agent_left(ticket, leg, "CF1", now=world.now)
    world.work()
    view = world.queue.waiting(call, now=world.now)
    assert view is not None
    assert view.position == 1
    assert world.carrier.told_dropped[call]
    assert ticket_state(world, other) == TicketState.CLOSED
    assert boris not in world.carrier.live
    assert row(world, ticket)["held_at"] is None
    assert world.offer_of(BORIS) is not None, "he is free, and next"


def test_the_second_agents_line_drops_while_they_consult(world: World) -> None:
    call, ticket, leg, other, boris = consulting(world)
    world.carrier.live.discard(boris)
    world.queue.agent_left(ticket, boris, "CF1", now=world.now)
    world.work()
    assert (ticket_state(world, ticket), ticket_state(world, other)) == (TicketState.CONNECTED, TicketState.CLOSED)
    assert world.carrier.seats[call] == Seat(hold=False)
    assert world.carrier.live == {call, leg}


def test_the_second_agents_line_drops_after_the_hand_over(world: World) -> None:
    call, ticket, _, other, boris = consulting(world)
    world.queue.hand_over(ticket, ANNA, now=world.now)
    world.work()
    world.carrier.live.discard(boris)
    world.queue.agent_left(ticket, boris, "CF1", now=world.now)
    world.work()
    assert ticket_state(world, other) in (TicketState.WAITING, TicketState.OFFERED)
    assert call in world.carrier.queued
    assert row(world, other)["room"] is None, "its next conference is its own"
    assert state_of(world, ANNA) == "wrap_up"


def test_one_hand_over_or_take_back_wins_of_eight(world: World) -> None:
    _, ticket, _, other, _ = consulting(world)
    won = at_once(lambda: world.queue.hand_over(ticket, ANNA, now=world.now))
    assert won.count(True) == 1
    assert not world.queue.take_back(ticket, ANNA, now=world.now)
    assert ticket_state(world, other) == TicketState.CONNECTED


# Cold.


def test_a_cold_transfer_to_an_agent(world: World) -> None:
    call, ticket, leg = talking(world)
    other = world.queue.transfer(ticket, ANNA, to(BORIS), warm=False, now=world.now).ticket or 0
    world.work()
    assert state_of(world, ANNA) == "wrap_up"
    assert leg not in world.carrier.live
    assert call in world.carrier.queued
    assert not world.carrier.told_dropped[call], "nobody dropped: they are passed on"
    # What is told late about the conference before is not about the caller now.
    world.queue.caller_left(ticket, "CF1", now=world.now)
    world.queue.caller_joined(ticket, call, "CF1", now=world.now)
    world.queue.conference_ended(ticket, "CF1", now=world.now)
    world.queue.entered(call, "QU1", now=world.now)
    offer = world.offer_of(BORIS) or 0
    assert world.queue.accept(offer, BORIS, now=world.now)
    assert world.queue.agent_for_offer(offer, BORIS) == other
    world.carrier.live.add("CA-boris")
    world.queue.agent_joined(other, BORIS, "CA-boris", "CF2", now=world.now)
    world.work()
    assert ("connect_waiting", call, "QU1", other) in world.carrier.asked
    world.queue.caller_joined(other, call, "CF2", now=world.now)
    assert ticket_state(world, other) == TicketState.CONNECTED
    assert world.carrier.live == {call, "CA-boris"}


@pytest.mark.parametrize("how", ["declines", "misses", "is busy"])
def test_who_does_not_take_a_cold_transfer_leaves_the_caller_first_in_line(world: World, how: str) -> None:
    call, ticket, _ = talking(world)
    world.agent(VERA)
    world.queue.set_status(VERA, AgentStatus.BREAK, now=world.now)
    if how == "is busy":
        world.caller()
        world.work()
        world.talk(BORIS)
    world.later(1)
    gold, _ = world.caller(priority=99)
    other = world.queue.transfer(ticket, ANNA, to(BORIS), warm=False, now=world.now).ticket or 0
    world.queue.wrap_up(ticket, ANNA, "passed on", now=world.now)
    world.queue.set_status(ANNA, AgentStatus.BREAK, now=world.now)
    world.work()
    world.queue.set_status(VERA, AgentStatus.READY, now=world.now)
    if how == "declines":
        world.work()
        world.queue.decline(world.offer_of(BORIS) or 0, BORIS, now=world.now)
    elif how == "misses":
        world.later(16, alive=(BORIS, VERA))
    else:
        world.later(46, alive=(BORIS, VERA))
    world.tick()
    assert row(world, other)["head"] == 2
    waiting = world.queue.waiting(call, now=world.now)
    assert waiting is not None
    assert waiting.position == 1
    assert gold


def test_a_cold_transfer_to_a_queue_keeps_the_time_waited(world: World) -> None:
    call, ticket, _ = talking(world)
    since = row(world, ticket)["since"]
    world.queue.set_status(BORIS, AgentStatus.OFF, now=world.now)
    world.later(100, alive=(ANNA,))
    other = world.queue.transfer(ticket, ANNA, Target("queue", "complaints"), warm=False, now=world.now).ticket or 0
    world.work()
    moved = row(world, other)
    assert (moved["queue"], moved["since"], moved["state"]) == ("complaints", since, TicketState.WAITING)
    assert call in world.carrier.queued


def test_a_caller_who_hangs_up_during_a_cold_transfer(world: World) -> None:
    call, ticket, _ = talking(world)
    other = world.queue.transfer(ticket, ANNA, to(BORIS), warm=False, now=world.now).ticket or 0
    world.carrier.live.discard(call)
    world.work()
    assert ticket_state(world, other) == TicketState.ABANDONED
    assert state_of(world, BORIS) == "free"
    assert world.carrier.live == set()


@pytest.mark.parametrize("target", [to(ANNA), to(99), to(VERA), Target("number", "+4930123456"), Target("queue", "")])
def test_what_cannot_be_reached_is_refused_and_nothing_happens(world: World, target: Target) -> None:
    _, ticket, _ = talking(world)
    world.agent(VERA, ready=False)
    for warm in (True, False):
        refused = world.queue.transfer(ticket, ANNA, target, warm=warm, now=world.now)
        assert refused.ticket is None
        assert refused.refused in ("self", "unknown", "away", "prefix")
    world.work()
    assert world.carrier.count("seat") == world.carrier.count("return_to_line") == 0
    assert world.queue.transfer(ticket, BORIS, to(ANNA), warm=True, now=world.now).refused == "not_yours"


# Numbers.


def test_a_call_is_given_to_a_number(world: World) -> None:
    call, ticket, leg = talking(world)
    other = world.queue.transfer(ticket, ANNA, Target("number", OUTSIDE), warm=False, now=world.now).ticket or 0
    world.work()
    outside = f"CA-outside-{other}"
    assert world.carrier.live == {call, outside}
    assert leg not in world.carrier.live
    assert world.carrier.seats[call] == Seat(hold=True), "music while it rings"
    assert world.queue.outside_answered(other, outside, now=world.now) == ticket
    assert world.queue.outside_joined(other, outside, "CF1", now=world.now)
    world.work()
    assert world.carrier.seats[call] == Seat(hold=False)
    assert state_of(world, ANNA) == "wrap_up"
    world.carrier.live.discard(outside)
    world.queue.agent_left(ticket, outside, "CF1", now=world.now)
    world.work()
    assert ticket_state(world, other) == TicketState.CLOSED
    assert world.carrier.live == set()


@pytest.mark.parametrize("how", ["busy", "silent", "refused", "answer lost"])
def test_a_number_that_is_not_reached_leaves_the_caller_first_in_line(world: World, how: str) -> None:
    call, ticket, _ = talking(world)
    world.queue.set_status(BORIS, AgentStatus.OFF, now=world.now)
    if how == "refused":
        world.carrier.fail["call_outside"] = [CarrierRefused("400")]
    if how == "answer lost":
        world.carrier.lost["call_outside"] = 1
    other = world.queue.transfer(ticket, ANNA, Target("number", OUTSIDE), warm=False, now=world.now).ticket or 0
    world.work()
    if how == "busy":
        world.carrier.live.discard(f"CA-outside-{other}")
        world.queue.call_gone(f"CA-outside-{other}", now=world.now)
    elif how != "refused":
        world.later(46, alive=(ANNA,))
        world.tick()
    world.work()
    assert ticket_state(world, other) == TicketState.WAITING
    assert row(world, other)["head"] == 2
    assert call in world.carrier.queued
    assert world.queue.outside_answered(other, f"CA-outside-{other}", now=world.now) is None
    assert world.carrier.count("call_outside") == 1


def test_a_number_is_consulted_and_gets_the_caller(world: World) -> None:
    call, ticket, _ = talking(world)
    other = world.queue.transfer(ticket, ANNA, Target("number", OUTSIDE), warm=True, now=world.now).ticket or 0
    world.work()
    outside = f"CA-outside-{other}"
    assert not world.queue.hand_over(ticket, ANNA, now=world.now), "nobody is there yet"
    world.queue.outside_answered(other, outside, now=world.now)
    world.queue.outside_joined(other, outside, "CF1", now=world.now)
    assert world.queue.hand_over(ticket, ANNA, now=world.now)
    world.work()
    assert world.carrier.live == {call, outside}
    world.carrier.live.discard(call)
    world.queue.caller_left(ticket, "CF1", now=world.now)
    world.work()
    assert world.carrier.live == set()
    assert ticket_state(world, other) == TicketState.CLOSED


def test_a_consulted_number_that_hangs_up_gives_the_caller_back(world: World) -> None:
    call, ticket, leg = talking(world)
    other = world.queue.transfer(ticket, ANNA, Target("number", OUTSIDE), warm=True, now=world.now).ticket or 0
    world.work()
    outside = f"CA-outside-{other}"
    world.carrier.live.discard(outside)
    world.queue.call_gone(outside, now=world.now)
    world.work()
    assert ticket_state(world, other) == TicketState.CLOSED
    assert world.carrier.seats[call] == Seat(hold=False)
    assert world.carrier.live == {call, leg}


# Supervisors.


def listening(world: World, mode: str = "listen") -> tuple[str, int, str, int]:
    """Vera is in Anna's call: the caller's leg, the ticket, Anna's leg, the supervision."""
    call, ticket, leg = talking(world)
    world.agent(VERA, ready=False)
    supervision = world.queue.supervise(ticket, VERA, mode, now=world.now)
    assert supervision is not None
    entry = world.queue.supervisor_for(supervision, VERA)
    assert entry is not None
    assert entry.room == ticket
    world.carrier.live.add("CA-vera")
    world.queue.supervisor_joined(supervision, "CA-vera", now=world.now)
    world.work()
    return call, ticket, leg, supervision


def test_a_supervisor_listens_whispers_barges_and_leaves(world: World) -> None:
    call, ticket, leg, _ = listening(world)
    assert world.carrier.seats["CA-vera"] == Seat(muted=True, coach="")
    world.queue.supervise(ticket, VERA, "whisper", now=world.now)
    world.work()
    assert world.carrier.seats["CA-vera"] == Seat(muted=False, coach=leg)
    world.queue.supervise(ticket, VERA, "barge", now=world.now)
    world.work()
    assert world.carrier.seats["CA-vera"] == Seat(muted=False, coach="")
    seen = world.queue.in_call(VERA).supervising
    assert seen is not None
    assert (seen.mode, seen.state, seen.name) == ("barge", SupervisionState.IN, f"Agent {ANNA}")
    assert world.queue.supervise(ticket, VERA, "leave", now=world.now)
    world.work()
    assert world.carrier.live == {call, leg}
    assert ticket_state(world, ticket) == TicketState.CONNECTED
    assert world.queue.supervise(ticket, VERA, "leave", now=world.now) is None


def test_a_supervisor_whose_line_drops_does_not_hurt_the_call(world: World) -> None:
    call, ticket, leg, supervision = listening(world, "barge")
    world.carrier.live.discard("CA-vera")
    world.queue.agent_left(ticket, "CA-vera", "CF1", now=world.now)
    world.queue.call_gone("CA-vera", now=world.now)
    world.work()
    assert ticket_state(world, ticket) == TicketState.CONNECTED
    assert world.carrier.live == {call, leg}
    assert world.queue.supervisor_for(supervision, VERA) is None


def test_a_supervisor_stays_through_a_hand_over_and_whispers_to_the_next(world: World) -> None:
    call, ticket, _, _ = listening(world, "whisper")
    other = world.queue.transfer(ticket, ANNA, to(BORIS), warm=True, now=world.now).ticket or 0
    world.work()
    boris = come(world, BORIS, ticket)
    world.queue.hand_over(ticket, ANNA, now=world.now)
    world.work()
    assert world.carrier.seats["CA-vera"] == Seat(muted=False, coach=boris)
    world.carrier.live.discard(call)
    world.queue.caller_left(ticket, "CF1", now=world.now)
    world.work()
    assert world.carrier.live == set(), "the supervisor too"
    assert ticket_state(world, other) == TicketState.WRAP_UP


def test_a_supervisor_takes_the_call_over(world: World) -> None:
    call, ticket, leg, _ = listening(world, "barge")
    world.queue.hold(ticket, ANNA, True, now=world.now)
    made = world.queue.take_over(ticket, VERA, now=world.now)
    assert made is not None
    assert world.queue.take_over(ticket, VERA, now=world.now) is None
    world.work()
    assert (state_of(world, ANNA), state_of(world, VERA)) == ("wrap_up", "connected")
    assert world.carrier.live == {call, "CA-vera"}
    assert leg not in world.carrier.live
    assert world.carrier.seats[call] == Seat(hold=False)
    assert world.carrier.seats["CA-vera"] == Seat(muted=False, coach="")
    world.queue.supervisor_joined(1, "CA-vera", now=world.now)
    world.carrier.live.discard("CA-vera")
    world.queue.agent_left(ticket, "CA-vera", "CF1", now=world.now)
    world.work()
    assert call in world.carrier.queued, "as with any agent's line: first in line"


def test_a_supervisors_telephone_is_rung_once_and_not_for_ever(world: World) -> None:
    _, ticket, _ = talking(world)
    world.agent(VERA, ready=False, phone="+74950000009")
    supervision = world.queue.supervise(ticket, VERA, "listen", now=world.now) or 0
    world.work()
    assert f"CA-supervisor-{supervision}" in world.carrier.live
    world.later(46, alive=(ANNA, BORIS))
    world.tick()
    assert f"CA-supervisor-{supervision}" not in world.carrier.live
    assert world.carrier.count("call_supervisor") == 1
    assert world.queue.supervisor_for(supervision, VERA) is None


def test_who_is_in_a_call_supervises_none_and_nobody_their_own(world: World) -> None:
    _, ticket, _ = talking(world)
    assert world.queue.supervise(ticket, ANNA, "listen", now=world.now) is None
    world.caller()
    world.work()
    world.talk(BORIS)
    assert world.queue.supervise(ticket, BORIS, "listen", now=world.now) is None
    with world.queue.records.engine.connect() as conn:
        assert conn.execute(select(supervisions)).first() is None
