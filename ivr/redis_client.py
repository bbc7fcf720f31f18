"""Redis (or Valkey) connections of this process. A call never waits longer than a second for one command."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError
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


class TurnScript:
    """A Lua script on a connection that belongs to the calling thread: what every turn runs.

    The client's pool locks, counts and polls at each command; that is a tenth of what a turn costs. Raises
    ``RedisError``; a lost connection is tried once more, as :func:`connect` does.
    """

    def __init__(self, client: redis.Redis, text: str) -> None:
        self._pool = client.connection_pool
        self._text = text
        self._sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """What the script returned; text as bytes."""
        connection = _own(self._pool)
        try:
            return self._run(connection, keys, args)
        except RedisConnectionError:
            connection.disconnect()
            return self._run(connection, keys, args)

    def _run(self, connection: Any, keys: Sequence[str], args: Sequence[Any]) -> Any:
        connection.send_command("EVALSHA", self._sha, len(keys), *keys, *args)
        try:
            return connection.read_response()
        except NoScriptError:
            connection.send_command("EVAL", self._text, len(keys), *keys, *args)
            return connection.read_response()


OWN = threading.local()
"""``connections``: pool -> (process, connection), of this thread."""


def _own(pool: Any) -> Any:
    """This thread's connection to what the pool is for; never one from before a fork."""
    known = getattr(OWN, "connections", None)
    if known is None:
        known = OWN.connections = WeakKeyDictionary()
    pid, connection = known.get(pool, (0, None))
    if pid != os.getpid():
        connection = pool.connection_class(**pool.connection_kwargs)
        known[pool] = (os.getpid(), connection)
    return connection
