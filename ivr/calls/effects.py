"""The effects themselves, by kind. Each is idempotent by its key: done twice, it is done once."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from callqueue.calls import QueueFull
from callqueue.model import AttemptOutcome, CallbackRequest, HandOffRequest, MessageRequest, PromiseResult
from callqueue.proposals import MissedCall
from ivr.calls import journal, promises
from ivr.calls.lookups import as_data
from ivr.calls.model import Awaits, Effect
from ivr.calls.store import CallStore
from ivr.queueing import callqueue
from ivr.redis_client import client
from ivr.shop import shop
from ivr.shop.port import Caller, ShopFailed

log = logging.getLogger(__name__)

PROMISE, MOVE = "callbacks.promise", "callbacks.move"


class Never(Exception):
    """The effect is not wanted any more; says why."""


def do(effect: Effect) -> dict[str, Any] | None:
    """Do it; returns the answer for a change. Raises :class:`Never`, and whatever its doing raises."""
    match effect.kind:
        case "change":
            return _change(effect)
        case "hand_off":
            _hand_off(effect)
        case "message":
            callqueue().message(MessageRequest(key=effect.key, call=effect.call, **effect.body))
        case "left":
            callqueue().left(effect.call, effect.body["reason"])
        case "missed":
            callqueue().missed(MissedCall(call=effect.call, **effect.body))
        case "event":
            tell(effect.body)
    return None


def tell(event: Mapping[str, Any]) -> Any:
    """Tell the queue what the carrier told us: ``method`` of :class:`callqueue.service.CallQueue` and its arguments,
    all JSON data."""
    arguments = list(event["arguments"])
    if event["method"] == "callback_ended":
        arguments[2] = AttemptOutcome(arguments[2])
    return getattr(callqueue(), event["method"])(*arguments)


def _change(effect: Effect) -> dict[str, Any]:
    body = effect.body
    arguments: dict[str, str] = body["arguments"]
    if body["action"] == PROMISE:
        return _promise(effect, arguments)
    if body["action"] == MOVE:
        return _move(effect, arguments)
    caller = Caller(effect.call, body["number"], body["language"])
    if body["action"] in promises.ACTIONS:
        return as_data(promises.perform(callqueue, body["action"], caller))
    return as_data(shop().perform(body["action"], arguments, caller, effect.key))


def _promise(effect: Effect, arguments: Mapping[str, str]) -> dict[str, Any]:
    result = callqueue().promise(
        CallbackRequest(
            key=effect.key,
            call=effect.call,
            number=arguments["number"],
            language=arguments.get("language") or effect.body["language"],
            queue=arguments["queue"],
            summary=arguments.get("summary", ""),
            at=_at(arguments),
            context=_context(effect.body["number"]),
            on_line=_on_line(effect.call),
        )
    )
    return _promised(result)


def _move(effect: Effect, arguments: Mapping[str, str]) -> dict[str, Any]:
    """Only the caller's own: whatever number is given, the promise of another is nobody's to move."""
    number = effect.body["number"]
    if number is None or number != arguments["number"]:
        return {"outcome": "refused", "value": {"reason": "none"}}
    moved = callqueue().move_mine(
        effect.key,
        number,
        _at(arguments),
        call=effect.call,
        language=arguments["language"],
        on_line=_on_line(effect.call),
    )
    return _promised(moved)


def _at(arguments: Mapping[str, str]) -> datetime | None:
    """The moment that was chosen; None: as soon as possible."""
    at = arguments.get("at") or ""
    return None if arguments.get("kind") == "keep_place" or not at else datetime.fromisoformat(at)


def _on_line(call: str) -> bool:
    """Whether the call that asks is still going on."""
    asking = CallStore(client()).load(call, -1)
    return asking is not None and not asking.completed


def _promised(result: PromiseResult) -> dict[str, Any]:
    value = {
        "callback": result.callback,
        "reason": result.reason,
        "due_at": result.due_at.isoformat() if result.due_at else None,
        "free": [at.isoformat() for at in result.free],
    }
    return {"outcome": "found" if result.kind == "promised" else "refused", "value": value}


def _hand_off(effect: Effect) -> None:
    body = effect.body
    store = CallStore(client())
    if not _still_waits(store, effect):
        raise Never("the caller waits no longer")
    try:
        journal.drain()
    except Exception as error:  # noqa: BLE001 - the agent would only see the transcript a little later
        log.warning("the journal of call %s could not be drained before its hand-off: %s", effect.call, error)
    request = HandOffRequest(
        key=effect.key,
        call=effect.call,
        number=body["number"],
        language=body["language"],
        queue=body["queue"],
        priority=int(body["priority"]),
        reason=body["reason"],
        summary=body["summary"],
        context=_context(body["number"]),
    )
    try:
        callqueue().hand_off(request)
    except QueueFull:
        # Admitted at the same time as others; the wait lane finds this, and the flow goes on as for a full queue.
        found = store.load(effect.call, -1)
        if found is not None:
            store.let_go(effect.call, found.n, "full")
        return
    if not _still_waits(store, effect):
        # They left between the two looks: the ticket must not be offered to anybody.
        callqueue().left(effect.call, "leave")


def _still_waits(store: CallStore, effect: Effect) -> bool:
    found = store.load(effect.call, -1)
    if found is None:
        return True
    waits = found.wait.kind in (Awaits.HAND_OFF, Awaits.LINE) and found.wait.key == effect.key
    return waits and not found.completed and found.left not in ("failed", "callback", "nobody", "full", "away")


def _context(number: str | None) -> Mapping[str, Any]:
    """What an agent sees of the customer; nothing when the shop can't tell."""
    if not number:
        return {}
    try:
        return shop().context(number) or {}
    except ShopFailed as error:
        log.warning("no customer context: %s", error)
        return {"unavailable": True}
