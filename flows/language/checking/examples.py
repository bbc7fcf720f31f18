"""Examples: not empty, not too long, in their language, and no two choices told by the same words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from flows.language.examples import Taught, taught
from flows.language.flow import Flow
from flows.language.parts import MAX_EXAMPLE
from flows.language.places import Report
from flows.language.steps import MenuStep
from flows.understand.meaning.languages import talk
from flows.understand.tokens import tokens

FEW = 10
"""Examples of a choice in one language, below which it is told apart badly."""
_ALIKE = 6
"""Sentences that two choices share in all words but one, from which they sound alike."""


def check(flow: Flow, report: Report) -> None:
    known = taught(flow)
    named = {choice.name for step in flow.steps.values() if isinstance(step, MenuStep) for choice in step.choices}
    for name in flow.document.examples:
        if name not in named and name not in flow.document.commands:
            report.error(
                ("examples", name),
                f"no choice and no command is named '{name}'",
                "Give a choice this name, or remove the examples.",
            )
    if flow.document.understand.ask > flow.document.understand.take:
        report.error(("understand", "ask"), "is above take", "Ask at less confidence than what is taken at.")
    for one in known.values():
        _sentences(flow, one, report)
        _few(flow, one, report)
    _same(known, report)
    _alike(flow, known, report)


def _sentences(flow: Flow, one: Taught, report: Report) -> None:
    for language, sentence, path, below in one.examples:
        if language not in flow.languages:
            report.error(path, f"'{language}' is not a language of this flow", "Add it to languages.", below=below)
            continue
        if not tokens(sentence):
            report.error(path, "an example is empty", "Write what a caller says, or remove it.", below=below)
        elif len(sentence) > MAX_EXAMPLE:
            report.error(
                path,
                f"an example is {len(sentence)} letters long, more than {MAX_EXAMPLE}",
                "Keep the sentence that matters.",
                below=below,
            )
        elif foreign(sentence, language):
            report.error(path, f"'{sentence[:40]}' is not in '{language}'", "Move it to its language.", below=below)


def foreign(sentence: str, language: str) -> bool:
    """Whether a sentence is surely of another language: another alphabet, or letters that this one has not."""
    table = talk(language)
    letters = [letter for letter in sentence.casefold() if letter.isalpha()]
    if table is None or not letters:
        return False
    latin = sum(letter.isascii() for letter in letters)
    other = len(letters) - latin if table.script == "latin" else latin
    return other * 2 > len(letters) or any(letter in table.foreign for letter in letters)


def _few(flow: Flow, one: Taught, report: Report) -> None:
    counts = Counter(language for language, _, _, _ in one.examples)
    if not counts:
        return
    path = one.examples[0][2]
    for language in flow.languages:
        if counts[language] < FEW:
            report.warning(
                path[:2] if path[0] == "examples" else path[:-2],
                f"'{one.name}' has {counts[language]} examples in '{language}', fewer than {FEW}",
                "Add what callers say, each in other words.",
            )


def _same(known: Mapping[str, Taught], report: Report) -> None:
    seen: dict[tuple[str, tuple[str, ...]], str] = {}
    for one in known.values():
        for language, sentence, path, below in one.examples:
            key = (language, tokens(sentence))
            other = seen.setdefault(key, one.name)
            if other != one.name:
                report.warning(
                    path,
                    f"'{sentence[:40]}' is an example of '{one.name}' and of '{other}'",
                    "Keep it where it belongs.",
                    below=below,
                )


def _alike(flow: Flow, known: Mapping[str, Taught], report: Report) -> None:
    """Two choices of which several examples differ in one word."""
    for language in flow.languages:
        holes: dict[tuple[str, ...], set[str]] = {}
        for one in known.values():
            for code, sentence, _, _ in one.examples:
                said = tokens(sentence)
                if code == language and len(said) > 3:
                    for at in range(len(said)):
                        holes.setdefault((*said[:at], "", *said[at + 1 :]), set()).add(one.name)
        pairs: Counter[tuple[str, str]] = Counter()
        for names in holes.values():
            listed = sorted(names)
            pairs.update((a, b) for index, a in enumerate(listed) for b in listed[index + 1 :])
        for (one_name, other_name), count in sorted(pairs.items()):
            if count >= _ALIKE:
                report.warning(
                    ("examples", other_name),
                    f"'{one_name}' and '{other_name}' sound alike in '{language}': {count} examples differ in one word",
                    "Say in the examples what tells them apart.",
                )
