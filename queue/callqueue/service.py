"""The queue's front door: everything the program may ask of hand-offs, agents and callbacks.

SQL is the truth. Each method is one or a few short transactions; wake-ups and pushes go out after the commit, and
their loss is harmless, because :meth:`CallQueue.tick` finds whatever is due. Every method takes ``now`` (aware;
default: the clock) and raises ``sqlalchemy.exc.SQLAlchemyError`` when the records cannot be reached.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Engine

from callqueue import (
    agents,
    callbacks,
    calls,
    changing,
    conference,
    desk,
    dialling,
    matching,
    moves,
    promised,
    proposals,
    ticking,
    views,
)
from callqueue.incall_service import InCalls
from callqueue.model import (
    Admission,
    AgentRow,
    AgentStatus,
    AgentView,
    AttemptOutcome,
    CallbackRequest,
    CallbackState,
    CallbackView,
    HandOffRequest,
    LineView,
    MessageRequest,
    MessageView,
    OptOut,
    Promise,
    PromiseResult,
    Ticked,
    TicketView,
    Waiting,
)
from callqueue.ports import Push, Wake
from callqueue.proposals import MissedCall
from callqueue.rules import Rules
from callqueue.task_service import ToDo
from callqueue.work import Records, moment

__all__ = ["CallQueue", "Rules"]


class CallQueue(ToDo, InCalls):
    """Hand-offs, agents and callbacks of one set of records.

    Pushes: to ``agent:<id>`` ``offer`` {offer, ticket, kind, deadline}, ``withdrawn`` {offer, ticket, reason},
    ``state`` {ticket, state, reason} (anything of theirs changed: ask :meth:`agent_view`),
    ``controls`` {ticket} (hold, mute, consultation: ask :meth:`in_call`), ``supervision`` {supervision, ticket, state,
    mode} (``asked``: have the phone join); to ``desk`` ``line``, ``agents``, ``callbacks``, ``messages``, ``tasks`` {}
    (that list changed); to
    whom it concerns ``task`` {task, what} (``given``, ``overdue``) and ``notes`` {ticket, version}.
    """

    def __init__(self, engine: Engine, wake: Wake, push: Push, rules: Rules | None = None) -> None:
        self.records = Records(engine, wake, push, rules or Rules())

    # The call's side.

    def admit(self, queue: str, open: bool, *, now: datetime | None = None) -> Admission:
        """Whether a caller may join the line now."""
        at = moment(now)
        with self.records.reading() as conn:
            return calls.admit(conn, queue, open, at, self.records.rules)

    def hand_off(self, request: HandOffRequest, *, now: datetime | None = None) -> int:
        """Put the caller in line, once per key; returns the ticket. Merges with an open callback of the number.
        Raises :class:`callqueue.calls.QueueFull` when others took the last place since :meth:`admit`."""
        return self.records.write(now, calls.hand_off, request)

    def waiting(self, call: str, *, now: datetime | None = None) -> Waiting | None:
        """The open ticket of a caller's leg, None when there is none."""
        with self.records.reading() as conn:
            return calls.waiting(conn, call, moment(now), self.records.rules)

    def entered(self, call: str, queue_sid: str, *, now: datetime | None = None) -> None:
        """The carrier holds the caller in its queue ``queue_sid``."""
        self.records.write(now, calls.entered, call, queue_sid)

    def wants_callback(self, call: str, *, now: datetime | None = None) -> bool:
        """The waiting caller pressed the callback key. False: an agent is already being connected; do not leave."""
        return self.records.write(now, calls.wants_callback, call)

    def left(self, call: str, reason: str, *, now: datetime | None = None) -> None:
        """The caller's leg left: ``hangup``, ``leave`` (the queue only) or the carrier's word."""
        self.records.write(now, calls.left, call, reason)

    def promise(self, request: CallbackRequest, *, now: datetime | None = None) -> PromiseResult:
        """Promise to phone back, once per key; a second promise to a number changes the first."""
        return self.records.write(now, callbacks.promise, request)

    def message(self, request: MessageRequest, *, now: datetime | None = None) -> int:
        """Keep a recorded message, once per key; returns its id."""
        return self.records.write(now, calls.message, request)

    # The conference's side. ``conference_sid``, where known, tells a late word about an earlier one from this one.

    def agent_for_offer(self, offer: int, agent: int, *, now: datetime | None = None) -> int | None:
        """The ticket whose conference this agent's leg may join: theirs, accepted and being connected."""
        with self.records.reading() as conn:
            return agents.for_offer(conn, offer, agent)

    def agent_joined(
        self, ticket: int, agent: int, leg: str, conference_sid: str = "", *, now: datetime | None = None
    ) -> bool:
        """The agent's leg is in the conference. False: not theirs (any more): that leg is hung up."""
        return self.records.write(now, conference.agent_joined, ticket, agent, leg, conference_sid)

    def agent_left(self, ticket: int, leg: str, conference_sid: str = "", *, now: datetime | None = None) -> None:
        """The agent's leg is out. With the caller still there, the caller is first in line again."""
        self.records.write(now, conference.agent_left, ticket, leg, conference_sid)

    def caller_joined(self, ticket: int, leg: str, conference_sid: str = "", *, now: datetime | None = None) -> None:
        """The caller's leg is in the conference."""
        self.records.write(now, conference.caller_joined, ticket, leg, conference_sid)

    def caller_left(self, ticket: int, conference_sid: str = "", *, now: datetime | None = None) -> None:
        """The caller's leg is out of the conference."""
        self.records.write(now, conference.caller_left, ticket, conference_sid)

    def conference_ended(self, ticket: int, conference_sid: str = "", *, now: datetime | None = None) -> None:
        """The conference is over."""
        self.records.write(now, conference.conference_ended, ticket, conference_sid)

    def callback_answered(self, callback: int, attempt: int, call: str, *, now: datetime | None = None) -> int | None:
        """The customer answered: the ticket to join, or None (say sorry and hang up). Same answer for a repeat."""
        return self.records.write(now, dialling.answered, callback, attempt, call)

    def callback_ended(
        self, callback: int, attempt: int, outcome: AttemptOutcome, *, now: datetime | None = None
    ) -> None:
        """An attempt is over without a conversation."""
        self.records.write(now, dialling.ended, callback, attempt, AttemptOutcome(outcome))

    def call_gone(self, call: str, *, now: datetime | None = None) -> None:
        """A leg of any kind (caller, agent, callback) has ended, as a status callback or a look told."""
        self.records.write(now, conference.call_gone, call)

    def offer_ringing(self, offer: int, *, now: datetime | None = None) -> None:
        """The agent's telephone began to ring: the ring deadline starts now."""
        self.records.write(now, agents.ringing, offer)

    def offer_answered(self, offer: int, leg: str, *, now: datetime | None = None) -> int | None:
        """ "1" pressed on the agent's telephone: accepts for its agent; the ticket to join, None when too late."""
        return self.records.write(now, agents.answered, offer, leg)

    # The desk's side.

    def register_agent(
        self,
        id: int,
        name: str,
        skills: agents.Skills | None = None,
        phone: str | None = None,
        *,
        now: datetime | None = None,
    ) -> None:
        """Make or rename an agent, off duty at first. ``skills`` or ``phone`` None: as they were; phone "": none.

        Skills are levels by name (``{"cards": 7}``), or names alone, which count as level 5. Raises ``ValueError`` for
        a level not of 1 to 10.
        """
        self.records.write(now, agents.register, id, name, skills, phone)

    def set_skills(self, agent: int, skills: agents.Skills, *, now: datetime | None = None) -> bool:
        """What the agent can do from now on. False: no such agent. Raises ``ValueError`` as :meth:`register_agent`."""
        return self.records.write(now, agents.set_skills, agent, skills)

    def set_status(self, agent: int, status: AgentStatus, reason: str = "", *, now: datetime | None = None) -> None:
        """The agent's choice. READY also ends a pause; BREAK and OFF hand an open offer on."""
        self.records.write(now, agents.set_status, agent, AgentStatus(status), reason)

    def alive(self, agent: int, *, now: datetime | None = None) -> None:
        """The agent's page answered a ping."""
        self.records.write(now, agents.alive, agent)

    def dead(self, agent: int, *, now: datetime | None = None) -> None:
        """The agent's page is gone for good (signed out): off duty at once, unless in a call."""
        self.records.write(now, agents.off_duty, agent, "page closed")

    def accept(self, offer: int, agent: int, *, now: datetime | None = None) -> bool:
        """True for exactly one acceptance of an open offer. A double click's second one is False: look at the view."""
        return self.records.write(now, agents.accept, offer, agent) is not None

    def decline(self, offer: int, agent: int, *, now: datetime | None = None) -> bool:
        """Hand an open offer on; the agent is not paused."""
        return self.records.write(now, agents.decline, offer, agent)

    def end_call(self, ticket: int, agent: int, *, now: datetime | None = None) -> bool:
        """The agent hangs up: both legs end, wrap-up begins. False: not theirs or no call."""
        return self.records.write(now, conference.end_call, ticket, agent)

    def wrap_up(
        self,
        ticket: int,
        agent: int,
        outcome: str,
        notes: str | None = None,
        questions: Sequence[str] = (),
        *,
        now: datetime | None = None,
    ) -> bool:
        """Finish wrap-up: the ticket is closed, the agent free. ``questions``: new open ones. False: not in wrap-up."""
        return self.records.write(now, desk.wrap_up, ticket, agent, outcome, notes, questions)

    def save_notes(
        self, ticket: int, agent: int, notes: str, version: int | None = None, *, now: datetime | None = None
    ) -> int:
        """Keep notes; the last write wins. Returns the notes' version (unchanged for a repeat)."""
        return self.records.write(now, desk.save_notes, ticket, agent, notes, version)

    def add_question(self, ticket: int, text: str, *, now: datetime | None = None) -> int:
        """A question the customer asked. Returns its id; the same text twice is one question."""
        return self.records.write(now, desk.add_question, ticket, text)

    def answer_question(self, question: int, agent: int, answer: str, *, now: datetime | None = None) -> bool:
        """Answer an open question. False: answered already."""
        return self.records.write(now, desk.answer_question, question, agent, answer)

    def reopen_question(self, question: int, agent: int, *, now: datetime | None = None) -> bool:
        """Undo an answer to a question of the call the agent has. False: not theirs."""
        return self.records.write(now, desk.reopen_question, question, agent)

    def plan_question(
        self, question: int, agent: int, owner: int | None, due_at: datetime | None, *, now: datetime | None = None
    ) -> bool:
        """Whose task a question of the call in hand becomes if it stays open (None: the agent's own; 0: anybody's), and
        due when (None: after ``Rules.task_hours``). False: not theirs."""
        return self.records.write(now, desk.plan_question, question, agent, owner, due_at)

    def agent_view(self, agent: int, *, now: datetime | None = None) -> AgentView | None:
        """The agent's page; None for an unknown agent."""
        with self.records.reading() as conn:
            return views.agent(conn, agent)

    def agents(self, *, now: datetime | None = None) -> list[AgentRow]:
        """All agents, by name."""
        with self.records.reading() as conn:
            return views.all_agents(conn, moment(now), self.records.rules)

    def ticket(self, ticket: int) -> TicketView | None:
        """One hand-off."""
        with self.records.reading() as conn:
            return views.ticket(conn, ticket)

    def ticket_of_call(self, call: str) -> TicketView | None:
        """The newest hand-off of an inbound call or of a callback's leg."""
        with self.records.reading() as conn:
            return views.ticket_of_call(conn, call)

    def callbacks(
        self,
        limit: int = 100,
        *,
        queue: str | None = None,
        agent: int | None = None,
        due_by: datetime | None = None,
    ) -> list[CallbackView]:
        """Open promises by due time, then failed and kept ones, newest first. Only those of a queue; that are an
        agent's to keep, or were kept by them; that are open and due by a moment."""
        with self.records.reading() as conn:
            return views.all_callbacks(conn, limit, queue, agent, due_by)

    def callback(self, callback: int) -> CallbackView | None:
        """One promise."""
        with self.records.reading() as conn:
            return views.callback(conn, callback)

    def promises(
        self,
        since: datetime,
        until: datetime,
        *,
        states: Collection[CallbackState] = promised.STATES,
        queue: str | None = None,
        limit: int | None = None,
    ) -> list[Promise]:
        """Every promise for a time in ``[since, until)``, with when it was first dialled and kept."""
        with self.records.reading() as conn:
            return promised.promises(conn, since, until, states, queue, limit)

    def promise_of(self, number: str) -> Promise | None:
        """The number's open promise."""
        with self.records.reading() as conn:
            return promised.open_of(conn, number)

    def promised_numbers(self, after: int = 0) -> dict[int, str]:
        """Promise -> number of those that are open and newer than promise ``after``."""
        with self.records.reading() as conn:
            return promised.numbers(conn, after)

    def phoned_again(self, call: str) -> bool:
        """Whether a customer we phoned, now in line, is phoned anew when they leave it: another attempt is left."""
        with self.records.reading() as conn:
            return promised.again(conn, call)

    def proposals(self, limit: int = 100) -> list[CallbackView]:
        """Calls that nobody served and that no rule phones back: an agent may. Newest first."""
        with self.records.reading() as conn:
            return views.proposals(conn, limit)

    def missed(self, call: MissedCall, *, now: datetime | None = None) -> int | None:
        """A call that wanted a human has ended without one. Returns what the rule made of it, None: nothing."""
        return self.records.write(now, proposals.missed, call)

    def move_mine(
        self,
        key: str,
        number: str,
        at: datetime | None,
        *,
        call: str,
        language: str,
        on_line: bool = False,
        now: datetime | None = None,
    ) -> PromiseResult:
        """The customer moves their promise, once per key; ``at`` None: as soon as possible."""
        return self.records.write(now, changing.move_mine, key, number, at, call, language, on_line)

    def cancel_mine(self, number: str, *, now: datetime | None = None) -> bool:
        """The customer takes their promise back. False: there is none."""
        return self.records.write(now, changing.cancel_mine, number)

    def move_callback(self, callback: int, at: datetime | None, *, now: datetime | None = None) -> PromiseResult:
        """An agent moves a promise that is not being dialled."""
        return self.records.write(now, changing.move, callback, at)

    def cancel_callback(self, callback: int, *, now: datetime | None = None) -> bool:
        """An agent takes a promise back, or puts a proposal away. False: over, or being spoken."""
        return self.records.write(now, changing.cancel, callback)

    def call_now(self, callback: int, *, now: datetime | None = None) -> PromiseResult:
        """An agent has a promise dialled before its time, or takes a proposal up."""
        return self.records.write(now, changing.call_now, callback)

    def refuse_calls(self, callback: int, attempt: int, call: str, *, now: datetime | None = None) -> bool:
        """The customer we phoned pressed the key that says: never again."""
        return self.records.write(now, changing.refuse, callback, attempt, call)

    def opt_out(self, number: str, how: OptOut = "desk", *, now: datetime | None = None) -> None:
        """Never dial this number again; its open promise is cancelled."""
        self.records.write(now, callbacks.opt_out, number, how)

    def opt_in(self, number: str, *, now: datetime | None = None) -> bool:
        """The number may be dialled again. False: nothing forbade it."""
        return self.records.write(now, callbacks.opt_in, number)

    def messages(self, limit: int = 100) -> list[MessageView]:
        """Messages not closed, oldest first, then closed ones."""
        with self.records.reading() as conn:
            return views.all_messages(conn, limit)

    def waiting_list(self, *, now: datetime | None = None) -> list[LineView]:
        """Who waits, in the order they will be served."""
        with self.records.reading() as conn:
            return views.waiting_list(conn)

    def move_ticket(self, ticket: int, queue: str, *, by: int | None, now: datetime | None = None) -> bool:
        """A ticket in line, offered, or promised goes over to another queue with the time waited so far; an open offer
        is withdrawn. ``by``: a person's id. False: it is with an agent, over, or there already. Raises ``ValueError``
        for a queue that is not in the rules, when they have any."""
        return self.records.write(now, moves.move_ticket, ticket, queue, by)

    def queue_names(self, language: str) -> dict[str, str]:
        """Every queue of the rules with what people call it in that language, else in English, else its id."""
        return {
            queue: asked.names.get(language) or asked.names.get("en") or queue
            for queue, asked in self.records.rules.queues.items()
        }

    # Time.

    def match(self, *, now: datetime | None = None) -> int:
        """Offer waiting tickets to ready agents until nothing fits; returns how many offers were made."""
        return matching.match(self.records, now)

    def tick(self, *, now: datetime | None = None) -> Ticked:
        """One look at the clock: whatever is due moves; call every 0.5 s from whoever holds the lease."""
        return ticking.tick(self.records, moment(now))
