"""Twilio's media stream, frame by frame: JSON in text messages, sound as base64 of mu-law at 8 kHz.

https://www.twilio.com/docs/voice/media-streams/websocket-messages
"""

from __future__ import annotations

import binascii
import json
from base64 import b64encode
from dataclasses import dataclass

MOST_BYTES = 16_384
"""Of one message; the carrier's are some 300."""
MOST_SOUND = 1_600
"""Bytes of sound in one message: 200 ms. The carrier sends 20."""
KEYS = frozenset("0123456789*#")


class BadFrame(Exception):
    """What came is not as the protocol says; the message tells what is wrong, and fits into a close frame."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The first message."""


@dataclass(frozen=True, slots=True)
class Start:
    """The stream and its call."""

    stream: str
    call: str


@dataclass(frozen=True, slots=True)
class Sound:
    """What the caller's end sends: mu-law, usually 160 bytes (20 ms)."""

    mulaw: bytes


@dataclass(frozen=True, slots=True)
class Key:
    """A key pressed."""

    key: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What was sent before this mark has been played, or was cleared."""

    name: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The stream is over: the call was hung up or moved."""


Frame = Connected | Start | Sound | Key | Mark | Stop


def parse(message: str | bytes) -> Frame | None:
    """The message as a value; None for an event that we take no notice of. Raises :class:`BadFrame`."""
    if isinstance(message, bytes):
        raise BadFrame("a binary message; frames are JSON in text messages")
    try:
        data = json.loads(message)
        event = data["event"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadFrame("a message that is no JSON object with an event") from error
    try:
        match event:
            case "media":
                return Sound(_sound(data["media"]["payload"]))
            case "dtmf":
                key = data["dtmf"]["digit"]
                if key not in KEYS:
                    raise BadFrame("a dtmf that is no key")
                return Key(key)
            case "mark":
                return Mark(str(data["mark"]["name"]))
            case "start":
                return _start(data)
            case "connected":
                return Connected()
            case "stop":
                return Stop()
    except (KeyError, TypeError) as error:
        raise BadFrame(f"a frame without what belongs to it: {str(event)[:20]}") from error
    return None


def _start(data: dict[str, dict[str, dict[str, object]]]) -> Start:
    about = data["start"]
    form = about["mediaFormat"]
    if (form["encoding"], form["sampleRate"], form["channels"]) != ("audio/x-mulaw", 8000, 1):
        raise BadFrame("mediaFormat must be audio/x-mulaw, 8000, 1 channel")
    return Start(str(data["streamSid"]), str(about["callSid"]))


def _sound(payload: object) -> bytes:
    try:
        found = binascii.a2b_base64(str(payload).encode("ascii"), strict_mode=True)
    except (ValueError, UnicodeError) as error:
        raise BadFrame("media that is no base64") from error
    if not 0 < len(found) <= MOST_SOUND:
        raise BadFrame(f"media of {len(found)} bytes; 1 to {MOST_SOUND} are taken")
    return found


def media(stream: str, mulaw: bytes) -> str:
    """Sound to be played."""
    return f'{{"event":"media","streamSid":"{stream}","media":{{"payload":"{b64encode(mulaw).decode()}"}}}}'


def mark(stream: str, name: str) -> str:
    """Told back when all sent before was played."""
    return json.dumps({"event": "mark", "streamSid": stream, "mark": {"name": name}}, ensure_ascii=False)


def clear(stream: str) -> str:
    """Forget what was sent and not yet played."""
    return json.dumps({"event": "clear", "streamSid": stream})
