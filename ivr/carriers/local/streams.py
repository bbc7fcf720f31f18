"""``<Connect><Stream>``: the call's sound over a WebSocket to the application and back, as Twilio's media streams go.

https://www.twilio.com/docs/voice/media-streams/websocket-messages. One frame of 20 ms each way at the pace of time,
keys and marks as messages. When the application closes the socket the call goes on with what follows in its document.
"""

from __future__ import annotations

import asyncio
import binascii
import contextlib
import json
import logging
from base64 import b64decode, b64encode
from collections import deque
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from ivr.carriers.local.handset import Handset, Keys
from ivr.carriers.local.model import sid
from ivr.carriers.local.signing import signature
from ivr.carriers.local.twiml import Document, Element, TwimlError
from voice.audio import FRAME_BYTES, FRAME_SECONDS, MULAW_SILENCE

if TYPE_CHECKING:
    from ivr.carriers.local.call import Call
    from ivr.carriers.local.interpreter import Interpreter

log = logging.getLogger(__name__)

SILENCE = bytes([MULAW_SILENCE]) * FRAME_BYTES
OPEN_SECONDS = 5.0
LATE_FRAMES = 25
"""Sound from the telephone that may wait: more, and the oldest is let go, so that nobody talks half a second behind."""
MOST_FRAMES = 30_000
"""Sound from the application that may wait to be played: ten minutes."""
CAPTION = "say:"
"""A mark of this name tells the words of what follows it, which a telephone with a screen shows."""


async def stream(interpreter: Interpreter, verb: Element, document: Document) -> None:
    """Until either side ends it. One that cannot be opened is passed over, as on Twilio."""
    call = interpreter.call
    found = verb.find("Stream")
    url = (found.get("url") or "").strip() if found is not None else ""
    if not url.startswith(("ws://", "wss://")):
        raise TwimlError(12200, f"<Connect> without a <Stream> to a wss address: {url!r}")
    if call.handset is None:
        return
    headers = {"X-Twilio-Signature": signature(call.exchange.auth_token, url, {})}
    try:
        socket = await connect(
            url, additional_headers=headers, open_timeout=OPEN_SECONDS, compression=None, proxy=None, ping_interval=None
        )
    except (OSError, WebSocketException, TimeoutError) as error:
        log.warning("31920: the stream of call %s cannot be opened: %s", call.sid, error)
        call.handset.trouble("the stream to the application cannot be opened")
        return
    await _Session(call, call.handset, socket).run()


class _Session:
    """One stream being carried."""

    def __init__(self, call: Call, handset: Handset, socket: ClientConnection) -> None:
        self._call, self._handset, self._socket = call, handset, socket
        self._sid = sid("MZ")
        self._count = self._chunk = 0
        self._said: deque[bytes] = deque(maxlen=LATE_FRAMES)
        self._heard: deque[bytes | str] = deque()
        self._rest = b""

    async def run(self) -> None:
        handset = self._handset
        inbox = handset.open_ear()
        handset.listening(dtmf=True, speech=False, sound=True)
        handset.talk = self._said.append
        work = [
            asyncio.create_task(self._read()),
            asyncio.create_task(self._pace()),
            asyncio.create_task(self._keys(inbox)),
        ]
        try:
            await self._start()
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        except ConnectionClosed:
            return
        finally:
            handset.talk = None
            handset.close_ear()
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            with contextlib.suppress(ConnectionClosed):
                await self._send(
                    "stop", stop={"accountSid": self._call.exchange.account_sid, "callSid": self._call.sid}
                )
            await self._socket.close()

    # -- to the application --------------------------------------------------------------------------------------

    async def _send(self, event: str, **more: Any) -> None:
        self._count += 1
        message = {"event": event, "sequenceNumber": str(self._count), "streamSid": self._sid, **more}
        await self._socket.send(json.dumps(message))

    async def _start(self) -> None:
        call = self._call
        await self._socket.send(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
        about = {
            "accountSid": call.exchange.account_sid,
            "streamSid": self._sid,
            "callSid": call.sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {},
        }
        await self._send("start", start=about)

    async def _keys(self, inbox: asyncio.Queue[Any]) -> None:
        while True:
            match await inbox.get():
                case Keys(digits):
                    for key in digits:
                        await self._send("dtmf", dtmf={"track": "inbound_track", "digit": key})

    async def _pace(self) -> None:
        """A frame each way every 20 ms; silence when the telephone has none."""
        loop = asyncio.get_running_loop()
        next_ = loop.time()
        while True:
            next_ = max(next_ + FRAME_SECONDS, loop.time() - 1.0)
            await asyncio.sleep(max(0.0, next_ - loop.time()))
            self._chunk += 1
            frame = self._said.popleft() if self._said else SILENCE
            media = {
                "track": "inbound",
                "chunk": str(self._chunk),
                "timestamp": str(round(self._chunk * FRAME_SECONDS * 1000)),
                "payload": b64encode(frame).decode(),
            }
            await self._send("media", media=media)
            await self._marks()
            if self._heard:
                sound = self._heard.popleft()
                assert isinstance(sound, bytes)
                self._handset.play_sound(sound)
                await self._marks()

    async def _marks(self) -> None:
        """Tell back the marks that were reached."""
        while self._heard and isinstance(self._heard[0], str):
            await self._mark(str(self._heard.popleft()))

    async def _mark(self, name: str) -> None:
        if name.startswith(CAPTION):
            language, _, text = name.removeprefix(CAPTION).partition(":")
            self._handset.caption(text, language)
        await self._send("mark", mark={"name": name})

    # -- from the application ------------------------------------------------------------------------------------

    async def _read(self) -> None:
        """Until the socket is closed, or what comes is no stream."""
        with contextlib.suppress(ConnectionClosed):
            async for text in self._socket:
                try:
                    message = json.loads(text)
                    if not await self._take(message):
                        log.warning("31951: a message of the application is not of a stream: %.40r", text)
                        return
                except (ValueError, KeyError, TypeError, binascii.Error):
                    log.warning("31951: a message of the application cannot be read: %.40r", text)
                    return

    async def _take(self, message: dict[str, Any]) -> bool:
        match message["event"]:
            case "media":
                self._rest += b64decode(message["media"]["payload"], validate=True)
                while len(self._rest) >= FRAME_BYTES:
                    self._heard.append(self._rest[:FRAME_BYTES])
                    self._rest = self._rest[FRAME_BYTES:]
                while len(self._heard) > MOST_FRAMES:
                    self._heard.popleft()
            case "mark":
                if self._rest:
                    self._heard.append(self._rest.ljust(FRAME_BYTES, SILENCE[:1]))
                    self._rest = b""
                self._heard.append(str(message["mark"]["name"]))
            case "clear":
                marks = [one for one in self._heard if isinstance(one, str)]
                self._heard.clear()
                self._rest = b""
                self._handset.stop_sound()
                for name in marks:
                    await self._send("mark", mark={"name": name})
            case _:
                return False
        return True
