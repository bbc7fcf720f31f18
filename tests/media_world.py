"""The media process in a test: real webhooks, a real socket, the carrier's side of a stream; sound may be scripted."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from system import free_ports
from twiml import BASE, Kit, Phone, sign
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from flows.engine.events import Say
from ivr.carriers.twilio.edge import build
from ivr.media.app import Media
from ivr.media.prompts import Prompts
from voice.audio import mulaw_encode
from voice.recognition import Expectation, Heard, Recogniser

MEDIA = BASE.replace("https", "wss")
FRAME = 160
VOICE = b"\x80\x00" * 40 + b"\x00\x80" * 40
"""16-bit samples: 10 ms that are loud, which is all that the scripted judge looks at."""


@dataclass
class Scripted:
    """A recogniser that hears what it is told, one text per utterance; remembers what was expected."""

    texts: list[str]
    language: str = "en"
    name: str = "scripted"
    free: bool = False
    expected: list[Expectation] = field(default_factory=list)
    fed: int = 0

    def lacks(self, phrase: str) -> tuple[str, ...]:
        return ()

    def open(self, expected: Expectation) -> Scripted:
        self.expected.append(expected)
        return self

    def feed(self, samples: bytes) -> None:
        self.fed += len(samples)

    def finish(self) -> Heard:
        return Heard(self.texts.pop(0), 0.9) if self.texts else Heard()


class Tones(Prompts):
    """Says everything as half a second of noise; remembers the words."""

    def __init__(self, seconds: float = 0.4) -> None:
        self.said: list[str] = []
        self._sound = bytes(range(64, 128)) * round(seconds * 8_000 / 64)

    async def sound(self, says: Iterable[Say]) -> bytes:
        texts = [say.text for say in says]
        self.said += texts
        return self._sound if texts else b""

    def close(self) -> None:
        pass


def loud(_: bytes) -> float:
    return 1.0


@dataclass
class World:
    kit: Kit
    media: Media
    port: int
    prompts: Tones
    stop: asyncio.Event

    async def stream(self, phone: Phone, **how: Any) -> Carrier:
        """Go into the stream that the last reply asks for."""
        url = str(phone.last.verb("Stream").get("url"))
        assert url.startswith(f"{MEDIA}/media/{phone.call}/")
        carrier = Carrier(self.port, url, phone.call)
        await carrier.connect(**how)
        return carrier


@asynccontextmanager
async def media(kit: Kit, recognisers: Mapping[str, Recogniser], **how: Any) -> AsyncIterator[World]:
    """A media process's server, in this loop."""
    port, prompts = free_ports(1), how.pop("prompts", None) or Tones()
    made = Media(kit.settings, build(kit.settings).loop, recognisers, prompts=prompts, **{"judge": lambda: loud, **how})
    await made.open("127.0.0.1", port)
    stop = asyncio.Event()
    running = asyncio.create_task(made.run(stop))
    try:
        yield World(kit, made, port, prompts, stop)
    finally:
        stop.set()
        await running


@dataclass
class Carrier:
    """The carrier's end of one stream: plays what it gets, tells marks back when they were played."""

    port: int
    url: str
    call: str
    got: bytes = b""
    cleared: int = 0
    marks: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    last_frame_at: float = 0.0
    socket: ClientConnection | None = None
    reader: asyncio.Task[None] | None = None
    _until: float = 0.0
    _pending: list[asyncio.Task[None]] = field(default_factory=list)

    async def connect(self, signature: str | None = None, start: bool = True) -> None:
        headers = {"X-Twilio-Signature": sign(self.url, {}) if signature is None else signature}
        address = self.url.replace(MEDIA, f"ws://127.0.0.1:{self.port}")
        self.socket = await connect(address, additional_headers=headers, compression=None)
        self.reader = asyncio.create_task(self._read())
        if start:
            await self.send({"event": "connected", "protocol": "Call", "version": "1.0.0"})
            form = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
            about = {"streamSid": "MZ1", "callSid": self.call, "tracks": ["inbound"], "mediaFormat": form}
            await self.send({"event": "start", "sequenceNumber": "1", "start": about, "streamSid": "MZ1"})

    async def send(self, message: dict[str, Any] | str | bytes) -> None:
        assert self.socket is not None
        await self.socket.send(json.dumps(message) if isinstance(message, dict) else message)

    async def frame(self, mulaw: bytes) -> None:
        await self.send({"event": "media", "streamSid": "MZ1", "media": {"payload": b64encode(mulaw).decode()}})

    async def play(self, samples: bytes, pace: float = 0.02) -> None:
        """16-bit samples at 8 kHz as the caller's sound, at the pace of time."""
        mulaw = mulaw_encode(samples)
        loop = asyncio.get_running_loop()
        at = loop.time()
        for i in range(0, len(mulaw) - FRAME + 1, FRAME):
            await self.frame(mulaw[i : i + FRAME])
            at += pace
            await asyncio.sleep(max(0.0, at - loop.time()))

    async def speak(self, seconds: float = 0.6, quiet: float = 1.4) -> None:
        """Something loud, then nothing for long enough that it is over."""
        await self.play(VOICE * round(seconds * 100) + bytes(round(quiet * 16_000)))

    async def press(self, keys: str) -> None:
        for key in keys:
            await self.send({"event": "dtmf", "streamSid": "MZ1", "dtmf": {"track": "inbound_track", "digit": key}})

    async def until(self, met: Any, within: float = 20.0) -> None:
        async with asyncio.timeout(within):
            while not met():
                self.changed.clear()
                await self.changed.wait()

    async def speaking(self) -> None:
        """Until the caller hears something."""
        await self.until(lambda: self.got)

    async def quiet(self, within: float = 20.0) -> None:
        """Until everything sent so far was played and the mark told back."""
        seen = len(self.marks)
        await self.until(lambda: len(self.marks) > seen, within)

    async def ended(self, within: float = 20.0) -> tuple[int, str]:
        """The code and the reason with which the stream was closed."""
        assert self.socket is not None
        assert self.reader is not None
        async with asyncio.timeout(within):
            await self.reader
        return self.socket.close_code or 0, self.socket.close_reason or ""

    async def hang_up(self) -> None:
        assert self.socket is not None
        await self.send({"event": "stop", "streamSid": "MZ1", "stop": {"callSid": self.call}})
        await self.socket.close()

    async def _read(self) -> None:
        assert self.socket is not None
        loop = asyncio.get_running_loop()
        with suppress(ConnectionClosed):
            async for text in self.socket:
                message = json.loads(text)
                match message["event"]:
                    case "media":
                        sound = b64decode(message["media"]["payload"])
                        assert len(sound) == FRAME, "20 ms at a time"
                        self.got += sound
                        self.last_frame_at = loop.time()
                        self._until = max(self._until, loop.time()) + 0.02
                    case "mark":
                        self._pending.append(asyncio.create_task(self._mark(message["mark"]["name"], self._until)))
                    case "clear":
                        self.cleared += 1
                        self._until = loop.time()
                self.changed.set()
        for task in self._pending:
            task.cancel()

    async def _mark(self, name: str, at: float) -> None:
        await asyncio.sleep(max(0.0, at - asyncio.get_running_loop().time()))
        with suppress(ConnectionClosed):
            await self.send({"event": "mark", "streamSid": "MZ1", "mark": {"name": name}})
        self.marks.append(name)
        self.changed.set()
