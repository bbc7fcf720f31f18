"""A flow as steps and the ways between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from flows.language.flow import Flow
from flows.language.source import Path
from flows.language.steps import AskStep, LookupStep, MenuStep, TransferStep

WAITS = frozenset({"menu", "ask", "lookup", "record", "transfer", "callback"})
"""Kinds at which a call stops for something outside; a circle without one never ends."""

LISTENS = frozenset({"menu", "ask"})


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from a step (None: from anywhere) to a step that may not exist. ``field`` is where it is written;
    ``implied`` ways are not written but follow from a default."""

    step: str | None
    path: Path
    target: str
    implied: bool = False

    @property
    def field(self) -> str:
        """The way's name: ``next``, ``found``, ``exhausted``…"""
        return str(self.path[-1])


def edges(flow: Flow) -> list[Edge]:
    """Every way of the flow, written or implied."""
    made: list[Edge] | None = flow.compiled.get("edges")
    if made is None:
        made = flow.compiled["edges"] = list(_edges(flow))
    return made


def _edges(flow: Flow) -> Iterator[Edge]:
    document = flow.document
    yield Edge(None, ("start",), document.start)
    if document.voicemail is not None:
        yield Edge(None, ("voicemail",), document.voicemail)
    for name, command in document.commands.items():
        if command.next is not None:
            yield Edge(None, ("commands", name, "next"), command.next)
    if document.proofs is not None:
        yield Edge(None, ("proofs", "limited"), document.proofs.limited)
    for name, step in document.steps.items():
        for field, target in step.ways():
            parts = tuple(int(part) if part.isdigit() else part for part in field.split("."))
            yield Edge(name, ("steps", name, *parts), target)
        if isinstance(step, MenuStep | AskStep) and step.exhausted is None:
            yield Edge(name, ("steps", name, "exhausted"), flow.human, implied=True)
        if isinstance(step, LookupStep) and step.missing is None:
            yield Edge(name, ("steps", name, "missing"), step.failed, implied=True)
        if isinstance(step, TransferStep) and step.callback is None:
            yield Edge(name, ("steps", name, "callback"), step.unavailable, implied=True)


def reach(flow: Flow, starts: Iterable[str], through: Callable[[str], bool] = lambda _: True) -> set[str]:
    """Steps that can be come to from ``starts``, themselves included, going on only from those that ``through``
    allows."""
    onward: dict[str, list[str]] | None = flow.compiled.get("onward")
    if onward is None:
        onward = flow.compiled["onward"] = {}
        for edge in edges(flow):
            if edge.step is not None:
                onward.setdefault(edge.step, []).append(edge.target)
    found: set[str] = set()
    waiting = [name for name in starts if name in flow.steps]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        if through(name):
            waiting.extend(target for target in onward.get(name, ()) if target in flow.steps)
    return found
