"""A flow as a picture's data: steps by kind, the ways between them, and what is wrong with where they lead. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flows.language.checking.graph import Edge, edges, reach
from flows.language.flow import Flow
from flows.language.model import Command
from flows.language.parts import Phrases, Texts
from flows.language.steps import AnyStep, Choice, DecideStep, MenuStep

ENDS = frozenset({"transfer", "hangup"})
"""Kinds with which a call may be over."""
ANYWHERE = ""
"""The name of the place from which the start and the commands, heard at every step, lead."""
LONGEST = 90
"""Letters of a step's words that are shown."""


@dataclass(frozen=True, slots=True)
class Node:
    """A step. ``line`` counts from 1. ``human``: it gives the caller to one. ``unreached``: no way leads there.
    ``dead_end``: no way from there leads to an end of the call."""

    name: str
    kind: str
    line: int
    words: str
    human: bool
    unreached: bool
    dead_end: bool


@dataclass(frozen=True, slots=True)
class Way:
    """From a step (:data:`ANYWHERE`: from outside) to another. ``label``: the key and the first phrase, or the field's
    name. ``implied``: not written in the file. ``missing``: there is no such step. ``human``: the way to a human."""

    source: str
    target: str
    label: str
    line: int
    implied: bool
    missing: bool
    human: bool


@dataclass(frozen=True, slots=True)
class Picture:
    nodes: tuple[Node, ...]
    ways: tuple[Way, ...]


def picture(flow: Flow, language: str = "") -> Picture:
    """The whole flow; words are those of ``language``, or of the flow's first."""
    language = language if language in flow.languages else flow.languages[0]
    all_edges = edges(flow)
    reached = reach(flow, {edge.target for edge in all_edges if edge.step is None})
    ending = _ending(flow, all_edges)
    nodes = tuple(
        Node(
            name,
            step.kind,
            flow.source.line(("steps", name)),
            _words(step, language),
            step.kind == "transfer",
            name not in reached,
            name not in ending,
        )
        for name, step in flow.steps.items()
    )
    return Picture(nodes, tuple(_way(flow, edge, language) for edge in all_edges))


def _ending(flow: Flow, all_edges: Iterable[Edge]) -> set[str]:
    """Steps from which some way leads to an end of the call."""
    back: dict[str, list[str]] = {}
    for edge in all_edges:
        if edge.step is not None:
            back.setdefault(edge.target, []).append(edge.step)
    found: set[str] = set()
    waiting = [name for name, step in flow.steps.items() if step.kind in ENDS]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(back.get(name, ()))
    return found


def _way(flow: Flow, edge: Edge, language: str) -> Way:
    target = flow.steps.get(edge.target)
    return Way(
        edge.step or ANYWHERE,
        edge.target,
        _label(flow, edge, language),
        flow.source.line(edge.path),
        edge.implied,
        target is None,
        edge.target == flow.human or (target is not None and target.kind == "transfer"),
    )


def _label(flow: Flow, edge: Edge, language: str) -> str:
    if edge.step is None:
        if edge.path[0] == "commands":
            name = str(edge.path[1])
            return _key(flow.document.commands[name], name, language)
        return str(edge.path[0])
    step = flow.steps[edge.step]
    if isinstance(step, MenuStep) and len(edge.path) > 3:
        return _key(step.choices[int(edge.path[3])], "", language)
    if isinstance(step, DecideStep) and len(edge.path) > 3:
        return _short(step.cases[int(edge.path[3])].when)
    return edge.field


def _key(choice: Choice | Command, otherwise: str, language: str) -> str:
    return " · ".join(part for part in (choice.digits or "", _first(choice.phrases, language) or otherwise) if part)


def _first(phrases: Phrases, language: str) -> str:
    said = phrases.get(language) or next(iter(phrases.values()), [])
    return _short(said[0]) if said else ""


def _words(step: AnyStep, language: str) -> str:
    texts: Texts | None = getattr(step, "texts", None) or getattr(step, "prompt", None) or getattr(step, "say", None)
    if texts:
        return _short(texts.get(language) or next(iter(texts.values())))
    values: Mapping[str, object] | None = getattr(step, "values", None)
    if values:
        return _short(", ".join(f"{name}: {value}" for name, value in values.items()))
    return str(getattr(step, "action", ""))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
