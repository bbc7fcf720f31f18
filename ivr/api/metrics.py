"""`/metrics` for Prometheus: what the processes counted, and the floor's figures as they are now."""

from __future__ import annotations

import hmac
import ipaddress
import logging
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from rq.registry import FailedJobRegistry, StartedJobRegistry
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from callqueue import store as queue
from callqueue.model import CallbackState
from ivr import counting
from ivr.calls.outbox import parked
from ivr.calls.store import JOURNAL, OUTBOX, now_ms
from ivr.desk.roles import current_person
from ivr.floor.blueprint import floor
from ivr.floor.words import SHOWN, number
from ivr.jobs import QUEUES
from ivr.jobs import queue as job_queue
from ivr.redis_client import client
from ivr.settings import Settings
from ivr.store import alerts
from ivr.store.engine import engine, reading
from ivr.store.people import Role

log = logging.getLogger(__name__)

METRICS_ROLES: tuple[Role, ...] = ("ops", "admin")
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def metrics() -> Response:
    """In Prometheus' text format. See :func:`allowed`; anybody else: 403. A part whose source is away is left out, and
    ``hotline_up`` says which."""
    if not allowed():
        abort(403)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(counting.FOLDER))  # type: ignore[no-untyped-call]
    registry.register(Now())
    return Response(generate_latest(registry), mimetype=CONTENT_TYPE_LATEST)


def allowed() -> bool:
    """With METRICS_TOKEN: who brings it. Without: this machine itself, as long as nothing stands before us (no
    PUBLIC_URL elsewhere, nothing forwarded). Always: ops and admins who are signed in."""
    settings: Settings = current_app.config["HOTLINE"]
    token = settings.metrics_token
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if hmac.compare_digest(given.encode(), token.encode()):
            return True
    elif _loopback(request.remote_addr or "") and _loopback(urlsplit(settings.web_url).hostname or ""):
        return not any(name in request.headers for name in FORWARDED)
    try:
        person = current_person()
    except SQLAlchemyError:
        return False
    return person is not None and person.role in METRICS_ROLES


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Now(Collector):
    """Gauges that are read when they are asked for. All processes and machines would say the same."""

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("hotline_up", "Whether a source of these numbers answers", labels=["source"])
        for source, read in (("records", _records), ("redis", _redis)):
            try:
                found = list(read())
                up.add_metric([source], 1)
                yield from found
            except (SQLAlchemyError, RedisError, OSError) as error:
                log.warning("metrics without %s: %s", source, type(error).__name__)
                up.add_metric([source], 0)
        yield up


def _records() -> Iterator[Metric]:
    board = floor().board()
    for one in SHOWN:
        value = number(one.take(board.today))
        unit = {"percent": "ratio", "seconds": "seconds", "count": "count"}[one.form]
        name = f"hotline_today_{one.key}_{unit}"
        if value is not None:
            yield GaugeMetricFamily(name, f"Of today so far, by the formula of the supervisors' page: {one.key}", value)
    waiting = GaugeMetricFamily("hotline_waiting", "Callers in line", labels=["queue"])
    longest = GaugeMetricFamily("hotline_waiting_longest_seconds", "How long the first waits", labels=["queue"])
    for each in board.queues:
        waiting.add_metric([each.name], each.waiting)
        longest.add_metric([each.name], (board.at - each.since).total_seconds() if each.since else 0)
    agents = GaugeMetricFamily("hotline_agents", "Agents by what they do", labels=["state"])
    for state, count in board.counts.items():
        agents.add_metric([state], count)
    yield from (waiting, longest, agents)
    yield GaugeMetricFamily("hotline_conversations", "Calls with an agent, or being connected", board.talking)
    yield GaugeMetricFamily("hotline_promises_open", "Promised callbacks not kept yet", board.promises_open)
    yield GaugeMetricFamily("hotline_promises_overdue", "Those long past their time", board.promises_overdue)
    yield GaugeMetricFamily("hotline_tasks_open", "Tasks not closed", board.tasks.open)
    yield GaugeMetricFamily("hotline_tasks_overdue", "Those past their time", board.tasks.overdue)
    opened = GaugeMetricFamily("hotline_alerts_open", "Open alerts", labels=["kind"])
    for kind in sorted({one.kind for one in board.alerts if one.closed_at is None}):
        opened.add_metric([kind], sum(one.kind == kind and one.closed_at is None for one in board.alerts))
    yield opened
    now = datetime.now(UTC)
    chore, callback = queue.chores.c, queue.callbacks.c
    with reading(engine()) as conn:
        count, oldest = conn.execute(select(func.count(), func.min(chore.due_at)).where(chore.due_at <= now)).one()
        due, first = conn.execute(
            select(func.count(), func.min(callback.due_at)).where(
                callback.state.in_((CallbackState.DUE, CallbackState.DUE_LATER)), callback.due_at <= now
            )
        ).one()
        untold = len(alerts.due_deliveries(conn, now, 1000))
    yield GaugeMetricFamily("hotline_chores_due", "Requests to the carrier that should be done by now", count)
    yield GaugeMetricFamily("hotline_chores_age_seconds", "How late the oldest of them is", _age(now, oldest))
    yield GaugeMetricFamily("hotline_callbacks_due", "Callbacks that are due and not dialled", due)
    yield GaugeMetricFamily("hotline_callbacks_due_age_seconds", "How late the oldest of them is", _age(now, first))
    yield GaugeMetricFamily("hotline_alert_deliveries_due", "Alerts that the webhook was not told yet", untold)


def _age(now: datetime, since: datetime | None) -> float:
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0


def _redis() -> Iterator[Metric]:
    redis = client()
    found: Any = redis.zrange(OUTBOX, 0, 0, withscores=True)
    late = max(0.0, (now_ms() - found[0][1]) / 1000) if found else 0.0
    yield GaugeMetricFamily("hotline_outbox", "Effects of turns not done yet", int(redis.zcard(OUTBOX)))
    yield GaugeMetricFamily("hotline_outbox_age_seconds", "How late the oldest of them is", late)
    yield GaugeMetricFamily("hotline_outbox_parked", "Effects given up or in doubt (100 at most)", len(parked(redis)))
    yield GaugeMetricFamily("hotline_journal", "Journal entries not in the records yet", int(redis.xlen(JOURNAL)))
    waiting = GaugeMetricFamily("hotline_jobs_waiting", "Jobs in the queue", labels=["queue"])
    running = GaugeMetricFamily("hotline_jobs_running", "Jobs in hand", labels=["queue"])
    failed = GaugeMetricFamily("hotline_jobs_failed", "Failed jobs of the last day", labels=["queue"])
    for name in QUEUES:
        jobs = job_queue(name)
        waiting.add_metric([name], jobs.count)
        running.add_metric([name], StartedJobRegistry(queue=jobs).get_job_count(cleanup=False))
        failed.add_metric([name], FailedJobRegistry(queue=jobs).get_job_count(cleanup=False))
    yield from (waiting, running, failed)
