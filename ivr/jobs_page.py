"""`/admin/queues`: RQ's queues, workers and failed jobs, for admins. What is looked at changes nothing; requeue and
delete are the only acts.

A job is only a wake-up (the truth is in the records), so a failed one may be run again or deleted without harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.registry import FailedJobRegistry, StartedJobRegistry
from rq.serializers import JSONSerializer
from rq.worker import BaseWorker
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response

from ivr.desk.audited import nothing_changed
from ivr.desk.errors import records_away
from ivr.desk.roles import me, requires
from ivr.desk.security import our_own_origin
from ivr.jobs import QUEUES, queue
from ivr.logs import mask
from ivr.redis_client import client
from ivr.store import audit
from ivr.store.engine import engine

FAILED_SHOWN = 100

blueprint = Blueprint("jobs", __name__)
blueprint.before_request(our_own_origin)
blueprint.register_error_handler(OperationalError, records_away)


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A queue: jobs waiting, in hand, failed in the last day; since when the first waits."""

    name: str
    waiting: int
    running: int
    failed: int
    oldest: datetime | None
    workers: int


@dataclass(frozen=True, slots=True)
class WorkerRow:
    name: str
    queues: str
    state: str
    since: datetime | None
    beat: datetime | None
    done: int
    failed: int


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A failed job; ``arguments`` and ``trace`` masked as in logs."""

    id: str
    queue: str
    function: str
    arguments: str
    ended: datetime | None
    trace: str


@blueprint.get("/admin/queues")
@requires("admin")
def queues() -> str | tuple[str, int]:
    try:
        workers = Worker.all(connection=client(), serializer=JSONSerializer)
        rows = [_queue(queue(name), workers) for name in QUEUES]
        failed = [row for name in QUEUES for row in _failed(queue(name))]
    except RedisError:
        return render_template("admin/queues.html", away=True), 503
    return render_template(
        "admin/queues.html",
        away=False,
        queues=rows,
        workers=sorted((_worker(one) for one in workers), key=lambda row: row.queues),
        failed=sorted(failed, key=lambda row: str(row.ended), reverse=True)[:FAILED_SHOWN],
    )


@blueprint.post("/admin/queues/<name>/jobs/<id>/requeue")
@requires("admin")
def requeue(name: str, id: str) -> Response:
    """Run a failed job again."""
    jobs = _known(name)
    if id in FailedJobRegistry(queue=jobs).get_job_ids(cleanup=False):
        FailedJobRegistry(queue=jobs).requeue(id)
        _record("job.requeue", id, name)
    else:
        nothing_changed()
    return redirect(url_for("jobs.queues"), 303)


@blueprint.post("/admin/queues/<name>/jobs/<id>/delete")
@requires("admin")
def delete(name: str, id: str) -> Response:
    """Forget a failed job."""
    jobs = _known(name)
    if id in FailedJobRegistry(queue=jobs).get_job_ids(cleanup=False):
        FailedJobRegistry(queue=jobs).remove(id, delete_job=True)
        _record("job.delete", id, name)
    else:
        nothing_changed()
    return redirect(url_for("jobs.queues"), 303)


@blueprint.post("/admin/queues/<name>/failed")
@requires("admin")
def all_failed(name: str) -> Response:
    """Form: ``act``: requeue or delete, for every failed job of the queue."""
    jobs, act = _known(name), request.form.get("act", "")
    if act not in ("requeue", "delete"):
        abort(400)
    registry = FailedJobRegistry(queue=jobs)
    ids = registry.get_job_ids(cleanup=False)
    for id in ids:
        if act == "requeue":
            registry.requeue(id)
        else:
            registry.remove(id, delete_job=True)
    if ids:
        _record(f"job.{act}", f"{len(ids)} jobs", name)
    else:
        nothing_changed()
    return redirect(url_for("jobs.queues"), 303)


def _known(name: str) -> Queue:
    if name not in QUEUES:
        abort(404)
    return queue(name)


def _queue(jobs: Queue, workers: list[BaseWorker]) -> QueueRow:
    first = next(iter(jobs.get_job_ids(0, 1)), None)
    job = _job(first) if first else None
    return QueueRow(
        jobs.name,
        jobs.count,
        StartedJobRegistry(queue=jobs).get_job_count(cleanup=False),
        FailedJobRegistry(queue=jobs).get_job_count(cleanup=False),
        job.enqueued_at if job is not None else None,
        sum(jobs.name in worker.queue_names() for worker in workers),
    )


def _worker(worker: BaseWorker) -> WorkerRow:
    return WorkerRow(
        name=worker.name[:8],
        queues=", ".join(worker.queue_names()),
        state=str(worker.get_state()),
        since=worker.birth_date,
        beat=worker.last_heartbeat,
        done=int(worker.successful_job_count or 0),
        failed=int(worker.failed_job_count or 0),
    )


def _failed(jobs: Queue) -> list[FailedRow]:
    ids = FailedJobRegistry(queue=jobs).get_job_ids(0, FAILED_SHOWN - 1, cleanup=False)
    return [_failed_row(jobs.name, job) for id in ids if (job := _job(id)) is not None]


def _failed_row(name: str, job: Job) -> FailedRow:
    try:
        arguments: Any = job.args
    except Exception:  # noqa: BLE001 - whatever a foreign or broken payload raises, the list is shown
        arguments = "?"
    latest = job.latest_result()
    trace = str(latest.exc_string) if latest is not None and latest.exc_string else ""
    return FailedRow(
        id=job.id,
        queue=name,
        function=job.func_name or "?",
        arguments=mask(", ".join(map(str, arguments)))[:120],
        ended=job.ended_at,
        trace=mask(trace)[-4000:],
    )


def _job(id: str) -> Job | None:
    try:
        return Job.fetch(id, connection=client(), serializer=JSONSerializer)
    except (NoSuchJobError, ValueError):
        return None


def _record(action: str, job: str, name: str) -> None:
    with engine().begin() as conn:
        audit.record(conn, me().id, action, f"queue:{name}", after={"job": job})
