"""Every figure of the supervisors' pages, of the reports and of the metrics: values in, figures out. Pure.

Which formula a figure goes by stands at its place here, in the page's help (``formula_…`` in the locales) and in
docs/supervisor.md. A share or average keeps its two numbers, so that a page can show them and a sum can be checked.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from callqueue.model import CallbackState, Promise

R = TypeVar("R")

FIVE_MINUTES, HOUR = 300, 3600
GRACE = 900
"""Seconds after a promised time within which a first attempt to dial still counts as promised."""

Fate = Literal["in_line", "answered", "abandoned", "callback", "diverted", "moved"]
"""What became of a caller in line. ``callback``: chose a call back instead; ``diverted``: sent on to a message or an
offer of a callback because nobody could come; ``moved``: handed off anew, and counted there."""


@dataclass(frozen=True, slots=True)
class Came:
    """A caller who came to the line at ``at``. ``ended_at``: when they were first connected, or left; None: in line."""

    queue: str
    language: str
    at: datetime
    fate: Fate
    ended_at: datetime | None

    @property
    def wait(self) -> float:
        """Seconds in line; 0 while they are there."""
        return (self.ended_at - self.at).total_seconds() if self.ended_at is not None else 0.0


@dataclass(frozen=True, slots=True)
class Share:
    """One agent's share of a conversation. It is over when ``wrapped_at`` is there."""

    agent: int
    queue: str
    language: str
    at: datetime
    talked_until: datetime | None
    wrapped_at: datetime | None
    held_seconds: int

    @property
    def hold(self) -> float:
        return float(self.held_seconds)

    @property
    def talk(self) -> float:
        """Seconds connected and not on hold."""
        return (self.talked_until - self.at).total_seconds() - self.held_seconds if self.talked_until else 0.0

    @property
    def wrap_up(self) -> float:
        over = self.talked_until is not None and self.wrapped_at is not None
        return (self.wrapped_at - self.talked_until).total_seconds() if over else 0.0  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class Offered:
    """A call offered to an agent; ``state`` as in :class:`callqueue.model.OfferState`."""

    agent: int
    at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that an agent wrote down. ``first_call``: answered before that call's wrap-up ended; None: the call is
    not over."""

    queue: str
    language: str
    at: datetime
    first_call: bool | None


@dataclass(frozen=True, slots=True)
class Phoned:
    """A call to the hotline. ``alone``: served without a human; None: it is not over."""

    language: str
    at: datetime
    alone: bool | None


@dataclass(frozen=True, slots=True)
class Data:
    """What happened in a time. Each row belongs to the time of its ``at`` (a promise: to the time promised)."""

    came: Sequence[Came] = ()
    shares: Sequence[Share] = ()
    offered: Sequence[Offered] = ()
    promises: Sequence[Promise] = ()
    asked: Sequence[Asked] = ()
    phoned: Sequence[Phoned] = ()

    def of(self, queue: str = "", language: str = "") -> Data:
        """Only what belongs to a queue and a language; empty: any. A call to the robot belongs to no queue, an offer to
        neither: they are left out when one is asked for that they do not have."""

        def wanted(row: Came | Share | Promise | Asked) -> bool:
            return (not queue or row.queue == queue) and (not language or row.language == language)

        return Data(
            came=tuple(row for row in self.came if wanted(row)),
            shares=tuple(row for row in self.shares if wanted(row)),
            offered=self.offered if not queue and not language else (),
            promises=tuple(row for row in self.promises if wanted(row)),
            asked=tuple(row for row in self.asked if wanted(row)),
            phoned=tuple(row for row in self.phoned if not queue and (not language or row.language == language)),
        )

    def within(self, start: datetime, end: datetime) -> Data:
        """Only what belongs to ``start <= time < end``."""
        return Data(
            came=tuple(row for row in self.came if start <= row.at < end),
            shares=tuple(row for row in self.shares if start <= row.at < end),
            offered=tuple(row for row in self.offered if start <= row.at < end),
            promises=tuple(row for row in self.promises if start <= row.promised_for < end),
            asked=tuple(row for row in self.asked if start <= row.at < end),
            phoned=tuple(row for row in self.phoned if start <= row.at < end),
        )


@dataclass(frozen=True, slots=True)
class Ratio:
    """``part`` of ``whole``. ``share`` is None when there is nothing to share."""

    part: int = 0
    whole: int = 0

    @property
    def share(self) -> float | None:
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Average:
    """``total`` seconds over ``count``. ``mean`` is None when there is nothing to average."""

    total: float = 0.0
    count: int = 0

    @property
    def mean(self) -> float | None:
        return self.total / self.count if self.count else None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a time. Counts of callers leave out those who were handed off anew (``moved``)."""

    calls: int
    served_alone: Ratio
    came: int
    in_line: int
    answered: int
    abandoned: int
    took_callback: int
    diverted: int
    service_level: Ratio
    abandonment: Ratio
    answer: Average
    longest_wait: float
    conversations: int
    talk: Average
    hold: Average
    wrap_up: Average
    handle: Average
    promises: int
    promises_open: int
    kept_5_minutes: Ratio
    kept_hour: Ratio
    kept_as_promised: Ratio
    first_call: Ratio


