"""``hotline worker QUEUE``: works off one RQ queue.

One queue each, because a worker on two can lose the job it was popping when it is killed; and jobs run in the worker
itself, so that nothing outlives it and a wake-up costs no fork.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import time
from types import FrameType

import click
from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer

from ivr import jobs, logs, ready
from ivr.counting import JOB_SECONDS, JOBS
from ivr.redis_client import connect
from ivr.settings import settings
from ivr.watchdog import Watchdog

UNHURRIED = ("journal", "house", "transcripts")
"""Queues that give way when the processors are busy: callers come first."""
TTL = 30
"""Seconds; RQ waits for a job at most half of this at a time, so a silent loss of Redis is noticed soon."""

PATIENCE = {
    "lookups": 40,
    "changes": 40,
    "handoffs": 40,
    "errands": 40,
    "dialing": 40,
    "journal": 120,
    "house": 900,
    "transcripts": 900,
}
"""Seconds without progress after which a worker is ended. It waits for a job 15 s at most, and a job of a call takes
two of the carrier's time limits (13 s) at worst. RQ's own limit (60 s) interrupts Python, not what hangs below it."""


class Worker(SimpleWorker):
    """RQ's, which looks for a Redis that is away every other second and not only once a minute."""

    max_connection_wait_time = 2.0
    log_job_description = False
    log_result_lifespan = False
    watchdog = Watchdog(float("inf"))

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """RQ's, before and after each job and each time it waited in vain; also while Redis is away."""
        self.watchdog.progress()
        super().heartbeat(timeout, pipeline)

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """RQ's, counted: True when the job did not raise."""
        jobs.begins(job, self.connection)
        begun = time.perf_counter()
        done = bool(super().perform_job(job, queue, execution))
        JOB_SECONDS.labels(queue.name).observe(time.perf_counter() - begun)
        JOBS.labels(queue.name, "done" if done else "failed").inc()
        return done


@click.command()
@click.argument("queue", type=click.Choice(jobs.QUEUES))
def command(queue: str) -> None:
    """Work off one queue: lookups, changes, handoffs, errands, dialing, journal, house or transcripts."""
    from ivr.queueing import bind_worker

    logs.set_up(settings().log_level)
    if queue in UNHURRIED:
        os.nice(5)
    signal.signal(signal.SIGTERM, _leave)  # until RQ puts its own in place
    faulthandler.register(signal.SIGUSR1)  # where one that does nothing stands: told to its log
    bind_worker()
    # A connection of its own: waiting for jobs takes longer than any answer may take elsewhere.
    redis = connect(settings().redis, timeout=5.0)
    while not _answers(redis):
        time.sleep(0.5)
    served = jobs.queue(queue, redis)
    worker = Worker([served], connection=redis, serializer=JSONSerializer, worker_ttl=TTL)
    worker.watchdog = Watchdog(PATIENCE[queue])
    worker.watchdog.start()
    ready.tell()
    worker.work(logging_level="WARNING")


def _answers(redis: object) -> bool:
    try:
        redis.ping()  # type: ignore[attr-defined]
    except (RedisError, OSError):
        return False
    return True


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
