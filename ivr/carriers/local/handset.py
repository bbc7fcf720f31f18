"""What a call hears and says through the line at its end: frames of `/line`, and the time that sounds take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ivr.carriers.local.sound import Sound

_SECONDS_PER_LETTER = 1 / 14
_FOREVER = 10_000_000.0


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys pressed. ``done``: nothing more comes, so no need to wait for more."""

    digits: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """Something said (typed)."""

    text: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """The line says outright that its person says nothing: time-outs happen at once."""


Heard = Keys | Said | Silence


class Phone(Protocol):
    """The line of a handset: somebody's `/line` connection."""

    base_url: str

    def send(self, frame: dict[str, Any]) -> None: ...

    def send_sound(self, frame: bytes) -> None: ...


@dataclass(slots=True)
class Handset:
    """One call's end at a phone. ``audio``: the phone has a loudspeaker, and sentences take their time; ``mic``: it has
    a microphone too, and carries sound both ways: frames of 20 ms of mu-law. ``talk`` is where its sound goes now."""

    phone: Phone
    sound: Sound
    sid: str
    audio: bool = False
    language: str = "ru"
    heard: Callable[[str, str], None] = lambda _text, _language: None
    inbox: asyncio.Queue[Heard] | None = None
    mic: bool = False
    talk: Callable[[bytes], None] | None = None
    _count: int = 0
    _playing: dict[str, asyncio.Event] = field(default_factory=dict)

    # -- what the phone hears --------------------------------------------------------------------------------

    async def say(self, text: str, language: str) -> None:
        """A sentence; returns when it has been heard. At once without a loudspeaker."""
        if not text:
            return
        self.heard(text, language)
        if not self.audio:
            self._play(kind="say", text=text, language=language)
            return
        path = await self.sound.speech(text, language)
        url = f"{self.phone.base_url}/audio/{path.name}" if path else None
        seconds = self.sound.seconds(path) if path else len(text) * _SECONDS_PER_LETTER
        await self._until_played(seconds + 1 if path else seconds, kind="say", text=text, language=language, url=url)

    async def file(self, url: str, loop: int, kind: str, timed: bool) -> None:
        """A file of the application, ``loop`` times (0: for ever). ``timed``: it takes its time for any phone."""
        if not (self.audio or timed or loop == 0):
            self._play(kind=kind, url=url, loop=loop)
            return
        path = await self.sound.fetched(url)
        if path is None:  # as Twilio does: a warning, and on with the next verb
            self.phone.send({"type": "trouble", "text": f"no audio could be had from {url}"})
            return
        seconds = _FOREVER if loop == 0 else self.sound.seconds(path) * loop
        here = f"{self.phone.base_url}/audio/{path.name}"
        await self._until_played(seconds + (1 if self.audio else 0), kind=kind, url=here, loop=loop)

    async def tone(self, name: str, *, wait: bool = True) -> None:
        """One of our tones, once. Without a loudspeaker it takes no time."""
        path = await self.sound.tone(name) if self.audio else None
        url = f"{self.phone.base_url}/audio/tones/{name}.wav" if path else None
        if path is None or not wait:
            self._play(kind="tone", url=url, name=name)
        else:
            await self._until_played(self.sound.seconds(path) + 1, kind="tone", url=url, name=name)

    async def keys(self, digits: str) -> None:
        """The tones of keys, each half a second; ``w`` is a pause of as long."""
        self._play(kind="keys", text=digits.replace("w", ""))
        if self.audio:
            await asyncio.sleep(len(digits) / 2)

    async def music(self) -> None:
        """Our hold music, until cancelled."""
        url = None
        if self.audio and await self.sound.tone("music"):
            url = f"{self.phone.base_url}/audio/tones/music.wav"
        await self._until_played(_FOREVER, kind="music", url=url, loop=0)

    async def peer(self, text: str, language: str) -> None:
        """What somebody else in the conversation says. Does not wait."""
        self.heard(text, language)
        path = await self.sound.speech(text, language) if self.audio else None
        url = f"{self.phone.base_url}/audio/{path.name}" if path else None
        self._play(kind="peer", text=text, language=language, url=url)

    def play_sound(self, frame: bytes) -> None:
        """20 ms of what the call hears, for phones that carry sound."""
        if self.mic:
            self.phone.send_sound(frame)

    def stop_sound(self) -> None:
        """What was sent and not yet heard is not to be heard."""
        if self.mic:
            self.phone.send({"type": "stop_sound"})

    def caption(self, text: str, language: str) -> None:
        """The words of a sound that is being sent."""
        self.heard(text, language)
        self._play(kind="say", text=text, language=language)

    def sounds(self, frame: bytes) -> None:
        """20 ms of what its person says; nobody may listen."""
        if self.mic and self.talk is not None:
            self.talk(frame)

    def trouble(self, text: str) -> None:
        self.phone.send({"type": "trouble", "text": text})

    def _play(self, **what: Any) -> str:
        self._count += 1
        name = f"p{self._count}"
        frame = {"type": "play", "id": name, **what}
        self.phone.send({key: value for key, value in frame.items() if value is not None})
        return name

    async def _until_played(self, seconds: float, **what: Any) -> None:
        name = self._play(**what)
        heard = self._playing[name] = asyncio.Event()
        try:
            async with asyncio.timeout(seconds):
                await heard.wait()
        except TimeoutError:
            if what.get("kind") in ("music", "file"):
                self.phone.send({"type": "stop", "id": name})
        except asyncio.CancelledError:
            self.phone.send({"type": "stop", "id": name})
            raise
        finally:
            self._playing.pop(name, None)

    def played(self, name: str) -> None:
        """The phone has played it to its end."""
        if event := self._playing.get(name):
            event.set()

    # -- what the phone says ---------------------------------------------------------------------------------

    def open_ear(self) -> asyncio.Queue[Heard]:
        """From now on keys and words count; those before are lost, as on Twilio."""
        self.inbox = asyncio.Queue()
        return self.inbox

    def close_ear(self) -> None:
        if self.inbox is not None:
            self.inbox = None
            self.listening(dtmf=False, speech=False)

    def hear(self, what: Heard) -> None:
        if self.inbox is not None:
            self.inbox.put_nowait(what)

    def listening(self, *, dtmf: bool, speech: bool, **more: bool) -> None:
        """Tell the phone what would be understood now; ``more``: ``secret``, ``record``, ``talk``, ``prompt``."""
        marks = {name: True for name, value in more.items() if value}
        self.phone.send({"type": "listening", "sid": self.sid, "dtmf": dtmf, "speech": speech, **marks})
