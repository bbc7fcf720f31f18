"""Wake-ups for the workers: RQ queues with JSON arguments. A job says "look now"; the truth is in SQL and Redis."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from typing import Any

import redis as redis_client
from redis.exceptions import RedisError
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from ivr.redis_client import client

log = logging.getLogger(__name__)

QUEUES = ("lookups", "changes", "handoffs", "errands", "dialing", "journal", "house", "transcripts")
"""One worker process each (a worker on two queues can lose the job it was popping when it is killed)."""

JOB_SECONDS = 60
"""No job of ours should take longer; RQ kills one that does, and the sweep finds what it left."""

LONG_JOB_SECONDS = {"transcripts": 840}
"""Queues whose jobs may take longer: a recording of ten minutes, on a busy machine. Shorter than its claim."""

WAITING_MS = 2_000
"""A wake-up counts as waiting in its queue for so long at most: one whose worker died is enqueued again then."""

_queues: dict[tuple[int, str], Queue] = {}


def queue(name: str, redis: redis_client.Redis | None = None) -> Queue:
    """The RQ queue of that name. Raises ``ValueError`` for a name no worker serves."""
    if name not in QUEUES:
        raise ValueError(f"no queue named {name!r}; there are {', '.join(QUEUES)}")
    connection = redis if redis is not None else client()
    found = _queues.get((id(connection), name))
    if found is None:
        seconds = LONG_JOB_SECONDS.get(name, JOB_SECONDS)
        found = Queue(name, connection=connection, serializer=JSONSerializer, default_timeout=seconds)
        _queues[(id(connection), name)] = found
    return found


def wake(queue_name: str, job: str, *args: Any) -> None:
    """Enqueue ``job`` (``package.module:function``) with JSON arguments. Redis away: logged, harmless, since the
    clock finds what is due. Results are not kept; a failed job is, for a day, so that it can be looked at.

    One that waits in its queue already is not enqueued again: a worker that was kept by a slow carrier would come back
    to hundreds of the same, and what is urgent would wait behind them.
    """
    name = job.replace(":", ".")
    try:
        found = queue(queue_name)
        if not found.connection.set(_waiting(queue_name, name, args), 1, nx=True, px=WAITING_MS):
            return
        found.enqueue(name, args=args, result_ttl=0, failure_ttl=86_400)
    except RedisError as error:
        log.warning("wake-up for %s lost (%s); the clock will find it", queue_name, type(error).__name__)


def begins(job: Job, redis: redis_client.Redis) -> None:
    """A worker starts this job: whoever wakes from now on enqueues it anew, since it may look too early for them.
    Raises ``RedisError``."""
    redis.delete(_waiting(job.origin, str(job.func_name), job.args))


def _waiting(queue_name: str, name: str, args: Sequence[Any]) -> str:
    told = json.dumps([queue_name, name, list(args)], default=str)
    return f"waiting:{hashlib.sha1(told.encode(), usedforsecurity=False).hexdigest()}"
