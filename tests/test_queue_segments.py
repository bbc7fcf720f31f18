"""Each agent's share of a ticket: talk, hold, wrap-up, and what a dropped line leaves."""

from __future__ import annotations

from queue_world import make_world as make_world
from sqlalchemy import select

from callqueue import segments
from callqueue.store import segments as rows
from callqueue.testing import World


def shares(world: World) -> list[tuple[int, int, int | None, int | None, int]]:
    """Ticket, agent, seconds from connected to the end of talk, from there to the end of wrap-up, seconds on hold."""

    def seconds(a: object, b: object) -> int | None:
        return round((b - a).total_seconds()) if a is not None and b is not None else None  # type: ignore[operator]

    with world.queue.records.reading() as conn:
        found = conn.execute(select(rows).order_by(rows.c.id)).all()
    return [
        (r.ticket, r.agent, seconds(r.began_at, r.talked_until), seconds(r.talked_until, r.wrapped_at), r.held_seconds)
        for r in found
    ]


def test_talk_hold_and_wrap_up_are_counted_apart(world: World) -> None:
    agent = world.agent()
    _, ticket = world.caller()
    world.queue.match(now=world.now)
    world.talk(agent)
    assert shares(world) == [(ticket, agent, None, None, 0)]
    world.later(20)
    for _ in range(2):  # told twice
        world.queue.records.write(world.now, segments.hold, ticket, True)
    world.later(12)
    for _ in range(2):
        world.queue.records.write(world.now, segments.hold, ticket, False)
    world.later(30)
    world.queue.end_call(ticket, agent, now=world.now)
    world.later(9)
    world.queue.wrap_up(ticket, agent, "resolved", None, now=world.now)
    assert shares(world) == [(ticket, agent, 62, 9, 12)]


def test_hold_in_hand_when_the_call_ends_counts(world: World) -> None:
    agent = world.agent()
    _, ticket = world.caller()
    world.queue.match(now=world.now)
    world.talk(agent)
    world.later(10)
    world.queue.records.write(world.now, segments.hold, ticket, True)
    world.later(25)
    world.queue.conference_ended(ticket, now=world.now)
    world.later(200)
    world.tick()  # wrap-up's time is over at 120 s, found at 200
    assert shares(world) == [(ticket, agent, 35, 200, 25)]


def test_a_dropped_line_ends_a_share_without_wrap_up_and_the_next_agent_gets_their_own(world: World) -> None:
    first, second = world.agent(7), world.agent(8, ready=False)
    _, ticket = world.caller()
    world.queue.match(now=world.now)
    _, leg = world.talk(first)
    world.later(40)
    world.carrier.live.discard(leg)
    world.queue.agent_left(ticket, leg, "CF1", now=world.now)
    world.work()
    assert shares(world) == [(ticket, first, 40, 0, 0)]
    world.later(5)
    world.agent(8)
    world.queue.entered("CA0001", "QU1", now=world.now)
    world.work()
    world.talk(second)
    world.later(15)
    world.queue.end_call(ticket, second, now=world.now)
    world.later(3)
    world.queue.wrap_up(ticket, second, "resolved", None, now=world.now)
    assert shares(world) == [(ticket, first, 40, 0, 0), (ticket, second, 15, 3, 0)]
