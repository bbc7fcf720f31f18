"""A reply's sentences as one sound, as the line carries it: made before, or by the voice while the caller waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from flows.engine.events import Say
from voice import prompts
from voice.audio import LINE_RATE, MULAW_SILENCE
from voice.prompts import PLAIN, Manner

PAUSE_SECONDS = 0.25
"""Between two sentences of one reply."""


class Prompts:
    """``folder`` keeps what was made; ``manner`` tells how the flow served just now is spoken."""

    def __init__(self, folder: Path, manner: Callable[[], Manner] = lambda: PLAIN) -> None:
        self._prompts = prompts.Prompts(folder)
        self._manner = manner

    async def sound(self, says: Iterable[Say]) -> bytes:
        """Everything said, one after the other, as mu-law at 8 kHz. Raises ``SpeechFailed``."""
        manner = self._manner()
        made = [(await self._prompts.aprompt(say.text, say.language, manner)).mulaw for say in says if say.text.strip()]
        return (bytes([MULAW_SILENCE]) * round(PAUSE_SECONDS * LINE_RATE)).join(made)

    def close(self) -> None:
        self._prompts.close()
