"""The engine's side of :mod:`flows.understand.meaning`: what was said, as a choice of the step the call is at."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flows.language.examples import sentences
from flows.language.flow import Flow
from flows.language.steps import AnyStep, AskStep, MenuStep
from flows.understand import yes_no_in
from flows.understand.tokens import tokens

if TYPE_CHECKING:
    from flows.understand.meaning.decide import Decision, Understanding

_learning = threading.Lock()


@dataclass(frozen=True, slots=True)
class Meant:
    """What was said at a step. ``intent``: a choice's or command's name, ``yes``, ``no``, ``unsure`` or ``none``."""

    intent: str
    confidence: float
    first: str | None = None
    second: str | None = None
    also: str | None = None
    slots: Mapping[str, Any] = field(default_factory=dict)


def understanding(flow: Flow, language: str) -> Understanding | None:
    """What the flow's examples teach, learned at the first call and kept with the flow; None without examples."""
    key = ("understanding", language)
    if key not in flow.compiled:
        with _learning:
            if key not in flow.compiled:
                flow.compiled[key] = _learn(flow, language)
    found: Understanding | None = flow.compiled[key]
    return found


def learn(flow: Flow, languages: Sequence[str] = ()) -> None:
    """Learns the flow's languages (or these) now, so that no caller waits for it."""
    for language in languages or flow.languages:
        understanding(flow, language)


def said_exactly(step: AnyStep, said: str, language: str) -> int | None:
    """The choice without a name, one of whose phrases is all that was said: nothing is surer."""
    if not isinstance(step, MenuStep):
        return None
    words = tokens(said)
    return next(
        (
            index
            for index, choice in enumerate(step.choices)
            if choice.name is None and any(tokens(phrase) == words for phrase in choice.phrases.get(language, ()))
        ),
        None,
    )


def names_at(flow: Flow, step: AnyStep) -> frozenset[str]:
    """The names of choices and commands that may be said at a step."""
    choices = {choice.name for choice in step.choices if choice.name} if isinstance(step, MenuStep) else set()
    return frozenset(choices) | frozenset(flow.document.commands)


def decided(flow: Flow, step: AnyStep, alternatives: Sequence[tuple[str, float]], language: str) -> Decision | None:
    """The decision among a menu's named choices and the commands; None where no choice is told by examples."""
    known = understanding(flow, language) if told_by_examples(flow, step, language) else None
    if known is None:
        return None
    from flows.understand.meaning.decide import Thresholds

    limits = flow.document.understand
    return known.decide(alternatives, names_at(flow, step), Thresholds(limits.take, limits.ask))


def told_by_examples(flow: Flow, step: AnyStep, language: str) -> bool:
    """Whether a step's choices have names, and the flow examples in this language."""
    named = isinstance(step, MenuStep) and any(choice.name for choice in step.choices)
    return named and understanding(flow, language) is not None


def meant(flow: Flow, step_name: str, said: str, language: str, now: datetime) -> Meant:
    """What ``said`` is taken as at a step, as in a call; for trying a flow out. ``now`` is aware."""
    from flows.engine.phrasing import by_phrases
    from flows.engine.slots import values_in

    step = flow.steps[step_name]
    answer = yes_no_in(said, language)
    if isinstance(step, AskStep) and step.expect == "yes_no" and answer is not None:
        return Meant("yes" if answer else "no", 1.0)
    exact = said_exactly(step, said, language)
    if exact is not None and isinstance(step, MenuStep):
        return Meant(step.choices[exact].next, 1.0)
    decision = decided(flow, step, [(said, 1.0)], language)
    if decision is None:
        found = by_phrases(flow, step, said, language)
        if found is None and answer is not None:
            return Meant("yes" if answer else "no", 1.0)
        return found or Meant("none", 1.0)
    if decision.intent == "none":
        return by_phrases(flow, step, said, language) or _told(decision)
    takes = {}
    if isinstance(step, MenuStep):
        takes = next((choice.takes for choice in step.choices if choice.name == (decision.first or "")), {})
    return _told(decision, values_in(flow, takes, said, language, now))


def _told(decision: Decision, slots: Mapping[str, Any] | None = None) -> Meant:
    return Meant(decision.intent, decision.confidence, decision.first, decision.second, decision.also, slots or {})


def first_menu(flow: Flow) -> str:
    """The menu that a caller comes to first, by the fewest steps from the start."""
    waiting, seen = [flow.document.start], {flow.document.start}
    while waiting:
        name = waiting.pop(0)
        step = flow.steps[name]
        if isinstance(step, MenuStep):
            return name
        for _, target in step.ways():
            if target not in seen and target in flow.steps:
                seen.add(target)
                waiting.append(target)
    return flow.document.start


def lengths_of(flow: Flow, variable: str) -> tuple[int, int] | None:
    """How many digits the flow asks for where it asks for this variable."""
    return next(
        (step.length for step in flow.steps.values() if isinstance(step, AskStep) and step.into == variable), None
    )


def _learn(flow: Flow, language: str) -> Understanding | None:
    examples, phrases = sentences(flow, language)
    if not examples or len(examples.keys() | phrases.keys()) < 2:
        return None
    from flows.understand.meaning.decide import Understanding

    return Understanding(language, examples, phrases)
