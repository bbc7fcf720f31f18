"""A call recorded both ways: what its person says and hears, each at its moment, mixed into one WAV at the end.

On text lines what is typed is synthesised for it, so that a recording can be listened to; music is not mixed in, and a
pause is silence.
"""

from __future__ import annotations

import array
import asyncio
import logging
import wave
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.carriers.local.model import Hook, Recording, now, sid
from voice import formats

if TYPE_CHECKING:
    from ivr.carriers.local.call import Call

log = logging.getLogger(__name__)

RATE = 8000
LONGEST = 4 * 3600


@dataclass(frozen=True, slots=True)
class Heard:
    """A sentence, so many seconds after the beginning."""

    at: float
    text: str
    language: str


@dataclass(slots=True)
class Recorder:
    """A recording in progress."""

    call: Call
    hook: Hook | None = None
    sid: str = field(default_factory=lambda: sid("RE"))
    started: datetime = field(default_factory=now)
    paused: bool = False
    over: bool = False
    sentences: list[Heard] = field(default_factory=list)

    @property
    def status(self) -> str:
        return "completed" if self.over else "paused" if self.paused else "in-progress"

    def add(self, text: str, language: str) -> None:
        """Something was said or heard."""
        if not self.paused and not self.over and text:
            self.sentences.append(Heard((now() - self.started).total_seconds(), text, language))

    def stop(self) -> None:
        """The call or somebody ends it: the sound is made and told in the background."""
        if not self.over:
            self.over = True
            self.call.exchange.webhooks.spawn(self._keep(min((now() - self.started).total_seconds(), LONGEST)))

    async def _keep(self, seconds: float) -> None:
        exchange = self.call.exchange
        spoken = [(one.at, await exchange.sound.speech(one.text, one.language)) for one in self.sentences]
        wav, length = await asyncio.to_thread(mixed, [(at, path) for at, path in spoken if path], seconds)
        text = " ".join(one.text for one in self.sentences)
        kept = Recording(self.call.sid, length, text, wav, self.sid, self.started)
        exchange.recordings[self.sid] = kept
        self.call.recorders.remove(self)
        if self.hook is None:
            return
        form = {
            "AccountSid": exchange.account_sid,
            "CallSid": self.call.sid,
            "RecordingSid": self.sid,
            "RecordingUrl": f"{exchange.api_url}/2010-04-01/Accounts/{exchange.account_sid}/Recordings/{self.sid}",
            "RecordingStatus": "completed",
            "RecordingDuration": str(length),
            "RecordingChannels": "1",
            "RecordingSource": "StartCallRecordingAPI",
            "RecordingStartTime": format_datetime(self.started),
        }
        self.call.events.tell(self.hook.url, self.hook.method, form, self.call.chaos)


def mixed(spoken: list[tuple[float, Path]], seconds: float) -> tuple[bytes, int]:
    """The sentences at their moments, in a WAV as long as the call (or as the last of them); and its whole seconds."""
    samples = array.array("h", bytes(2 * int(seconds * RATE)))
    for at, path in spoken:
        sound = formats.telephone(path, RATE)
        start = int(at * RATE)
        if start + len(sound) > len(samples):
            samples.extend([0] * (start + len(sound) - len(samples)))
        for index, value in enumerate(sound, start):
            samples[index] = max(-32768, min(32767, samples[index] + value))
    buffer = BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return buffer.getvalue(), max(1, round(len(samples) / RATE))
