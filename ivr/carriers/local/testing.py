"""A carrier, or any Quart application, on a free port and in a thread: for tests that use real HTTP."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart

from ivr.carriers.local.server import create_app, stop_calls
from ivr.settings import Settings


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(app: Quart, port: int | None = None) -> Iterator[str]:
    """Serves a Quart application; yields its address, and stops it in the end as a SIGTERM would."""
    port = port or free_port()
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.accesslog = config.errorlog = None
    config.graceful_timeout = 1
    ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def main() -> None:
        stop = asyncio.Event()
        ready.set_result((asyncio.get_running_loop(), stop))

        async def until() -> None:
            await stop.wait()
            await stop_calls(app)

        await serve(app, config, shutdown_trigger=until)

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    loop, stop = ready.result(10)
    _wait_for(port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            probe.settimeout(0.1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.02)
    raise RuntimeError(f"nothing listens on port {port}")


@contextmanager
def running_carrier(settings: Settings) -> Iterator[str]:
    """A built-in carrier; yields its address. Numbers point at ``settings.web_url``."""
    with served(create_app(settings), settings.port + 2) as url:
        yield url
