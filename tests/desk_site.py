"""The desk's pages served on real ports, with the live process beside them: for tests in a browser."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from desk_world import PASSWORD, World, world
from hypercorn.asyncio import serve
from hypercorn.config import Config
from playwright.sync_api import Page
from system import free_ports
from werkzeug.serving import make_server

from ivr.live.app import create_app as create_live


@dataclass
class Site:
    """The pages of a world, served."""

    here: World
    url: str

    def sign_in(self, page: Page, login: str = "anna") -> None:
        self.here.person(login)
        page.goto(f"{self.url}/sign-in")
        page.fill("#login", login)
        page.fill("#password", PASSWORD)
        page.click("button.primary")
        page.wait_for_url("**/desk")

    def answering(self, login: str = "anna") -> Callable[[], bool]:
        """Whether the agent's page has answered a ping since now."""
        person = self.here.person(login)
        from sqlalchemy import select

        from callqueue.store import agents
        from ivr.store.engine import engine, reading

        def alive_at() -> object:
            with reading(engine()) as conn:
                return conn.execute(select(agents.c.alive_at).where(agents.c.id == person.id)).scalar()

        before = alive_at()
        return lambda: alive_at() != before


@contextmanager
def served(folder: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch, **env: str) -> Iterator[Site]:
    """A world's pages and live process, on free ports. Pings come every half second; two seconds make a page dead."""
    port = free_ports()
    with world(folder, valkey_url, monkeypatch, PORT=str(port), **env) as here:
        web = make_server("127.0.0.1", port, here.app, threaded=True)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        config = Config()
        config.bind = [f"127.0.0.1:{port + 1}"]
        config.graceful_timeout = 0.2
        loop, stopping = asyncio.new_event_loop(), asyncio.Event()
        live = create_live(here.settings, lambda: here.queue, grace=2, ping=0.5)
        thread = threading.Thread(
            target=lambda: loop.run_until_complete(serve(live, config, shutdown_trigger=stopping.wait)), daemon=True
        )
        thread.start()
        assert eventually(lambda: httpx.get(f"http://127.0.0.1:{port + 1}/healthz").json()["ok"])
        try:
            yield Site(here, f"http://127.0.0.1:{port}")
        finally:
            loop.call_soon_threadsafe(stopping.set)
            thread.join(5)
            web.shutdown()


def eventually(condition: Callable[[], bool], seconds: float = 6.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if condition():
                return True
        except httpx.HTTPError:
            pass  # not listening yet
        time.sleep(0.05)
    return False
