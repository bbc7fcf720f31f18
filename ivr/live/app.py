"""The live process: pushes to open desks by server-sent events, and learns from their answers that they are alive."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from typing import Protocol

import redis
from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config
from quart import Quart, Response, request
from redis.asyncio import Redis
from sqlalchemy.exc import SQLAlchemyError

from ivr import ready
from ivr.live import floor
from ivr.live.access import Access
from ivr.live.hub import Hub, Message
from ivr.live.presence import GRACE_SECONDS, Presence
from ivr.live.push import SIGNED_OUT
from ivr.settings import Settings
from ivr.settings import settings as process_settings

log = logging.getLogger(__name__)

PING_SECONDS = 5.0
"""A page proves life by answering each ping. Pings come from here because browsers throttle a hidden page's timers,
but not what arrives on its streams."""
ALIVE_KEY = "desk:alive:{agent}"
"""Set by each answered ping, so that another live process knows of a page that moved to this one."""


class Duty(Protocol):
    """What the live process tells the queue."""

    def alive(self, agent: int) -> object: ...

    def dead(self, agent: int) -> object: ...


def create_app(
    settings: Settings | None = None,
    duty: Callable[[], Duty] | None = None,
    grace: float = GRACE_SECONDS,
    ping: float = PING_SECONDS,
    still: Callable[[int, int], bool] | None = None,
    supervises: Callable[[int], bool] | None = None,
) -> Quart:
    """The Quart app. ``duty`` gives the call queue; by default the process-wide one. ``grace`` and ``ping`` are
    seconds. ``still`` tells whether a person's session of an epoch still holds; by default the records do."""
    configured = settings or process_settings()
    find_duty = duty or _process_queue
    still_holds = still or _in_records
    access = Access(configured)
    app = Quart("ivr.live")

    def connect() -> Redis:
        return Redis.from_url(configured.redis, socket_connect_timeout=2, health_check_interval=5)

    hub = Hub(connect)
    quick = Redis.from_url(configured.redis, socket_connect_timeout=1, socket_timeout=1)

    async def gone(agent: int) -> None:
        if await _answers_elsewhere(quick, agent):
            return
        log.info("agent %s has no page: off duty", agent)
        try:
            await asyncio.to_thread(lambda: find_duty().dead(agent))
        except SQLAlchemyError as error:
            log.warning("agent %s could not be taken off duty: %s", agent, type(error).__name__)

    presence = Presence(gone, grace)

    @app.while_serving
    async def listen() -> AsyncGenerator[None, None]:
        # Not one of Quart's background tasks: those are waited for at the end, and this one never ends by itself.
        listening = asyncio.create_task(hub.run())
        yield
        presence.stop()
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        await quick.aclose()

    @app.after_request
    async def let_our_page_read(response: Response) -> Response:
        origin = request.headers.get("Origin")
        if access.allows(origin, request.host):
            response.headers["Access-Control-Allow-Origin"] = origin or ""
            response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Vary"] = "Origin"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    async def who() -> int | Response:
        """The agent who asks, or the refusal."""
        if not access.allows(request.headers.get("Origin"), request.host):
            return Response("another site may not listen", 403)
        session = access.session(request.cookies.get(access.cookie))
        if session is None or not await asyncio.to_thread(still_holds, *session):
            return Response("sign in first", 401)
        return session[0]

    @app.get("/desk/events")
    async def events() -> Response:
        agent = await who()
        if isinstance(agent, Response):
            return agent

        async def stream() -> AsyncIterator[bytes]:
            subscription = hub.subscribe(f"agent:{agent}", "desk")
            presence.opened(agent)
            name, count = secrets.token_urlsafe(6), 0
            try:
                yield b"retry: 1000\n\n" + _frame(Message("hello", {"stream": name}))
                loop = asyncio.get_running_loop()
                next_ping = loop.time()
                while True:
                    if (left := next_ping - loop.time()) <= 0:
                        count += 1
                        next_ping = loop.time() + ping
                        yield _frame(Message("ping", {"id": f"{name}-{count}"}))
                        continue
                    try:
                        message = await asyncio.wait_for(subscription.inbox.get(), left)
                    except TimeoutError:
                        continue
                    if message.event == SIGNED_OUT:
                        # Signed out elsewhere: the page asks for its stream again, is refused, and goes to sign in.
                        return
                    yield _frame(message)
            finally:
                hub.unsubscribe(subscription)
                presence.closed(agent)

        response = Response(stream(), mimetype="text/event-stream")
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"
        response.timeout = None
        return response

    @app.post("/desk/alive")
    async def alive() -> tuple[str, int] | Response:
        agent = await who()
        if isinstance(agent, Response):
            return agent
        try:
            await quick.set(ALIVE_KEY.format(agent=agent), 1, px=int(max(grace - 1, 1) * 1000))
        except (redis.RedisError, OSError) as error:
            log.debug("alive mark lost: %s", type(error).__name__)
        try:
            await asyncio.to_thread(lambda: find_duty().alive(agent))
        except SQLAlchemyError as error:
            log.warning("alive of agent %s not recorded: %s", agent, type(error).__name__)
            return "records are away; answer the next ping", 503
        return "", 204

    floor.add(app, hub, who, supervises or _supervises)

    @app.get("/healthz")
    async def healthz() -> tuple[dict[str, object], int]:
        return {"ok": hub.connected.is_set(), "push": "on" if hub.connected.is_set() else "away"}, 200

    return app


async def _answers_elsewhere(quick: Redis, agent: int) -> bool:
    """Whether a page of this agent answered a ping within the grace, to any live process. Redis away: what this
    process saw counts."""
    try:
        return bool(await quick.exists(ALIVE_KEY.format(agent=agent)))
    except (redis.RedisError, OSError):
        return False


def _frame(message: Message) -> bytes:
    """The message as one server-sent event; JSON has no line breaks, so data is one line."""
    return f"event: {message.event}\ndata: {json.dumps(message.data, ensure_ascii=False)}\n\n".encode()


def _supervises(person: int) -> bool:
    from ivr.store.people import by_id

    found = by_id(person)
    return found is not None and found.role in ("supervisor", "admin")


def _process_queue() -> Duty:
    from ivr.queueing import callqueue

    return callqueue()


def _in_records(person: int, epoch: int) -> bool:
    """Whether the session still holds. Records away: it does, until they say otherwise."""
    from ivr.store import people

    try:
        found = people.by_id(person)
    except SQLAlchemyError as error:
        log.warning("a session cannot be looked at: %s", type(error).__name__)
        return True
    return found is not None and found.epoch == epoch


async def serve(settings: Settings | None = None, shutdown: asyncio.Event | None = None) -> None:
    """Serve on PORT+1 until ``shutdown`` is set (or a signal comes, without one)."""
    configured = settings or process_settings()
    config = Config()
    config.bind = [ready.bind(configured.host, configured.port + 1)]
    config.accesslog = None
    config.errorlog = logging.getLogger("hypercorn.error")  # no handler of its own: lines go through the mask
    config.graceful_timeout = 1.0  # streams never end by themselves
    app = create_app(configured)

    @app.before_serving
    async def say_so() -> None:
        ready.tell()

    if shutdown is None:
        await hypercorn_serve(app, config)
    else:
        await hypercorn_serve(app, config, shutdown_trigger=shutdown.wait)
