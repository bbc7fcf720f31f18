"""A telephone in Python: the client of `/line`, for ``hotline call`` and for tests that script callers and agents."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from voice.audio import FRAME_BYTES, FRAME_SECONDS


class CallEnded(Exception):
    """The call is over while something was still expected of it."""


class NotHeard(Exception):
    """What was waited for did not come in time; the message holds the transcript."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the transcript. ``who``: ``heard`` (the program), ``peer`` (a human), ``did`` (this telephone),
    ``note`` (ringing, music, trouble)."""

    who: str
    text: str

    def __str__(self) -> str:
        return f"{ {'heard': '◂', 'peer': '◂ ☎', 'did': '▸', 'note': '·'}[self.who] } {self.text}"


class Line:
    """One telephone at the carrier. Use as ``async with Line("http://127.0.0.1:8002") as line:``.

    Methods that wait take ``timeout`` seconds and raise :class:`NotHeard`, or :class:`CallEnded` when the call ended.
    ``on_entry`` is called with each new entry of the transcript.
    """

    def __init__(self, carrier_url: str, on_entry: Callable[[Entry], None] | None = None) -> None:
        self._url = carrier_url.rstrip("/").replace("http", "ws", 1) + "/line"
        self._on_entry = on_entry or (lambda _: None)
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._heard_up_to = 0
        self.transcript: list[Entry] = []
        self.frames: list[dict[str, Any]] = []
        self.registered_as = ""
        self.sid = ""
        self.in_call = False
        self.ringing: dict[str, Any] | None = None
        self.ear: dict[str, Any] | None = None
        self.music = False
        self.reason: str | None = None
        self.troubles: list[str] = []
        self.sound = bytearray()
        """What the call heard as mu-law, when ``mic`` was given."""
        self.sound_at = 0.0
        """When (the loop's time) the last of it came."""

    async def __aenter__(self) -> Self:
        self._socket = await connect(self._url, open_timeout=10, ping_interval=10, max_queue=None)
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reader:
            self._reader.cancel()
        if self._socket:
            await self._socket.close()

    # -- doing -----------------------------------------------------------------------------------------------

    async def register(
        self,
        number: str | None = None,
        *,
        token: str | None = None,
        audio: bool = False,
        language: str = "ru",
        chaos: Iterable[str] = (),
        seed: int = 0,
        timeout: float = 10,
    ) -> None:
        """Calls to ``number``, or to the client that ``token`` names, ring here from now on."""
        who = {"token": token} if token else {"number": number}
        more = {"audio": audio, "language": language, "chaos": list(chaos), "seed": seed}
        self.registered_as = ""
        await self._send({"type": "register", **who, **more})
        await self._until(lambda: bool(self.registered_as), timeout, "the registration", ends=False)

    async def dial(
        self,
        to: str,
        *,
        from_: str | None = None,
        params: dict[str, str] | None = None,
        audio: bool = False,
        mic: bool = False,
        language: str = "ru",
        chaos: Iterable[str] = (),
        seed: int = 0,
        timeout: float = 10,
    ) -> None:
        """Calls; returns when it rings or is over. ``from_`` None: the registered number; ``withheld``: none.
        ``mic``: with sound both ways (see :meth:`play`)."""
        self._fresh()
        frame: dict[str, Any] = {"type": "dial", "to": to, "audio": audio, "language": language, "seed": seed}
        frame |= {"params": params or {}, "chaos": list(chaos), "mic": mic}
        if from_ is not None:
            frame["from"] = from_
        await self._send(frame)
        await self._until(lambda: bool(self.sid) or self.reason is not None, timeout, "ringing", ends=False)

    async def press(self, digits: str, *, done: bool = True) -> None:
        """Keys. ``done``: then nothing more, so that no time passes waiting for another key."""
        self._did("[keys]" if self.ear and self.ear.get("secret") else digits)
        await self._send({"type": "digits", "digits": digits, "done": done})

    async def say(self, text: str, *, done: bool = True) -> None:
        """Words. ``done``: a recording ends with them."""
        self._did("[words]" if self.ear and self.ear.get("secret") else f"“{text}”")
        await self._send({"type": "say", "text": text, "done": done})

    async def play(self, mulaw: bytes) -> None:
        """Sound, mu-law at 8 kHz, said at the pace of time."""
        loop = asyncio.get_running_loop()
        at = loop.time()
        for start in range(0, len(mulaw) - FRAME_BYTES + 1, FRAME_BYTES):
            await self._send(mulaw[start : start + FRAME_BYTES])
            at += FRAME_SECONDS
            await asyncio.sleep(max(0.0, at - loop.time()))

    async def silence(self) -> None:
        """Say nothing; what listens times out at once."""
        self._did("(silence)")
        await self._send({"type": "silence"})

    async def hangup(self) -> None:
        self._did("hang up", deaf=False)
        await self._send({"type": "hangup"})

    async def answer(self, *, machine: bool = False) -> None:
        """Pick up the call that rings."""
        self._did("answer", deaf=False)
        await self._send({"type": "answer", "machine": machine})

    async def reject(self) -> None:
        self._did("decline", deaf=False)
        await self._send({"type": "reject"})

    # -- waiting ---------------------------------------------------------------------------------------------

    async def hear(self, fragment: str, timeout: float = 10) -> str:
        """Waits for a sentence that contains ``fragment`` (case ignored), after what was found before; returns it."""
        found: list[str] = []

        def there() -> bool:
            for index in range(self._heard_up_to, len(self.transcript)):
                entry = self.transcript[index]
                if entry.who in ("heard", "peer") and fragment.casefold() in entry.text.casefold():
                    self._heard_up_to = index + 1
                    found.append(entry.text)
                    return True
            return False

        await self._until(there, timeout, f"“{fragment}”")
        return found[0]

    async def listening(self, timeout: float = 10) -> dict[str, Any]:
        """Waits until keys or words would count; returns the frame (``dtmf``, ``speech``, ``secret`` …)."""
        await self._until(lambda: self.ear is not None, timeout, "being listened to")
        assert self.ear is not None
        return self.ear

    async def listening_or_music(self, timeout: float = 10) -> None:
        """Waits until keys or words would count, or hold music plays."""
        await self._until(lambda: self.ear is not None or self.music, timeout, "being listened to, or music")

    async def incoming(self, timeout: float = 10) -> dict[str, Any]:
        """Waits until this telephone rings; returns the frame (``from``, ``sid``)."""
        await self._until(lambda: self.ringing is not None, timeout, "a call", ends=False)
        assert self.ringing is not None
        return self.ringing

    async def answered(self, timeout: float = 10) -> None:
        await self._until(lambda: self.in_call, timeout, "an answer")

    async def ended(self, timeout: float = 10) -> str:
        """Waits for the end of the call; returns its reason."""
        await self._until(lambda: self.reason is not None, timeout, "the end of the call", ends=False)
        assert self.reason is not None
        return self.reason

    async def _until(self, met: Callable[[], bool], timeout: float, what: str, *, ends: bool = True) -> None:
        try:
            async with asyncio.timeout(timeout):
                while not met():
                    if ends and self.reason is not None:
                        raise CallEnded(f"the call ended ({self.reason}) before {what} came\n{self.printed()}")
                    if self._reader is None or self._reader.done():
                        raise CallEnded(f"the carrier went away before {what} came\n{self.printed()}")
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError as error:
            raise NotHeard(f"{what} did not come within {timeout:g} s\n{self.printed()}") from error

    def printed(self) -> str:
        """The transcript, an entry a line."""
        return "\n".join(map(str, self.transcript))

    def heard(self) -> list[str]:
        """What the program said, in order."""
        return [entry.text for entry in self.transcript if entry.who == "heard"]

    # -- frames ----------------------------------------------------------------------------------------------

    def _fresh(self) -> None:
        self.sid, self.in_call, self.ringing, self.ear, self.music, self.reason = "", False, None, None, False, None
        self.transcript, self.frames, self._heard_up_to, self.troubles = [], [], 0, []
        self.sound, self.sound_at = bytearray(), 0.0

    def _did(self, text: str, *, deaf: bool = True) -> None:
        if deaf:
            if not (self.ear or {}).get("talk"):  # in a conversation one may go on talking
                self.ear = None
            self.music = False
        self._add("did", text)

    def _add(self, who: str, text: str) -> None:
        entry = Entry(who, text)
        self.transcript.append(entry)
        self._on_entry(entry)

    async def _send(self, frame: dict[str, Any] | bytes) -> None:
        assert self._socket is not None, "use it as: async with Line(...) as line"
        try:
            await self._socket.send(frame if isinstance(frame, bytes) else json.dumps(frame, ensure_ascii=False))
        except ConnectionClosed as error:
            raise CallEnded("the carrier went away") from error

    async def _read(self) -> None:
        assert self._socket is not None
        try:
            with contextlib.suppress(ConnectionClosed):
                async for text in self._socket:
                    if isinstance(text, bytes):
                        self.sound += text
                        self.sound_at = asyncio.get_running_loop().time()
                        self._changed.set()
                        continue
                    frame = json.loads(text)
                    self.frames.append(frame)
                    self._take(frame)
                    self._changed.set()
        finally:
            if self.sid and self.reason is None:
                self.reason = "carrier gone"
            asyncio.get_running_loop().call_soon(self._changed.set)

    def _take(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "registered":
                self.registered_as = frame["as"]
            case "ringing":
                self.sid = frame["sid"]
                self._add("note", "ringing")
            case "answered":
                self.sid, self.in_call, self.ringing = frame["sid"], True, None
            case "incoming":
                self._fresh()
                self.ringing = frame
                self._add("note", f"a call from {frame['from']}")
            case "play":
                self._took_play(frame)
            case "listening":
                if frame.get("prompt"):
                    return
                self.ear = frame if frame["dtmf"] or frame["speech"] else None
            case "trouble":
                self.troubles.append(frame["text"])
                self._add("note", f"trouble: {frame['text']}")
            case "ended":
                self.reason, self.in_call, self.ringing, self.ear = frame["reason"], False, None, None

    def _took_play(self, frame: dict[str, Any]) -> None:
        kind = frame["kind"]
        if kind == "music":
            if not self.music:
                self._add("note", "music")
            self.music = True
        elif kind in ("say", "peer"):
            self.music = False
            self._add("peer" if kind == "peer" else "heard", frame["text"])
        elif kind == "keys":
            self._add("note", f"keys {frame['text']}")
        elif kind == "file":
            self._add("note", "a recording plays")
