"""One turn through the flow: from an input to what the caller hears and what is awaited next."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from callqueue.service import CallQueue
from flows.engine import Step, advance
from flows.engine.events import Change, HandOff, HangUp, Listen, Lookup, Record, Say
from flows.engine.inputs import TransferEnded
from flows.language.flow import Flow
from ivr.calls import entries, lookups, promises, rescue
from ivr.calls.lookups import Lookups
from ivr.calls.model import Awaits, Effect, End, Facts, JournalEntry, Outcome, Over, Park, Poll, Wait
from ivr.calls.words import words
from ivr.settings import Settings
from ivr.shop.port import Answer, Caller, Shop

log = logging.getLogger(__name__)

ROUNDS = 30
"""Times one turn may go back to the flow (inline lookups, hand-offs that cannot be); past it a human takes over."""


class TooManyRounds(Exception):
    """The flow asks and asks within one turn."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a turn uses of the world. ``shop`` and ``queue`` are asked for when needed: either may be away."""

    settings: Settings
    lookups: Lookups
    shop: Callable[[], Shop]
    queue: Callable[[], CallQueue]
    languages: Callable[[], tuple[str, ...]]
    shut: Callable[[str], bool] = lambda queue: False
    """Whether the switchboard has closed a queue since the call began. Raises ``RedisError``, ``SQLAlchemyError``."""


@dataclass(slots=True)
class Passage:
    """Gathers what turn ``n`` says, writes and wants, until the flow waits or ends. ``promised``: the caller may have
    been promised a call back; False spares the records the question."""

    tools: Tools
    flow: Flow
    facts: Facts
    n: int
    now: datetime
    says: tuple[Say, ...] = ()
    journal: list[JournalEntry] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    promised: bool = True

    def run(self, step: Step) -> Outcome:
        """Follow the flow. Lookups are asked inside, for 0.7 s in all. Raises what the engine raises, and
        :class:`TooManyRounds`."""
        deadline = time.monotonic() + lookups.TURN_SECONDS
        for _ in range(ROUNDS):
            self.says += tuple(event for event in step.events if isinstance(event, Say))
            self.journal += entries.of_events(step.events, self.now)
            last = step.events[-1]
            match last:
                case Lookup():
                    asked = self._ask(last, deadline)
                    if asked.answer is None:
                        return self._slow(step, last, asked.begun)
                    done = lookups.done(last.id, asked.answer)
                    self.journal.append(entries.lookup(last.action, done, self.now))
                    step = advance(self.flow, step.session, done, self.now)
                case HandOff():
                    try:
                        opened = last.open and not self.tools.shut(last.queue)
                        admitted = self.tools.queue().admit(last.queue, opened)
                    except (SQLAlchemyError, OSError) as error:
                        log.error(
                            "the records are away (%s): call %s cannot be handed off",
                            type(error).__name__,
                            self.facts.call,
                        )
                        return self._sorry(step)
                    if admitted == "admitted":
                        return self._hand_off(step, last)
                    ended = TransferEnded(admitted)
                    self.journal += filter(None, [entries.of_input(ended, False, self.now)])
                    step = advance(self.flow, step.session, ended, self.now)
                case Change():
                    return self._change(step, last)
                case Listen():
                    return self._outcome(step, last, Wait(Awaits.LISTEN, time.time(), secret=last.secret))
                case Record():
                    return self._outcome(step, last, rescue.recording(last))
                case HangUp():
                    return self._outcome(step, Over(), Wait(Awaits.NOTHING, time.time()))
                case _:
                    raise TypeError(f"a turn cannot end with {type(last).__name__}")
        raise TooManyRounds(f"more than {ROUNDS} rounds in one turn at {step.session.step}")

    def _ask(self, event: Lookup, deadline: float) -> lookups.Asked:
        key = self._key
        caller = Caller(self.facts.call, self.facts.caller, event.language)
        if event.action == promises.MINE and not self.promised:
            return lookups.Asked(lookups.put(lambda: Answer("missing"), event.action, caller), begun=True)
        if event.action in promises.ACTIONS:
            # Our own records, as every hand-off asks them; a slow shop has no part in it.
            queue = self.tools.queue
            own = lookups.put(lambda: promises.perform(queue, event.action, caller, self.now), event.action, caller)
            return lookups.Asked(own, begun=True)
        shop, arguments = self.tools.shop, dict(event.arguments)

        def ask() -> Answer:
            return shop().perform(event.action, arguments, caller, f"{key}:{event.id}")

        return self.tools.lookups.ask(key, lambda: lookups.put(ask, event.action, caller), deadline - time.monotonic())

    @property
    def _key(self) -> str:
        return f"{self.facts.call}:{self.n}"

    def _slow(self, step: Step, event: Lookup, begun: bool) -> Outcome:
        wait = Wait(
            Awaits.LOOKUP,
            time.time(),
            id=event.id,
            key=self._key,
            action=event.action,
            arguments=dict(event.arguments),
            asked=not begun,
            language=event.language,
        )
        self._filler(event)
        return self._outcome(step, Poll(), wait, ask=not begun)

    def _change(self, step: Step, event: Change) -> Outcome:
        key = f"{self._key}:{event.id}"
        body = {
            "action": event.action,
            "arguments": dict(event.arguments),
            "number": self.facts.caller,
            "language": event.language,
        }
        self.effects.append(Effect(key, "change", self.facts.call, body))
        self._filler(event)
        wait = Wait(Awaits.CHANGE, time.time(), id=event.id, key=key, action=event.action, language=event.language)
        return self._outcome(step, Poll(), wait)

    def _hand_off(self, step: Step, event: HandOff) -> Outcome:
        key = f"{self._key}:{event.id}"
        self.effects.append(
            rescue.hand_off(self.facts, key, event.queue, event.language, event.priority, event.reason, event.summary)
        )
        wait = Wait(Awaits.HAND_OFF, time.time(), id=event.id, key=key, queue=event.queue, language=event.language)
        return self._outcome(step, Park(event.queue), wait)

    def _sorry(self, step: Step) -> Outcome:
        """No records: nobody can be handed a call, and no callback may be promised."""
        sorry = rescue.sorry(self.tools.settings, self.facts, (step.session.language,))
        return Outcome(
            facts=self.facts,
            session=step.session.to_json(),
            revision=self.flow.revision,
            says=self.says + sorry.says,
            end=sorry.end,
            wait=sorry.wait,
            journal=[*self.journal, entries.trouble("records away at hand-off", self.now, step.session.step)],
            effects=self.effects,
        )

    def _filler(self, event: Lookup | Change) -> None:
        filler = (Say(event.filler, event.language),) if event.filler else words("moment", event.language)
        self.says += filler
        self.journal += entries.of_events(filler, self.now)

    def _outcome(self, step: Step, end: End, wait: Wait, ask: bool = False) -> Outcome:
        return Outcome(
            facts=self.facts,
            session=step.session.to_json(),
            revision=self.flow.revision,
            says=self.says,
            end=end,
            wait=wait,
            journal=self.journal,
            effects=self.effects,
            ask=ask,
        )
