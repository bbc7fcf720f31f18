"""Who gets whom, and how long that may take: the pure rules, case by case and as properties."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callqueue.routing import FreeAgent, InLine, expected_wait, moves_to, order, pick, reaches, serves
from callqueue.rules import MOST_PRIORITY, Overflow, QueueRules, Rules

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RULES = Rules(
    queues={
        "support": QueueRules(),
        "cards": QueueRules(
            needs={"cards": 5},
            overflow=(Overflow(60, needs={"cards": 2}), Overflow(120, also="vip"), Overflow(300, move="support")),
        ),
        "vip": QueueRules(needs={"vip": 1}, priority=20, prefer="level"),
        "lost": QueueRules(needs={"nobody_has_it": 1}),
    }
)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def agent(id: int, idle: float = 0, **skills: int) -> FreeAgent:
    return FreeAgent(id, skills, ago(idle))


def ticket(
    id: int, waited: float = 0, priority: int = 0, queue: str = "support", here: float | None = None, **more: Any
) -> InLine:
    """``waited`` seconds in all, ``here`` in this queue."""
    place = RULES.place(queue, priority, ago(waited))
    return InLine(id, queue, more.pop("head", 0), place, ago(waited if here is None else here), **more)


@pytest.mark.parametrize(
    ("agents", "line", "pairs"),
    [
        ([], [ticket(1)], ()),
        ([agent(7)], [], ()),
        ([agent(7, 5), agent(8, 50)], [ticket(1)], ((1, 8),)),
        ([agent(7)], [ticket(1, 5), ticket(2, 50)], ((2, 7),)),
        # A point is half a minute of waiting: 10 of them outdo 299 s and not 301.
        ([agent(7)], [ticket(1, 299), ticket(2, 0, priority=10)], ((2, 7),)),
        ([agent(7)], [ticket(1, 301), ticket(2, 0, priority=10)], ((1, 7),)),
        # The queue's own points count too.
        ([agent(7, vip=1)], [ticket(1, 599), ticket(2, queue="vip")], ((2, 7),)),
        ([agent(7)], [ticket(1, 5, priority=9), ticket(2, 1, head=1)], ((2, 7),)),
        ([agent(7)], [ticket(1, 1, head=1), ticket(2, 0, head=2)], ((2, 7),)),
        ([agent(7, 9), agent(8)], [ticket(1, 2), ticket(2, 1)], ((1, 7), (2, 8))),
    ],
)
def test_the_line_and_the_longest_idle(
    agents: list[FreeAgent], line: list[InLine], pairs: tuple[tuple[int, int], ...]
) -> None:
    assert pick(agents, line, NOW, RULES) == pairs


@pytest.mark.parametrize(
    ("agents", "line", "pairs"),
    [
        ([agent(7, 9, cards=4), agent(8, 1, cards=5)], [ticket(1, queue="cards")], ((1, 8),)),
        ([agent(7, 9, cards=4)], [ticket(1, queue="cards")], ()),
        ([agent(7, vip=10)], [ticket(1, queue="cards")], ()),
        # Who has no skills listed takes every queue's calls.
        ([agent(7)], [ticket(1, queue="cards")], ((1, 7),)),
        # An agent of several queues serves the oldest caller of any.
        ([agent(7, cards=9)], [ticket(1, 5, queue="cards"), ticket(2, 6)], ((2, 7),)),
        ([agent(7, cards=9)], [ticket(1, 6, queue="cards"), ticket(2, 5)], ((1, 7),)),
        # After 60 s a lower level suffices, after 120 s another queue's agents get it too; the queue's own come first.
        ([agent(7, cards=2)], [ticket(1, 59, queue="cards")], ()),
        ([agent(7, cards=2)], [ticket(1, 60, queue="cards")], ((1, 7),)),
        ([agent(7, 9, cards=2), agent(8, cards=5)], [ticket(1, 60, queue="cards")], ((1, 8),)),
        ([agent(7, vip=1)], [ticket(1, 119, queue="cards")], ()),
        ([agent(7, vip=1)], [ticket(1, 120, queue="cards")], ((1, 7),)),
        # What counts is the time in this queue.
        ([agent(7, vip=1)], [ticket(1, 500, queue="cards", here=30)], ()),
        # Where the queue says so, the best; among equals the longest idle.
        ([agent(7, 99, vip=1), agent(8, vip=9)], [ticket(1, queue="vip")], ((1, 8),)),
        ([agent(7, vip=9), agent(8, 1, vip=9)], [ticket(1, queue="vip")], ((1, 8),)),
        ([agent(7, 99), agent(8, vip=1)], [ticket(1, queue="vip")], ((1, 8),)),
    ],
)
def test_skills_and_overflow(agents: list[FreeAgent], line: list[InLine], pairs: tuple[tuple[int, int], ...]) -> None:
    assert pick(agents, line, NOW, RULES) == pairs


@pytest.mark.parametrize(
    ("agents", "line", "busy", "pairs"),
    [
        ([agent(7), agent(8, 99)], [ticket(1, familiar=7)], {}, ((1, 7),)),
        # Away: nobody waits for them.
        ([agent(8)], [ticket(1, familiar=7)], {}, ((1, 8),)),
        # Busy: for 15 s, then anybody.
        ([agent(8)], [ticket(1, 14, familiar=7)], {7: {}}, ()),
        ([agent(8)], [ticket(1, 15, familiar=7)], {7: {}}, ((1, 8),)),
        # While one waits for theirs, the next in line is served.
        ([agent(8)], [ticket(1, 14, familiar=7), ticket(2, 1)], {7: {}}, ((2, 8),)),
        # Not for one who declined them, or who does not take such calls any more.
        ([agent(8)], [ticket(1, 1, familiar=7, declined={7: NOW})], {7: {}}, ((1, 8),)),
        ([agent(8, cards=5)], [ticket(1, 1, queue="cards", familiar=7)], {7: {"vip": 1}}, ((1, 8),)),
        ([agent(7, vip=1), agent(8, 99, cards=5)], [ticket(1, queue="cards", familiar=7)], {}, ((1, 8),)),
    ],
)
def test_the_agent_who_knows_the_caller(
    agents: list[FreeAgent],
    line: list[InLine],
    busy: Mapping[int, Mapping[str, int]],
    pairs: tuple[tuple[int, int], ...],
) -> None:
    assert pick(agents, line, NOW, RULES, busy) == pairs


@pytest.mark.parametrize(
    ("agents", "line", "pairs"),
    [
        ([agent(7, 9), agent(8)], [ticket(1, declined={7: NOW})], ((1, 8),)),
        ([agent(7)], [ticket(1, declined={7: ago(19)})], ()),
        ([agent(7)], [ticket(1, declined={7: ago(20)})], ((1, 7),)),
        ([agent(7, 9), agent(8)], [ticket(1, declined={7: ago(5), 8: ago(20)})], ((1, 8),)),
        ([agent(7)], [ticket(1, 9, declined={7: NOW}), ticket(2, 1)], ((2, 7),)),
    ],
)
def test_declines_are_respected(
    agents: list[FreeAgent], line: list[InLine], pairs: tuple[tuple[int, int], ...]
) -> None:
    assert pick(agents, line, NOW, RULES) == pairs


def test_who_may_come_to_a_queue_at_all() -> None:
    assert reaches({"vip": 1}, "cards", RULES)
    assert reaches({"other": 1}, "cards", RULES), "it goes over to support in the end"
    assert not reaches({"cards": 9}, "lost", RULES)
    assert reaches({"cards": 9}, "a queue of which nothing is said", RULES)
    assert reaches({}, "lost", RULES), "who has no skills listed does everything"
    assert not serves({"other": 1}, "cards", RULES)
    circle = Rules(queues={"a": QueueRules(needs={"x": 1}, overflow=(Overflow(1, move="a"),))})
    assert not reaches({"y": 1}, "a", circle)


@pytest.mark.parametrize(("waited", "queue"), [(299, None), (300, "support")])
def test_who_waited_too_long_moves(waited: int, queue: str | None) -> None:
    assert moves_to("cards", timedelta(seconds=waited), RULES) == queue
    assert moves_to("support", timedelta(seconds=waited), RULES) is None


ANYBODY = {"other": 5}
CARDS = {"cards": 5}


@pytest.mark.parametrize(
    ("queue", "waited", "ahead", "agents", "seconds"),
    [
        ("support", 0, {}, [ANYBODY], 180),
        ("support", 0, {"support": 2}, [ANYBODY], 540),
        ("support", 0, {"support": 2}, [ANYBODY, ANYBODY], 270),
        ("support", 0, {"support": 9}, [], None),
        # Two of the agents take cards; all three take support, so cards' callers take two thirds of … themselves.
        ("cards", 0, {"support": 3}, [CARDS, CARDS, ANYBODY], 270),
        ("support", 0, {"cards": 2}, [CARDS, ANYBODY], 270),
        # Those before them whom none of theirs serves are in nobody's way.
        ("support", 0, {"lost": 50}, [ANYBODY], 180),
        # Nobody yet, but after an overflow.
        ("cards", 0, {}, [{"cards": 2}], 180),
        ("lost", 0, {}, [ANYBODY], None),
    ],
)
def test_expected_wait(
    queue: str, waited: int, ahead: dict[str, int], agents: list[dict[str, int]], seconds: int | None
) -> None:
    assert expected_wait(queue, timedelta(seconds=waited), ahead, agents, 180.0, RULES) == seconds


# Properties.

levels = st.dictionaries(st.sampled_from(["cards", "vip"]), st.integers(1, 10), max_size=2)
free_agents = st.lists(
    st.builds(lambda id, idle, skills: FreeAgent(id, skills, ago(idle)), st.integers(1, 9), st.integers(0, 99), levels),
    max_size=6,
    unique_by=lambda each: each.id,
)
moments = st.integers(0, 400)
lines = st.lists(
    st.builds(
        lambda id, waited, priority, queue, head, familiar, declined: ticket(
            id,
            waited,
            priority,
            queue,
            head=head,
            familiar=familiar,
            declined={who: ago(seconds) for who, seconds in declined.items()},
        ),
        st.integers(1, 99),
        moments,
        st.integers(0, 200),
        st.sampled_from(["support", "cards", "vip", "other"]),
        st.integers(0, 2),
        st.none() | st.integers(1, 9),
        st.dictionaries(st.integers(1, 9), st.integers(0, 30), max_size=3),
    ),
    max_size=12,
    unique_by=lambda each: each.id,
)
some_busy = st.dictionaries(st.integers(1, 9), levels, max_size=3)


@given(free_agents, lines, some_busy, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_whatever_the_line_the_pairs_are_right(
    agents: list[FreeAgent], line: list[InLine], busy: dict[int, dict[str, int]], chance: Any
) -> None:
    busy = {id: skills for id, skills in busy.items() if id not in {each.id for each in agents}}
    pairs = pick(agents, line, NOW, RULES, busy)
    tickets, chosen = {each.id: each for each in line}, {each.id: each for each in agents}
    assert len({ticket for ticket, _ in pairs}) == len({agent for _, agent in pairs}) == len(pairs), "none has two"
    for number, who in pairs:
        passed = RULES.queue(tickets[number].queue).overflow
        assert serves(chosen[who].skills, tickets[number].queue, RULES, passed)
        at = tickets[number].declined.get(who)
        assert at is None or at <= ago(RULES.decline_seconds)
    assert [number for number, _ in pairs] == [each.id for each in sorted(line, key=order) if each.id in dict(pairs)]
    # Nobody is left over who fits: an agent without a ticket serves none of the tickets without an agent.
    for left in (each for each in line if each.id not in dict(pairs)):
        waited = NOW - left.queued_at
        if left.declined or waited < timedelta(seconds=RULES.familiar_seconds):
            continue
        passed = tuple(step for step in RULES.queue(left.queue).overflow if step.after <= waited.total_seconds())
        unused = [each for each in agents if each.id not in dict(pairs).values()]
        assert not [each for each in unused if serves(each.skills, left.queue, RULES, passed)]
    # The same, whatever the order they were read in.
    chance.shuffle(shuffled_agents := list(agents))
    chance.shuffle(shuffled_line := list(line))
    assert pick(shuffled_agents, shuffled_line, NOW, RULES, busy) == pairs


@given(
    st.integers(0, MOST_PRIORITY),
    st.integers(0, 100),
    st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 4), st.sampled_from(["support", "vip"])), max_size=40),
)
@settings(deadline=None)
def test_nobody_starves_whatever_arrives(
    priority: int, point_seconds: int, arrivals: list[tuple[int, int, str]]
) -> None:
    """One agent, a caller, and others who come for ever, one for each that is served, with any priority."""
    rules = Rules(queues=RULES.queues, point_seconds=point_seconds)

    def arrives(id: int, queue: str, points: int, at: datetime) -> InLine:
        return InLine(id, queue, 0, rules.place(queue, points, at), at)

    line = [arrives(0, "support", priority, NOW)]
    longest = timedelta(seconds=(MOST_PRIORITY - priority) * point_seconds)
    now = NOW
    for id in range(1, 10_000):
        points, gap, queue = arrivals[id % len(arrivals)] if arrivals else (1000, 1, "vip")
        line.append(arrives(id, queue, points, now + timedelta(seconds=1)))
        now += timedelta(seconds=gap * 20)
        ((served, _),) = pick([FreeAgent(7, {"vip": 1}, now)], line, now, rules)
        if served == 0:
            break
        assert next(each for each in line if each.id == served).queued_at <= NOW + longest
        line = [each for each in line if each.id != served]
    else:
        raise AssertionError("never served")


@given(st.integers(-1000, 1000), st.integers(-1000, 1000), st.integers(0, 10_000))
def test_points_are_worth_a_bounded_time(mine: int, theirs: int, later: int) -> None:
    """Who arrives after the bound comes behind, whatever the two priorities."""
    after = timedelta(seconds=MOST_PRIORITY * RULES.point_seconds + 1 + later)
    assert RULES.place("support", mine, NOW) < RULES.place("vip", theirs, NOW + after)
