"""The Shop port: what Hotline asks of a retailer. Adapter: SQL (``ivr.shop.sql``); the actions of flows map onto it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from flows.engine.inputs import LookupOutcome


@dataclass(frozen=True, slots=True)
class Answer:
    """What an action came to. ``value`` is JSON data with the fields that the catalogue names (money as a decimal
    string, dates ISO ``YYYY-MM-DD``, times ``HH:MM``)."""

    outcome: LookupOutcome
    value: Any = None


class ShopFailed(Exception):
    """The shop was slow, down or answered garbage. ``again`` tells whether trying again may help."""

    def __init__(self, message: str, *, again: bool = True) -> None:
        super().__init__(message)
        self.again = again


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the call's id, the calling number (E.164, or None when withheld) and the language of the call."""

    call: str
    number: str | None
    language: str


class Shop(Protocol):
    """Runs one action of the catalogue. Raises :class:`ShopFailed`; anything else that rises is a fault of ours."""

    def perform(self, action: str, arguments: Mapping[str, str], caller: Caller, key: str = "") -> Answer:
        """``key`` names a change uniquely (``call:n:id``): the same key performs the change once and gives the same
        answer again."""
        ...

    def context(self, number: str, cards: bool = True) -> Mapping[str, Any] | None:
        """For an agent's screen, never for the caller's ear: the customer by calling number, or None. Fields ``name``,
        ``language``, ``tier``, ``number``, ``points``, ``orders`` (list of ``number``, ``state``, ``sum``, ``due``,
        ``items``)."""
        ...

    def ping(self) -> None:
        """Raises :class:`ShopFailed` when it can't be reached."""
        ...
