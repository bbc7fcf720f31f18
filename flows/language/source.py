"""Reading YAML without surprises: line numbers kept, no aliases, sizes limited, keys of the phone quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from flows.language.problems import FlowErrors, Problem

MAX_BYTES = 1_000_000
MAX_LINES = 20_000
MAX_DEPTH = 24

Path = tuple[str | int, ...]

_TAGS = tuple(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq"))
_FORMS = (
    ("null", re.compile(r"~|null|Null|NULL|")),
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE")),
    ("int", re.compile(r"[-+]?[0-9][0-9_]*|0o[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+")),
    ("float", re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")),
)
_LOADER = getattr(yaml, "CLoader", yaml.Loader)
"""libyaml's parser, fifty times as fast as one in Python; only its events are used, never its objects."""
_KEYS = frozenset({"digits", "callback_key"})
"""Fields that hold telephone keys: YAML reads an unquoted 0 or 01 as a number and # as a comment."""


@dataclass(frozen=True, slots=True)
class Source:
    """A YAML file as data, and where each of its fields stands. ``lines`` maps paths to lines, counted from 1."""

    file: str
    data: Any
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """The line of the field, or of the nearest thing around it."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[:-1]
        return 1


def spell(path: Path) -> str:
    """A path as people write it: ``steps.main.menu.choices[0].next``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "file"


def read_source(text: str, file: str) -> Source:
    """Parses; raises :class:`FlowErrors` for anything that isn't plain YAML of a sensible size.

    Events are read one by one and the nesting is counted before it is followed, so neither a bomb of aliases nor a
    megabyte of brackets costs more than the reading of it.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise FlowErrors([Problem(file, 1, "file", "larger than 1 MB", "Split it into several flows.")])
    if text.count("\n") > MAX_LINES:
        raise FlowErrors([Problem(file, 1, "file", f"more than {MAX_LINES} lines", "Split it into several flows.")])
    reader = _Reader(file, text)
    try:
        data = reader.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        what = error.problem or error.context
        raise FlowErrors([Problem(file, line, "file", f"not YAML: {what}", "Check quotes and indents.")]) from error
    except (yaml.YAMLError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FlowErrors([Problem(file, 1, "file", f"not YAML: {first}", "Check quotes and indents.")]) from error
    if reader.problems:
        raise FlowErrors(reader.problems)
    return Source(file, data, reader.lines)


class _TooDeep(Exception):
    """Nested deeper than anything that is meant."""


class _Reader:
    """Events into data, noting lines and what is not allowed."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=_LOADER))

    def document(self) -> Any:
        next(self._events)  # the stream begins
        if isinstance(next(self._events), yaml.StreamEndEvent):
            raise FlowErrors([Problem(self.file, 1, "file", "is empty", "Start with a flow: name.")])
        try:
            data = self._value(next(self._events), (), 0)
        except _TooDeep:
            return None
        next(self._events)  # the document ends
        more = next(self._events)
        if not isinstance(more, yaml.StreamEndEvent):
            self._problem(more, (), "a second document begins here (---)", "Leave one in the file.")
        return data

    def _value(self, event: Any, path: Path, depth: int) -> Any:
        self.lines.setdefault(path, event.start_mark.line + 1)
        if depth > MAX_DEPTH:
            self._problem(event, path, f"nested deeper than {MAX_DEPTH} levels", "Flatten it.")
            raise _TooDeep
        # An alias is the same again, and an anchor is there for it: YAML bombs are made of them.
        refused = event.anchor is not None
        if refused:
            self._problem(event, path, "YAML anchors and aliases (& and *) are not allowed", "Write it out each time.")
        elif getattr(event, "tag", None) not in (None, *_TAGS):
            what = f"the YAML tag {event.tag} is not allowed"
            self._problem(event, path, what, "Remove it, or put the text in quotes.")
            refused = True
        found: Any = None
        if isinstance(event, yaml.MappingStartEvent):
            found = self._mapping(path, depth)
        elif isinstance(event, yaml.SequenceStartEvent):
            found = self._sequence(path, depth)
        elif isinstance(event, yaml.ScalarEvent) and not refused:
            found = self._scalar(event, path)
        return None if refused else found

    def _sequence(self, path: Path, depth: int) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._value(event, (*path, len(found)), depth + 1))
        return found

    def _mapping(self, path: Path, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._problem(event, path, "a field's name must be a word", "Name the field.")
                self._value(event, path, depth + 1)
                self._value(next(self._events), path, depth + 1)
                continue
            if event.anchor is not None:
                what = "YAML anchors and aliases (& and *) are not allowed"
                self._problem(event, path, what, "Write it out each time.")
            key = str(event.value)
            here = (*path, key)
            twice = key in found
            if twice:
                self._problem(event, here, "stands twice", "Remove one of the two.")
            else:
                self.lines[here] = event.start_mark.line + 1
            value = self._value(next(self._events), here, depth + 1)
            if not twice:
                found[key] = value
        return found

    def _scalar(self, event: Any, path: Path) -> Any:
        text = str(event.value)
        tag = _tag(event)
        if tag == "str":
            return text
        if path and path[-1] in _KEYS:
            if tag == "null":
                self._problem(
                    event, path, "keys without quotes mean nothing to YAML", 'Write them in quotes, like "#".'
                )
            else:
                self._problem(event, path, f"the key {text} is not in quotes", f'Write "{text}".')
            return None
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() in ("true", "yes", "on")
        if tag == "int":
            if text.lstrip("-").isdigit() and not (len(text.lstrip("-")) > 1 and text.lstrip("-")[0] == "0"):
                return int(text)
            self._problem(event, path, f"{text} could be read as another number", f'Write "{text}" in quotes.')
            return None
        try:
            return float(text)
        except ValueError:
            return text

    def _problem(self, event: Any, path: Path, message: str, mend: str) -> None:
        self.problems.append(Problem(self.file, event.start_mark.line + 1, spell(path), message, mend))


def _tag(event: Any) -> str:
    """What a scalar is by the core schema of YAML 1.2: unlike in 1.1, a bare ``no`` or ``10:30`` is text."""
    if event.tag is not None:
        return str(event.tag).rpartition(":")[2]
    if not event.implicit[0]:
        return "str"  # in quotes, or a block
    text = str(event.value)
    return next((tag for tag, form in _FORMS if form.fullmatch(text)), "str")
