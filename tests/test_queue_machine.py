"""The queue under whatever may come, in any order: callers, agents, a carrier that fails, wake-ups that get lost."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from records import migrated
from sqlalchemy import select

from callqueue.callback_rules import CallbackRules
from callqueue.hours import in_hours
from callqueue.incall_model import SupervisionState, Target
from callqueue.model import OPEN_CALLBACK, AgentStatus, AttemptOutcome, CallbackState, OfferState, TicketState
from callqueue.ports import CarrierRefused, CarrierUnknown
from callqueue.rules import Rules
from callqueue.store import agents, callbacks, offers, supervisions, tickets
from callqueue.testing import World

AGENTS = (1, 2, 3)
RULES = Rules(callbacks=CallbackRules(per_slot=1, abandoned_seconds=10))
NUMBERS = ("+74951234567", "+74951234568", None)
WITH_AGENT = {TicketState.OFFERED, TicketState.CONNECTING, TicketState.CONNECTED, TicketState.WRAP_UP}
OVER = {TicketState.CLOSED, TicketState.ABANDONED}
who = st.sampled_from(AGENTS)
targets = st.sampled_from(
    [Target("agent", str(agent)) for agent in AGENTS] + [Target("queue", "support"), Target("number", "+74959998877")]
)
failures = st.sampled_from(
    [("connect_waiting", CarrierUnknown("503")), ("connect_waiting", CarrierRefused("429", again=True))]
    + [("call_customer", each) for each in (CarrierUnknown("timeout"), CarrierRefused("429", again=True))]
    + [("call_customer", CarrierRefused("400")), ("return_to_line", CarrierUnknown("503"))]
    + [("hang_up", CarrierUnknown("503")), ("is_live", CarrierUnknown("503"))]
    + [
        ("seat", CarrierUnknown("503")),
        ("call_outside", CarrierUnknown("503")),
        ("call_outside", CarrierRefused("400")),
    ]
)


class Queue(RuleBasedStateMachine):
    """Each rule is one thing that somebody does; the invariants hold between any two."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="hl-queue-"))
        self.engine = migrated(f"sqlite:///{self.folder}/queue.db")
        self.world = World(self.engine, RULES)
        self.refused: set[str] = set()
        self.promised: dict[int, datetime] = {}
        self.over: set[int] = set()
        self.count = 0
        for agent in AGENTS:
            self.world.agent(agent)
        dial = self.world.carrier.call_customer

        def never_early(number: str, callback: int, attempt: int) -> str:
            assert self.world.now >= self.promised[callback], "never early"
            assert number not in self.refused, "never who refused"
            assert in_hours(number, "support", self.world.now, RULES), "never out of hours"
            return dial(number, callback, attempt)

        self.world.carrier.call_customer = never_early  # type: ignore[method-assign]

    def rows(self, table: Any) -> list[Any]:
        with self.engine.connect() as conn:
            return list(conn.execute(select(table)).mappings())

    def ticket_of(self, agent: int) -> Any:
        return next((row for row in self.rows(tickets) if row["agent"] == agent and row["state"] in WITH_AGENT), None)

    # Callers.

    @rule(number=st.sampled_from(NUMBERS), priority=st.sampled_from([0, 10]))
    def call(self, number: str | None, priority: int) -> None:
        self.world.caller(number, priority=priority)

    @rule(data=st.data(), key=st.booleans(), minutes=st.integers(0, 90))
    def callback(self, data: st.DataObject, key: bool, minutes: int) -> None:
        """From the line by the key, or asked for by a flow, at once or later."""
        waiting = [row["leg"] for row in self.rows(tickets) if row["leg"] and row["state"] in ("waiting", "offered")]
        call = data.draw(st.sampled_from(waiting)) if waiting and key else f"CA-other-{self.count}"
        if waiting and key:
            self.world.queue.wants_callback(call, now=self.world.now)
        at = self.world.now + timedelta(minutes=minutes) if minutes else None
        self.count += 1
        made = self.world.promise(data.draw(st.sampled_from(NUMBERS[:2])), call=call, key=f"k{self.count}", at=at)
        if made.callback is not None and made.due_at is not None:
            self.promised[made.callback] = made.due_at

    @rule(number=st.sampled_from(NUMBERS[:2]), minutes=st.integers(0, 90))
    def moves(self, number: str, minutes: int) -> None:
        """The customer phones again and moves theirs."""
        self.count += 1
        at = self.world.now + timedelta(minutes=minutes) if minutes else None
        made = self.world.queue.move_mine(
            f"m{self.count}", number, at, call=f"CA-move-{self.count}", language="ru", now=self.world.now
        )
        if made.callback is not None and made.due_at is not None:
            self.promised[made.callback] = made.due_at

    @rule(number=st.sampled_from(NUMBERS[:2]))
    def cancels(self, number: str) -> None:
        self.world.queue.cancel_mine(number, now=self.world.now)

    @rule(data=st.data())
    def agent_dials_now(self, data: st.DataObject) -> None:
        rows = self.rows(callbacks)
        if rows:
            callback = data.draw(st.sampled_from([row["id"] for row in rows]))
            if self.world.queue.call_now(callback, now=self.world.now).kind == "promised":
                self.promised[callback] = self.world.now

    @rule(number=st.sampled_from(NUMBERS[:2]))
    def refuses(self, number: str) -> None:
        self.world.queue.opt_out(number, now=self.world.now)
        self.refused.add(number)

    @rule(number=st.sampled_from(NUMBERS[:2]))
    def allows(self, number: str) -> None:
        self.world.queue.opt_in(number, now=self.world.now)
        self.refused.discard(number)

    @rule(data=st.data(), told=st.booleans())
    def hang_up(self, data: st.DataObject, told: bool) -> None:
        live = [row["leg"] for row in self.rows(tickets) if row["leg"]]
        if live:
            leg = data.draw(st.sampled_from(live))
            self.world.carrier.live.discard(leg)
            self.world.carrier.queued.discard(leg)
            if told:
                self.world.queue.call_gone(leg, now=self.world.now)

    @rule(data=st.data(), twice=st.booleans())
    def customer_joins(self, data: st.DataObject, twice: bool) -> None:
        moved = [
            row
            for row in self.rows(tickets)
            if row["leg"] in self.world.carrier.live - self.world.carrier.queued and row["state"] in WITH_AGENT
        ]
        if moved:
            row = data.draw(st.sampled_from(moved))
            for _ in range(1 + twice):
                self.world.queue.caller_joined(row["id"], row["leg"], "CF1", now=self.world.now)

    @rule(data=st.data(), outcome=st.sampled_from([None, *AttemptOutcome]))
    def dialled(self, data: st.DataObject, outcome: AttemptOutcome | None) -> None:
        """The customer answers our call (None), or not."""
        if self.world.carrier.dialled:
            callback, attempt, call = data.draw(st.sampled_from(self.world.carrier.dialled))
            if outcome is None:
                self.world.queue.callback_answered(callback, attempt, call, now=self.world.now)
            else:
                self.world.queue.callback_ended(callback, attempt, outcome, now=self.world.now)

    # Agents.

    @rule(agent=who, status=st.sampled_from(list(AgentStatus)))
    def status(self, agent: int, status: AgentStatus) -> None:
        self.world.queue.set_status(agent, status, now=self.world.now)

    @rule(agent=who)
    def accept(self, agent: int) -> None:
        offer = self.world.offer_of(agent)
        if offer is not None:
            assert self.world.queue.accept(offer, agent, now=self.world.now)
            assert not self.world.queue.accept(offer, agent, now=self.world.now)

    @rule(agent=who)
    def decline(self, agent: int) -> None:
        offer = self.world.offer_of(agent)
        if offer is not None:
            self.world.queue.decline(offer, agent, now=self.world.now)

    @rule(agent=who)
    def join(self, agent: int) -> None:
        row = self.ticket_of(agent)
        if row is not None and row["state"] == TicketState.CONNECTING:
            leg = f"CA-leg-{row['offer']}"
            self.world.carrier.live.add(leg)
            self.world.queue.agent_joined(row["room"] or row["id"], agent, leg, "CF1", now=self.world.now)

    @rule(agent=who, told=st.booleans())
    def leg_drops(self, agent: int, told: bool) -> None:
        row = self.ticket_of(agent)
        if row is not None and row["agent_leg"]:
            self.world.carrier.live.discard(row["agent_leg"])
            if told:
                self.world.queue.agent_left(row["room"] or row["id"], row["agent_leg"], "CF1", now=self.world.now)

    @rule(agent=who)
    def finish(self, agent: int) -> None:
        row = self.ticket_of(agent)
        if row is not None:
            self.world.queue.end_call(row["id"], agent, now=self.world.now)
            self.world.queue.wrap_up(row["id"], agent, "done", "notes", now=self.world.now)

    @rule(agent=who, answers=st.booleans(), after=st.sampled_from([0, 0, 11]))
    def serve(self, agent: int, answers: bool, after: float) -> None:
        """The usual course at one go: offered, accepted, joined, the customer brought in (or dialled, and answers)."""
        self.world.queue.set_status(agent, AgentStatus.READY, now=self.world.now)
        self.world.work()
        self.accept(agent)
        self.world.later(after, alive=AGENTS)
        self.join(agent)
        self.world.work()
        row = self.ticket_of(agent)
        if row is None or row["state"] != TicketState.CONNECTING or not answers:
            return
        leg = row["leg"]
        if leg is None and row["callback"] is not None and self.world.carrier.dialled:
            callback, attempt, leg = self.world.carrier.dialled[-1]
            if self.world.queue.callback_answered(callback, attempt, leg, now=self.world.now) != row["id"]:
                return
        if leg in self.world.carrier.live - self.world.carrier.queued:
            self.world.queue.caller_joined(row["id"], leg, "CF1", now=self.world.now)

    # During the call.

    @rule(agent=who, on=st.booleans())
    def hold(self, agent: int, on: bool) -> None:
        row = self.ticket_of(agent)
        if row is not None:
            self.world.queue.hold(row["id"], agent, on, now=self.world.now)

    @rule(agent=who, aim=targets, warm=st.booleans())
    def transfer(self, agent: int, aim: Target, warm: bool) -> None:
        row = self.ticket_of(agent)
        if row is not None:
            self.world.queue.transfer(row["id"], agent, aim, warm=warm, now=self.world.now)

    @rule(agent=who, over=st.booleans())
    def end_consultation(self, agent: int, over: bool) -> None:
        row = self.ticket_of(agent)
        if row is not None:
            end = self.world.queue.hand_over if over else self.world.queue.take_back
            end(row["id"], agent, now=self.world.now)

    @rule(answers=st.booleans())
    def number_rung(self, answers: bool) -> None:
        for row in self.rows(tickets):
            if row["outside_leg"] is None or row["state"] not in ("connecting", "connected"):
                continue
            if answers and row["outside_leg"] in self.world.carrier.live:
                self.world.queue.outside_answered(row["id"], row["outside_leg"], now=self.world.now)
                self.world.queue.outside_joined(row["id"], row["outside_leg"], "CF1", now=self.world.now)
            else:
                self.world.carrier.live.discard(row["outside_leg"])
                self.world.queue.call_gone(row["outside_leg"], now=self.world.now)

    @rule(agent=who, boss=who, mode=st.sampled_from(["listen", "whisper", "barge", "leave"]), take=st.booleans())
    def supervise(self, agent: int, boss: int, mode: str, take: bool) -> None:
        row = self.ticket_of(agent)
        if row is None:
            return
        supervision = self.world.queue.supervise(row["id"], boss, mode, now=self.world.now)
        if supervision is not None and mode != "leave":
            self.world.carrier.live.add(f"CA-boss-{supervision}")
            self.world.queue.supervisor_joined(supervision, f"CA-boss-{supervision}", now=self.world.now)
            if take:
                self.world.queue.take_over(row["id"], boss, now=self.world.now)

    # The machinery.

    @rule(seconds=st.sampled_from([0.5, 2, 11, 16, 40, 400]), alive=st.sets(who))
    def later(self, seconds: float, alive: set[int]) -> None:
        self.world.later(seconds, alive=tuple(alive))

    @rule(failure=failures)
    def carrier_fails(self, failure: tuple[str, Exception]) -> None:
        self.world.carrier.fail.setdefault(failure[0], []).append(failure[1])

    @rule(method=st.sampled_from(["connect_waiting", "call_customer", "return_to_line", "hang_up"]))
    def answer_is_lost(self, method: str) -> None:
        self.world.carrier.lost[method] = 1

    @precondition(lambda self: self.world.wake.waiting)
    @rule()
    def wake_ups_are_lost(self) -> None:
        self.world.wake.waiting.clear()

    @precondition(lambda self: self.world.wake.waiting)
    @rule()
    def workers(self) -> None:
        self.world.work()

    @rule()
    def clock(self) -> None:
        assert self.world.tick().failed == 0

    # What always holds.

    @invariant()
    def agents_and_tickets_agree(self) -> None:
        held = {row["id"]: row for row in self.rows(tickets) if row["state"] in WITH_AGENT and not row["outside"]}
        by_agent = {row["id"]: row["ticket"] for row in self.rows(agents) if row["ticket"] is not None}
        assert sorted(by_agent.values()) == sorted(held), "one agent each, one ticket each"
        assert all(held[ticket]["agent"] == agent for agent, ticket in by_agent.items())
        open_offers = [row for row in self.rows(offers) if row["state"] == OfferState.OFFERED]
        offered = {row["id"] for row in held.values() if row["state"] == TicketState.OFFERED}
        assert sorted(row["ticket"] for row in open_offers) == sorted(offered)

    @invariant()
    def what_is_over_stays_over(self) -> None:
        over = {row["id"] for row in self.rows(tickets) if row["state"] in OVER}
        assert self.over <= over
        self.over = over

    @invariant()
    def one_call_per_attempt_and_one_promise_per_number(self) -> None:
        pairs = [each[:2] for each in self.world.carrier.dialled]
        assert len(pairs) == len(set(pairs))
        numbers = [row["number"] for row in self.rows(callbacks) if row["state"] in OPEN_CALLBACK]
        assert len(numbers) == len(set(numbers))

    @invariant()
    def no_more_at_a_time_than_can_be_kept(self) -> None:
        open_rows = [row for row in self.rows(callbacks) if row["state"] in OPEN_CALLBACK and row["at"] is not None]
        slots = Counter(RULES.callbacks.slot(row["at"]) for row in open_rows)
        assert all(taken <= RULES.callbacks.per_slot for taken in slots.values())

    @invariant()
    def nobody_is_lost(self) -> None:
        """A ticket that is not over has somebody on the line, an agent, or an open promise."""
        promises = {row["id"]: CallbackState(row["state"]) for row in self.rows(callbacks)}
        for row in self.rows(tickets):
            if row["state"] == TicketState.CALLBACK:
                assert promises[row["callback"]] in OPEN_CALLBACK
            elif row["kind"] == "consult" and row["state"] not in OVER:
                (parent,) = (one for one in self.rows(tickets) if one["id"] == row["parent"])
                assert parent["state"] == TicketState.CONNECTED, "somebody waits for whom they asked"
            elif row["state"] in (TicketState.WAITING, TicketState.CONNECTED):
                assert row["leg"] is not None

    @invariant()
    def supervisors_are_in_calls_that_go_on(self) -> None:
        going_on = {row["id"] for row in self.rows(tickets) if row["state"] == TicketState.CONNECTED}
        for row in self.rows(supervisions):
            assert row["state"] == SupervisionState.OVER or row["ticket"] in going_on

    @invariant()
    def a_caller_has_one_ticket(self) -> None:
        legs = [row["leg"] for row in self.rows(tickets) if row["leg"] and row["state"] not in OVER]
        assert len(legs) == len(set(legs))

    def teardown(self) -> None:
        """With agents who answer and a carrier that works, everything is served in the end."""
        try:
            self.settle()
        finally:
            self.engine.dispose()
            shutil.rmtree(self.folder, ignore_errors=True)

    def settle(self) -> None:
        world = self.world
        world.carrier.fail.clear()
        world.carrier.lost.clear()
        for _ in range(400):
            open_rows = [row for row in self.rows(tickets) if row["state"] not in OVER]
            if not open_rows and not [row for row in self.rows(callbacks) if row["state"] in OPEN_CALLBACK]:
                break
            for agent in AGENTS:
                if world.queue.agents(now=world.now)[agent - 1].state in ("paused", "off", "break"):
                    world.queue.set_status(agent, AgentStatus.READY, now=world.now)
                self.accept(agent)
                self.join(agent)
            world.work()
            for callback, attempt, call in world.carrier.dialled:
                if call in world.carrier.live:
                    world.queue.callback_answered(callback, attempt, call, now=world.now)
            for row in self.rows(tickets):
                if row["leg"] in world.carrier.live and row["state"] == TicketState.CONNECTING:
                    if row["leg"] not in world.carrier.queued:
                        world.queue.caller_joined(row["id"], row["leg"], "CF1", now=world.now)
                elif row["leg"] and row["leaving"]:
                    world.queue.left(row["leg"], "hangup", now=world.now)
                elif row["outside"] and row["agent_leg"]:
                    world.carrier.live.discard(row["agent_leg"])
                    world.queue.call_gone(row["agent_leg"], now=world.now)
                elif row["leg"] in world.carrier.queued and row["queue_sid"] is None:
                    world.queue.entered(row["leg"], "QU2", now=world.now)
            for agent in AGENTS:
                row = self.ticket_of(agent)
                if row is not None and row["state"] in (TicketState.CONNECTED, TicketState.WRAP_UP):
                    self.finish(agent)
            world.later(10, alive=AGENTS)
            assert world.tick().failed == 0
            self.agents_and_tickets_agree()
            self.one_call_per_attempt_and_one_promise_per_number()
            if all(row["state"] == TicketState.CALLBACK for row in open_rows):
                world.later(600, alive=AGENTS)
        else:
            raise AssertionError(f"never served: {[dict(row) for row in open_rows]}")


Queue.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestQueue = Queue.TestCase
