"""How well a flow's examples tell its choices apart, each example judged as if it were not one (leave-one-out)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from flows.engine.meaning import understanding
from flows.language.examples import sentences
from flows.language.flow import Flow
from flows.understand.meaning.decide import NONE, Thresholds, Understanding


@dataclass(frozen=True, slots=True)
class Row:
    """One choice: its examples; how many would be taken rightly, wrongly, and asked about or not understood."""

    name: str
    examples: int
    right: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Report:
    """One language. ``confusions``: meant, taken for, how often, and one such sentence; most first."""

    language: str
    rows: tuple[Row, ...]
    confusions: tuple[tuple[str, str, int, str], ...]

    @property
    def right(self) -> float:
        """The share of choices' examples that is taken rightly."""
        real = [row for row in self.rows if row.name != NONE]
        return sum(row.right for row in real) / (sum(row.examples for row in real) or 1)

    @property
    def rubbish(self) -> float:
        """The share of sentences that mean nothing here and would be taken for something."""
        return next((row.wrong / (row.examples or 1) for row in self.rows if row.name == NONE), 0.0)


@dataclass(frozen=True, slots=True)
class Change:
    """What one more example changes: how the sentence is understood without it, and the report before and after."""

    before: str
    confidence: float
    old: Report
    new: Report


def report(flow: Flow, language: str) -> Report | None:
    """None for a language without examples."""
    known = understanding(flow, language)
    return None if known is None else _report(known, _limits(flow))


def change(flow: Flow, language: str, sentence: str, name: str) -> Change | None:
    """What giving ``sentence`` to the choice ``name`` would change. None for a language without examples."""
    known = understanding(flow, language)
    if known is None:
        return None
    examples, phrases = sentences(flow, language)
    examples[name] = [*examples.get(name, []), sentence]
    limits = _limits(flow)
    decision = known.decide([(sentence, 1.0)], None, limits)
    taught = Understanding(language, examples, phrases)
    return Change(decision.intent, decision.confidence, _report(known, limits), _report(taught, limits))


def _limits(flow: Flow) -> Thresholds:
    return Thresholds(flow.document.understand.take, flow.document.understand.ask)


def _report(known: Understanding, limits: Thresholds) -> Report:
    counts: dict[str, Counter[str]] = {}
    confused: Counter[tuple[str, str]] = Counter()
    shown: dict[tuple[str, str], str] = {}
    for (sentence, name), (taken, confidence) in zip(known.rows, known.left_out(), strict=True):
        count = counts.setdefault(name, Counter())
        count["all"] += 1
        sure = confidence >= limits.take and taken != NONE
        count["right"] += (sure and taken == name) or (name == NONE and not sure)
        if sure and taken != name:
            count["wrong"] += 1
            confused[name, taken] += 1
            shown.setdefault((name, taken), sentence)
    rows = tuple(Row(name, each["all"], each["right"], each["wrong"]) for name, each in sorted(counts.items()))
    ranked = sorted(confused.items(), key=lambda item: (-item[1], item[0]))
    return Report(known.language, rows, tuple((*pair, count, shown[pair]) for pair, count in ranked))
