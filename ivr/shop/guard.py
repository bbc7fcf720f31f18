"""Limits of guessing: wrong proofs and unknown orders, per call, calling number, target and overall, in Redis.

A guess is counted before it is checked, so that a thousand at once are a thousand; what turns out right is taken back.
Windows slide: a count holds what happened in the last hour, at any moment. Keys hold keyed hashes: whoever reads this
Redis learns no telephone number, card, order or PIN.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from dataclasses import dataclass, field

import redis as redis_client

from ivr.shop.port import Caller, ShopFailed

log = logging.getLogger(__name__)

HOUR = 3600
CALL = 6 * HOUR
"""Longer than a call lasts."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many wrong guesses there may be. All that call with a withheld number share one count."""

    call: int = 3
    number: int = 10
    withheld: int = 60
    target: int = 5
    overall: int = 300
    unknown_call: int = 8
    unknown_number: int = 20
    unknown_withheld: int = 120
    unknown_overall: int = 600
    window: float = HOUR
    """Seconds, for all but the limits of one call."""


@dataclass(frozen=True, slots=True)
class Admission:
    """A guess that was counted."""

    member: str
    keys: tuple[str, ...]
    guard: Guard = field(repr=False)

    def take_back(self) -> None:
        """It was right, or was never checked: it counts no more."""
        self.guard.take_back(self)


# KEYS: counts; ARGV: the guess, then limit and window (ms) of each. Returns 0, or which limit is reached, from 1.
# A guess already in a count is the same guess again (a job that repeats a slow lookup) and needs no new place.
_ADMIT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - ARGV[2 * i + 1])
  if not redis.call('ZSCORE', key, ARGV[1]) and redis.call('ZCARD', key) >= tonumber(ARGV[2 * i]) then
    return i
  end
end
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, 'NX', now, ARGV[1])
  redis.call('PEXPIRE', key, ARGV[2 * i + 1])
end
return 0
"""


class Guard:
    """Counts guesses. Thread-safe. ``key`` keys the hashes; by default the program's signing key.

    Without Redis nothing is checked: every method but :meth:`take_back` raises :class:`ShopFailed`.
    """

    def __init__(self, redis: redis_client.Redis, key: str | None = None, limits: Limits | None = None) -> None:
        if key is None:
            from ivr.settings import settings

            key = settings().signing_key
        self._redis = redis
        self._key = key.encode()
        self._limits = limits or Limits()
        self._script = redis.register_script(_ADMIT)

    def proof(self, caller: Caller, kind: str, target: str, secret: str) -> Admission | None:
        """Before a proof is checked. ``target``: the card or the order; ``kind`` says which. None: too many were wrong,
        so do not check."""
        limits = self._limits
        return self._admit(
            self._hash("guess", caller.call, kind, target, secret),
            [
                ("target", self._hash("target", kind, target), limits.target, limits.window),
                ("call", self._hash("call", caller.call), limits.call, CALL),
                self._from("number", caller, limits.number, limits.withheld),
                ("overall", "", limits.overall, limits.window),
            ],
        )

    def unknown(self, caller: Caller, target: str) -> Admission | None:
        """Before an order is looked for by its number alone. None: too many were not there."""
        limits = self._limits
        return self._admit(
            self._hash("unknown", caller.call, target),
            [
                ("unknown-call", self._hash("call", caller.call), limits.unknown_call, CALL),
                self._from("unknown-number", caller, limits.unknown_number, limits.unknown_withheld),
                ("unknown-overall", "", limits.unknown_overall, limits.window),
            ],
        )

    def take_back(self, admission: Admission) -> None:
        """Uncount a guess. Never fails: with Redis gone the guess stays counted."""
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                for key in admission.keys:
                    pipe.zrem(key, admission.member)
                pipe.execute()
        except redis_client.RedisError as error:
            log.warning("a right proof stays counted: Redis is away (%s)", type(error).__name__)

    def _from(self, name: str, caller: Caller, known: int, withheld: int) -> tuple[str, str, int, float]:
        if caller.number:
            return (name, self._hash("number", caller.number), known, self._limits.window)
        return (name, "withheld", withheld, self._limits.window)

    def _admit(self, member: str, counts: list[tuple[str, str, int, float]]) -> Admission | None:
        keys = tuple(f"shop:guard:{name}:{whose}" for name, whose, _, _ in counts)
        arguments = [member]
        for _, _, limit, window in counts:
            arguments += [str(limit), str(int(window * 1000))]
        try:
            reached = int(self._script(keys=keys, args=arguments))
        except redis_client.RedisError as error:
            raise ShopFailed(f"proofs can't be counted: Redis is away ({type(error).__name__})") from error
        if reached:
            log.warning("too many wrong guesses: the limit of %s is reached", counts[reached - 1][0])
            return None
        return Admission(member, keys, self)

    def _hash(self, *parts: str) -> str:
        # Lengths keep ("1", "23") and ("12", "3") apart.
        message = "".join(f"{len(part)}:{part}" for part in parts)
        return hmac.new(self._key, message.encode(), hashlib.sha256).hexdigest()[:32]
