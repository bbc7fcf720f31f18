"""A queue to play with: a carrier, pages and workers made by hand, and a clock that one moves.

For tests and for trying rules out; nothing of it runs in the program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from callqueue import acting, steering
from callqueue.agents import Skills
from callqueue.model import AgentStatus, CallbackRequest, HandOffRequest, PromiseResult, Ticked
from callqueue.ports import CarrierRefused, CarrierUnknown, Seat
from callqueue.rules import Rules
from callqueue.service import CallQueue

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday, noon in Moscow."""

MOSCOW = "+74951234567"


@dataclass
class FakeCarrier:
    """Implements :class:`callqueue.ports.Telephone`. ``live``: calls in progress; ``queued``: those in its queue.

    ``fail[method]`` is a list of exceptions to raise, one per call; ``CarrierUnknown`` in ``lost`` is raised after
    the thing was done.
    """

    live: set[str] = field(default_factory=set)
    queued: set[str] = field(default_factory=set)
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    dialled: list[tuple[int, int, str]] = field(default_factory=list)
    placed: dict[tuple[int, int], str] = field(default_factory=dict)
    fail: dict[str, list[Exception]] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    seats: dict[str, Seat] = field(default_factory=dict)
    """How each leg sits, by its last seating."""
    recorded: dict[str, str] = field(default_factory=dict)
    told_dropped: dict[str, bool] = field(default_factory=dict)
    """Whether a caller who was returned to the line was told that their agent dropped, or that they are passed on."""

    def _ask(self, method: str, *args: Any) -> None:
        self.asked.append((method, *args))
        if self.fail.get(method):
            raise self.fail[method].pop(0)

    def _answer(self, method: str) -> None:
        if self.lost.get(method):
            self.lost[method] -= 1
            raise CarrierUnknown(f"{method}: the answer was lost")

    def connect_waiting(self, call: str, queue_sid: str, ticket: int) -> None:
        self._ask("connect_waiting", call, queue_sid, ticket)
        if call not in self.queued:
            raise CarrierRefused("not in the queue")
        self.queued.discard(call)
        self._answer("connect_waiting")

    def call_customer(self, number: str, callback: int, attempt: int) -> str:
        self._ask("call_customer", number, callback, attempt)
        call = f"CA-callback-{callback}-{attempt}-{len(self.dialled)}"
        self.dialled.append((callback, attempt, call))
        self.placed[callback, attempt] = call
        self.live.add(call)
        self._answer("call_customer")
        return call

    def call_agent(self, number: str, ticket: int, agent: int, offer: int) -> str:
        self._ask("call_agent", number, ticket, agent, offer)
        call = f"CA-agent-{offer}"
        self.live.add(call)
        self._answer("call_agent")
        return call

    def return_to_line(self, call: str, ticket: int, dropped: bool = True) -> None:
        self._ask("return_to_line", call, ticket)
        self.told_dropped[call] = dropped
        if call not in self.live:
            raise CarrierRefused("the call is over")
        self.queued.add(call)
        self._answer("return_to_line")

    def hang_up(self, call: str) -> None:
        self._ask("hang_up", call)
        self.live.discard(call)
        self.queued.discard(call)
        self._answer("hang_up")

    def is_live(self, call: str) -> bool:
        self._ask("is_live", call)
        return call in self.live

    def find_callback_call(self, number: str, callback: int, attempt: int, since: Any) -> str | None:
        self._ask("find_callback_call", number, callback, attempt)
        return self.placed.get((callback, attempt))

    def seat(self, conference: str, call: str, seat: Seat) -> None:
        self._ask("seat", conference, call, seat)
        if call not in self.live:
            raise CarrierRefused("not in the conference")
        self.seats[call] = seat
        self._answer("seat")

    def call_outside(self, number: str, ticket: int) -> str:
        self._ask("call_outside", number, ticket)
        call = f"CA-outside-{ticket}"
        self.live.add(call)
        self._answer("call_outside")
        return call

    def call_supervisor(self, number: str, supervision: int, agent: int) -> str:
        self._ask("call_supervisor", number, supervision, agent)
        call = f"CA-supervisor-{supervision}"
        self.live.add(call)
        self._answer("call_supervisor")
        return call

    def play_keys(self, conference: str, call: str, keys: int) -> None:
        self._ask("play_keys", conference, call, keys)
        self._answer("play_keys")

    def start_recording(self, call: str, recording: int) -> str:
        self._ask("start_recording", call, recording)
        if call not in self.live:
            raise CarrierRefused("the call is over")
        self.recorded[call] = f"RE-{recording}"
        self._answer("start_recording")
        return f"RE-{recording}"

    def find_recording(self, call: str) -> str | None:
        self._ask("find_recording", call)
        return self.recorded.get(call)

    def pause_recording(self, call: str, sid: str, paused: bool) -> None:
        self._ask("pause_recording", call, sid, paused)
        self._answer("pause_recording")

    def count(self, method: str) -> int:
        """How often it was asked."""
        return sum(each[0] == method for each in self.asked)


