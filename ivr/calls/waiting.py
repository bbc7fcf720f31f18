"""The wait lane: what a caller in line hears. Asked again and again by the carrier, so it stores nothing of its own; a
pressed key is a compare-and-set on the ticket."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from callqueue.model import TicketState, Waiting
from callqueue.service import CallQueue
from flows.engine import Session
from flows.engine.events import Say
from flows.engine.waiting import announcement, callback_key
from ivr.calls.flow import FlowGone, ServedFlows
from ivr.calls.model import Awaits
from ivr.calls.store import CallStore, Stored
from ivr.calls.words import words

log = logging.getLogger(__name__)

TICKET_SECONDS = 5.0
"""A hand-off that has no ticket by then has failed."""
AWAY_LOOKS = 3
"""Looks in a row (ten seconds each) at records that are away before the caller is let go."""
EVERY = 2
"""The announcement comes every so many rounds of music (30 s each)."""

IN_LINE = frozenset({TicketState.WAITING, TicketState.OFFERED, TicketState.CONNECTING, TicketState.CONNECTED})


@dataclass(frozen=True, slots=True)
class Look:
    """One request of the wait lane. ``round`` counts rounds of music from 0; ``away`` looks at absent records."""

    call: str
    n: int
    round: int = 0
    away: int = 0
    again: bool = False
    digits: str = ""
    queue_sid: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """``hold``: say this, play music, listen for ``key``; ``moment``: say this, a second's silence, then the same
    again; ``leave``: out of the carrier's queue."""

    kind: Literal["hold", "moment", "leave"]
    says: tuple[Say, ...] = ()
    key: str | None = None
    away: int = 0


class WaitLane:
    """Reads tickets and calls; raises nothing that is not a fault of ours."""

    def __init__(
        self,
        store: CallStore,
        flows: ServedFlows,
        queue: Callable[[], CallQueue],
        languages: Callable[[], tuple[str, ...]],
    ) -> None:
        self._languages = languages
        self._store = store
        self._flows = flows
        self._queue = queue

    def look(self, look: Look) -> Heard:
        """What the caller hears now."""
        try:
            found = self._store.load(look.call, look.n)
        except RedisError as error:
            log.warning("Redis is away (%s); call %s stays in line", type(error).__name__, look.call)
            return self._without_redis(look)
        if found is not None and (found.completed or found.n != look.n):
            return Heard("leave")
        try:
            waiting = self._queue().waiting(look.call)
            self._enter(look, waiting)
            if look.digits and waiting is not None and self._leaves(look, found):
                return Heard("leave")
        except (SQLAlchemyError, OSError) as error:
            log.error("the records are away (%s) for waiting call %s", type(error).__name__, look.call)
            return self._records_away(look, found)
        if waiting is None:
            return self._no_ticket(look, found)
        if waiting.state not in IN_LINE:
            return Heard("leave")
        return self._hold(look, found, waiting)

    def _enter(self, look: Look, waiting: Waiting | None) -> None:
        """Nobody can be connected before it is known which of the carrier's queues holds them."""
        if waiting is not None and look.queue_sid and waiting.queue_sid != look.queue_sid:
            self._queue().entered(look.call, look.queue_sid)

    def _without_redis(self, look: Look) -> Heard:
        """The place in line is in SQL: who has one hears music. A ticket that is still in the outbox comes when Redis
        does, so its caller is asked again soon."""
        try:
            waiting = self._queue().waiting(look.call)
            self._enter(look, waiting)
        except (SQLAlchemyError, OSError) as error:
            log.error("the records are away too (%s) for waiting call %s", type(error).__name__, look.call)
            waiting = None
        return Heard("hold") if waiting is not None else Heard("moment", words("moment", *self._languages()))

    def _leaves(self, look: Look, found: Stored | None) -> bool:
        if found is None or look.digits != self._key(found):
            return False
        if not self._queue().wants_callback(look.call):
            return False
        self._store.let_go(look.call, look.n, "callback")
        return True

    def _no_ticket(self, look: Look, found: Stored | None) -> Heard:
        if found is None or found.left == "full":
            return Heard("leave")
        if time.time() - found.wait.since < TICKET_SECONDS and look.round == 0:
            return Heard("moment")
        self._store.let_go(look.call, look.n, "failed")
        return Heard("leave")

    def _records_away(self, look: Look, found: Stored | None) -> Heard:
        entering = look.round == 0 and not look.again
        if found is not None and entering and time.time() - found.wait.since < TICKET_SECONDS:
            return Heard("moment")
        if found is not None and (entering or look.away >= AWAY_LOOKS):
            self._store.let_go(look.call, look.n, "away")
            return Heard("leave")
        return Heard("hold", away=look.away + 1)

    def _hold(self, look: Look, found: Stored | None, waiting: Waiting) -> Heard:
        key = self._key(found) if found is not None else None
        if look.round % EVERY or waiting.state in (TicketState.CONNECTING, TicketState.CONNECTED):
            return Heard("hold", key=key)
        chooses = found is not None and (key is not None or found.wait.kind is Awaits.LINE)
        if look.round and chooses and self._deserted(waiting):
            # Everybody went off duty after they got in line: a promise they can have is worth more than music. Who is
            # in line without a flow (a customer we phoned) hears of the promise that stands, or leaves a message.
            self._store.let_go(look.call, look.n, "nobody")
            return Heard("leave")
        minutes = None if waiting.expected_wait is None else max(1, -(-waiting.expected_wait // 60))
        return Heard("hold", self._announcement(look, found, waiting.position, minutes), key)

    @staticmethod
    def _deserted(waiting: Waiting) -> bool:
        return waiting.state is TicketState.WAITING and waiting.expected_wait is None

    def _announcement(self, look: Look, found: Stored | None, position: int, minutes: int | None) -> tuple[Say, ...]:
        if found is None or found.wait.kind is not Awaits.HAND_OFF or not found.session:
            return words("moment", found.wait.language if found and found.wait.language else "")
        try:
            session = Session.from_json(found.session)
            flow = self._flows.revision(found.revision)
            return announcement(flow, session, position, minutes, look.round == 0, look.again)
        except (ValueError, FlowGone, RedisError) as error:
            log.warning("no announcement for call %s: %s", look.call, error)
            return ()

    def _key(self, found: Stored) -> str | None:
        if found.wait.kind is not Awaits.HAND_OFF or not found.session:
            return None
        try:
            return callback_key(self._flows.revision(found.revision))
        except (FlowGone, RedisError):
            return None
