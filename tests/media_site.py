"""Web, media and the built-in carrier in one process, on real ports: calls with sound without a dozen processes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from system import free_ports
from twiml import Kit, kit
from werkzeug.serving import make_server

from ivr.carriers.local.testing import running_carrier
from ivr.carriers.twilio.edge import build
from ivr.media.app import Media
from voice.recognition import Recogniser


@dataclass
class Site:
    kit: Kit
    web: str
    carrier: str
    start_media: Callable[[], None]
    stop_media: Callable[[], None]


@contextmanager
def site(
    redis: Redis,
    folder: Path,
    patch: pytest.MonkeyPatch,
    recognisers: Mapping[str, Recogniser],
    media: Mapping[str, Any] | None = None,
    **env: str,
) -> Iterator[Site]:
    """``media``: more for :class:`ivr.media.app.Media`."""
    port = free_ports()
    web = f"http://127.0.0.1:{port}"
    demo = {"TWILIO_ACCOUNT_SID": "", "TWILIO_AUTH_TOKEN": "", "PUBLIC_URL": web, "PORT": str(port)}
    with kit(redis, folder, patch, **demo, **env) as made:
        pages = make_server("127.0.0.1", port, made.app, threaded=True)
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        running: list[_Running] = []

        def start() -> None:
            running.append(_Running(made, recognisers, dict(media or {}), port + 3))

        def stop() -> None:
            while running:
                running.pop().stop()

        start()
        try:
            with running_carrier(made.settings) as carrier:
                yield Site(made, web, carrier, start, stop)
        finally:
            stop()
            pages.shutdown()


class _Running:
    """A media process's server in a thread."""

    def __init__(self, made: Kit, recognisers: Mapping[str, Recogniser], how: dict[str, Any], port: int) -> None:
        self._loop, self._stop, up = asyncio.new_event_loop(), asyncio.Event(), threading.Event()

        async def serve() -> None:
            one = Media(made.settings, build(made.settings).loop, recognisers, **how)
            await one.open("127.0.0.1", port)
            up.set()
            await one.run(self._stop)

        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(serve()), daemon=True)
        self._thread.start()
        assert up.wait(30)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(15)
