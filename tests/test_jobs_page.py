"""`/admin/queues`: what it shows, what its buttons do, who may open it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_world import World, world
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer
from sqlalchemy import text

from ivr import jobs
from ivr.commands.worker import Worker
from ivr.redis_client import client
from ivr.store.engine import engine, reading
from ivr.store.people import ROLES


@pytest.fixture
def here(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(tmp_path, valkey_url, monkeypatch) as made:
        client().flushall()
        yield made


def fail(*arguments: str) -> str:
    """A job that fails, with these arguments; its id."""
    jobs.wake("house", "math:sqrt", *arguments)
    served = jobs.queue("house", client())
    Worker([served], connection=client(), serializer=JSONSerializer).work(burst=True, logging_level="CRITICAL")
    return failed()[-1]


def failed() -> list[str]:
    return list(FailedJobRegistry(queue=jobs.queue("house")).get_job_ids(cleanup=False))


def test_queues_and_failed_jobs_are_shown_masked(here: World) -> None:
    jobs.wake("handoffs", "callqueue.jobs:match")
    fail("+79160009911")
    page = here.page("root", "admin").get("/admin/queues").text
    for name in jobs.QUEUES:
        assert f">{name}</th>" in page
    assert "math.sqrt(•••)" in page
    assert "TypeError" in page
    assert "0009911" not in page


def test_a_failed_job_is_run_again_or_deleted_and_the_audit_list_knows(here: World) -> None:
    root = here.page("root", "admin")
    job = fail("x")
    assert root.post(f"/admin/queues/house/jobs/{job}/requeue").status_code == 303
    assert failed() == []
    assert jobs.queue("house").get_job_ids() == [job]
    jobs.queue("house").empty()
    job = fail("x")
    root.post(f"/admin/queues/house/jobs/{job}/delete")
    root.post(f"/admin/queues/house/jobs/{job}/delete")
    assert failed() == []
    fail("x")
    fail("y")
    assert root.post("/admin/queues/house/failed", act="explode").status_code == 400
    root.post("/admin/queues/house/failed", act="delete")
    assert failed() == []
    assert root.post("/admin/queues/nowhere/failed", act="delete").status_code == 404
    with reading(engine()) as conn:
        lines = list(conn.execute(text("SELECT action FROM audit WHERE action LIKE 'job.%' ORDER BY id")).scalars())
    assert lines == ["job.requeue", "job.delete", "job.delete"]


def test_only_admins(here: World) -> None:
    routes = (("GET", "/admin/queues"), ("POST", "/admin/queues/house/failed"))
    routes += (("POST", "/admin/queues/house/jobs/1/requeue"), ("POST", "/admin/queues/house/jobs/1/delete"))
    for role in ROLES:
        page = here.page(f"a-{role}", role)
        for method, address in routes:
            status = page.client.open(address, method=method, headers={"X-CSRF-Token": "token"}).status_code
            assert (status == 403) == (role != "admin"), f"{role} {method} {address}"
    assert here.page("root", "admin").client.post("/admin/queues/house/failed").status_code == 403, "no token"
