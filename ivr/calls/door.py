"""The door: who comes in at all. Blocked callers, and the cap on calls at once.

One round trip in Redis before a call begins, and nothing of the records: they hold the blocked numbers, and this keeps
a copy that is written with each change and again by the clock (:func:`copy_blocked`), so that an emptied Redis blocks
again within seconds. Where neither is there nobody is blocked. The same round trip brings the copy of the switchboard
(:mod:`ivr.calls.board`), by which the call begins.

Calls in progress are a sorted set: each by when the carrier is next asked whether it still holds it. A call whose end
was never told is found by that look (see ``ivr.carriers.twilio.reconcile``) and counts no more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import redis as redis_client

from ivr.calls.board import BOARD
from ivr.calls.promised import WHOLE
from ivr.calls.store import PROMISED, now_ms
from ivr.jobs import wake
from ivr.redis_client import TurnScript, client
from ivr.store import blocks
from ivr.store.blocks import Answer, Block
from ivr.store.engine import engine, reading

BLOCKED, CALLS = "door:blocked", "door:calls"
ASK_MS = 300_000
"""How long after a call began, or was last found alive, the carrier is asked about it again."""

CHECK = "ivr.carriers.twilio.reconcile:check"
"""The job that asks."""

_ENTER = """
local rule = ARGV[2] ~= '' and redis.call('HGET', KEYS[1], ARGV[2])
if rule then
  local until_ms, answer = string.match(rule, '^(%d+) (%a+)$')
  if until_ms == '0' or tonumber(until_ms) > tonumber(ARGV[3]) then return {answer, 0, ''} end
end
local board = redis.call('GET', KEYS[5]) or ''
local promised = 1
if redis.call('EXISTS', KEYS[4]) == 1 and (ARGV[2] == '' or not redis.call('ZSCORE', KEYS[3], ARGV[2])) then
  promised = 0
end
if redis.call('ZSCORE', KEYS[2], ARGV[1]) then return {'in', promised, board} end
local most = tonumber(ARGV[4])
if most > 0 and redis.call('ZCARD', KEYS[2]) >= most then return {'full', 0, ''} end
redis.call('ZADD', KEYS[2], tonumber(ARGV[3]) + tonumber(ARGV[5]), ARGV[1])
return {'in', promised, board}
"""
"""KEYS blocked numbers, calls, promised numbers, whether those are all, switchboard; ARGV call, number, now in ms, most
calls (0: any), when to ask in ms."""

_COPY = """
redis.call('DEL', KEYS[1])
for number, rule in pairs(cjson.decode(ARGV[1])) do redis.call('HSET', KEYS[1], number, rule) end
return 1
"""

Welcome = Literal["in", "full", "sentence", "message"]
"""``in``: served; ``full``: too many calls; the others: blocked, and what they get."""


@dataclass(frozen=True, slots=True)
class Entered:
    """``promised``: this number may have been promised a call back; False: it was promised none. ``board``: the
    switchboard's copy, empty when Redis has none."""

    welcome: Welcome
    promised: bool
    board: bytes


class Door:
    """Raises ``RedisError`` when Redis is away. ``most``: calls at once, 0 for any number."""

    def __init__(self, redis: redis_client.Redis, most: int = 0) -> None:
        self.redis = redis
        self.most = most
        self._enter = TurnScript(redis, _ENTER)

    def enter(self, call: str, number: str | None) -> Entered:
        """Let a call in, or say why not. The same call again gets in again. A withheld number is nobody's."""
        found: Any = self._enter(
            keys=[BLOCKED, CALLS, PROMISED, WHOLE, BOARD], args=[call, number or "", now_ms(), self.most, ASK_MS]
        )
        return Entered(found[0].decode(), bool(found[1]), found[2])

    def leave(self, call: str) -> None:
        """The call is over."""
        self.redis.zrem(CALLS, call)

    def inside(self) -> int:
        """Calls in progress."""
        count: Any = self.redis.zcard(CALLS)
        return int(count)

    def unsure(self, limit: int) -> list[str]:
        """Calls that the carrier should be asked about by now."""
        found: Any = self.redis.zrangebyscore(CALLS, "-inf", now_ms(), start=0, num=limit)
        return [call.decode() for call in found]

    def alive(self, call: str) -> None:
        """The carrier still holds it: asked again later. One that left meanwhile stays out."""
        self.redis.zadd(CALLS, {call: now_ms() + ASK_MS}, xx=True)


def sweep() -> bool:
    """Wake a worker when the carrier should be asked about calls. Called by the clock; ``RedisError`` without Redis."""
    redis = client()
    if not Door(redis).unsure(1) or not redis.set("woken:door", 1, nx=True, ex=5):
        return False
    wake("house", CHECK)
    return True


def copy_blocked(redis: redis_client.Redis | None = None) -> int:
    """Bring Redis' copy of the blocked numbers up to date; returns how many. Raises ``SQLAlchemyError``."""
    with reading(engine()) as conn:
        found = blocks.active(conn, datetime.now(UTC))
    _copy(client() if redis is None else redis, found)
    return len(found)


def _copy(redis: redis_client.Redis, found: Iterable[Block]) -> None:
    redis.eval(_COPY, 1, BLOCKED, json.dumps({block.number: _rule(block.answer, block.until) for block in found}))


def _rule(answer: Answer, until: datetime | None) -> str:
    return f"{int(until.timestamp() * 1000) if until else 0} {answer}"
