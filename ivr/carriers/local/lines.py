"""`/line`: the WebSocket that telephones hold. One call at a time; what is spoken, typed and keyed goes through it."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from typing import Any
from urllib.parse import urlsplit

import jwt

from ivr.carriers.local.call import Call
from ivr.carriers.local.chaos import Chaos
from ivr.carriers.local.exchange import Exchange
from ivr.carriers.local.handset import Keys, Said, Silence
from ivr.carriers.local.model import ANONYMOUS
from voice.audio import FRAME_BYTES

log = logging.getLogger(__name__)

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_KEYS = re.compile(r"[0-9*#]{1,64}")
_WITHHELD = ("", "withheld", ANONYMOUS)
_LONGEST_WORDS = 2000
_MOST_WAITING = 500
"""Messages to a telephone, past which its sound is dropped: ten seconds of it."""


class BadFrame(Exception):
    """A frame that cannot be done; the message says why."""


def may_open(origin: str | None, host: str, web_url: str) -> bool:
    """Whether a page of this origin may open a line: pages of the carrier's own host, on any port, and those of the
    application's address. Programs send no origin."""
    if origin is None:
        return True
    return urlsplit(origin).hostname in (urlsplit(f"//{host}").hostname, urlsplit(web_url).hostname)


class LineConnection:
    """One telephone. ``address``: its number, or ``client:agent-7``; empty until it registers."""

    def __init__(self, exchange: Exchange, base_url: str) -> None:
        self.base_url = base_url
        self.address = ""
        self.call: Call | None = None
        self.outbox: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._exchange = exchange
        self._ringing: Call | None = None
        self._audio, self._mic, self._language, self._chaos = False, False, "ru", Chaos()

    # -- what the exchange does with it ------------------------------------------------------------------------

    def send(self, frame: dict[str, Any]) -> None:
        """Never blocks; a line that is gone drops it."""
        if frame["type"] == "ended" and self.call is not None and frame.get("sid") == self.call.sid:
            self.call = self._ringing = None
        self.outbox.put_nowait(json.dumps(frame, ensure_ascii=False))

    def send_sound(self, frame: bytes) -> None:
        """A frame of sound; a telephone too slow for it loses some."""
        if self.outbox.qsize() < _MOST_WAITING:
            self.outbox.put_nowait(frame)

    def ring(self, call: Call) -> bool:
        """An incoming call; False when the line is busy."""
        if self.call is not None:
            return False
        self.call = self._ringing = call
        call.chaos = self._chaos if self._chaos.kinds else call.chaos
        call.attach(self, audio=self._audio, language=self._language, mic=self._mic)
        self.send({"type": "incoming", "sid": call.sid, "from": call.from_})
        return True

    def close(self) -> None:
        """The socket closes once what was sent is out."""
        self.outbox.put_nowait(None)

    def gone(self) -> None:
        """The socket is closed: whoever talked has hung up."""
        if self.address:
            self._exchange.unregister(self.address, self)
        if self.call is not None:
            self.call.hang_up("caller")

    # -- what the telephone says ---------------------------------------------------------------------------------

    def receive(self, text: str | bytes) -> None:
        """One frame: JSON, or 20 ms of sound. What cannot be done is answered with ``trouble``."""
        if isinstance(text, bytes):
            if len(text) == FRAME_BYTES and self.call is not None and self.call.handset is not None:
                self.call.handset.sounds(text)
            return
        try:
            frame = json.loads(text)
            if not isinstance(frame, dict):
                raise BadFrame("a frame is a JSON object with a type")
            self._do(frame)
        except ValueError:
            self.send({"type": "trouble", "text": "a frame is a JSON object with a type"})
        except BadFrame as error:
            self.send({"type": "trouble", "text": str(error)})

    def _do(self, frame: dict[str, Any]) -> None:
        match frame.get("type"):
            case "register":
                self._options(frame)
                self._register(frame)
            case "dial":
                self._options(frame)
                self._dial(frame)
            case "answer":
                self._options(frame)
                self._answer(frame)
            case "reject":
                if self._ringing is not None:
                    self._ringing.picked_up(False)
            case "hangup":
                if self.call is not None:
                    self.call.hang_up("caller")
            case "digits":
                digits = str(frame.get("digits", ""))
                if not _KEYS.fullmatch(digits):
                    raise BadFrame("digits are 1 to 64 of 0-9, * and #")
                if self.call and self.call.handset and self.call.room is None:
                    self.call.handset.hear(Keys(digits, frame.get("done") is True))
            case "say":
                self._say(str(frame.get("text", ""))[:_LONGEST_WORDS], frame.get("done") is True)
            case "silence":
                if self.call and self.call.handset:
                    self.call.handset.hear(Silence())
            case "played":
                if self.call and self.call.handset:
                    self.call.handset.played(str(frame.get("id")))
            case other:
                raise BadFrame(f"unknown type {other!r}")

    def _options(self, frame: dict[str, Any]) -> None:
        """``audio``, ``mic``, ``language`` and ``chaos`` with ``seed``: for this call and the next ones."""
        if "audio" in frame:
            self._audio = frame["audio"] is True
        if "mic" in frame:
            self._mic = frame["mic"] is True
        if frame.get("language"):
            self._language = str(frame["language"]).partition("-")[0].lower()[:8]
        if "chaos" in frame:
            kinds = frame["chaos"] or []
            try:
                self._chaos = Chaos.of([str(kind) for kind in kinds], int(frame.get("seed") or 0))
            except (ValueError, TypeError) as error:
                raise BadFrame(str(error)) from error

    def _register(self, frame: dict[str, Any]) -> None:
        if token := frame.get("token"):
            address = f"client:{self._identity(str(token))}"
        else:
            address = str(frame.get("number", ""))
            if not _NUMBER.fullmatch(address):
                raise BadFrame("a number is in international form, e.g. +79161234567")
            if self._exchange.number(address) is not None:
                raise BadFrame("this number belongs to the application")
        if self.address:
            self._exchange.unregister(self.address, self)
        self.address = address
        self._exchange.register(address, self)
        self.send({"type": "registered", "as": address})

    def _identity(self, token: str) -> str:
        try:
            claims = jwt.decode(token, self._exchange.auth_token, algorithms=["HS256"], options={"require": ["sub"]})
        except jwt.InvalidTokenError as error:
            raise BadFrame(f"the token does not open a line: {error}") from error
        return str(claims["sub"])

    def _dial(self, frame: dict[str, Any]) -> None:
        if self.call is not None:
            raise BadFrame("this line is in a call")
        try:
            if self.address.startswith("client:"):
                params = {str(name): str(value) for name, value in (frame.get("params") or {}).items()}
                call = self._exchange.client_call(self.address, params, self._chaos)
            else:
                call = self._exchange.incoming(str(frame.get("to", "")), self._calling(frame), self._chaos)
        except ValueError as error:
            self.send({"type": "trouble", "text": str(error)})
            self.send({"type": "ended", "sid": "", "reason": "no such number"})
            return
        self.call = call
        call.start_inbound(self, audio=self._audio, language=self._language, mic=self._mic)

    def _calling(self, frame: dict[str, Any]) -> str:
        given = frame.get("from")
        number = self.address if given is None else str(given)
        if number in _WITHHELD:
            return ANONYMOUS
        if not _NUMBER.fullmatch(number):
            raise BadFrame("from is a number in international form, or withheld")
        return number

    def _answer(self, frame: dict[str, Any]) -> None:
        call = self._ringing
        if call is None or call.handset is None:
            raise BadFrame("nothing is ringing")
        self._ringing = None
        call.handset.audio, call.handset.language, call.handset.mic = self._audio, self._language, self._mic
        call.picked_up(True, machine=frame.get("machine") is True)

    def _say(self, text: str, done: bool) -> None:
        if self.call is None or self.call.handset is None:
            return
        self.call.heard(text, self.call.handset.language)
        if self.call.room is not None:
            self.call.room.said(self.call, text)
        else:
            self.call.handset.hear(Said(text, done))
