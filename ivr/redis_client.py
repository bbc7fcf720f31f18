"""Redis (or Valkey) connections of this process. A call never waits longer than a second for one command."""

from __future__ import annotations

from functools import lru_cache

import redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from ivr.settings import settings

TIMEOUT = 1.0
"""Seconds that connecting, and each answer, may take: a webhook has 15 s in all and callers notice one."""


def connect(url: str, timeout: float = TIMEOUT) -> redis.Redis:
    """A client of its own with a pool of its own. ``decode_responses`` is off: answers are bytes.

    One immediate retry on a lost connection (a restarted server leaves dead ones in the pool), none on a timeout:
    the library's default would sleep between three tries inside a webhook.
    """
    return redis.Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        health_check_interval=0,
    )


@lru_cache
def client() -> redis.Redis:
    """The client of this process, for commands that answer at once. Raises ``redis.RedisError`` when used in vain."""
    return connect(settings().redis)
