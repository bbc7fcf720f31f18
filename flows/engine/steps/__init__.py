"""One small file per step kind. A new kind is a model, a file beside these, and a line in this table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from flows.engine.inputs import Input
from flows.engine.run import Run
from flows.engine.steps import ask, callback, decide, hangup, lookup, menu, record, say, set, transfer


@dataclass(frozen=True, slots=True)
class Kind:
    """What a step kind does. ``enter``: the call comes to the step; ``advance``: what it waited for is here; both give
    the next step, or None to wait. ``wait`` tells again what is awaited."""

    enter: Callable[[Run, Any], str | None]
    advance: Callable[[Run, Any, Input], str | None]
    wait: Callable[[Run, Any], None]


def _kind(module: ModuleType) -> Kind:
    return Kind(module.enter, module.advance, module.wait)


KINDS: Mapping[str, Kind] = {
    "say": _kind(say),
    "menu": _kind(menu),
    "ask": _kind(ask),
    "lookup": _kind(lookup),
    "decide": _kind(decide),
    "set": _kind(set),
    "record": _kind(record),
    "transfer": _kind(transfer),
    "callback": _kind(callback),
    "hangup": _kind(hangup),
}
