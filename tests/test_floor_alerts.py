"""Alerts: when the service level opens and closes one, and how the webhook is told."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from desk_world import World, world
from sqlalchemy import select, update

from callqueue.store import callbacks, tickets
from ivr.floor import alerts as floor_alerts
from ivr.floor import webhook
from ivr.floor.alerts import Watch, raise_alert, settle
from ivr.floor.figures import Came, Ratio, service_level
from ivr.floor.judging import Threshold, verdict
from ivr.store import alerts
from ivr.store.engine import engine, reading

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
RULE = Threshold(0.70, 0.75, 10)


@pytest.mark.parametrize(
    ("level", "is_open", "expected"),
    [
        (Ratio(69, 100), False, "open"),
        (Ratio(70, 100), False, "stay"),
        (Ratio(0, 9), False, "stay"),  # too few to say
        (Ratio(0, 10), False, "open"),
        (Ratio(74, 100), True, "stay"),  # between the two: neither opens nor closes
        (Ratio(74, 100), False, "stay"),
        (Ratio(75, 100), True, "close"),
        (Ratio(2, 2), True, "close"),
        (Ratio(0, 1), True, "stay"),
        (Ratio(0, 0), True, "close"),
        (Ratio(0, 0), False, "stay"),
    ],
)
def test_hysteresis(level: Ratio, is_open: bool, expected: str) -> None:
    assert verdict(level, is_open, RULE) == expected


def test_a_line_that_nobody_answers_counts_before_the_first_gives_up() -> None:
    line = [Came("support", "ru", NOW - timedelta(seconds=s), "in_line", None) for s in (5, 20, 21, 90)]
    assert service_level(line, 20).share is None
    assert service_level(line, 20, NOW) == Ratio(0, 2)


@pytest.fixture
def here(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> Iterator[World]:
    with world(
        tmp_path,
        valkey_url,
        monkeypatch,
        ALERT_WEBHOOK=receiver.address,
        ALERT_WEBHOOK_SECRET="s" * 20,
        ALERT_CALLS="3",
    ) as made:
        yield made


class Receiver:
    """The operator's webhook: keeps what it gets and answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answer = 204
        kept = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.got.append((dict(self.headers), body))
                self.send_response(kept.answer)
                if kept.answer == 302:
                    self.send_header("Location", f"{kept.address}/elsewhere")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/alerts"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


def open_kinds() -> list[tuple[str, str]]:
    with reading(engine()) as conn:
        return [(one.kind, one.subject) for one in alerts.recent(conn, datetime.now(UTC)) if one.closed_at is None]


def deliveries() -> list[tuple[str, str, int]]:
    with reading(engine()) as conn:
        row = alerts.alert_deliveries.c
        return [tuple(one) for one in conn.execute(select(row.event, row.state, row.tries).order_by(row.id))]


def due() -> list[int]:
    with reading(engine()) as conn:
        return alerts.due_deliveries(conn, datetime.now(UTC))


def look(here: World) -> None:
    Watch(here.queue, here.settings, engine()).look()


def test_a_fallen_service_level_opens_one_alert_and_its_recovery_closes_it(here: World, receiver: Receiver) -> None:
    for number in range(4):
        here.caller(f"CA{number}", f"+7916000000{number}")
    look(here)
    assert open_kinds() == []
    long_ago = datetime.now(UTC) - timedelta(seconds=60)
    with engine().begin() as conn:
        conn.execute(update(tickets).values(created_at=long_ago))
    look(here)
    look(here)
    assert open_kinds() == [("service_level", "")]
    assert deliveries() == [("opened", "pending", 0)]
    with engine().begin() as conn:
        conn.execute(update(tickets).values(connected_at=long_ago + timedelta(seconds=5), state="connected"))
    look(here)
    assert open_kinds() == []
    for one in due():
        webhook.deliver(one)
    assert deliveries() == [("opened", "sent", 1), ("closed", "sent", 1)]
    headers, body = receiver.got[0]
    told = json.loads(body)
    assert (told["event"], told["kind"], told["data"]["percent"]) == ("opened", "service_level", 0)
    stamp, _, signature = headers["Hotline-Signature"].partition(",v1=")
    expected = hmac.new(b"s" * 20, stamp.removeprefix("t=").encode() + b"." + body, hashlib.sha256).hexdigest()
    assert signature == expected
    assert abs(int(stamp.removeprefix("t=")) - datetime.now(UTC).timestamp()) < 60
    assert json.loads(receiver.got[1][1])["closed_at"]


@pytest.mark.parametrize("answer", [500, 302, 404])
def test_a_webhook_that_does_not_take_it_is_tried_again_and_no_redirect_followed(
    here: World, receiver: Receiver, answer: int
) -> None:
    receiver.answer = answer
    assert raise_alert("fallback", "Redis is away")
    (one,) = due()
    webhook.deliver(one)
    webhook.deliver(one)  # a second wake-up: it is not due now
    assert len(receiver.got) == 1
    assert deliveries() == [("opened", "pending", 1)]
    receiver.answer = 200
    with engine().begin() as conn:
        conn.execute(update(alerts.alert_deliveries).values(due_at=datetime.now(UTC)))
    webhook.deliver(one)
    assert deliveries() == [("opened", "sent", 2)]


def test_a_webhook_that_is_not_there_is_given_up_in_the_end(here: World, receiver: Receiver) -> None:
    receiver.server.shutdown()
    receiver.server.server_close()
    raise_alert("fallback")
    (one,) = due()
    for _ in range(len(webhook.AGAIN) + 1):
        with engine().begin() as conn:
            conn.execute(update(alerts.alert_deliveries).values(due_at=datetime.now(UTC)))
        webhook.deliver(one)
    assert deliveries() == [("opened", "given_up", len(webhook.AGAIN) + 1)]


def test_a_full_queue_and_an_overdue_promise(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(floor_alerts, "most_waiting", lambda calls, queue: 2)
    here.caller("CA1")
    here.caller("CA2", "+79160000002")
    look(here)
    assert open_kinds() == [("queue_full", "support")]
    here.queue.left("CA2", "hangup")
    look(here)
    assert open_kinds() == []
    long_ago = datetime.now(UTC) - timedelta(minutes=20)
    here.queue.promise(_asking("+79160000003"), now=long_ago)
    with engine().begin() as conn:
        conn.execute(update(callbacks).values(promised_for=long_ago, due_at=long_ago))
    look(here)
    assert open_kinds() == [("promise_overdue", "")]
    with engine().begin() as conn:
        conn.execute(update(callbacks).values(state="kept"))
    look(here)
    assert open_kinds() == []


def test_what_somebody_raised_closes_when_it_is_quiet(here: World) -> None:
    assert raise_alert("fallback", "Redis is away")
    assert not raise_alert("fallback", "Redis is away")
    watch = Watch(here.queue, here.settings, engine())
    now = datetime.now(UTC)
    watch.look(now)
    assert open_kinds() == [("fallback", "")]
    watch.look(now + floor_alerts.QUIET + timedelta(seconds=1))
    assert open_kinds() == []
    assert not settle("fallback")


def _asking(number: str) -> Any:
    from callqueue.model import CallbackRequest

    return CallbackRequest("k", "CA9", number, "ru", "support", "wants a call")