def figures(data: Data, now: datetime, target_seconds: int) -> Figures:
    """All of them. ``target_seconds``: the T of the service level."""
    line = [row for row in data.came if row.fate != "moved"]
    answered = [row for row in line if row.fate == "answered"]
    abandoned = [row for row in line if row.fate == "abandoned"]
    took_callback = sum(row.fate == "callback" for row in line)
    shares = [row for row in data.shares if row.wrapped_at is not None]
    talk, hold, wrap_up = (sum(part) for part in _parts(shares))
    promises = [row for row in data.promises if row.state is not CallbackState.PROPOSED]
    over = [row for row in data.phoned if row.alone is not None]
    asked = [row for row in data.asked if row.first_call is not None]
    return Figures(
        calls=len(data.phoned),
        served_alone=Ratio(sum(bool(row.alone) for row in over), len(over)),
        came=len(line),
        in_line=sum(row.fate == "in_line" for row in line),
        answered=len(answered),
        abandoned=len(abandoned),
        took_callback=took_callback,
        diverted=sum(row.fate == "diverted" for row in line),
        service_level=service_level(line, target_seconds),
        abandonment=Ratio(len(abandoned), len(answered) + len(abandoned) + took_callback),
        answer=Average(sum(row.wait for row in answered), len(answered)),
        longest_wait=max((row.wait for row in line), default=0.0),
        conversations=len(shares),
        talk=Average(talk, len(shares)),
        hold=Average(hold, len(shares)),
        wrap_up=Average(wrap_up, len(shares)),
        handle=Average(talk + hold + wrap_up, len(shares)),
        promises=len(promises),
        promises_open=sum(row.open for row in promises),
        kept_5_minutes=kept_within(promises, now, FIVE_MINUTES),
        kept_hour=kept_within(promises, now, HOUR),
        kept_as_promised=as_promised(promises, now),
        first_call=Ratio(sum(bool(row.first_call) for row in asked), len(asked)),
    )


def service_level(line: Iterable[Came], seconds: int, now: datetime | None = None) -> Ratio:
    """Answered within T ÷ (answered + abandoned after T). Of the two formulas in use this one does not blame us for
    callers who hang up at once; the other divides by all callers. Who chose a callback counts in neither.

    With ``now``, as alerts have it: who is in line for longer than T counts as late already, so that a line that nobody
    answers is noticed before the first one gives up.
    """
    rows = [row for row in line if row.fate != "moved"]
    answered = [row for row in rows if row.fate == "answered"]
    late = sum(row.fate == "abandoned" and row.wait > seconds for row in rows)
    if now is not None:
        late += sum(row.fate == "in_line" and (now - row.at).total_seconds() > seconds for row in rows)
    return Ratio(sum(row.wait <= seconds for row in answered), len(answered) + late)


def kept_within(promises: Iterable[Promise], now: datetime, seconds: int) -> Ratio:
    """Kept at most so long after the promised time ÷ promises about which that is known by now: kept, failed, or that
    time has passed. What the customer took back, or made needless by phoning us, is not counted."""
    known = [
        row
        for row in promises
        if row.state is not CallbackState.CANCELLED
        and (
            row.kept_at is not None
            or row.state is CallbackState.FAILED
            or (now - row.promised_for).total_seconds() > seconds
        )
    ]
    return Ratio(sum(row.kept_within(seconds) for row in known), len(known))


