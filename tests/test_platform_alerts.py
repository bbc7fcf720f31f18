"""Alerts as rows: opened once, closed once, seen by whom, deliveries that are claimed and put off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from records import migrated_of
from sqlalchemy import Engine

from ivr.store import alerts

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    made = migrated_of(request.param, request, tmp_path)
    yield made
    made.dispose()


def test_one_open_alert_of_a_kind_and_subject(records: Engine) -> None:
    with records.begin() as conn:
        first = alerts.open_alert(conn, "service_level", "", {"level": 0.6}, NOW, tell=True)
        assert first is not None
        assert alerts.open_alert(conn, "service_level", "", {"level": 0.5}, NOW + timedelta(seconds=5), True) is None
        assert alerts.open_alert(conn, "queue_full", "support", {}, NOW, tell=False)
    with records.begin() as conn:
        open_ones = alerts.recent(conn, NOW)
        assert [(one.kind, one.data) for one in open_ones][-1] == ("service_level", {"level": 0.5})
        assert alerts.open_subjects(conn, "queue_full") == {"support"}
        assert alerts.quiet_since(conn, "queue_full", NOW + timedelta(seconds=1)) == ["support"]
        assert alerts.close_alert(conn, "service_level", "", NOW + timedelta(minutes=1), tell=True) == first
        assert alerts.close_alert(conn, "service_level", "", NOW + timedelta(minutes=1), tell=True) is None
        assert alerts.open_alert(conn, "service_level", "", {}, NOW + timedelta(minutes=2), tell=False) != first


def test_seen_is_kept_once_for_each_person(records: Engine) -> None:
    with records.begin() as conn:
        alert = alerts.open_alert(conn, "fallback", "", {}, NOW, tell=False)
        assert alert is not None
        for person in (3, 3, 4):
            assert alerts.mark_seen(conn, alert, person, NOW)
        assert not alerts.mark_seen(conn, 99, 3, NOW)
        assert alerts.recent(conn, NOW)[0].seen == (3, 4)


def test_a_delivery_is_claimed_by_one_and_tried_again_when_its_worker_dies(records: Engine) -> None:
    with records.begin() as conn:
        alerts.open_alert(conn, "service_level", "", {"level": 0.6}, NOW, tell=True)
        (due,) = alerts.due_deliveries(conn, NOW)
    with records.begin() as conn:
        taken = alerts.claim_delivery(conn, due, NOW)
        assert taken is not None
        assert (taken.event, taken.tries, taken.alert.data) == ("opened", 1, {"level": 0.6})
        assert alerts.claim_delivery(conn, due, NOW) is None
    with records.begin() as conn:
        later = NOW + alerts.CLAIM
        again = alerts.claim_delivery(conn, due, later)
        assert again is not None
        assert again.tries == 2
        alerts.put_off(conn, due, "timed out", later + timedelta(minutes=1), later)
        assert alerts.due_deliveries(conn, later) == []
        last = alerts.claim_delivery(conn, due, later + timedelta(minutes=1))
        assert last is not None
        alerts.delivered(conn, due, later)
        assert alerts.due_deliveries(conn, later + timedelta(days=1)) == []
