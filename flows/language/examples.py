"""What a flow's choices and commands are told by: phrases and examples, gathered by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flows.language.flow import Flow
from flows.language.source import Path
from flows.language.steps import MenuStep


@dataclass(frozen=True, slots=True)
class Taught:
    """One name's sentences. ``examples`` with where each stands: the field, and lines below where that begins."""

    name: str
    phrases: list[tuple[str, str]] = field(default_factory=list)
    """Language and phrase."""
    examples: list[tuple[str, str, Path, int]] = field(default_factory=list)
    """Language, sentence, path, lines below."""


def taught(flow: Flow) -> Mapping[str, Taught]:
    """Everything that has a name: choices with ``name``, and commands."""
    found: dict[str, Taught] = {}
    for name, path, phrases, examples in _places(flow):
        one = found.setdefault(name, Taught(name))
        one.phrases.extend((language, phrase) for language, listed in phrases.items() for phrase in listed)
        for language, sentences in examples.items():
            for below, at, sentence in _lines(flow, (*path, language), sentences):
                one.examples.append((language, sentence, at, below))
    return found


def sentences(flow: Flow, language: str) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Examples and phrases by name, in one language; names that have neither are left out."""
    examples: dict[str, list[str]] = {}
    phrases: dict[str, list[str]] = {}
    for name, one in taught(flow).items():
        said = [sentence for code, sentence, _, _ in one.examples if code == language]
        short = [phrase for code, phrase in one.phrases if code == language]
        if said:
            examples[name] = said
        if short:
            phrases[name] = short
    return examples, phrases


def _places(flow: Flow) -> Iterator[tuple[str, Path, Mapping[str, list[str]], Mapping[str, list[str]]]]:
    document = flow.document
    for name, command in document.commands.items():
        yield name, ("commands", name, "examples"), command.phrases, command.examples
    for step_name, step in document.steps.items():
        if isinstance(step, MenuStep):
            for index, choice in enumerate(step.choices):
                if choice.name is not None:
                    path: Path = ("steps", step_name, "choices", index, "examples")
                    yield choice.name, path, choice.phrases, choice.examples
    for name, examples in document.examples.items():
        yield name, ("examples", name), {}, examples


def _lines(flow: Flow, path: Path, said: list[str]) -> Iterator[tuple[int, Path, str]]:
    """Each sentence with the field to point at and the lines below it: a block of text is one field."""
    if path[0] != "examples":
        yield from ((0, (*path, index), sentence) for index, sentence in enumerate(said))
        return
    written = flow.source.data["examples"][path[1]][path[2]]
    if not isinstance(written, str):
        yield from ((0, (*path, index), sentence) for index, sentence in enumerate(said))
        return
    for below, line in enumerate(written.splitlines(), start=1):
        if line.strip():
            yield below, path, line.strip()
