"""Who gets whom and when to dial again: pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from callqueue.callback_rules import CallbackRules


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers that the queue goes by. Seconds, unless the name says otherwise."""

    ring_seconds: int = 15
    phone_extra_seconds: int = 10
    """More time for an agent's telephone, which the carrier takes a while to ring."""
    wrap_up_seconds: int = 120
    join_seconds: int = 10
    alive_seconds: int = 15
    decline_seconds: int = 20
    """A ticket goes back to an agent who declined it only after this, and only when nobody else is free."""
    prefixes: tuple[str, ...] = ("+7", "+380", "+44")
    """Beginnings of numbers that callbacks may dial."""
    ignore_hours: bool = False
    """True: dial at any hour (``HOURS=open``)."""
    day_starts: int = 9
    day_ends: int = 21
    """Hours of the called person's day, local time, in which we dial."""
    opens: Callable[[str, datetime], bool] | None = None
    """Whether a queue works at a moment; None: always."""
    queue_max: int = 1000
    max_attempts: int = 3
    max_days_ahead: int = 14
    promises_per_day: int = 10
    """Promises one number may get in 24 hours, against toll fraud."""
    task_hours: float = 4
    """A question left open is to be answered within so many of its queue's working hours."""
    dial_every: timedelta = timedelta(seconds=1)
    """The carrier's rate: calls per account and second."""
    unknown_seconds: int = 60
    """After this without a trace at the carrier, an attempt whose answer was lost counts as not dialled."""
    check_seconds: int = 30
    """How often the carrier is asked whether the legs of an open ticket still live."""
    usual_handling_seconds: int = 180
    """Taken for the length of a conversation until there are some to average."""
    callbacks: CallbackRules = field(default_factory=CallbackRules)
    needs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Skills a queue asks for; an agent with no skills listed serves every queue."""


@dataclass(frozen=True, slots=True)
class FreeAgent:
    """A ready agent whose page lives and who has no ticket. ``idle_since``: end of the last call, or ready since."""

    id: int
    skills: frozenset[str]
    idle_since: datetime


@dataclass(frozen=True, slots=True)
class InLine:
    """A ticket to be offered. ``head``: 1 goes before everyone; ``declined``: by whom and when last."""

    id: int
    queue: str
    head: int
    priority: int
    since: datetime
    declined: Mapping[int, datetime] = field(default_factory=dict)


def order(ticket: InLine) -> tuple[int, int, datetime, int]:
    """The line: those an agent lost, then by priority, then who has waited longest."""
    return (-ticket.head, -ticket.priority, ticket.since, ticket.id)


def serves(skills: frozenset[str], queue: str, rules: Rules) -> bool:
    """Whether an agent with these skills takes this queue's calls."""
    return not skills or skills >= rules.needs.get(queue, frozenset())


def pick(
    agents: Sequence[FreeAgent], line: Sequence[InLine], now: datetime, rules: Rules
) -> tuple[tuple[int, int], ...]:
    """Pairs (ticket, agent) to offer now, each agent and each ticket at most once, in the order of the line.

    The longest idle agent who serves the queue gets it. Who declined a ticket gets it again only when no other free
    agent serves it, ``decline_seconds`` later.
    """
    free = sorted(agents, key=lambda agent: (agent.idle_since, agent.id))
    pairs: list[tuple[int, int]] = []
    for ticket in sorted(line, key=order):
        able = [agent for agent in free if serves(agent.skills, ticket.queue, rules)]
        chosen = next((agent for agent in able if agent.id not in ticket.declined), None)
        if chosen is None:
            again = timedelta(seconds=rules.decline_seconds)
            chosen = next((agent for agent in able if ticket.declined[agent.id] + again <= now), None)
        if chosen is not None:
            pairs.append((ticket.id, chosen.id))
            free.remove(chosen)
        if not free:
            break
    return tuple(pairs)


def expected_wait(position: int, handling: float, agents: int) -> int | None:
    """Seconds until it is this caller's turn: those before and they themselves, shared by the agents on duty. None
    without agents."""
    return round(position * handling / agents) if agents > 0 else None
