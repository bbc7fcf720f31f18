"""Menus and commands: few options, each told from the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flows.language.checking.words import languages
from flows.language.flow import Flow
from flows.language.model import Command
from flows.language.parts import Phrases
from flows.language.places import Report
from flows.language.source import Path
from flows.language.steps import AskStep, Choice, MenuStep, Option

MANY = 5
TOO_MANY = 6
"""Options that people can hold: over the first a warning, over the second an error."""


def check(flow: Flow, report: Report) -> None:
    commands = flow.document.commands
    named = [(("commands", name), command) for name, command in commands.items()]
    _clashes(named, [], report)
    for name, command in commands.items():
        _command(flow, name, command, report)
    for name, step in flow.steps.items():
        if isinstance(step, MenuStep):
            _many(step.choices, ("steps", name, "choices"), report)
            _clashes(_placed(("steps", name, "choices"), step.choices), named, report)
            _phrases(flow, ("steps", name, "choices"), step.choices, report)
            _named(flow, name, step, report)
        if isinstance(step, AskStep) and step.options:
            _many(step.options, ("steps", name, "options"), report)
            _clashes(_placed(("steps", name, "options"), step.options), named, report)
            _phrases(flow, ("steps", name, "options"), step.options, report)
            for index, option in enumerate(step.options):
                if option.digits is None and not option.phrases:
                    report.error(
                        ("steps", name, "options", index), "can't be chosen", "Give it digits, phrases, or both."
                    )


def _many(items: Sequence[Choice | Option], path: Path, report: Report) -> None:
    """Choices without keys are not told in the prompt, so nobody has to hold them."""
    count = sum(item.digits is not None for item in items) or len(items)
    mend = "Group them into two menus: people hold three, four or five."
    if count > TOO_MANY:
        report.error(path, f"{count} options are more than people can hold", mend)
    elif count > MANY:
        report.warning(path, f"{count} options are more than most people hold", mend)


def _placed(path: Path, items: Sequence[Choice | Option]) -> list[tuple[Path, Choice | Option]]:
    return [((*path, index), item) for index, item in enumerate(items)]


def _clashes(
    items: Sequence[tuple[Path, Choice | Option | Command]],
    others: Sequence[tuple[Path, Choice | Option | Command]],
    report: Report,
) -> None:
    """The same keys or phrase twice: among ``items``, or in ``items`` and ``others``."""
    keys: dict[str, Path] = {item.digits: path for path, item in others if item.digits}
    said: dict[tuple[str, str], Path] = {key: path for path, item in others for key in _said(item.phrases)}
    for path, item in items:
        if item.digits is not None:
            if item.digits in keys:
                report.error(
                    (*path, "digits"), f'"{item.digits}" is taken by {_name(keys[item.digits])}', "Use another key."
                )
            keys[item.digits] = path
        for language, phrase in _said(item.phrases):
            if said.get((language, phrase), path) != path:
                report.error(
                    (*path, "phrases", language),
                    f"'{phrase}' is also said for {_name(said[language, phrase])}",
                    "Use words that tell the two apart.",
                )
            said[language, phrase] = path


def _said(phrases: Phrases) -> Iterator[tuple[str, str]]:
    for language, listed in phrases.items():
        for phrase in listed:
            yield language, " ".join(phrase.casefold().split())


def _name(path: Path) -> str:
    if path[0] == "commands":
        return f"the command '{path[1]}'"
    return f"option {int(path[-1]) + 1}"


def _named(flow: Flow, name: str, step: MenuStep, report: Report) -> None:
    """Names are the choice's own in its menu, and what it takes is asked for somewhere."""
    seen: set[str] = set()
    for index, choice in enumerate(step.choices):
        path: Path = ("steps", name, "choices", index)
        if choice.name is not None:
            if choice.name in seen or choice.name in flow.document.commands:
                report.error((*path, "name"), f"'{choice.name}' stands for something else already", "Use another name.")
            seen.add(choice.name)
        for variable, kind in choice.takes.items():
            if not any(
                isinstance(each, AskStep) and each.into == variable and each.expect == kind and not each.secret
                for each in flow.steps.values()
            ):
                report.error(
                    (*path, "takes", variable),
                    f"no step asks for '{variable}' as {kind}",
                    "Name the variable that an ask fills (into), and what it expects.",
                )


def _phrases(flow: Flow, path: Path, items: Sequence[Choice | Option], report: Report) -> None:
    for index, item in enumerate(items):
        if item.phrases:
            languages(flow, (*path, index, "phrases"), item.phrases, report)


def _command(flow: Flow, name: str, command: Command, report: Report) -> None:
    path: Path = ("commands", name)
    if command.digits is None and not command.phrases:
        report.error(path, "can't be given", "Give it digits, phrases, or both.")
    if command.digits in ("1", "2"):
        report.error(
            (*path, "digits"), f"{command.digits} is yes or no wherever a yes or no is asked", "Use another key."
        )
    if command.phrases:
        languages(flow, (*path, "phrases"), command.phrases, report)
    if name == "repeat":
        if command.next is not None or command.language is not None:
            report.error(path, "'repeat' says the prompt again and leads nowhere", "Remove next and language.")
    elif (command.next is None) == (command.language is None):
        report.error(path, "needs either next or language", "Add next: and a step, or language: and one of the flow's.")
    if command.language is not None and command.language not in flow.languages:
        report.error(
            (*path, "language"), f"'{command.language}' is not a language of this flow", "Add it to languages."
        )
