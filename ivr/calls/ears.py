"""Who can hear callers just now: the media processes' places, and the calls that had bad luck with them. In Redis.

A media process says every second what it hears and how many callers at once; one that says nothing for five seconds is
gone. A call gets a place before it is told to stream, and keeps it while its stream, or its next turn, renews it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import redis as redis_client

from flows.engine.events import Listen
from ivr.calls.store import CALL_SECONDS, now_ms

EARS, STREAMS = "media:ears", "media:streams"
EAR_MS = 5_000
"""How long a process that says nothing is believed to be there."""
PLACE_MS = 15_000
"""How long a place is kept for a call that does not renew it."""
FAILURES = 2
FAILURE_SECONDS = 60
"""So many streams that end unasked within so long: keys for the rest of the call."""

_PLACE = """
if redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
local now, most = tonumber(ARGV[3]), 0
for _, ear in ipairs(redis.call('HVALS', KEYS[1])) do
  local said = cjson.decode(ear)
  if said['until'] > now and said['languages'][ARGV[2]] then most = most + said['most'] end
end
if most == 0 then return 0 end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
if not redis.call('ZSCORE', KEYS[2], ARGV[1]) and redis.call('ZCARD', KEYS[2]) >= most then return 0 end
redis.call('ZADD', KEYS[2], now + tonumber(ARGV[4]), ARGV[1])
return 1
"""
"""KEYS ears, streams, the call's deafness; ARGV call, language, now, how long (ms). 1: there is a place."""

_FAILED = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
if count >= tonumber(ARGV[2]) then redis.call('SET', KEYS[2], '1', 'EX', ARGV[3]) end
redis.call('ZREM', KEYS[3], ARGV[4])
return count
"""
"""KEYS the call's failures, its deafness, streams; ARGV seconds, most, how long deaf (s), call."""


def needed(listen: Listen) -> str:
    """What it takes to hear this: a language, or free dictation in one."""
    return f"{listen.language}:free" if listen.kind == "free" else listen.language


@dataclass(frozen=True, slots=True)
class Ears:
    """Every method raises ``RedisError`` when Redis is away."""

    redis: redis_client.Redis

    def place(self, call: str, language: str) -> bool:
        """Whether somebody hears this (see :func:`needed`) and has a free place, which is then the call's."""
        keys = (EARS, STREAMS, f"media:deaf:{call}")
        found: Any = self.redis.eval(_PLACE, 3, *keys, call, language, now_ms(), PLACE_MS)
        return bool(found)

    def failed(self, call: str) -> bool:
        """A stream of the call ended unasked; whether it was one too many."""
        keys = (f"media:failed:{call}", f"media:deaf:{call}", STREAMS)
        count: Any = self.redis.eval(_FAILED, 3, *keys, FAILURE_SECONDS, FAILURES, CALL_SECONDS, call)
        return int(count) >= FAILURES

    def here(self, process: str, languages: Iterable[str], most: int, calls: Iterable[str] = ()) -> None:
        """Said by a media process every second: it is there, and so are the streams of these calls."""
        now = now_ms()
        says = {"until": now + EAR_MS, "most": most, "languages": dict.fromkeys(languages, 1)}
        with self.redis.pipeline(transaction=False) as pipe:
            pipe.hset(EARS, process, json.dumps(says))
            if held := dict.fromkeys(calls, now + PLACE_MS):
                pipe.zadd(STREAMS, held)
            pipe.execute()

    def gone(self, process: str) -> None:
        """A media process takes no more calls."""
        self.redis.hdel(EARS, process)

    def left(self, call: str) -> None:
        """A call's stream is over."""
        self.redis.zrem(STREAMS, call)

    def languages(self) -> frozenset[str]:
        """What can be heard just now."""
        said: Any = self.redis.hvals(EARS)
        alive = [one for one in map(json.loads, said) if one["until"] > now_ms()]
        return frozenset(language for one in alive for language in one["languages"])

    def opened(self, call: str, stream: str) -> bool:
        """Whether this is the first to open the stream: an address is good for once."""
        return bool(self.redis.set(f"media:opened:{call}:{stream}", 1, nx=True, ex=CALL_SECONDS))


def token(key: str, call: str, stream: str) -> str:
    """The last part of a stream's address: its name, and proof that we made it."""
    return f"{stream}.{hmac.digest(key.encode(), f'media:{call}:{stream}'.encode(), hashlib.sha256).hex()[:32]}"


def stream_of(key: str, call: str, given: str) -> str:
    """The stream that a token is for; '' for one that we did not make for this call."""
    stream = given.partition(".")[0]
    return stream if hmac.compare_digest(token(key, call, stream).encode(), given.encode()) else ""
