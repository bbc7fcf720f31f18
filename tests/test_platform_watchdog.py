"""A process that makes no progress ends; one that does lives on."""

from __future__ import annotations

import subprocess
import sys

from redis import Redis
from rq.serializers import JSONSerializer

from ivr.commands.worker import PATIENCE, Worker
from ivr.jobs import QUEUES, queue
from ivr.watchdog import EXIT, Watchdog

HANGS = """
import threading, time
from ivr.watchdog import Watchdog
dog = Watchdog(0.5)
dog.start()
for _ in range(10):
    time.sleep(0.1)
    dog.progress()
print("still here", flush=True)
def in_this_place():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
in_this_place()
"""


def test_one_that_hangs_ends_and_tells_where() -> None:
    done = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == "still here\n", "progress keeps it alive"
    assert done.returncode == EXIT
    assert "no progress for 0.5 s" in done.stderr
    assert "in in_this_place" in done.stderr


def test_every_heartbeat_of_a_worker_is_progress(redis: Redis) -> None:
    assert set(PATIENCE) == set(QUEUES)
    now = 0.0
    worker = Worker([queue("handoffs", redis)], connection=redis, serializer=JSONSerializer)
    worker.watchdog = Watchdog(40, clock=lambda: now)
    now = 30.0
    worker.heartbeat()
    assert worker.watchdog.idle == 0
    now = 45.0
    assert worker.watchdog.idle == 15
