"""The switchboard as calls see it: which revision of a flow answers, what is announced, what is forced open or closed.

The records hold it; Redis holds a copy that is written with each change and again by the clock, and that a new call
gets in the round trip in which it comes in (see :mod:`ivr.calls.door`): no query, and heard by the next call in every
process. Times are epoch seconds, None for "until it is taken back".
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import redis as redis_client

from flows.engine.session import HoursSetting
from ivr.redis_client import client
from ivr.store import flows, switches
from ivr.store.engine import engine, reading

BOARD = "switchboard"
"""The key of the copy in Redis."""
ANNOUNCEMENT, HOURS, QUEUE, NUMBER, CALENDAR = "announcement", "hours", "queue:", "number:", "calendar:"
"""Names of switches; the last three are followed by a queue's name, a number and a calendar's name."""

Mode = Literal["flow", "open", "closed", "voicemail"]

_COPY = """
local have = redis.call('GET', KEYS[1])
if have and cjson.decode(have).serial > tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
return 1
"""
"""KEYS the copy; ARGV the new one as JSON, its serial. A copy is never replaced by an older one."""


@dataclass(frozen=True, slots=True)
class Serving:
    """Which revisions of a flow answer, as hashes; '' for none. ``share``: calls of a hundred for the candidate."""

    live: str
    candidate: str = ""
    share: int = 0

    def revision(self, call: str) -> str:
        """The one that this call gets, always the same: by a hash of its id."""
        if self.candidate and lot(call) < self.share:
            return self.candidate
        return self.live


@dataclass(frozen=True, slots=True)
class Number:
    """What answers calls to one of our numbers; '' for what is usual."""

    flow: str = ""
    language: str = ""
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that is switched. Empty: as the flow file says."""

    flows: Mapping[str, Serving] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    """The announcement before the greeting, by language."""
    texts_until: float | None = None
    hours: Mode = "flow"
    hours_until: float | None = None
    shut: Mapping[str, float | None] = field(default_factory=dict)
    """Queues that are closed, and until when."""
    numbers: Mapping[str, Number] = field(default_factory=dict)
    calendars: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Hours as in a flow file, by name."""

    def mode(self, now: float) -> Mode:
        """What is forced now; ``flow`` for nothing."""
        return self.hours if _holds(self.hours_until, now) else "flow"

    def forced(self, now: float, otherwise: HoursSetting) -> HoursSetting:
        """The working hours that a call begun now goes by: everything to voicemail is closed, too."""
        mode = self.mode(now)
        return otherwise if mode == "flow" else "open" if mode == "open" else "closed"

    def announcement(self, language: str, now: float) -> tuple[str, str] | None:
        """What is said before the greeting, and in which language: the call's, or else the first that there is."""
        if not self.texts or not _holds(self.texts_until, now):
            return None
        spoken = language if language in self.texts else next(iter(self.texts))
        return self.texts[spoken], spoken

    def closed(self, now: float) -> tuple[str, ...]:
        """Queues that are closed now."""
        return tuple(queue for queue, until in self.shut.items() if _holds(until, now))

    def of(self, called: str) -> Number:
        """What is set for the number that was called."""
        return self.numbers.get(called) or _USUAL

    def calendar(self, called: str) -> Mapping[str, Any]:
        """The hours set for that number, in the place of the flow's; empty when there are none."""
        return self.calendars.get(self.of(called).calendar, {})


_USUAL = Number()
EMPTY = Board()


def lot(call: str) -> int:
    """A number from 0 to 99 that belongs to the call."""
    return int(hashlib.sha256(call.encode()).hexdigest()[:8], 16) % 100


class Boards:
    """Reads copies, parsing each only once: most calls find the one before them unchanged. Thread-safe."""

    def __init__(self) -> None:
        self._last: tuple[bytes, Board] = (b"", EMPTY)

    def read(self, copy: bytes | None) -> Board:
        """The board in ``copy``; the last one seen when there is none, which :func:`copy_board` mends."""
        last = self._last
        if not copy or copy == last[0]:
            return last[1]
        board = parse(copy)
        self._last = (copy, board)
        return board


def parse(copy: bytes) -> Board:
    """A copy as a board. Fields of a later version are left aside."""
    data = json.loads(copy)
    known = {name: value for name, value in data.items() if name in Board.__slots__}
    known["flows"] = {name: Serving(**one) for name, one in known.get("flows", {}).items()}
    known["numbers"] = {name: Number(**one) for name, one in known.get("numbers", {}).items()}
    return Board(**known)


def now_board(redis: redis_client.Redis | None = None) -> Board:
    """The board as it is now: from the copy, or else from the records. Raises ``RedisError``, ``SQLAlchemyError``."""
    found: Any = (client() if redis is None else redis).get(BOARD)
    return parse(found or copy_board(redis))


def copy_board(redis: redis_client.Redis | None = None) -> bytes:
    """Bring Redis' copy up to date and give it. Raises ``SQLAlchemyError``, ``RedisError``."""
    with reading(engine()) as conn:
        data = _data(conn)
    copy = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    (client() if redis is None else redis).eval(_COPY, 1, BOARD, copy, data["serial"])
    return copy


def _data(conn: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"serial": switches.serial(conn), "flows": dict(flows.serving(conn))}
    for one in switches.everything(conn):
        until = one.until.timestamp() if one.until is not None else None
        kind, _, subject = one.name.partition(":")
        if one.name == ANNOUNCEMENT:
            data |= {"texts": one.value["texts"], "texts_until": until}
        elif one.name == HOURS:
            data |= {"hours": one.value["mode"], "hours_until": until}
        elif kind == "queue":
            data.setdefault("shut", {})[subject] = until
        elif kind == "number":
            data.setdefault("numbers", {})[subject] = dict(one.value)
        elif kind == "calendar":
            data.setdefault("calendars", {})[subject] = dict(one.value)
    return data


def _holds(until: float | None, now: float) -> bool:
    return until is None or now < until


def closed_now(queue: str) -> bool:
    """Whether the switchboard has closed this queue, or everything, by now. Raises ``RedisError``."""
    now = time.time()
    board = now_board()
    return queue in board.closed(now) or board.mode(now) in ("closed", "voicemail")
