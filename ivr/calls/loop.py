"""The call loop: load -> advance -> look up -> render -> save -> reply, once per turn.

A turn that comes twice, late or in parallel gets the bytes that the first one got. What breaks on the way ends with a
human or a message, never with an error: see :mod:`ivr.calls.rescue`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from callqueue.service import CallQueue
from flows.engine import CallFacts, Session, advance, start
from flows.engine.events import Listen, Say
from flows.engine.inputs import HungUp
from flows.engine.waiting import unserved
from ivr.calls import entries, lookups, outbox, rescue, taking
from ivr.calls.door import Door
from ivr.calls.ears import Ears, needed
from ivr.calls.flow import FlowGone, ServedFlows
from ivr.calls.hints import language_of
from ivr.calls.model import Arrival, Awaits, Bridge, Effect, End, Facts, Outcome, Over, Park, Poll, Reply, Resume, Wait
from ivr.calls.outbox import Outbox
from ivr.calls.passage import Passage, Tools
from ivr.calls.script import Script
from ivr.calls.store import CallStore, Committed, Stored, Turn
from ivr.calls.words import words
from ivr.jobs import wake
from ivr.settings import Settings

log = logging.getLogger(__name__)

JOINED = frozenset({"bridged", "bridging-in-process", "redirected", "redirected-from-bridged"})
"""Why the carrier's queue let a caller go: to an agent."""


class Render(Protocol):
    """Puts a reply into the carrier's words."""

    def __call__(self, reply: Reply) -> bytes: ...


