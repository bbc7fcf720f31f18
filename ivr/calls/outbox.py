"""What a turn wants changed in the world, done once by a worker after the turn was committed.

An effect is a hash in Redis, put there by the same step that commits its turn. Its states:

    pending -> started -> done            done once; what it answers is written for the poll
    started -> pending                    it failed and trying again may help: later, with backoff
    started -> parked                     given up: logged, and counted by :func:`parked`
    pending -> expired                    the caller was told that it failed: it will never be done
    started -> doubtful -> done           the caller was told that we will check; it still ends as it ends

Whether it becomes ``started`` or ``expired`` is one atomic step, so what the caller is told is true.
"""

from __future__ import annotations

import json
import logging
from typing import Any, Literal

import redis as redis_client
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from ivr.calls import effects, scripts
from ivr.calls.model import Effect
from ivr.calls.store import JOURNAL, OUTBOX, PARKED, CallStore, now_ms
from ivr.jobs import wake
from ivr.redis_client import client
from ivr.shop.port import ShopFailed

log = logging.getLogger(__name__)

JOB = "ivr.calls.outbox:perform"
DRAIN = "ivr.calls.journal:drain"

LEASE_MS = 15_000
"""A worker that began an effect and says nothing for this long is taken for dead."""
ATTEMPTS = {"change": 6, "hand_off": 8, "message": 400, "left": 400, "missed": 400, "event": 400}
"""Then it is parked. What must not be lost although the records are away for hours is tried for hours."""
BACKOFF_MS = (200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000)

Fate = Literal["answered", "expired", "doubtful", "pending", "started", "done", "parked"]


class Outbox:
    """Effects in Redis. Every method raises ``RedisError`` when Redis is away."""

    def __init__(self, redis: redis_client.Redis) -> None:
        self.redis = redis
        self._claim = redis.register_script(scripts.CLAIM)
        self._finish = redis.register_script(scripts.FINISH)
        self._expire = redis.register_script(scripts.EXPIRE)

    def claim(self, key: str, lease_ms: int = LEASE_MS) -> tuple[int, Effect] | None:
        """The effect and which attempt this is, for one worker; None when it is done, expired or somebody's."""
        found: Any = self._claim(keys=[OUTBOX], args=[key, now_ms(), lease_ms])
        if not found:
            return None
        attempt, kind, call, body, _ = found
        return int(attempt), Effect(key, kind.decode(), call.decode(), json.loads(body))

    def finish(self, key: str, answer: dict[str, Any] | None) -> None:
        """Done; ``answer`` is written for the poll that waits for it."""
        text = json.dumps(answer, ensure_ascii=False) if answer is not None else ""
        self._finish(keys=[OUTBOX, PARKED], args=[key, "done", now_ms(), text])

    def again(self, key: str, in_ms: int) -> None:
        self._finish(keys=[OUTBOX, PARKED], args=[key, "pending", now_ms() + in_ms, ""])

    def park(self, key: str, answer: dict[str, Any] | None) -> None:
        """Given up; a caller who still waits is told that it failed."""
        text = json.dumps(answer) if answer is not None else ""
        self._finish(keys=[OUTBOX, PARKED], args=[key, "parked", now_ms(), text])

    def expire(self, key: str, give_up: bool) -> tuple[Fate, dict[str, Any] | None]:
        """The caller waits no longer. ``answered``: here is the answer after all; ``expired``: it will never be done;
        ``started``: a worker has it, wait for it; ``doubtful`` (only with ``give_up``): nobody knows yet."""
        fate, answer = self._expire(keys=[OUTBOX, PARKED], args=[key, int(give_up), now_ms()])
        return fate.decode(), json.loads(answer) if answer else None

    def due(self, limit: int = 200) -> list[str]:
        """Keys of effects that should be done by now."""
        found: Any = self.redis.zrangebyscore(OUTBOX, "-inf", now_ms(), start=0, num=limit)
        return [key.decode() for key in found]


def parked(redis: redis_client.Redis | None = None) -> list[str]:
    """Keys of effects that were given up or are in doubt, oldest first: for ``hotline doctor``."""
    found: Any = (client() if redis is None else redis).zrange(PARKED, 0, 99)
    return [key.decode() for key in found]


def defer(*wanted: Effect) -> None:
    """Put effects into the outbox outside a turn, and wake the worker. Raises ``RedisError``."""
    CallStore(client()).defer(wanted)
    for one in wanted:
        wake("changes", JOB, one.key)


def sweep() -> int:
    """Wake the workers for effects that should be done by now and are not, and for an undrained journal. Called by
    the clock. Returns how many effects were woken. Redis away: ``RedisError``."""
    redis = client()
    outbox = Outbox(redis)
    woken = 0
    for key in outbox.due():
        # Asked once a second at most: a wake-up for what is already queued would only pile up.
        if redis.set(f"woken:{key}", 1, nx=True, ex=1):
            wake("changes", JOB, key)
            woken += 1
    if redis.exists(JOURNAL) and redis.xlen(JOURNAL) and redis.set("woken:journal", 1, nx=True, px=900):
        wake("journal", DRAIN)
    return woken


def perform(key: str) -> None:
    """Job on ``changes``: do the effect of this key, if it is still to be done."""
    outbox = Outbox(client())
    claimed = outbox.claim(key)
    if claimed is None:
        return
    attempt, effect = claimed
    try:
        answer = effects.do(effect)
    except effects.Never as reason:
        log.warning("effect %s of call %s is not to be done: %s", key, effect.call, reason)
        outbox.finish(key, None)
    except (ShopFailed, SQLAlchemyError, RedisError, TimeoutError, OSError) as error:
        hopeless = isinstance(error, ShopFailed) and not error.again
        _failed(outbox, effect, attempt, error, hopeless)
    except Exception as error:
        log.exception("effect %s of call %s broke", key, effect.call)
        _failed(outbox, effect, attempt, error, hopeless=False)
    else:
        outbox.finish(key, answer)


def _failed(outbox: Outbox, effect: Effect, attempt: int, error: Exception, hopeless: bool) -> None:
    answer = {"outcome": "failed", "value": None} if effect.kind == "change" else None
    if hopeless or attempt >= ATTEMPTS[effect.kind]:
        log.error(
            "effect %s (%s) of call %s given up at attempt %d: %s", effect.key, effect.kind, effect.call, attempt, error
        )
        outbox.park(effect.key, answer)
        return
    wait = BACKOFF_MS[min(attempt - 1, len(BACKOFF_MS) - 1)]
    log.warning(
        "effect %s of call %s: attempt %d failed (%s), again in %d ms",
        effect.key,
        effect.call,
        attempt,
        type(error).__name__,
        wait,
    )
    outbox.again(effect.key, wait)
