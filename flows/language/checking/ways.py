"""Where a call can go: unknown and unreachable steps, circles, and always a way to a human."""

from __future__ import annotations

from flows.language.checking.graph import LISTENS, WAITS, Edge, edges, reach
from flows.language.flow import Flow
from flows.language.near import nearest, suggest
from flows.language.places import Report

_HELPS = frozenset({"transfer", "callback", "record"})
"""Kinds that give the caller to somebody."""


def check(flow: Flow, report: Report) -> None:
    ways = edges(flow)
    known = set(flow.steps)
    for edge in ways:
        if edge.target not in known and not edge.implied:
            advice = suggest(edge.target, known, f"Add a step '{edge.target}', or name one that is there.")
            report.error(edge.path, f"there is no step '{edge.target}'", advice)
    _unreachable(flow, ways, report)
    _circles(flow, ways, report)
    _human(flow, ways, report)


def _unreachable(flow: Flow, ways: list[Edge], report: Report) -> None:
    starts = [edge.target for edge in ways if edge.step is None]
    # A misspelt name is one mistake: what it was meant to lead to is not unreachable besides.
    starts += [nearest(edge.target, flow.steps) or "" for edge in ways if edge.target not in flow.steps]
    reached = reach(flow, starts)
    for name in flow.steps:
        if name not in reached:
            report.error(("steps", name), "no way leads here", "Lead to it from another step, or remove it.")


def _circles(flow: Flow, ways: list[Edge], report: Report) -> None:
    """Circles of say, set and decide: the caller would listen for ever, or hear nothing at all."""
    onward: dict[str, list[str]] = {}
    for edge in ways:
        if edge.step is not None and edge.target in flow.steps and flow.steps[edge.step].kind not in WAITS:
            onward.setdefault(edge.step, []).append(edge.target)
    told: set[str] = set()
    for name in onward:
        circle = _circle(name, onward)
        if circle and not told & set(circle):
            told.update(circle)
            shown = " → ".join([*circle, circle[0]])
            report.error(
                ("steps", name),
                f"a circle in which nothing is asked: {shown}",
                "Put a menu or an ask into it, or lead out of it.",
            )


def _circle(start: str, onward: dict[str, list[str]]) -> list[str]:
    """The way from ``start`` back to itself, if there is one."""
    came: dict[str, str | None] = {start: None}
    waiting = [start]
    while waiting:
        name = waiting.pop(0)
        for target in onward.get(name, ()):
            if target == start:
                back = [name]
                while (before := came[back[-1]]) is not None:
                    back.append(before)
                return back[::-1]
            if target not in came:
                came[target] = name
                waiting.append(target)
    return []


def _human(flow: Flow, ways: list[Edge], report: Report) -> None:
    if not any(step.kind == "transfer" for step in flow.steps.values()):
        report.error(("steps",), "no step gives the caller to a human", "Add a transfer step.")
        return
    operator = flow.document.commands.get("operator")
    if operator is None or operator.next is None:
        report.error(
            ("commands",),
            "there is no command 'operator' that leads to a human",
            'Add operator: {digits: "0", phrases: {…}, next: a transfer step}.',
        )
        for name, step in flow.steps.items():
            if step.kind == "menu" and not _leads(
                flow, [edge.target for edge in ways if edge.step == name], "transfer"
            ):
                report.error(
                    ("steps", name), "a menu without a way to a human", "Add a choice that leads to a transfer."
                )
    else:
        if operator.digits is None or not operator.phrases:
            report.error(("commands", "operator"), "must have both digits and phrases", "Add the one that is missing.")
        if operator.next in flow.steps and not _leads(flow, [operator.next], "transfer"):
            report.error(("commands", "operator", "next"), "does not lead to a human", "Lead it to a transfer step.")
    # Whoever comes to the other steps was offered a human, a callback or a message before.
    starts = [edge.target for edge in ways if edge.step is None]
    alone = reach(flow, starts, through=lambda name: flow.steps[name].kind not in _HELPS)
    for edge in ways:
        if edge.step is not None and edge.step not in alone:
            continue
        after = edge.field in ("exhausted", "limited", "unavailable", "failed")
        if after and not edge.implied and edge.target in flow.steps and not _leads_to_help(flow, edge.target):
            report.error(
                edge.path,
                f"'{edge.target}' leaves the caller alone: no human, callback or message follows",
                "After a failure lead to a transfer, a callback or a record step.",
            )


def _leads(flow: Flow, starts: list[str], kind: str) -> bool:
    """Whether a step of this kind comes for sure: nothing is asked, and nothing looked up, before it."""
    reached = reach(flow, starts, through=lambda name: flow.steps[name].kind not in WAITS)
    return any(flow.steps[name].kind == kind for name in reached)


def _leads_to_help(flow: Flow, start: str) -> bool:
    """A listening step counts as help: the operator command is heard there."""
    reached = reach(flow, [start])
    return any(flow.steps[name].kind in _HELPS or flow.steps[name].kind in LISTENS for name in reached)
