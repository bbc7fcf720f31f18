"""Who gets whom, and how long that may take: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from callqueue.rules import Overflow, Rules

Skills = Mapping[str, int]
"""What an agent can do, and how well: 1 to 10."""

NOBODY: Mapping[int, Skills] = {}


@dataclass(frozen=True, slots=True)
class FreeAgent:
    """A ready agent whose page lives and who has no ticket. ``idle_since``: end of the last call, or ready since."""

    id: int
    skills: Skills
    idle_since: datetime


@dataclass(frozen=True, slots=True)
class InLine:
    """A ticket to be offered. ``place``: see :meth:`callqueue.rules.Rules.place`; ``queued_at``: in this queue since;
    ``head``: above 0 goes before everyone with less; ``familiar``: the agent who spoke with them last; ``declined``:
    by whom and when last."""

    id: int
    queue: str
    head: int
    place: datetime
    queued_at: datetime
    familiar: int | None = None
    declined: Mapping[int, datetime] = field(default_factory=dict)


def order(ticket: InLine) -> tuple[int, datetime, int]:
    """The line, over all queues: those an agent lost, then by place."""
    return (-ticket.head, ticket.place, ticket.id)


def meets(skills: Skills, needs: Skills) -> bool:
    """Whether they have every skill asked for, each at its level or above. Who has no skills listed does everything."""
    return not skills or all(skills.get(skill, 0) >= level for skill, level in needs.items())


def steps(queue: str, waited: timedelta, rules: Rules) -> tuple[Overflow, ...]:
    """The queue's overflow steps that apply to a ticket which has been in it for ``waited``."""
    return tuple(step for step in rules.queue(queue).overflow if timedelta(seconds=step.after) <= waited)


def serves(skills: Skills, queue: str, rules: Rules, passed: Iterable[Overflow] = ()) -> bool:
    """Whether an agent takes this queue's calls: their skills are enough for it, or for what ``passed`` steps allow."""
    if meets(skills, rules.queue(queue).needs):
        return True
    for step in passed:
        if step.needs is not None and meets(skills, step.needs):
            return True
        if step.also is not None and meets(skills, rules.queue(step.also).needs):
            return True
    return False


def reaches(skills: Skills, queue: str, rules: Rules) -> bool:
    """Whether a ticket of this queue may come to an agent at all, be it after an overflow."""
    seen: set[str] = set()
    while queue not in seen:
        seen.add(queue)
        passed = rules.queue(queue).overflow
        if serves(skills, queue, rules, passed):
            return True
        queue = next((step.move for step in passed if step.move is not None), queue)
    return False


def moves_to(queue: str, waited: timedelta, rules: Rules) -> str | None:
    """The queue a ticket goes over to after ``waited`` in this one; None: it stays."""
    return next((step.move for step in steps(queue, waited, rules) if step.move is not None), None)


def pick(
    agents: Sequence[FreeAgent],
    line: Sequence[InLine],
    now: datetime,
    rules: Rules,
    busy: Mapping[int, Skills] = NOBODY,
) -> tuple[tuple[int, int], ...]:
    """Pairs (ticket, agent) to offer now, each agent and each ticket at most once, in the order of the line.

    Of the free agents who serve a ticket: who spoke with this caller last; then the queue's own before those it
    overflows to; then, where the queue says so, who is best at what it needs; then who has been idle longest. While the
    one who spoke with them last is on duty and ``busy`` (by id), the ticket waits for them, ``familiar_seconds`` at
    most. Who declined a ticket gets it again only when no other free agent serves it, ``decline_seconds`` later.
    """
    free = {agent.id for agent in agents}
    ranked: dict[tuple[str, int], list[int]] = {}
    pairs: list[tuple[int, int]] = []
    for ticket in sorted(line, key=order):
        if not free:
            break
        waited = now - ticket.queued_at
        passed = steps(ticket.queue, waited, rules)
        key = (ticket.queue, len(passed))
        if key not in ranked:
            ranked[key] = _ranked(agents, ticket.queue, passed, rules)
        able = [agent for agent in ranked[key] if agent in free]
        chosen = _choose(ticket, able, now, rules)
        if chosen is not None and chosen != ticket.familiar and _waits_for_familiar(ticket, passed, now, rules, busy):
            continue
        if chosen is not None:
            pairs.append((ticket.id, chosen))
            free.remove(chosen)
    return tuple(pairs)


def _ranked(agents: Sequence[FreeAgent], queue: str, passed: tuple[Overflow, ...], rules: Rules) -> list[int]:
    """Who serves a ticket of this queue after these overflow steps, the best choice first."""
    asked = rules.queue(queue)

    def preference(agent: FreeAgent) -> tuple[bool, int, datetime, int]:
        level = sum(agent.skills.get(skill, 0) for skill in asked.needs) if asked.prefer == "level" else 0
        return (not meets(agent.skills, asked.needs), -level, agent.idle_since, agent.id)

    able = [agent for agent in agents if serves(agent.skills, queue, rules, passed)]
    return [agent.id for agent in sorted(able, key=preference)]


def _choose(ticket: InLine, able: Sequence[int], now: datetime, rules: Rules) -> int | None:
    if ticket.familiar in able and ticket.familiar not in ticket.declined:
        return ticket.familiar
    willing = [agent for agent in able if agent not in ticket.declined]
    if not willing:
        again = timedelta(seconds=rules.decline_seconds)
        willing = [agent for agent in able if ticket.declined[agent] + again <= now]
    return willing[0] if willing else None


def _waits_for_familiar(
    ticket: InLine, passed: tuple[Overflow, ...], now: datetime, rules: Rules, busy: Mapping[int, Skills]
) -> bool:
    """Whether the agent who knows this caller may still be free for them in time."""
    known = ticket.familiar
    if known is None or known not in busy or known in ticket.declined:
        return False
    in_time = now < ticket.queued_at + timedelta(seconds=rules.familiar_seconds)
    return in_time and serves(busy[known], ticket.queue, rules, passed)


def expected_wait(
    queue: str,
    waited: timedelta,
    ahead: Mapping[str, int],
    agents: Sequence[Skills],
    handling: float,
    rules: Rules,
) -> int | None:
    """Seconds until it is this caller's turn; None when none of the ``agents`` on duty may ever get them.

    ``(1 + Σ ahead × share) × handling ÷ mine``: ``ahead`` counts by queue who comes before them, ``mine`` the agents
    who serve their queue, and ``share`` is the part of the other queue's agents who are mine too, since the rest of
    its callers is served by somebody else. In a single queue it is place × handling ÷ agents.
    """
    passed = steps(queue, waited, rules)
    mine = [agent for agent in agents if serves(agent, queue, rules, passed)]
    mine = mine or [agent for agent in agents if reaches(agent, queue, rules)]
    if not mine:
        return None

    def share(other: str) -> float:
        if other == queue:
            return 1.0
        theirs = [agent for agent in agents if serves(agent, other, rules)]
        theirs = theirs or [agent for agent in agents if reaches(agent, other, rules)]
        return sum(agent in mine for agent in theirs) / len(theirs) if theirs else 0.0

    load = 1 + sum(count * share(other) for other, count in ahead.items())
    return round(load * handling / len(mine))
