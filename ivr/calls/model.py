"""A call as the loop sees it: what arrives, what is awaited, what is answered. Plain data, no carrier's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import orjson

from flows.engine.events import Listen, Record, Say
from flows.engine.inputs import Alternative


class Awaits(StrEnum):
    """What the next turn of a call brings. The last three need no session: they serve when something broke."""

    LISTEN = "listen"
    LOOKUP = "lookup"
    CHANGE = "change"
    RECORD = "record"
    HAND_OFF = "hand_off"
    LINE = "line"
    SORRY_DIAL = "sorry_dial"
    SORRY_RECORD = "sorry_record"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Wait:
    """What a call waits for. ``id`` is the engine's; ``key`` is where an answer is written, or an effect's key;
    ``since`` is epoch seconds; ``action`` and ``arguments`` are a lookup's (they may hold a PIN: never logged, gone
    with the next turn); ``asked`` tells that a worker was woken for it; ``queue`` is a hand-off's, ``purpose``,
    ``summary`` and ``language`` a recording's."""

    kind: Awaits
    since: float
    id: str = ""
    key: str = ""
    action: str = ""
    arguments: dict[str, str] = field(default_factory=dict)
    asked: bool = False
    secret: bool = False
    queue: str = ""
    purpose: str = ""
    summary: str = ""
    language: str = ""

    def to_json(self) -> str:
        """Without the fields that are at their defaults: this travels with every turn."""
        values = {name: value for name in self.__slots__ if (value := getattr(self, name)) or name in ("kind", "since")}
        return orjson.dumps(values).decode()

    @staticmethod
    def from_json(text: str | bytes) -> Wait:
        """Fields of a later version are left aside."""
        values = {name: value for name, value in orjson.loads(text).items() if name in Wait.__slots__}
        return Wait(**{**values, "kind": Awaits(values["kind"])})


@dataclass(frozen=True, slots=True)
class Facts:
    """Who phones whom: ``caller`` E.164, None when withheld; ``language`` None until the flow picks one; ``typed``: the
    telephone carries no sound (the built-in carrier's, without a microphone), so there is nothing to hear."""

    call: str
    caller: str | None
    called: str
    language: str | None = None
    typed: bool = False

    def to_json(self) -> str:
        values = {name: value for name in self.__slots__ if (value := getattr(self, name)) is not False}
        return orjson.dumps(values).decode()

    @staticmethod
    def from_json(text: str | bytes) -> Facts:
        return Facts(**{name: value for name, value in orjson.loads(text).items() if name in Facts.__slots__})


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording as the carrier names it. ``seconds`` 0: nothing was said."""

    name: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a webhook brought, before anybody decided what it means. ``left`` is why the carrier's queue let the caller
    go; ``dialled`` how a dial ended (``completed``, ``busy``…); ``over``: the call has ended, nobody hears the reply;
    ``deaf``: the stream in which we heard the caller ended unasked;
    ``repeat`` asks for the last question again, because the carrier was sent round while Redis was away."""

    facts: Facts
    digits: str = ""
    said: tuple[Alternative, ...] = ()
    left: str = ""
    dialled: str = ""
    over: bool = False
    recording: Recording | None = None
    repeat: bool = False
    deaf: bool = False


@dataclass(frozen=True, slots=True)
class Poll:
    """Come back in a second: an answer is being fetched."""

    seconds: int = 1


@dataclass(frozen=True, slots=True)
class Park:
    """Wait in the carrier's queue of this name."""

    queue: str


@dataclass(frozen=True, slots=True)
class Bridge:
    """Join the ticket's conference as the caller; ``notice``: the language in which they hear first that they are
    recorded, '' when they need not."""

    ticket: int
    notice: str = ""


@dataclass(frozen=True, slots=True)
class DialOut:
    """Connect the caller to this number (E.164) outside."""

    number: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Nothing to say: the call is at this turn, go there."""


@dataclass(frozen=True, slots=True)
class Over:
    """Hang up."""


End = Listen | Record | Poll | Park | Bridge | DialOut | Resume | Over


@dataclass(frozen=True, slots=True)
class Reply:
    """What the caller hears next, and what happens then; ``next`` is the turn that brings its outcome. ``stream`` names
    a new stream in which we speak and listen ourselves; '' for the carrier's voice and ear."""

    call: str
    next: int
    says: tuple[Say, ...]
    end: End
    stream: str = ""


EffectKind = Literal["change", "hand_off", "message", "left", "missed", "event"]


@dataclass(frozen=True, slots=True)
class Effect:
    """Something to be done once, by a worker. ``key`` (``call:n:id``) names it for ever; ``body`` is JSON data."""

    key: str
    kind: EffectKind
    call: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One line of a call's journal; its number is given when it is committed. ``at`` is ISO 8601."""

    kind: str
    at: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a turn comes to. ``ask``: wake a worker for the lookup, since no thread is asking."""

    facts: Facts
    session: str
    revision: str
    says: tuple[Say, ...]
    end: End
    wait: Wait
    journal: Sequence[JournalEntry] = ()
    effects: Sequence[Effect] = ()
    ask: bool = False
