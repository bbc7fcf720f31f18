"""Wake-ups for the workers: RQ queues with JSON arguments. A job says "look now"; the truth is in SQL and Redis."""

from __future__ import annotations

import logging
from typing import Any

import redis as redis_client
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from ivr.redis_client import client

log = logging.getLogger(__name__)

QUEUES = ("lookups", "changes", "handoffs", "dialing", "journal", "house")
"""One worker process each (a worker on two queues can lose the job it was popping when it is killed)."""

JOB_SECONDS = 60
"""No job of ours should take longer; RQ kills one that does, and the sweep finds what it left."""

_queues: dict[tuple[int, str], Queue] = {}


def queue(name: str, redis: redis_client.Redis | None = None) -> Queue:
    """The RQ queue of that name. Raises ``ValueError`` for a name no worker serves."""
    if name not in QUEUES:
        raise ValueError(f"no queue named {name!r}; there are {', '.join(QUEUES)}")
    connection = redis if redis is not None else client()
    found = _queues.get((id(connection), name))
    if found is None:
        found = Queue(name, connection=connection, serializer=JSONSerializer, default_timeout=JOB_SECONDS)
        _queues[(id(connection), name)] = found
    return found


def wake(queue_name: str, job: str, *args: Any) -> None:
    """Enqueue ``job`` (``package.module:function``) with JSON arguments. Redis away: logged, harmless, since the
    clock finds what is due. Results are not kept; a failed job is, for a day, so that it can be looked at."""
    try:
        queue(queue_name).enqueue(job.replace(":", "."), args=args, result_ttl=0, failure_ttl=86_400)
    except RedisError as error:
        log.warning("wake-up for %s lost (%s); the clock will find it", queue_name, type(error).__name__)
