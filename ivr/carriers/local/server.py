"""The carrier's web application: REST API, lines, audio."""

from __future__ import annotations

import asyncio
import logging
import re

from quart import Quart, Response, send_file, websocket

from ivr.carriers.local import rest, rest_records
from ivr.carriers.local.exchange import Exchange
from ivr.carriers.local.lines import LineConnection, may_open
from ivr.settings import Settings

log = logging.getLogger(__name__)

_STOP_SECONDS = 2.0
_FILE = re.compile(r"[\w-]{1,100}\.wav")

assert rest_records, "adds its routes to the blueprint by being imported"


def create_app(settings: Settings) -> Quart:
    """One carrier. Its state lives in memory, in the event loop that serves it."""
    app = Quart(__name__)
    rest.install(app)

    @app.before_serving
    async def start() -> None:
        app.config["EXCHANGE"] = Exchange(settings)
        app.config["LINES"] = set()

    @app.after_serving
    async def stop() -> None:
        await stop_calls(app)
        exchange: Exchange = app.config["EXCHANGE"]
        await exchange.webhooks.close()

    @app.get("/healthz")
    async def health() -> dict[str, object]:
        exchange: Exchange = app.config["EXCHANGE"]
        live = sum(not call.over.is_set() for call in exchange.calls.values())
        return {"ok": True, "calls": live, "lines": sum(map(len, exchange.lines.values()))}

    @app.get("/audio/<name>")
    async def spoken(name: str) -> Response:
        exchange: Exchange = app.config["EXCHANGE"]
        path = exchange.sound.served(name) if _FILE.fullmatch(name) else None
        if path is None or not path.exists():
            return Response("", 404)
        reply: Response = await send_file(path, mimetype="audio/wav", cache_timeout=86_400)
        return _for_pages(reply)

    @app.get("/audio/tones/<name>.wav")
    async def tone(name: str) -> Response:
        exchange: Exchange = app.config["EXCHANGE"]
        path = await exchange.sound.tone(name)
        if path is None:
            return Response("", 404)
        reply: Response = await send_file(path, mimetype="audio/wav", cache_timeout=86_400)
        return _for_pages(reply)

    @app.websocket("/line")
    async def line() -> None:
        host = websocket.headers.get("Host", "")
        if not may_open(websocket.headers.get("Origin"), host, settings.web_url):
            log.warning("A page of another host asked for a line")
            await websocket.close(1008)
            return
        await websocket.accept()
        scheme = "https" if websocket.scheme == "wss" else "http"
        one = LineConnection(app.config["EXCHANGE"], settings.carrier_url or f"{scheme}://{host}")
        app.config["LINES"].add(one)
        try:
            await _serve(one)
        finally:
            app.config["LINES"].discard(one)

    return app


def _for_pages(reply: Response) -> Response:
    """Pages come from another port, and measure what they play."""
    reply.headers["Access-Control-Allow-Origin"] = "*"
    return reply


async def _serve(line: LineConnection) -> None:
    """Until either end closes."""

    async def write() -> None:
        while (text := await line.outbox.get()) is not None:
            await websocket.send(text)

    async def read() -> None:
        while True:
            line.receive(await websocket.receive())

    both = {asyncio.create_task(write()), asyncio.create_task(read())}
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        line.gone()
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)


async def stop_calls(app: Quart) -> None:
    """Ends every call and closes every line, before the server stops: telephones are told."""
    exchange: Exchange | None = app.config.get("EXCHANGE")
    if exchange is None:
        return
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await exchange.stop()
    except TimeoutError:
        log.warning("Some calls did not end in time")
    for line in list(app.config["LINES"]):
        line.close()
