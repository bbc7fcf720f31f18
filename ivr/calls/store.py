"""Calls in Redis: loading is one round trip, and committing a turn is another, a compare-and-set on its number.

A turn that follows one of this process's own needs no loading: see :mod:`ivr.calls.recent`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import redis as redis_client

from ivr.calls import scripts
from ivr.calls.board import BOARD
from ivr.calls.model import Effect, Facts, JournalEntry, Wait
from ivr.calls.recent import Recent, Written
from ivr.redis_client import TurnScript

CALL_SECONDS = 24 * 3600
"""How long a call's state is kept after its last turn."""
REPLIES_KEPT = 64
"""A repeat older than this many turns is sent to the turn the call is at."""
FLOW_SECONDS = 14 * 24 * 3600

ACTIVE, COMPLETED = "active", "completed"
JOURNAL, OUTBOX, PARKED = "journal", "outbox", "outbox:parked"
PROMISED = "door:promised"
"""See :mod:`ivr.calls.promised`."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A call as Redis holds it. ``n`` is the turn it awaits; ``reply`` what was answered to the turn asked about;
    ``answer`` what a worker wrote for it; ``left`` why we let it leave the queue; ``handed``: there may be a
    ticket or a promise. ``script`` is what the last turn said and wants (see :mod:`ivr.calls.script`) where we speak
    ourselves; ``said``: the turn up to which that was heard in a stream."""

    n: int
    state: str
    session: str
    wait: Wait
    facts: Facts
    revision: str
    left: str
    reply: bytes | None
    answer: dict[str, Any] | None
    handed: bool
    script: str = ""
    said: int = -1

    @property
    def completed(self) -> bool:
        return self.state == COMPLETED


@dataclass(frozen=True, slots=True)
class Turn:
    """Everything that a turn comes to; committed whole or not at all."""

    facts: Facts
    n: int
    reply: bytes
    session: str
    wait: Wait
    revision: str
    completed: bool = False
    journal: Sequence[JournalEntry] = ()
    effects: Sequence[Effect] = ()
    record: str = ""
    script: str = ""


@dataclass(frozen=True, slots=True)
class StreamOver:
    """A stream's end as it was first told: the turn ``n`` the call was at, whether this is that ``first`` time, and why
    we left the stream, '' when it ended unasked."""

    n: int
    first: bool
    left: str


@dataclass(frozen=True, slots=True)
class Committed:
    """``won``: this turn was the first. Otherwise ``reply`` is the winner's, None when it is no longer kept, and ``n``
    where the call is. ``flow_kept``: Redis has the text of the flow's revision."""

    won: bool
    n: int
    completed: bool
    reply: bytes | None
    flow_kept: bool = True


