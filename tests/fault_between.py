"""What stands between the jobs and the carrier's REST API: passes every request on, writes it down, and can be told to
hang, to lose answers, or to refuse. The program is pointed at it by ``TWILIO_API_URL``.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qs, urlsplit

Mood = Literal["well", "hangs", "loses answers", "refuses"]
"""``hangs``: the request reaches the carrier only after :attr:`Between.hang` seconds, when its sender has given up.
``loses answers``: the carrier does it, and the connection breaks. ``refuses``: 429, the carrier never sees it."""

_PLACED = re.compile(r"^POST /2010-04-01/Accounts/\w+/Calls\.json")
_ATTEMPT = re.compile(r"/twilio/callback/(\d+)/(\d+)")


@dataclass(frozen=True)
class Dial:
    """A request to place a call that reached the carrier. ``asked``: when the program asked for it. ``key``: callback
    and attempt; None for an agent's phone."""

    asked: float
    to: str
    key: tuple[int, int] | None


@dataclass
class Between:
    """``before`` and ``after`` are run once, for the next request: instead of passing it on, and between passing it on
    and answering it. That is where a worker is killed in the middle of a job.
    ``dials`` is what the carrier was asked to place."""

    carrier: str
    mood: Mood = "well"
    hang: float = 11.0
    before: Callable[[], Awaitable[None]] | None = None
    after: Callable[[], Awaitable[None]] | None = None
    dials: list[Dial] = field(default_factory=list)
    requests: int = 0
    url: str = ""
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> Between:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", urlsplit(self.url).port or 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection: the SDK opens the next."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            found = re.search(r"(?im)^content-length:\s*(\d+)", head)
            body = await reader.readexactly(int(found.group(1))) if found else b""
            self.requests += 1
            answer = await self._answer(head, body)
            writer.write(answer)
            await writer.drain()
        writer.close()

    async def _answer(self, head: str, body: bytes) -> bytes:
        mood, asked = self.mood, time.time()
        if mood == "refuses":
            text = b'{"code": 20429, "message": "Too many requests", "status": 429}'
            lines = f"HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nContent-Length: {len(text)}"
            return lines.encode() + b"\r\nConnection: close\r\n\r\n" + text
        before, self.before = self.before, None
        if before is not None:
            await before()
            return b""
        if mood == "hangs":
            await asyncio.sleep(self.hang)
        answer = await self._pass_on(head, body, asked)
        after, self.after = self.after, None
        if after is not None:
            await after()
        return b"" if mood == "loses answers" else answer

    async def _pass_on(self, head: str, body: bytes, asked: float) -> bytes:
        parts = urlsplit(self.carrier)
        lines = [line for line in head.split("\r\n") if not line.lower().startswith("connection:")]
        plain = "\r\n".join([lines[0], "Connection: close", *lines[1:]]).encode("latin-1")
        if _PLACED.match(head):
            form = parse_qs(body.decode())
            key = _ATTEMPT.search(form["Url"][0])
            attempt = (int(key.group(1)), int(key.group(2))) if key else None
            self.dials.append(Dial(asked, form["To"][0], attempt))
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(plain + body)
        answer = await reader.read(-1)
        writer.close()
        return answer
