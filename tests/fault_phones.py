"""Every telephone there is, watched: when each leg began and ended, what was heard on it and when.

The built-in carrier has no other legs than those that a telephone holds, so this is all that the carrier saw.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from ivr.carriers.local.line import Line


@dataclass
class Leg:
    """One call at one telephone. Times are ``time.time()``; ``answered`` and ``ended`` None: not (yet)."""

    sid: str
    who: str
    began: float
    answered: float | None = None
    ended: float | None = None
    reason: str = ""
    heard: list[tuple[float, str, str]] = field(default_factory=list)
    """(when, ``say``, ``peer`` or ``music``, text)."""


class Phones:
    """All legs of a run by their sid."""

    def __init__(self, carrier: str) -> None:
        self.carrier = carrier
        self.legs: dict[str, Leg] = {}

    def line(self, who: str) -> WatchedLine:
        """A telephone of ``who``, to be opened by its user."""
        return WatchedLine(self, who)

    def live(self) -> list[Leg]:
        return [leg for leg in self.legs.values() if leg.ended is None]


class WatchedLine(Line):
    """A telephone that writes down its legs."""

    def __init__(self, phones: Phones, who: str) -> None:
        super().__init__(phones.carrier)
        self._phones, self._who = phones, who

    async def _read(self) -> None:
        try:
            await super()._read()
        finally:
            leg = self._phones.legs.get(self.sid or str((self.ringing or {}).get("sid")))
            if leg is not None and leg.ended is None:
                leg.ended, leg.reason = time.time(), "carrier gone"

    def _take(self, frame: dict[str, Any]) -> None:
        super()._take(frame)
        sid, now = frame.get("sid") or self.sid, time.time()
        legs = self._phones.legs
        kind = frame["type"]
        if kind in ("ringing", "incoming"):
            legs[sid] = Leg(sid, self._who, now)
        leg = legs.get(sid)
        if leg is None:
            return
        if kind == "answered":
            leg.answered = now
        elif kind == "play":
            leg.heard.append((now, str(frame["kind"]), str(frame.get("text", ""))))
        elif kind == "ended":
            leg.ended, leg.reason = now, str(frame["reason"])