def as_promised(promises: Iterable[Promise], now: datetime) -> Ratio:
    """At a time: dialled then, or :data:`GRACE` later at most. As soon as possible: kept at all. ÷ promises about which
    that is known."""
    told = [row.as_promised(now, GRACE) for row in promises if row.state is not CallbackState.PROPOSED]
    return Ratio(sum(one is True for one in told), sum(one is not None for one in told))


def overdue(promises: Iterable[Promise], now: datetime) -> int:
    """Open promises whose time passed more than :data:`GRACE` ago and which are due by now (not put off to the next
    working hours)."""
    return sum(
        row.open and (now - row.promised_for).total_seconds() > GRACE and (now - row.due_at).total_seconds() > GRACE
        for row in promises
    )


def _parts(shares: Sequence[Share]) -> tuple[list[float], list[float], list[float]]:
    return [one.talk for one in shares], [one.hold for one in shares], [one.wrap_up for one in shares]


# By queue, language, agent, interval.


def by_queue(data: Data, names: Iterable[str] = ()) -> dict[str, Data]:
    """The data of each queue, by name; ``names`` are there even when nothing happened in them."""
    rows: list[Came | Share | Promise | Asked] = [*data.came, *data.shares, *data.promises, *data.asked]
    return {name: data.of(queue=name) for name in sorted({row.queue for row in rows} | set(names))}


def by_language(data: Data) -> dict[str, Data]:
    """The data of each language, by code; with the calls to the robot, which have a language too."""
    rows: list[Came | Share | Promise | Asked | Phoned] = [
        *data.came,
        *data.shares,
        *data.promises,
        *data.asked,
        *data.phoned,
    ]
    return {name: data.of(language=name) for name in sorted({row.language for row in rows})}


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """One agent's part of a time. ``offers`` counts answered, declined and missed ones; withdrawn ones are nobody's."""

    agent: int
    offers: int
    accepted: int
    declined: int
    missed: int
    conversations: int
    talk: Average
    hold: Average
    wrap_up: Average
    handle: Average


def by_agent(data: Data) -> list[AgentFigures]:
    """Every agent who was offered or had a call, by id."""
    found = []
    for agent in sorted({row.agent for row in data.shares} | {row.agent for row in data.offered}):
        shares = [row for row in data.shares if row.agent == agent and row.wrapped_at is not None]
        states = [row.state for row in data.offered if row.agent == agent]
        talk, hold, wrap_up = (sum(part) for part in _parts(shares))
        count = len(shares)
        found.append(
            AgentFigures(
                agent=agent,
                offers=sum(state in ("accepted", "declined", "missed") for state in states),
                accepted=states.count("accepted"),
                declined=states.count("declined"),
                missed=states.count("missed"),
                conversations=count,
                talk=Average(talk, count),
                hold=Average(hold, count),
                wrap_up=Average(wrap_up, count),
                handle=Average(talk + hold + wrap_up, count),
            )
        )
    return found


def intervals(data: Data, edges: Sequence[datetime]) -> list[Data]:
    """The data cut at ``edges`` (rising): one part between each two."""

    def cut(rows: Iterable[R], at: Callable[[R], datetime]) -> list[list[R]]:
        parts: list[list[R]] = [[] for _ in edges[1:]]
        for row in rows:
            part = bisect_right(edges, at(row)) - 1
            if 0 <= part < len(parts):
                parts[part].append(row)
        return parts

    return [
        Data(*parts)
        for parts in zip(
            cut(data.came, lambda row: row.at),
            cut(data.shares, lambda row: row.at),
            cut(data.offered, lambda row: row.at),
            cut(data.promises, lambda row: row.promised_for),
            cut(data.asked, lambda row: row.at),
            cut(data.phoned, lambda row: row.at),
            strict=True,
        )
    ]


def change(now: float | None, before: float | None) -> float | None:
    """The difference to the time before; None when either is not known."""
    return now - before if now is not None and before is not None else None