@dataclass
class FakePush:
    """Implements :class:`callqueue.ports.Push`; ``sent``: audience, event, data."""

    sent: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def send(self, audience: str, event: str, data: Mapping[str, Any]) -> None:
        self.sent.append((audience, event, dict(data)))

    def events(self, audience: str) -> list[str]:
        return [event for to, event, _ in self.sent if to == audience]


@dataclass
class FakeWake:
    """Implements :class:`callqueue.ports.Wake`; ``lose`` makes every wake-up fail as with Redis away."""

    waiting: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    lose: bool = False

    def __call__(self, queue: str, job: str, *args: Any) -> None:
        if self.lose:
            raise ConnectionError("Redis is away")
        self.waiting.append((job.partition(":")[2], args))


class World:
    """A queue with its surroundings. ``now`` moves only by :meth:`later`."""

    def __init__(self, engine: Engine, rules: Rules | None = None, now: datetime = START) -> None:
        self.now = now
        self.carrier, self.push, self.wake = FakeCarrier(), FakePush(), FakeWake()
        self.queue = CallQueue(engine, self.wake, self.push, rules)
        self._calls = 0

    def later(self, seconds: float, *, alive: tuple[int, ...] = ()) -> None:
        """Move the clock; the pages of ``alive`` answer a ping then."""
        self.now += timedelta(seconds=seconds)
        for agent in alive:
            self.queue.alive(agent, now=self.now)

    def work(self) -> None:
        """Run every wake-up, and those they cause, as the workers would."""
        records = self.queue.records
        while self.wake.waiting:
            job, args = self.wake.waiting.pop(0)
            if job == "match":
                self.queue.match(now=self.now)
            else:
                work = getattr(acting, job, None) or getattr(steering, job)
                work(records, self.carrier, *args, self.now)

    def tick(self) -> Ticked:
        """One look of the clock, and the work it wakes."""
        ticked = self.queue.tick(now=self.now)
        self.work()
        return ticked

    def agent(self, id: int = 7, *, ready: bool = True, skills: Skills = (), phone: str | None = None) -> int:
        """An agent, by default ready."""
        self.queue.register_agent(id, f"Agent {id}", skills, phone, now=self.now)
        if ready:
            self.queue.set_status(id, AgentStatus.READY, now=self.now)
        return id

    def caller(self, number: str | None = MOSCOW, *, priority: int = 0, queue: str = "support") -> tuple[str, int]:
        """A caller handed off and in the carrier's queue: the call and its ticket."""
        self._calls += 1
        call = f"CA{self._calls:04d}"
        self.carrier.live.add(call)
        self.carrier.queued.add(call)
        request = HandOffRequest(f"{call}:h1", call, number, "ru", queue, priority, "asked", "wants a human")
        ticket = self.queue.hand_off(request, now=self.now)
        self.queue.entered(call, "QU1", now=self.now)
        return call, ticket

    def promise(
        self,
        number: str = MOSCOW,
        *,
        call: str = "CA-asked",
        key: str = "",
        at: datetime | None = None,
        on_line: bool = False,
    ) -> PromiseResult:
        """A promise asked for."""
        key = key or f"{call}:{at}"
        request = CallbackRequest(key, call, number, "ru", "support", "wants a call", at, on_line=on_line)
        return self.queue.promise(request, now=self.now)

    def offer_of(self, agent: int) -> int | None:
        """The id of the offer on an agent's page."""
        view = self.queue.agent_view(agent)
        return view.offer.id if view is not None and view.offer is not None else None

    def join(self, agent: int) -> tuple[int, str]:
        """The agent accepts what they are offered and their leg joins: ticket and leg."""
        offer = self.offer_of(agent)
        assert offer is not None
        assert self.queue.accept(offer, agent, now=self.now)
        ticket = self.queue.agent_for_offer(offer, agent)
        assert ticket is not None
        leg = f"CA-leg-{offer}"
        self.carrier.live.add(leg)
        assert self.queue.agent_joined(ticket, agent, leg, "CF1", now=self.now)
        self.work()
        return ticket, leg

    def talk(self, agent: int) -> tuple[int, str]:
        """Like :meth:`join`, and the waiting caller is brought in."""
        ticket, leg = self.join(agent)
        view = self.queue.ticket(ticket)
        assert view is not None
        self.queue.caller_joined(ticket, view.call, "CF1", now=self.now)
        self.work()
        return ticket, leg