class CallStore:
    """Every method raises ``redis.RedisError`` when Redis is away."""

    def __init__(self, redis: redis_client.Redis) -> None:
        self.redis = redis
        self._load = TurnScript(redis, scripts.LOAD)
        self._commit = TurnScript(redis, scripts.COMMIT)
        self._defer = redis.register_script(scripts.DEFER)
        self._stream_over = redis.register_script(scripts.STREAM_OVER)
        self._recent = Recent()

    def expected(self, call: str, n: int) -> Stored | None:
        """The call at turn ``n`` as this process left it, without a round trip: right unless somebody moved it since,
        which :meth:`commit` finds out. None when it has to be loaded."""
        known = self._recent.take(call, n)
        if known is None:
            return None
        return Stored(n, ACTIVE, known.session, known.wait, known.facts, known.revision, "", None, None, handed=True)

    def load(self, call: str, n: int) -> Stored | None:
        """The call, with the reply already given to turn ``n``; None when it isn't known."""
        found = self._load(keys=[_key(call)], args=[n])
        if found[0] is None:
            return None
        at, state, session, wait, facts, revision, left, reply, answer, handed, script, said = found
        return Stored(
            n=int(at),
            state=state.decode(),
            session=session.decode(),
            wait=Wait.from_json(wait),
            facts=Facts.from_json(facts),
            revision=revision.decode(),
            left=(left or b"").decode(),
            reply=reply,
            answer=json.loads(answer) if answer else None,
            handed=bool(handed),
            script=(script or b"").decode(),
            said=int(said) if said else -1,
        )

    def commit(self, turn: Turn) -> Committed:
        """Save a turn, if the call still awaits it (or Redis does not know the call)."""
        answered, at, state, extra = self._commit(
            keys=[_key(turn.facts.call), OUTBOX, JOURNAL, PROMISED],
            args=[
                turn.n,
                COMPLETED if turn.completed else ACTIVE,
                turn.reply,
                turn.session,
                turn.wait.to_json(),
                turn.wait.key,
                turn.facts.to_json(),
                turn.revision,
                CALL_SECONDS,
                REPLIES_KEPT,
                _entries(turn.journal),
                len(turn.journal),
                _effects(turn.effects),
                turn.facts.call,
                turn.record,
                now_ms(),
                turn.facts.caller or "",
                turn.script,
            ],
        )
        if answered:
            written = Written(int(at), turn.session, turn.wait, turn.facts, turn.revision)
            self._recent.put(turn.facts.call, written)
            return Committed(True, int(at), turn.completed, turn.reply, bool(extra))
        self._recent.forget(turn.facts.call)
        return Committed(False, int(at), state == COMPLETED.encode(), extra or None)

    def defer(self, effects: Iterable[Effect]) -> None:
        """Put effects that belong to no turn into the outbox; one already there (or done) is left alone."""
        self._defer(keys=["", OUTBOX], args=[_effects(effects), now_ms()])

    def reply(self, call: str, n: int) -> bytes | None:
        """What was answered to turn ``n``."""
        found: bytes | None = self.redis.hget(_key(call), f"reply:{n}")  # type: ignore[assignment]
        return found

    def let_go(self, call: str, n: int, reason: str) -> None:
        """Remember why the caller is being let out of the queue; the turn that follows tells the flow."""
        if self.redis.hget(_key(call), "n") == str(n).encode():
            self.redis.hset(_key(call), "left", reason)

    def leave_stream(self, call: str, stream: str, why: str, said: int) -> None:
        """We are about to end a stream ourselves; everything up to turn ``said`` was heard in it."""
        self.redis.hset(_key(call), mapping={f"left:{stream}": why, "said": said})

    def stream_over(self, call: str, stream: str) -> StreamOver | None:
        """The carrier says that a stream is over. None: the call is not known."""
        found = self._stream_over(keys=[_key(call)], args=[stream])
        return StreamOver(int(found[0]), bool(found[1]), found[2].decode()) if found else None

    def record(self, call: str, n: int) -> dict[str, Any] | None:
        """What the recording that ends at turn ``n`` is for: ``purpose``, ``language``, ``queue``, ``summary``."""
        found: Any = self.redis.hget(_key(call), f"record:{n}")
        return json.loads(found) if found else None

    def keep_flow(self, revision: str, text: str) -> None:
        """Keep a flow's text for other processes and for after a restart."""
        self.redis.set(f"flow:{revision}", text.encode(), ex=FLOW_SECONDS)

    def keep_served(self, revision: str, text: str) -> None:
        """Remember the last flow that was good enough to be served."""
        self.keep_flow(revision, text)
        self.redis.set("flow:served", revision)

    def last_served(self) -> str | None:
        """The text of that flow."""
        found: Any = self.redis.get("flow:served")
        return self.flow(found.decode()) if found else None

    def board(self) -> bytes:
        """The switchboard's copy; empty when there is none."""
        found: Any = self.redis.get(BOARD)
        return found or b""

    def flow(self, revision: str) -> str | None:
        found: Any = self.redis.get(f"flow:{revision}")
        return found.decode() if found else None

    def answer(self, key: str, value: dict[str, Any]) -> None:
        """Write the answer that a poll waits for; the first one stands."""
        self.redis.set(f"lookup:{key}", json.dumps(value, ensure_ascii=False), ex=3600, nx=True)

    def has_answer(self, key: str) -> bool:
        return bool(self.redis.exists(f"lookup:{key}"))


def now_ms() -> int:
    return int(time.time() * 1000)


def _key(call: str) -> str:
    return f"call:{call}"


def _entries(entries: Iterable[JournalEntry]) -> str:
    return orjson.dumps([[entry.kind, entry.at, entry.data] for entry in entries]).decode()


def _effects(effects: Iterable[Effect]) -> str:
    return json.dumps(
        [[one.key, one.kind, one.call, json.dumps(one.body, ensure_ascii=False)] for one in effects],
        ensure_ascii=False,
    )
