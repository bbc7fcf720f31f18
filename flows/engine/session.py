"""A call's session: plain data between any two inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

VERSION = 1
"""Of the session's JSON. A newer program reads older sessions; see :meth:`Session.from_json`."""

HoursSetting = Literal["flow", "open", "closed"]


@dataclass(frozen=True, slots=True)
class CallFacts:
    """Who calls whom. ``caller`` is E.164, or None when withheld; ``language`` None when unknown."""

    call: str
    caller: str | None
    called: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must never be shown: kept apart from the variables and dropped once used.

    ``asked``: secrets that the flow asked for, by variable. ``proof``: proof arguments that the engine asked for or
    that were proven (an order's number with the phone's last digits, kept until another number or the call's end).
    """

    asked: Mapping[str, str] = field(default_factory=dict)
    proof: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Session:
    """Where a call is in its flow. Everything is JSON data; ``variables`` holds no secrets.

    ``pending`` names what is awaited: ``listen``, or the id of a Lookup, Change, Record or HandOff; None once
    ``ended``. ``mode`` is what a listening step listens for: its own answer, a yes or no (``confirm``), which of
    two (``between``), whether a second wish stands (``wish``), or a proof (``proof:pin``). ``candidate`` is the
    value being confirmed. ``carried`` are keys pressed early. ``trail`` are the ``say`` steps since the caller last
    answered, which ``repeat`` says again. ``reason`` is why a human is needed. ``silences`` counts those in a row,
    over all steps. ``wanted`` is the queue of a human who was wanted and has not come, while the caller has left
    neither a promise nor a message. ``slots`` are values said in the same breath as a choice, ``[value, sure]`` by
    variable, until an ask takes them; ``wish`` is the second thing the caller spoke of. ``calendar`` are working
    hours in the place of the flow's (as a flow file writes them), ``shut`` are queues closed whatever the hours:
    both as the call began.
    """

    call: CallFacts
    flow: str
    revision: str
    language: str
    step: str
    hours: HoursSetting = "flow"
    variables: Mapping[str, Any] = field(default_factory=dict)
    secrets: Secrets = field(default_factory=Secrets)
    pending: str | None = None
    ended: bool = False
    mode: str = ""
    candidate: Any = None
    carried: str = ""
    reason: str = ""
    wanted: str = ""
    no_input: int = 0
    no_match: int = 0
    silences: int = 0
    refusals: int = 0
    rescues: int = 0
    serial: int = 0
    visits: Mapping[str, int] = field(default_factory=dict)
    trail: tuple[str, ...] = ()
    calendar: Mapping[str, Any] = field(default_factory=dict)
    shut: tuple[str, ...] = ()
    slots: Mapping[str, Any] = field(default_factory=dict)
    wish: str = ""
    version: int = VERSION

    def to_json(self) -> str:
        """Compact JSON, without what has its default value."""
        data: dict[str, Any] = {"version": self.version}
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if name in ("version", "call", "secrets") or value is None:
                continue
            if name != "candidate" and not value:  # False and 0 are candidates: a "no", a quantity
                continue
            data[name] = dict(value) if isinstance(value, Mapping) else value
        data["call"] = [self.call.call, self.call.caller, self.call.called, self.call.language]
        if self.secrets.asked or self.secrets.proof:
            data["secrets"] = {"asked": dict(self.secrets.asked), "proof": dict(self.secrets.proof)}
        return orjson.dumps(data).decode()

    @classmethod
    def from_json(cls, text: str) -> Session:
        """The inverse of :meth:`to_json`. Fields that a newer version added are left out; raises ``ValueError`` when
        it is no session."""
        data = orjson.loads(text)
        if not (isinstance(data, dict) and isinstance(data.get("version"), int)):
            raise ValueError("not a session")  # noqa: TRY004 - the same error for every kind of wrong
        known = {key: value for key, value in data.items() if key in cls.__dataclass_fields__}
        try:
            known["call"] = CallFacts(*data["call"])
            known["secrets"] = Secrets(**data.get("secrets", {}))
            known["trail"] = tuple(data.get("trail", ()))
            known["shut"] = tuple(data.get("shut", ()))
            return cls(**known)
        except (KeyError, TypeError) as error:
            raise ValueError("not a session") from error