class CallLoop:
    """Calls of one web process. Methods raise ``redis.RedisError`` when Redis is away, and nothing else by design."""

    def __init__(
        self,
        settings: Settings,
        store: CallStore,
        flows: ServedFlows,
        tools: Tools,
        render: Render,
        queue: Callable[[], CallQueue],
    ) -> None:
        self.settings = settings
        self.store = store
        self.flows = flows
        self.tools = tools
        self.render = render
        self.queue = queue
        self.outbox = Outbox(store.redis)
        self.door = Door(store.redis, settings.max_calls)
        self.ears = Ears(store.redis)

    def incoming(self, facts: Facts) -> bytes:
        """A call comes in: turn 0. The same call again gets the same reply."""
        entered = self.door.enter(facts.call, facts.caller)
        if entered.welcome != "in":
            return self._finish(rescue.turned_away(self.settings, facts, entered.welcome, self.tools.languages()), 0)
        return self._begin(facts, 0, lost=False, promised=entered.promised, board=entered.board)

    def turn(self, call: str, n: int, arrival: Arrival) -> bytes:
        """Turn ``n`` of a call, with what the webhook brought."""
        if arrival.over and arrival.recording is None:
            # The action of a dial whose caller has hung up. It and the call's status overtake each other; either way
            # the call is over, and the flow says nothing to nobody.
            self.hung_up(call, "caller")
            return self.render(Reply(call, n, (), Over()))
        expected = None if arrival.repeat or arrival.deaf else self.store.expected(call, n)
        if expected is not None:
            return self._go_on(expected, n, arrival)
        found = self.store.load(call, n)
        if found is None:
            return self._unknown(n, arrival)
        if found.reply is not None:
            return found.reply
        if found.completed:
            return self.render(Reply(call, n, (), Over()))
        if n != found.n:
            return self.render(Reply(call, found.n, (), Resume()))
        if arrival.repeat and found.wait.kind in (Awaits.LISTEN, Awaits.RECORD) and not arrival.recording:
            last = self.store.reply(call, n - 1)
            if last is not None:
                return last
        return self._go_on(found, n, arrival)

    def stream_over(self, facts: Facts, stream: str) -> bytes:
        """The stream in which we heard the caller is over: what comes now. We have left it for what only the carrier
        can do, or for another process of ours; or it broke, and the caller goes on by keys."""
        call = facts.call
        told = self.store.stream_over(call, stream)
        if told is None:
            return self._begin(facts, 0, lost=True)
        if told.first and not told.left:
            often = self.ears.failed(call)
            log.warning("the stream of call %s ended unasked%s", call, ": keys from now on" if often else "")
        found = self.store.load(call, told.n)
        if found is None:
            return self._begin(facts, 0, lost=True)
        if found.n != told.n:
            return found.reply or self.render(Reply(call, found.n, (), Resume()))
        script = self._script(found)
        if script is None:
            return self.render(Reply(call, found.n, (), Resume()))
        if not told.left and found.wait.kind is Awaits.LISTEN and not found.completed:
            return self.turn(call, found.n, Arrival(facts, deaf=True))
        says = () if found.said == found.n else script.says
        name = f"{found.n}-{stream.count('-') + 1}" if stream.partition("-")[0] == str(found.n) else str(found.n)
        name = self._stream(found.facts, script.end, found.revision, name)
        return self.render(Reply(call, found.n, script.says if name else says, script.end, name))

    def scene(self, call: str) -> tuple[Stored, Script] | None:
        """Where a call is, and what its last turn said and wants; None when it is not known, or not ours to speak."""
        found = self.store.load(call, -1)
        script = self._script(found) if found is not None else None
        return (found, script) if found is not None and script is not None else None

    def hung_up(self, call: str, reason: str) -> None:
        """The carrier says that the call is over: end it, once; a finished call never becomes unfinished."""
        self.door.leave(call)
        for _ in range(20):
            found = self.store.load(call, -1)
            left = Effect(f"{call}:left", "left", call, {"reason": "hangup"})
            effects = [left] if found is None or found.handed else []
            if found is not None and found.completed:
                if effects:
                    outbox.defer(left)
                wake("journal", outbox.DRAIN)
                return
            facts = found.facts if found else Facts(call, None, "")
            if found is not None:
                effects += self._missed(found.facts, found.session, found.revision)
            # An unknown call is marked too, so that a late "voice" of a finished call cannot begin it.
            turn = Turn(
                facts=facts,
                n=found.n if found else 0,
                reply=self.render(Reply(call, 0, (), Over())),
                session=self._after_hang_up(found),
                wait=Wait(Awaits.NOTHING, time.time()),
                revision=found.revision if found else "",
                completed=True,
                journal=[entries.ended(reason, _now())] if found else [],
                effects=effects,
            )
            if self._commit(turn).won:
                wake("journal", outbox.DRAIN)
                return
        log.error("call %s could not be ended: its turns kept coming", call)

    def resume(self, facts: Facts) -> bytes:
        """The carrier lost its way (its fallback address was asked): the last reply again, or a fresh call."""
        found = self.store.load(facts.call, -1)
        if found is None:
            return self._begin(facts, 0, lost=False)
        if found.completed:
            return self.render(Reply(facts.call, found.n, (), Over()))
        last = self.store.reply(facts.call, found.n - 1)
        return last if last is not None else self.render(Reply(facts.call, found.n, (), Resume()))

    def back_in_line(self, facts: Facts, queue: str, language: str) -> Stored | None:
        """The parked call whose agent was lost; a leg that we dialled is made one. None: the call is over."""
        call = facts.call
        for _ in range(2):
            found = self.store.load(call, -1)
            if found is not None:
                return None if found.completed else found
            wait = Wait(Awaits.LINE, time.time(), key=f"{call}:line", queue=queue, language=language)
            self._commit(Turn(facts=facts, n=0, reply=b"", session="", wait=wait, revision=""))
        return None

    def notice(self, ticket: int, language: str) -> str:
        """The language in which this ticket's customer is to hear that they are recorded; '' when they need not. Who
        cannot be asked about is told: once too often is no harm."""
        if self.settings.record_calls == "off":
            return ""
        try:
            return language if self.queue().notice_due(ticket) else ""
        except (SQLAlchemyError, OSError) as error:
            log.warning("whether ticket %d is recorded is not known: %s", ticket, type(error).__name__)
            return language

    def _begin(self, facts: Facts, n: int, lost: bool, promised: bool = True, board: bytes = b"") -> bytes:
        """Start the flow at turn ``n``; ``lost`` when Redis forgot a call that was under way; ``promised``: whether
        this number may have been promised a call back; ``board``: the switchboard's copy, when it was read already."""
        now = _now()
        try:
            switched = self.flows.board(board)
            flow = self.flows.answering(facts.call, facts.called, switched)
            hint = switched.of(facts.called).language or facts.language or language_of(facts.caller)
            of = CallFacts(facts.call, facts.caller, facts.called, hint)
            at = now.timestamp()
            step = start(
                flow,
                of,
                now,
                switched.forced(at, self.settings.working_hours),
                calendar=switched.calendar(facts.called),
                shut=switched.closed(at),
                voicemail=switched.mode(at) == "voicemail",
            )
            passage = Passage(self.tools, flow, facts, n, now, promised=promised)
            passage.journal.append(entries.started(facts, step.session.language, flow.name, flow.revision, now))
            announced = () if lost else _announced(switched.announcement(step.session.language, at))
            passage.says += announced
            passage.journal += entries.of_events(announced, now)
            if lost:
                passage.says += words("lost", step.session.language)
            return self._finish(passage.run(step), n)
        except Exception as error:
            self._only_ours(error)
            log.exception("call %s could not begin its flow", facts.call)
            return self._human(facts, n, "failed", "", "")

    def _unknown(self, n: int, arrival: Arrival) -> bytes:
        """Redis does not know the call: it was emptied. A caller in line stays there, or goes to their agent (a late
        copy of an earlier turn begins no second call for them); others are greeted again."""
        call = arrival.facts.call
        if arrival.left in JOINED:
            ticket = self._ticket(call)
            if ticket is not None:
                return self.render(Reply(call, n, (), Bridge(ticket, self.notice(ticket, self._languages()[0]))))
        if arrival.dialled:
            return self.render(Reply(call, n, words("goodbye", *self._languages()), Over()))
        if not arrival.left:
            queue = self._in_line(call)
            if queue is not None:
                return self.render(Reply(call, n, (), Park(queue)))
        return self._begin(arrival.facts, n, lost=True)

    def _go_on(self, found: Stored, n: int, arrival: Arrival) -> bytes:
        call, wait = found.facts.call, found.wait
        if wait.kind is Awaits.HAND_OFF or wait.kind is Awaits.LINE:
            reply = self._still_parked(found, n, arrival)
            if reply is not None:
                return reply
        if wait.kind is Awaits.HAND_OFF and found.left == "away":
            return self._away(found, n)
        if wait.kind in (Awaits.LINE, Awaits.SORRY_DIAL, Awaits.SORRY_RECORD, Awaits.NOTHING):
            return self._without_session(found, n, arrival)
        try:
            session = Session.from_json(found.session)
            flow = self.flows.revision(found.revision)
        except (ValueError, FlowGone) as error:
            log.warning("call %s cannot go on with its flow: %s", call, error)
            return self._human(found.facts, n, "failed", found.session, found.revision)
        try:
            passage = Passage(self.tools, flow, found.facts, n, _now())
            taken = taking.taken(self.outbox, found, session, arrival, passage)
            if taken is None:
                return self._poll(found, n)
            if arrival.deaf:
                self._by_keys(found, session, passage)
            heard = entries.of_input(taken, wait.secret, passage.now)
            if heard is not None:
                passage.journal.append(heard)
            outcome = passage.run(advance(flow, session, taken, passage.now))
            return self._finish(outcome, n, stream=not arrival.deaf)
        except Exception as error:
            self._only_ours(error)
            log.exception("call %s broke at turn %d", call, n)
            return self._human(found.facts, n, "failed", found.session, found.revision)

    def _by_keys(self, found: Stored, session: Session, passage: Passage) -> None:
        """The caller hears that we cannot hear them, and the question again."""
        passage.journal.append(entries.trouble("stream ended", passage.now, session.step))
        script = self._script(found)
        passage.says += words("keys", session.language) + (script.says if script else ())

    def _still_parked(self, found: Stored, n: int, arrival: Arrival) -> bytes | None:
        """Replies that move nothing: the caller goes to the agent, or stays in line."""
        call = found.facts.call
        if arrival.dialled:
            return None
        if arrival.left in JOINED:
            # Told late, it can come when they have finished talking: that is for the dial's action to tell the flow.
            # Were somebody to follow this reply without a ticket, the wait lane would let them go.
            ticket = self._ticket(call)
            there: Park | Bridge = Park(found.wait.queue)
            if ticket is not None:
                there = Bridge(ticket, self.notice(ticket, found.wait.language))
            return self.render(Reply(call, n, (), there))
        if arrival.left == "hangup":
            self.hung_up(call, "caller")
            return self.render(Reply(call, n, (), Over()))
        if not arrival.left:
            return self.render(Reply(call, n, (), Park(found.wait.queue)))
        return None

    def _away(self, found: Stored, n: int) -> bytes:
        """The records went away while the caller waited: no human, and no promise of one."""
        facts = found.facts
        self.outbox.expire(found.wait.key, give_up=False)
        outcome = rescue.sorry(self.settings, facts, self._languages(found))
        left = Effect(f"{facts.call}:{n}:left", "left", facts.call, {"reason": "leave"})
        return self._finish(replace(outcome, session=found.session, revision=found.revision, effects=[left]), n)

    def _without_session(self, found: Stored, n: int, arrival: Arrival) -> bytes:
        languages = self._languages(found)
        if found.wait.kind is Awaits.LINE and found.wait.language:
            languages = (found.wait.language,)
        again = found.left == "nobody" and self._phoned_again(found.facts.call)
        outcome = rescue.go_on(self.settings, found, n, arrival, languages, promised=again)
        return self._finish(outcome, n)

    def _human(self, facts: Facts, n: int, reason: str, session: str, revision: str) -> bytes:
        """The flow cannot go on: to a human without it, or to a message."""
        outcome = rescue.human(self.settings, self.queue, facts, n, reason, self._languages(session=session))
        return self._finish(replace(outcome, session=session, revision=revision), n)

    def _poll(self, found: Stored, n: int) -> bytes:
        """Nothing yet: come back. A poll is a turn like any other."""
        wait, call = found.wait, found.facts.call
        ask = wait.kind is Awaits.LOOKUP and not wait.asked and time.time() - wait.since > lookups.THREAD_SECONDS
        turn = Turn(
            facts=found.facts,
            n=n,
            reply=self.render(Reply(call, n + 1, (), Poll())),
            session=found.session,
            wait=replace(wait, asked=wait.asked or ask),
            revision=found.revision,
        )
        committed = self._commit(turn)
        if committed.won and ask:
            wake("lookups", "ivr.calls.lookups:perform", call, n, wait.key)
        return self._reply_of(committed, call, n)

    def _finish(self, outcome: Outcome, n: int, stream: bool = True) -> bytes:
        """``stream``: the caller may be heard by ourselves in what follows."""
        call = outcome.facts.call
        ours = self._ours(outcome.facts, outcome.revision)
        name = self._placed(outcome.facts, outcome.end, str(n + 1)) if stream and ours else ""
        over = isinstance(outcome.end, Over)
        missed = self._missed(outcome.facts, outcome.session, outcome.revision) if over else []
        turn = Turn(
            facts=outcome.facts,
            n=n,
            reply=self.render(Reply(call, n + 1, outcome.says, outcome.end, name)),
            session=outcome.session,
            wait=outcome.wait,
            revision=outcome.revision,
            completed=over,
            journal=outcome.journal,
            effects=[*outcome.effects, *missed],
            record=rescue.record_data(outcome.wait),
            script=Script(outcome.says, outcome.end).to_json() if ours else "",
        )
        committed = self._commit(turn)
        if committed.won and outcome.ask:
            wake("lookups", "ivr.calls.lookups:perform", call, n, outcome.wait.key)
        return self._reply_of(committed, call, n)

    def _commit(self, turn: Turn) -> Committed:
        committed = self.store.commit(turn)
        if committed.won:
            for effect in turn.effects:
                wake("changes", outbox.JOB, effect.key)
            if not committed.flow_kept and turn.revision:
                self.flows.keep(turn.revision)
        return committed

    def _reply_of(self, committed: Committed, call: str, n: int) -> bytes:
        if committed.reply is not None:
            return committed.reply
        end = Over() if committed.completed else Resume()
        return self.render(Reply(call, committed.n, (), end))

    def _ours(self, facts: Facts, revision: str) -> bool:
        """Whether we hear and speak in this call ourselves, where we can."""
        if facts.typed or not revision or self.settings.hears == "carrier":
            return False
        try:
            return self.settings.hears == "local" or self.flows.revision(revision).local_voice
        except FlowGone:
            return False

    def _stream(self, facts: Facts, end: End, revision: str, name: str) -> str:
        """The stream's name if what follows is heard by ourselves: somebody can, and has a place. Otherwise ''."""
        return self._placed(facts, end, name) if self._ours(facts, revision) else ""

    def _placed(self, facts: Facts, end: End, name: str) -> str:
        """The same for a call that is known to be ours."""
        return name if isinstance(end, Listen) and self.ears.place(facts.call, needed(end)) else ""

    @staticmethod
    def _script(found: Stored) -> Script | None:
        try:
            return Script.from_json(found.script) if found.script else None
        except (ValueError, KeyError, TypeError) as error:
            log.warning("what call %s was told cannot be read: %s", found.facts.call, error)
            return None

    def _missed(self, facts: Facts, session: str, revision: str) -> list[Effect]:
        """Word of a caller who wanted a human, and whose call ends without one."""
        if not session or facts.caller is None or '"wanted"' not in session:
            return []
        try:
            wanted = unserved(self.flows.revision(revision), Session.from_json(session))
        except (ValueError, FlowGone) as error:
            log.warning("whether call %s was served cannot be told: %s", facts.call, error)
            return []
        if wanted is None:
            return []
        body = {
            "number": facts.caller,
            "language": wanted.language,
            "queue": wanted.queue,
            "summary": wanted.summary,
        }
        return [Effect(f"{facts.call}:missed", "missed", facts.call, body)]

    def _after_hang_up(self, found: Stored | None) -> str:
        if found is None or not found.session:
            return ""
        try:
            flow = self.flows.revision(found.revision)
            return advance(flow, Session.from_json(found.session), HungUp(), _now()).session.to_json()
        except Exception as error:  # noqa: BLE001 - the call is over whatever its flow thinks
            self._only_ours(error)
            log.warning("call %s ended where its flow could not follow: %s", found.facts.call, error)
            return found.session

    def _in_line(self, call: str) -> str | None:
        """The queue in which the records have this caller."""
        ticket = self._ticket(call)
        if ticket is None:
            return None
        view = self.queue().ticket(ticket)
        return view.queue if view is not None else None

    def _ticket(self, call: str) -> int | None:
        try:
            waiting = self.queue().waiting(call)
        except Exception as error:
            self._only_ours(error)
            log.exception("the ticket of call %s cannot be read", call)
            return None
        return waiting.ticket if waiting else None

    def _phoned_again(self, call: str) -> bool:
        """Whether this is a customer whom we phoned, and the promise stands when they leave the line."""
        try:
            return self.queue().phoned_again(call)
        except (SQLAlchemyError, OSError) as error:
            log.warning("whether call %s is phoned again is not known: %s", call, type(error).__name__)
            return False

    def _languages(self, found: Stored | None = None, session: str = "") -> tuple[str, ...]:
        """What to speak when the flow cannot: the call's language, else all of the flow's."""
        text = found.session if found else session
        if text:
            try:
                return (Session.from_json(text).language,)
            except ValueError:
                pass
        return self.tools.languages()

    @staticmethod
    def _only_ours(error: Exception) -> None:
        """Redis away is for the edge to answer; everything else is answered here."""
        if isinstance(error, RedisError):
            raise error


def _announced(found: tuple[str, str] | None) -> tuple[Say, ...]:
    return (Say(*found),) if found else ()


def _now() -> datetime:
    return datetime.now(UTC)
