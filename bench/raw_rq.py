"""Raw RQ beside ours, in the same Valkey: from ``enqueue`` to the start of a job that does nothing.

Two workers: RQ's own, which forks for each job, and its ``SimpleWorker``, which is what ``hotline worker`` builds on.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import redis
from load import Times
from rq import Queue, SimpleWorker, Worker
from rq.serializers import JSONSerializer

STARTS = "bench:starts"


def note(enqueued: float) -> None:
    """The empty job: writes down how long it took to begin."""
    took = time.time() - enqueued
    redis.Redis.from_url(os.environ["BENCH_REDIS"]).rpush(STARTS, took)


def measure(url: str, count: int, forks: bool, pause: float = 0.03) -> Times:
    """Seconds from enqueue to start, one job at a time."""
    name = "bench-forks" if forks else "bench-simple"
    worker = subprocess.Popen(
        [sys.executable, __file__, name],
        env=os.environ | {"BENCH_REDIS": url, "PYTHONPATH": str(Path(__file__).parent)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    connection = redis.Redis.from_url(url)
    connection.delete(STARTS)
    queue = Queue(name, connection=connection, serializer=JSONSerializer)
    try:
        for done in range(count + 1):  # the first one waits for the worker to start, and is not counted
            queue.enqueue("raw_rq.note", time.time(), result_ttl=0)
            while connection.llen(STARTS) <= done:
                if worker.poll() is not None:
                    raise RuntimeError(f"the RQ worker ended with {worker.returncode}")
                time.sleep(0.0005)
            time.sleep(pause)
    finally:
        worker.terminate()
        worker.wait(10)
    return Times([float(took) for took in connection.lrange(STARTS, 1, -1)])  # type: ignore[union-attr]


def _serve(name: str) -> None:
    connection = redis.Redis.from_url(os.environ["BENCH_REDIS"])
    kind = Worker if name == "bench-forks" else SimpleWorker
    queue = Queue(name, connection=connection, serializer=JSONSerializer)
    kind([queue], connection=connection, serializer=JSONSerializer).work(logging_level="ERROR")


if __name__ == "__main__":
    _serve(sys.argv[1])
