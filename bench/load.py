"""A small, fast HTTP/1.1 client for measuring: keep-alive, form POSTs, a signature on each, nothing else.

A general client (httpx, requests) spends more time per request than the server we measure.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit


def sign(token: str, url: str, form: Mapping[str, str]) -> str:
    """Twilio's signature: HMAC-SHA1 of the address followed by the sorted parameters, in base64."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@dataclass
class Connection:
    """One keep-alive connection. ``post`` returns (status, body, seconds)."""

    base: str
    token: str
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def post(self, path: str, form: Mapping[str, str]) -> tuple[int, bytes, float]:
        if self.writer is None:
            parts = urlsplit(self.base)
            self.reader, self.writer = await asyncio.open_connection(parts.hostname, parts.port)
        assert self.reader is not None
        body = urlencode(form).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {urlsplit(self.base).netloc}\r\n"
            f"X-Twilio-Signature: {sign(self.token, self.base + path, form)}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        begun = time.perf_counter()
        self.writer.write(head + body)
        raw = await self.reader.readuntil(b"\r\n\r\n")
        status = int(raw[9:12])
        length, closing = 0, False
        for line in raw.lower().split(b"\r\n")[1:]:
            if line.startswith(b"content-length:"):
                length = int(line[15:])
            closing = closing or line == b"connection: close"
        reply = await self.reader.readexactly(length)
        took = time.perf_counter() - begun
        if closing:
            self.close()
        return status, reply, took

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


@dataclass
class Times:
    """Seconds of each request, and how long the whole run took."""

    seconds: list[float] = field(default_factory=list)
    whole: float = 0.0
    errors: int = 0

    def per_second(self) -> float:
        return len(self.seconds) / self.whole if self.whole else 0.0

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        if not self.seconds:
            return 0.0
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000
