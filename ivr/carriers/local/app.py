"""What ``hotline carrier`` serves: hypercorn, one process, until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import logging
import signal

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

from ivr.carriers.local.server import create_app, stop_calls
from ivr.settings import Settings

_PING_SECONDS = 5.0
"""A telephone whose network died is found out, and its call ended, within two of these."""


async def serve(settings: Settings) -> None:
    """Serves on PORT+2; ends every call before it returns."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)

    app = create_app(settings)

    async def until() -> None:
        await stop.wait()
        await stop_calls(app)

    await hypercorn_serve(app, _config(settings), shutdown_trigger=until)


def _config(settings: Settings) -> Config:
    config = Config()
    config.bind = [f"{settings.host}:{settings.port + 2}"]
    config.accesslog = None  # addresses hold telephone numbers
    config.errorlog = logging.getLogger("hypercorn.error")  # no handler of its own: lines go through the mask
    config.graceful_timeout = 3
    config.websocket_ping_interval = _PING_SECONDS
    return config
