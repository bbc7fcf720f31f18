"""What the processes count for Prometheus. Each process of a machine keeps its counts in files of one folder
(``PROMETHEUS_MULTIPROC_DIR``, by default ``DATA_DIR/metrics``), and whichever is asked adds them up.

The folder must be named before the client library is first imported: import counters from here, never from it.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

FOLDER = Path(os.environ.get("PROMETHEUS_MULTIPROC_DIR") or Path(os.environ.get("DATA_DIR") or "var") / "metrics")
FOLDER.mkdir(parents=True, exist_ok=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(FOLDER.resolve())

from prometheus_client import Counter, Histogram  # noqa: E402

TURN_SECONDS = Histogram(
    "hotline_webhook_seconds",
    "Seconds until a webhook of the carrier was answered",
    ["lane"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 2, 3, 5, 10, 15),
)
"""``lane``: turn, wait, agent, event."""

LANES = {
    **dict.fromkeys(("voice", "turn", "stream", "fallback"), "turn"),
    **dict.fromkeys(("wait", "connect", "requeue"), "wait"),
    **dict.fromkeys(("status", "conference", "recording"), "event"),
}
"""By the second part of the address; the rest are legs of agents and of customers whom we phone."""

WEBHOOKS = Counter(
    "hotline_webhooks_total", "Webhooks of the carrier, by lane and what came of them", ["lane", "outcome"]
)
"""``outcome``: ok; refused (the signature, a bad request); broke (a fault or something away: a sentence was said)."""


def webhook(path: str, seconds: float, outcome: str) -> None:
    """Count a webhook of the carrier."""
    times, count = _counters(LANES.get(path.split("/", 3)[2], "agent"), outcome)
    times.observe(seconds)
    count.inc()


@cache
def _counters(lane: str, outcome: str) -> tuple[Histogram, Counter]:
    return TURN_SECONDS.labels(lane), WEBHOOKS.labels(lane, outcome)


JOBS = Counter("hotline_jobs_total", "Jobs, by queue and what came of them", ["queue", "outcome"])
JOB_SECONDS = Histogram(
    "hotline_job_seconds",
    "Seconds that a job took",
    ["queue"],
    buckets=(0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60),
)

CARRIER_ERRORS = Counter(
    "hotline_carrier_errors_total", "Requests to the carrier that failed, by what came of them", ["outcome"]
)
"""``outcome``: refused (4xx), throttled (429), unreachable (never sent), unknown (it may have been done)."""
