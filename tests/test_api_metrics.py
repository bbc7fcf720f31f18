"""`/metrics`: who may read it, what it says, and that every process's counts are in it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desk_world import World, world
from floor_world import floor_now
from prometheus_client.parser import text_string_to_metric_families as parsed
from sqlalchemy import insert

from callqueue import store as queue
from callqueue.ports import CarrierRefused, CarrierUnknown
from ivr import counting
from ivr.floor import blueprint as floor_blueprint
from ivr.store.engine import engine

TOKEN = "t" * 20


@pytest.fixture(params=["", TOKEN], ids=["no token", "token"])
def here(
    request: pytest.FixtureRequest, tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    floor_blueprint.floor.cache_clear()
    with world(tmp_path, valkey_url, monkeypatch, METRICS_TOKEN=request.param) as made:
        yield made
    floor_blueprint.floor.cache_clear()


def read(here: World) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = here.app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    found = {}
    for family in parsed(answer.text):
        for sample in family.samples:
            found[(sample.name, frozenset(sample.labels.items()))] = sample.value
    return found


def value(found: dict[tuple[str, frozenset[tuple[str, str]]], float], name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0.0)


def test_who_may_read_it(here: World) -> None:
    client = here.app.test_client()
    with_token = bool(here.settings.metrics_token)
    assert client.get("/metrics").status_code == (403 if with_token else 200)
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == (403 if with_token else 200)
    assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get("/metrics", environ_overrides=elsewhere).status_code == 403
    proxied = {"X-Forwarded-For": "192.0.2.7"}
    assert client.get("/metrics", headers=proxied).status_code == 403
    for role, status in (("agent", 403), ("supervisor", 403), ("ops", 200), ("admin", 200)):
        page = here.page(f"a-{role}", role)  # type: ignore[arg-type]
        assert page.get("/metrics", environ_overrides=elsewhere).status_code == status, role


def test_behind_a_public_address_this_machine_is_no_proof(
    tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path, valkey_url, monkeypatch, PUBLIC_URL="https://hotline.example.com") as here:
        assert here.app.test_client().get("/metrics").status_code == 403


def test_the_floors_figures_and_the_queues(here: World) -> None:
    with engine().begin() as conn:
        floor_now(conn, [1, 2, 3, 4, 5, 6])
        late = datetime.now(UTC) - timedelta(seconds=40)
        conn.execute(insert(queue.chores).values(kind="hang_up", subject="CA1", due_at=late, woken_at=late, tries=1))
    found = read(here)
    assert value(found, "hotline_waiting", queue="support") == 3
    assert value(found, "hotline_waiting_longest_seconds", queue="support") >= 95
    assert value(found, "hotline_agents", state="break") == 2
    assert value(found, "hotline_conversations") == 2
    assert value(found, "hotline_today_came_count") == 6
    assert value(found, "hotline_promises_overdue") == 1
    assert value(found, "hotline_chores_due") == 1
    assert 40 <= value(found, "hotline_chores_age_seconds") < 400
    assert value(found, "hotline_callbacks_due") == 1
    assert value(found, "hotline_up", source="redis") == value(found, "hotline_up", source="records") == 1
    assert ("hotline_jobs_waiting", frozenset({("queue", "handoffs")})) in found


def test_webhooks_are_counted_by_lane_and_outcome(here: World) -> None:
    before = read(here)
    client = here.app.test_client()
    for path in ("/twilio/voice", "/twilio/wait/CA1/1", "/twilio/status", "/twilio/callback/1/1"):
        assert client.post(path).status_code == 403, "not signed"
    after = read(here)
    for lane in ("turn", "wait", "event", "agent"):
        labels = {"lane": lane, "outcome": "refused"}
        assert value(after, "hotline_webhooks_total", **labels) - value(before, "hotline_webhooks_total", **labels) == 1
        name = "hotline_webhook_seconds_count"
        assert value(after, name, lane=lane) - value(before, name, lane=lane) == 1


def test_errors_of_the_carrier_are_told_apart(here: World) -> None:
    import requests

    from ivr.carriers.twilio.telephone import asked

    before = read(here)

    def slow() -> None:
        raise requests.ReadTimeout

    def nowhere() -> None:
        raise requests.ConnectTimeout

    with pytest.raises(CarrierUnknown):
        asked(slow)
    with pytest.raises(CarrierRefused):
        asked(nowhere)
    after = read(here)
    for outcome in ("unknown", "unreachable"):
        name = "hotline_carrier_errors_total"
        assert value(after, name, outcome=outcome) - value(before, name, outcome=outcome) == 1


def test_what_another_process_counted_is_there_also_after_its_end(here: World) -> None:
    before = read(here)
    code = "from ivr import counting; counting.JOBS.labels('dialing', 'failed').inc(3)"
    subprocess.run([sys.executable, "-c", code], check=True)
    labels = {"queue": "dialing", "outcome": "failed"}
    assert value(read(here), "hotline_jobs_total", **labels) - value(before, "hotline_jobs_total", **labels) == 3
    assert counting.FOLDER.is_dir()


def test_a_worker_counts_its_jobs(here: World) -> None:
    from rq.serializers import JSONSerializer

    from ivr import jobs
    from ivr.commands.worker import Worker
    from ivr.redis_client import client

    before = read(here)
    client().flushall()
    served = jobs.queue("house", client())
    for job in ("math:sqrt", "math:log"):
        jobs.wake("house", job, 0)  # the logarithm of nothing fails
    Worker([served], connection=client(), serializer=JSONSerializer).work(burst=True, logging_level="ERROR")
    after = read(here)
    for outcome in ("done", "failed"):
        labels = {"queue": "house", "outcome": outcome}
        assert value(after, "hotline_jobs_total", **labels) - value(before, "hotline_jobs_total", **labels) == 1
    assert value(after, "hotline_jobs_failed", queue="house") == 1
