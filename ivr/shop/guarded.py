"""The shop as calls see it: an adapter behind the guard against guessing and the breakers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ivr.settings import Settings
from ivr.shop.actions import CATALOGUE
from ivr.shop.breaker import Breakers
from ivr.shop.fields import number_key
from ivr.shop.guard import Admission, Guard
from ivr.shop.port import Answer, Caller, Shop, ShopFailed


class Adapter(Shop, Protocol):
    """A shop that remembers what it changed."""

    def done(self, key: str) -> Answer | None:
        """The answer of the change that was made under this key, if one was."""
        ...


class GuardedShop:
    """Implements :class:`ivr.shop.port.Shop` on an adapter. Thread-safe."""

    def __init__(self, adapter: Adapter, guard: Guard, breakers: Breakers | None = None) -> None:
        self._adapter = adapter
        self._guard = guard
        self.breakers = breakers or Breakers()

    def perform(self, action: str, arguments: Mapping[str, str], caller: Caller, key: str = "") -> Answer:
        """``limited`` when too many guesses were wrong: the shop is then not asked."""
        if CATALOGUE[action].changes:
            # A change asked for again was allowed the first time, whatever has been guessed at its order since.
            done = self.breakers.call(action, lambda: self._adapter.done(key))
            if done is not None:
                return done
        if CATALOGUE[action].proof == "none" and action != "orders.status":
            return self.breakers.call(action, lambda: self._adapter.perform(action, arguments, caller, key))
        admission = self._admission(action, arguments, caller)
        if admission is None:
            return Answer("limited")
        try:
            answer = self.breakers.call(action, lambda: self._adapter.perform(action, arguments, caller, key))
        except ShopFailed:
            admission.take_back()
            raise
        wrong = answer.outcome == ("missing" if action == "orders.status" else "refused")
        if not wrong:
            admission.take_back()
        return answer

    def context(self, number: str, cards: bool = True) -> Mapping[str, Any] | None:
        return self.breakers.call("context", lambda: self._adapter.context(number, cards))

    def ping(self) -> None:
        self._adapter.ping()

    def _admission(self, action: str, arguments: Mapping[str, str], caller: Caller) -> Admission | None:
        match CATALOGUE[action].proof:
            case "card":
                return self._guard.proof(caller, "card", _same(arguments["card"]), arguments["pin"])
            case "order":
                return self._guard.proof(caller, "order", _same(arguments["number"]), arguments["phone_last4"])
            case "none":
                return self._guard.unknown(caller, _same(arguments["number"]))


def _same(number: str) -> str:
    """One writing for every way to give the same number: spaces or leading zeros must not make a new target."""
    return str(number_key(number, "text") or "").lower().lstrip("0")


def build(settings: Settings) -> Shop:
    """The shop of these settings. Raises ``MappingError``."""
    from ivr.redis_client import connect
    from ivr.shop.mapping import load_mapping
    from ivr.shop.sql import SqlShop
    from ivr.shop.tables import shop_engine

    adapter = SqlShop(shop_engine(settings.shop_database), load_mapping(settings.shop_mapping))
    return GuardedShop(adapter, Guard(connect(settings.redis), settings.signing_key))
