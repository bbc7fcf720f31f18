"""The supervisors' pages: told that something happened, at once and then at most once a second, whatever the load."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from quart import Quart, Response

from ivr.live.hub import RESYNC, Hub, Message

AUDIENCE = "floor-pages"
PERIOD = 1.0
BEAT = 10.0
"""Seconds after which a stream says that it lives, so that one whose page is gone is noticed."""


class Coalesced:
    """Many events as few: ``send`` is called soon after the first and at most once a ``period`` (seconds); whatever
    happened is before the last call."""

    def __init__(self, send: Callable[[], None], period: float = PERIOD) -> None:
        self._send, self._period = send, period
        self._last = -period
        self._waiting: asyncio.TimerHandle | None = None

    def touch(self) -> None:
        """Something happened."""
        if self._waiting is None:
            loop = asyncio.get_running_loop()
            self._waiting = loop.call_later(max(0.0, self._last + self._period - loop.time()), self._now)

    def _now(self) -> None:
        self._waiting = None
        self._last = asyncio.get_running_loop().time()
        self._send()


def add(
    app: Quart,
    hub: Hub,
    who: Callable[[], Awaitable[int | Response]],
    may: Callable[[int], bool],
    beat: float = BEAT,
) -> None:
    """Serve ``/supervisor/events``. ``who`` asks for the person, ``may`` (it blocks) says whether they are allowed."""

    def happened() -> None:
        hub.spread(AUDIENCE, Message("floor", {"at": time.time()}))

    hub.heard = Coalesced(happened).touch

    @app.get("/supervisor/events")
    async def floor_events() -> Response:
        person = await who()
        if isinstance(person, Response):
            return person
        if not await asyncio.to_thread(may, person):
            return Response("for supervisors", 403)

        async def stream() -> AsyncIterator[bytes]:
            subscription = hub.subscribe(AUDIENCE)
            try:
                yield b"retry: 1000\n\n" + _frame(Message("hello", {"at": time.time()}))
                while True:
                    try:
                        message = await asyncio.wait_for(subscription.inbox.get(), beat)
                    except TimeoutError:
                        yield b": here\n\n"
                        continue
                    # After a loss of Redis everything is read again, as after any other event.
                    yield _frame(message if message != RESYNC else Message("floor", {"at": time.time()}))
            finally:
                hub.unsubscribe(subscription)

        response = Response(stream(), mimetype="text/event-stream")
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"
        response.timeout = None
        return response


def _frame(message: Message) -> bytes:
    return f"event: {message.event}\ndata: {json.dumps(message.data)}\n\n".encode()
