"""The live process as pages meet it: a real hypercorn server, a real Valkey, server-sent events over HTTP."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import redis as redis_client
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from hypercorn.asyncio import serve
from hypercorn.config import Config

from ivr.app import create_app as create_web
from ivr.embedded import valkey_binary
from ivr.live.access import COOKIE, LIFETIME, Access
from ivr.live.app import create_app
from ivr.live.hub import BACKLOG, RESYNC, Message, Subscription
from ivr.live.push import SIGNED_OUT, RedisPush
from ivr.settings import Settings

KEY = "k" * 40
GRACE = 1.2
PING = 0.2


@dataclass
class Duty:
    """Stands for the call queue; remembers what it was told."""

    heard: list[tuple[str, int]] = field(default_factory=list)

    def alive(self, agent: int) -> None:
        self.heard.append(("alive", agent))

    def dead(self, agent: int) -> None:
        self.heard.append(("dead", agent))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def cookie(person: int, key: str = KEY, epoch: int = 0) -> str:
    web = Flask("test")
    web.secret_key = key
    serializer = SecureCookieSessionInterface().get_signing_serializer(web)
    assert serializer is not None
    signed = serializer.dumps({"person": person, "epoch": epoch})
    return signed if isinstance(signed, str) else signed.decode()


@dataclass
class Live:
    """A running live process. ``page`` is where its pages come from."""

    url: str
    page: str
    duty: Duty

    def headers(self, person: int = 7, origin: str = "", key: str = KEY) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={cookie(person, key)}", "Origin": origin or self.page}


@contextmanager
def running(redis_url: str, folder: Path) -> Iterator[Live]:
    port = free_port()
    settings = Settings(port=port - 1, redis_url=redis_url, secret_key=KEY, data_dir=folder)
    duty = Duty()
    app = create_app(settings, lambda: duty, grace=GRACE, ping=PING, still=lambda person, epoch: epoch == 0)
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.graceful_timeout = 0.2
    loop = asyncio.new_event_loop()
    stopping = asyncio.Event()
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(serve(app, config, shutdown_trigger=stopping.wait)), daemon=True
    )
    thread.start()
    url = f"http://127.0.0.1:{port}"
    for _ in range(100):
        try:
            if httpx.get(f"{url}/healthz").json()["ok"]:
                break
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    try:
        yield Live(url, f"http://127.0.0.1:{port - 1}", duty)
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(5)


@pytest.fixture
def live(valkey_url: str, tmp_path: Path) -> Iterator[Live]:
    with running(valkey_url, tmp_path) as server:
        yield server


@dataclass
class Page:
    """An open page: events arrive in ``events``; answers each ping unless ``mute``."""

    live: Live
    person: int = 7
    mute: bool = False
    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Page:
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.wait_for("hello")
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(3)

    def _read(self) -> None:
        headers = self.live.headers(self.person)
        with (
            httpx.Client(timeout=5) as client,
            client.stream("GET", f"{self.live.url}/desk/events", headers=headers) as answer,
        ):
            name = ""
            for line in answer.iter_lines():
                if self._stop.is_set():
                    return
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    data = json.loads(line.removeprefix("data: "))
                    self.events.append((name, data))
                    if name == "ping" and not self.mute:
                        httpx.post(f"{self.live.url}/desk/alive", headers=headers, data={"id": data["id"]})

    def wait_for(self, name: str, seconds: float = 4.0) -> dict[str, object]:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for event, data in self.events:
                if event == name:
                    return data
            time.sleep(0.02)
        raise AssertionError(f"no {name} in {seconds} s; got {[event for event, _ in self.events]}")


def eventually(condition: object, seconds: float = 4.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if callable(condition) and condition():
            return True
        time.sleep(0.05)
    return False


def test_an_agent_hears_what_is_theirs_and_what_is_everyones(live: Live, redis: redis_client.Redis) -> None:
    push = RedisPush(redis)
    with Page(live, person=7) as seven, Page(live, person=8) as eight:
        push.send("agent:7", "offer", {"offer": 1, "name": "Мария"})
        push.send("desk", "line", {})
        assert seven.wait_for("offer") == {"offer": 1, "name": "Мария"}
        seven.wait_for("line")
        eight.wait_for("line")
        assert "offer" not in [event for event, _ in eight.events]


def test_answered_pings_keep_an_agent_on_duty(live: Live) -> None:
    with Page(live) as page:
        page.wait_for("ping")
        assert eventually(lambda: live.duty.heard.count(("alive", 7)) >= 3)
        assert ("dead", 7) not in live.duty.heard


def test_a_page_that_goes_takes_its_agent_off_duty_once(live: Live) -> None:
    with Page(live) as page:
        page.wait_for("ping")
    assert ("dead", 7) not in live.duty.heard
    assert eventually(lambda: ("dead", 7) in live.duty.heard)
    time.sleep(0.5)
    assert live.duty.heard.count(("dead", 7)) == 1


def test_a_reload_keeps_the_agent_on_duty(live: Live) -> None:
    with Page(live) as page:
        page.wait_for("ping")
    time.sleep(GRACE / 3)
    with Page(live) as page:
        time.sleep(GRACE * 1.5)
        assert ("dead", 7) not in live.duty.heard


def test_one_of_two_pages_closed_changes_nothing(live: Live) -> None:
    with Page(live) as kept:
        with Page(live) as page:
            page.wait_for("ping")
        time.sleep(GRACE * 1.5)
        assert ("dead", 7) not in live.duty.heard
        assert kept.events


def test_a_page_answering_another_live_process_is_not_gone(live: Live, valkey_url: str, tmp_path: Path) -> None:
    with running(valkey_url, tmp_path) as other, Page(other) as there:
        there.wait_for("ping")
        with Page(live) as here:
            here.wait_for("ping")
        time.sleep(GRACE * 1.6)
        assert ("dead", 7) not in live.duty.heard


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "PAGE"}, 401),
        ({"Origin": "PAGE", "Cookie": "hotline=forged"}, 401),
    ],
)
def test_strangers_hear_nothing(live: Live, headers: dict[str, str], status: int) -> None:
    sent = {name: live.page if value == "PAGE" else value for name, value in headers.items()}
    assert httpx.get(f"{live.url}/desk/events", headers=sent).status_code == status
    assert httpx.post(f"{live.url}/desk/alive", headers=sent).status_code == status
    assert live.duty.heard == []


def test_a_session_signed_with_another_key_hears_nothing(live: Live) -> None:
    answer = httpx.get(f"{live.url}/desk/events", headers=live.headers(key="x" * 40))
    assert answer.status_code == 401


def test_another_port_of_our_host_is_another_origin(live: Live) -> None:
    answer = httpx.get(f"{live.url}/desk/events", headers=live.headers(origin="http://127.0.0.1:1"))
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_our_page_may_read_the_answer(live: Live) -> None:
    answer = httpx.post(f"{live.url}/desk/alive", headers=live.headers())
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == live.page
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"


def test_redis_away_leaves_the_stream_open_and_resyncs_after(tmp_path: Path) -> None:
    binary = valkey_binary()
    if binary is None:
        pytest.skip("no Valkey server on this machine")
    folder = Path(tempfile.mkdtemp(prefix="hl-"))
    path = folder / "v.sock"

    def start() -> subprocess.Popen[bytes]:
        server = subprocess.Popen(
            [str(binary), "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder)],
            stdout=subprocess.DEVNULL,
        )
        client = redis_client.Redis.from_url(f"unix://{path}")
        assert eventually(lambda: _pings(client), 10)
        return server

    server = start()
    try:
        with running(f"unix://{path}", tmp_path) as live, Page(live) as page:
            page.wait_for("ping")
            server.kill()
            server.wait()
            assert eventually(lambda: httpx.get(f"{live.url}/healthz").json()["push"] == "away")
            before = len(page.events)
            assert eventually(lambda: len(page.events) > before), "pings stopped with Redis"
            server = start()
            page.wait_for("resync", 6)
            RedisPush(redis_client.Redis.from_url(f"unix://{path}")).send("agent:7", "offer", {"offer": 2})
            assert page.wait_for("offer") == {"offer": 2}
    finally:
        server.kill()
        server.wait()


def _pings(client: redis_client.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis_client.ConnectionError:
        return False


def test_a_push_without_redis_is_lost_quietly(tmp_path: Path) -> None:
    RedisPush(redis_client.Redis.from_url(f"unix://{tmp_path}/nothing.sock")).send("agent:1", "offer", {"offer": 1})


def test_a_page_that_lags_too_far_is_told_to_read_again() -> None:
    subscription = Subscription(frozenset({"desk"}))
    for number in range(BACKLOG + 1):
        subscription.put(Message("line", {"n": number}))
    assert subscription.inbox.qsize() == 1
    assert subscription.inbox.get_nowait() == RESYNC


def test_the_cookie_is_the_web_process_own(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, secret_key=KEY, port=8000)
    web = create_web(settings)
    assert web.config["SESSION_COOKIE_NAME"] == COOKIE
    assert web.permanent_session_lifetime == LIFETIME
    serializer = SecureCookieSessionInterface().get_signing_serializer(web)
    assert serializer is not None
    assert Access(settings).session(str(serializer.dumps({"person": 3, "epoch": 2}))) == (3, 2)


def test_a_session_that_is_over_has_its_streams_ended_and_gets_no_new_one(
    live: Live, redis: redis_client.Redis
) -> None:
    push = RedisPush(redis)
    headers = live.headers(7)
    with httpx.Client(timeout=5) as client, client.stream("GET", f"{live.url}/desk/events", headers=headers) as answer:
        lines = answer.iter_lines()
        assert any(line == "event: hello" for line in lines)
        push.send("agent:8", SIGNED_OUT, {})
        push.send("agent:7", "state", {})
        assert any(line == "event: state" for line in lines), "another's sign-out ends nothing here"
        push.send("agent:7", SIGNED_OUT, {})
        assert SIGNED_OUT not in "".join(lines), "the stream ends, and the page is told by being refused"
    over = {**headers, "Cookie": f"{COOKIE}={cookie(7, epoch=1)}"}
    assert httpx.get(f"{live.url}/desk/events", headers=over).status_code == 401
    assert httpx.post(f"{live.url}/desk/alive", headers=over, data={"id": "x"}).status_code == 401
