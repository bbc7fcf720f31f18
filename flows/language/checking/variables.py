"""Variables: known, with fields that are there, set before they are used, and never a secret in a text."""

from __future__ import annotations

from collections.abc import Mapping

from flows.language.checking.graph import LISTENS, Edge, edges
from flows.language.checking.words import Text, texts
from flows.language.flow import Flow
from flows.language.near import suggest
from flows.language.places import Report
from flows.language.steps import AskStep, CallbackStep, LookupStep, SetStep

Fields = Mapping[str, "Fields"] | None
"""The fields of a variable, each with its own; None when anything may be there; empty for a plain value."""

_PLAIN: Fields = {}
_LOOSE_PATHS = frozenset({"size", "first", "last"})
"""What Liquid gives of a list or a text besides its own fields."""


def builtins(flow: Flow) -> dict[str, Fields]:
    """What every call knows from its start."""
    return {
        "caller": {"number": _PLAIN, "withheld": _PLAIN},
        "open": dict.fromkeys(flow.queues, _PLAIN),
        "language": _PLAIN,
        "today": _PLAIN,
        "now": _PLAIN,
    }


def declared(flow: Flow) -> dict[str, Fields]:
    """What steps put into variables."""
    found: dict[str, Fields] = {}
    for step in flow.steps.values():
        if isinstance(step, AskStep):
            found.setdefault(step.into, _PLAIN)
        elif isinstance(step, SetStep):
            found.update({name: None for name in step.values if name != "language"})
        elif isinstance(step, CallbackStep):
            found |= {"callback_at": _PLAIN, "callback_free": {"first": _PLAIN, "second": _PLAIN}}
        elif isinstance(step, LookupStep) and step.into is not None:
            found[step.into] = _joined(found.get(step.into, {}), _answer(flow, step.action))
    return found


def _answer(flow: Flow, name: str) -> Fields:
    action = flow.catalogue.get(name)
    if action is None:
        return None
    item: Fields = dict.fromkeys(action.item, _PLAIN)
    return {field: {"[]": item} if kind == "list" else _PLAIN for field, kind in action.result.items()}


def _joined(one: Fields, other: Fields) -> Fields:
    return None if one is None or other is None else {**one, **other}


def check(flow: Flow, report: Report) -> None:
    steps_set = declared(flow)
    known = {**builtins(flow), **steps_set}
    secrets = {step.into for step in flow.steps.values() if isinstance(step, AskStep) and step.secret}
    for name, step in flow.steps.items():
        for variable in _sets(step):
            if variable in builtins(flow):
                report.error(("steps", name), f"'{variable}' is always there and can't be set", "Use another name.")
    ways = edges(flow)
    # With ways that lead nowhere, what is set on the way to a step can't be told.
    may, must = _assigned(flow, ways) if all(edge.target in flow.steps for edge in ways) else ({}, {})
    for text in texts(flow):
        for path in sorted(text.used.variables):
            good = _one(text, path, {**known, **dict.fromkeys(text.extra or {}, _PLAIN)}, secrets, report)
            root = path.replace("[]", "").split(".")[0]
            if not good or text.step is None or root not in steps_set:
                continue
            if root not in may.get(text.step, {root}):
                report.error(
                    text.path,
                    f"'{root}' is used before anything sets it",
                    "Ask for it or look it up in an earlier step.",
                )
            elif not text.loose and root not in must.get(text.step, {root}):
                report.warning(
                    text.path,
                    f"'{root}' is not set on every way that leads here",
                    "Set it on each way, or decide first.",
                )


def _one(text: Text, path: str, known: Mapping[str, Fields], secrets: set[str], report: Report) -> bool:
    """Whether the path is known and may be used here; reports when not."""
    root, *rest = path.replace("[]", ".[]").split(".")
    if root not in known:
        mend = suggest(root, known, "Ask for it, look it up or set it in a step.")
        report.error(text.path, f"there is no variable '{root}'", mend)
        return False
    if root in secrets and not text.secrets:
        report.error(text.path, f"'{root}' is secret and must not be said", "Use it only in the with of a lookup.")
        return False
    fields = known[root]
    for at, part in enumerate(rest):
        if fields is None or part in _LOOSE_PATHS or part.lstrip("-").isdigit():
            return True
        if part not in fields:
            owner = ".".join([root, *rest[:at]]).replace(".[]", "[]")
            listed = ", ".join(sorted(fields))
            otherwise = f"It has {listed}." if fields else f"'{owner}' is one value, without fields."
            report.error(text.path, f"'{owner}' has no field '{part}'", suggest(part, fields, otherwise))
            return False
        fields = fields[part]
    return True


def _sets(step: object) -> set[str]:
    """Variables that are set once the call has left the step by its usual way."""
    if isinstance(step, AskStep):
        return {step.into}
    if isinstance(step, SetStep):
        return set(step.values) - {"language"}
    if isinstance(step, CallbackStep):
        return {"callback_at", "callback_free"}
    if isinstance(step, LookupStep) and step.into is not None:
        return {step.into}
    return set()


def _assigned(flow: Flow, ways: list[Edge]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """For each reached step, the variables set on some way to it, and on every way to it."""
    may: dict[str, set[str]] = {}
    must: dict[str, set[str]] = {}
    commands = [command.next for command in flow.document.commands.values() if command.next in flow.steps]
    changed = True
    while changed:
        changed = False
        for edge in ways:
            if edge.target not in flow.steps or (edge.step is not None and edge.step not in may):
                continue
            if edge.step is None:
                given_may: set[str] = set()
                given_must: set[str] = set()
            else:
                step = flow.steps[edge.step]
                made = _sets(step)
                if (isinstance(step, AskStep) and edge.field != "next") or (
                    isinstance(step, CallbackStep) and edge.field in ("refused", "outside")
                ):
                    made = set()
                given_may, given_must = may[edge.step] | made, must[edge.step] | made
            changed |= _merge(edge.target, given_may, given_must, may, must)
        for name in [each for each in may if flow.steps[each].kind in LISTENS]:
            for target in commands:
                changed |= _merge(target or "", may[name], must[name], may, must)
    return may, must


def _merge(
    target: str, given_may: set[str], given_must: set[str], may: dict[str, set[str]], must: dict[str, set[str]]
) -> bool:
    if target not in may:
        may[target], must[target] = set(given_may), set(given_must)
        return True
    before = len(may[target]), len(must[target])
    may[target] |= given_may
    must[target] &= given_must
    return before != (len(may[target]), len(must[target]))
