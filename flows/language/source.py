"""Reading YAML without surprises: line numbers kept, no aliases, sizes limited, keys of the phone quoted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from flows.language.problems import FlowErrors, Problem

MAX_BYTES = 1_000_000
MAX_LINES = 20_000
MAX_DEPTH = 24

Path = tuple[str | int, ...]

_TAGS = frozenset({"str", "int", "float", "bool", "null", "timestamp", "map", "seq"})
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
    """Parses; raises :class:`FlowErrors` for anything that isn't plain YAML of a sensible size."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise FlowErrors([Problem(file, 1, "file", "larger than 1 MB", "Split it into several flows.")])
    if text.count("\n") > MAX_LINES:
        raise FlowErrors([Problem(file, 1, "file", f"more than {MAX_LINES} lines", "Split it into several flows.")])
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise FlowErrors(
            [Problem(file, line, "file", f"not YAML: {error.problem or error.context}", "Check quotes and indents.")]
        ) from error
    except RecursionError:
        raise FlowErrors([Problem(file, 1, "file", f"nested deeper than {MAX_DEPTH} levels", "Flatten it.")]) from None
    except (YAMLError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FlowErrors([Problem(file, 1, "file", f"not YAML: {first}", "Check quotes and indents.")]) from error
    if node is None:
        raise FlowErrors([Problem(file, 1, "file", "is empty", "Start with a flow: name.")])
    reader = _Reader(file)
    data = reader.value(node, (), 0)
    if reader.problems:
        raise FlowErrors(reader.problems)
    return Source(file, data, reader.lines)


class _Reader:
    """Nodes into data, noting lines and what is not allowed."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self._seen: set[int] = set()

    def value(self, node: Node, path: Path, depth: int) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        # An alias is the same node again: refused before it is followed, since that is what YAML bombs are made of.
        if getattr(node, "anchor", None) or id(node) in self._seen:
            self._problem(node, path, "YAML anchors and aliases (& and *) are not allowed", "Write it out each time.")
            return None
        self._seen.add(id(node))
        if not str(node.tag).startswith("tag:yaml.org,2002:") or str(node.tag).rpartition(":")[2] not in _TAGS:
            self._problem(
                node, path, f"the YAML tag {node.tag} is not allowed", "Remove it, or put the text in quotes."
            )
            return None
        if depth > MAX_DEPTH:
            self._problem(node, path, f"nested deeper than {MAX_DEPTH} levels", "Flatten it.")
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, index), depth + 1) for index, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        return self._scalar(node, path)

    def _mapping(self, node: MappingNode, path: Path, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._problem(key_node, path, "a field's name must be a word", "Name the field.")
                continue
            key = str(key_node.value)
            here = (*path, key)
            if key in found:
                self._problem(key_node, here, "stands twice", "Remove one of the two.")
                continue
            self.lines[here] = key_node.start_mark.line + 1
            found[key] = self.value(value_node, here, depth + 1)
        return found

    def _scalar(self, node: ScalarNode, path: Path) -> Any:
        text = str(node.value)
        tag = str(node.tag).rpartition(":")[2]
        if tag == "str":
            return text
        if path and path[-1] in _KEYS:
            if tag == "null":
                self._problem(node, path, "keys without quotes mean nothing to YAML", 'Write them in quotes, like "#".')
            else:
                self._problem(node, path, f"the key {text} is not in quotes", f'Write "{text}".')
            return None
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() in ("true", "yes", "on")
        if tag == "int":
            if text.lstrip("-").isdigit() and not (len(text.lstrip("-")) > 1 and text.lstrip("-")[0] == "0"):
                return int(text)
            self._problem(node, path, f"{text} could be read as another number", f'Write "{text}" in quotes.')
            return None
        if tag == "float":
            try:
                return float(text)
            except ValueError:
                return text
        return text  # dates and the like stay as written

    def _problem(self, node: Node, path: Path, message: str, mend: str) -> None:
        self.problems.append(Problem(self.file, node.start_mark.line + 1, spell(path), message, mend))
