"""What differs between two texts of a flow: in lines, and in words that say what it means to a caller."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.language.places import kind_of
from flows.language.source import Path, read_source, spell
from flows.language.steps import WAYS

_WORD = re.compile(r"\s+|[^\s\w]|\w+", re.UNICODE)
_LANGUAGE = re.compile(r"^[a-z]{2,3}(-[A-Z]{2})?$")
_LISTED = ("choices", "options", "cases", "no_input", "no_match")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs. ``what``: ``added``, ``removed``, ``text`` (words that are said), ``way`` (where a call
    goes on) or ``changed``; ``field`` is where, as :func:`flows.language.source.spell` writes it; ``line`` is of the
    new text, or of the old one for what was removed. ``before`` and ``after`` are short texts, empty when there was
    nothing."""

    what: str
    field: str
    line: int
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        match self.what:
            case "added":
                return f"{self.field}: new{f', {self.after}' if self.after else ''}"
            case "removed":
                return f"{self.field}: gone{f', was {self.before}' if self.before else ''}"
            case "text":
                return f"{self.field}: {marked(self.before, self.after)}"
            case "way":
                return f"{self.field}: goes to {self.after} instead of {self.before}"
        return f"{self.field}: {self.before or 'nothing'} → {self.after or 'nothing'}"


def lines(before: str, after: str, names: tuple[str, str] = ("live", "draft")) -> list[str]:
    """The difference in lines, as ``diff -u`` writes it."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    made: list[str] = []
    for line in difflib.unified_diff(old, new, *names):
        made.append(line.rstrip("\r\n") if line.endswith(("\n", "\r")) else line)
        if line[:1] in "+- " and not line.endswith("\n") and line[:3] not in ("---", "+++"):
            made.append("\\ No newline at the end")
    return made


def count_lines(before: str, after: str) -> tuple[int, int]:
    """How many lines were added, and how many removed."""
    found = [line[:1] for line in difflib.unified_diff(before.splitlines(), after.splitlines(), n=0)][2:]
    return found.count("+"), found.count("-")


def marked(before: str, after: str) -> str:
    """Two sentences as one: ``Press [-one-]{+two+}.``"""
    old, new = _WORD.findall(before), _WORD.findall(after)
    told: list[str] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            told += old[a:b]
            continue
        if a < b:
            told.append(f"[-{''.join(old[a:b])}-]")
        if c < d:
            told.append(f"{{+{''.join(new[c:d])}+}}")
    return "".join(told)


def changes(before: str, after: str) -> list[Change]:
    """What the new text changes, in the order of the file. Raises :class:`FlowErrors` when either is not YAML."""
    old, new = read_source(before, "before"), read_source(after, "after")
    found = [
        Change(one.what, one.field, (old if one.what == "removed" else new).line(one.path), one.before, one.after)
        for one in _compare((), old.data, new.data)
    ]
    return sorted(found, key=lambda one: one.line)


@dataclass(frozen=True, slots=True)
class _Found:
    what: str
    path: Path
    field: str
    before: str = ""
    after: str = ""


def _compare(path: Path, old: Any, new: Any) -> Iterator[_Found]:
    if old == new and type(old) is type(new):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*new, *(key for key in old if key not in new)]:
            here = (*path, str(key))
            if key not in old:
                yield _Found("added", here, spell(here), "", _short(here, new[key]))
            elif key not in new:
                yield _Found("removed", here, spell(here), _short(here, old[key]))
            else:
                yield from _compare(here, old[key], new[key])
    elif isinstance(old, list) and isinstance(new, list) and path and path[-1] in _LISTED:
        yield from _listed(path, old, new)
    else:
        what = "changed"
        if path and isinstance(old, str) and isinstance(new, str):
            last = str(path[-1])
            what = "way" if last in (*WAYS, "start") else "text" if _LANGUAGE.match(last) else "changed"
        yield _Found(what, path, spell(path), _short(path, old), _short(path, new))


def _listed(path: Path, old: Sequence[Any], new: Sequence[Any]) -> Iterator[_Found]:
    """Options are told apart by their keys or value: one put between two others is one change, not three."""
    before, after = _named(old), _named(new)
    if before is None or after is None:
        before, after = dict(enumerate(old)), dict(enumerate(new))
    for index, name in enumerate(after):
        here = (*path, index)
        if name in before:
            yield from _compare(here, before[name], after[name])
        else:
            yield _Found("added", here, spell(here), "", _short(here, after[name]))
    for index, name in enumerate(before):
        if name not in after:
            yield _Found("removed", (*path, index), spell((*path, index)), _short(path, before[name]))


def _named(items: Sequence[Any]) -> dict[Any, Any] | None:
    """The items by their own names, in order; None when two have the same."""
    named = {_option(item, index): item for index, item in enumerate(items)}
    return named if len(named) == len(items) else None


def _option(item: Any, index: int) -> Any:
    if isinstance(item, Mapping):
        for key in ("digits", "value", "when"):
            if item.get(key):
                return f"{key} {item[key]}"
    return index


def _short(path: Path, value: Any) -> str:
    """A value in a few words: a step by its kind, texts in their first language, lists by their length."""
    if isinstance(value, Mapping):
        if len(path) == 2 and path[0] == "steps":
            return str(kind_of(value) or "a step")
        first = next(iter(value.values()), "")
        if value and all(_LANGUAGE.match(str(key)) for key in value) and isinstance(first, str):
            return f"“{first}”"
        for key in ("next", "digits", "value"):
            if isinstance(value.get(key), str):
                return f"{key} {value[key]}"
        return ", ".join(str(key) for key in value)
    if isinstance(value, list):
        return ", ".join(map(str, value)) if all(isinstance(one, str) for one in value) else f"{len(value)} entries"
    return "" if value is None else str(value)
