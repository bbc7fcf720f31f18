"""Where a field of the model stands in the file: ways on may be inside a step's block or beside it."""

from __future__ import annotations

from typing import Any

from flows.language.problems import Problem, Severity
from flows.language.source import Path, Source, spell
from flows.language.steps import KINDS, WAYS, WHOLE_BODY


def kind_of(written: Any) -> str | None:
    """The kind's key in a step as written, if it has one."""
    if not isinstance(written, dict):
        return None
    kinds = [key for key in written if key in KINDS]
    return "transfer" if "transfer" in kinds and "callback" in kinds else kinds[0] if len(kinds) == 1 else None


def place(source: Source, path: Path) -> Path:
    """The path in the file of ``path`` in the model."""
    if len(path) < 3 or path[0] != "steps":
        return path
    data = source.data
    steps = data.get("steps") if isinstance(data, dict) else None
    written = steps.get(path[1]) if isinstance(steps, dict) else None
    kind = kind_of(written)
    if kind is None or not isinstance(written, dict):
        return path
    head, rest = path[:2], path[2:]
    if rest[0] == WHOLE_BODY.get(kind):
        return (*head, kind, *rest[1:])
    if kind == "decide" and rest[0] == "cases" and isinstance(written[kind], list):
        return (*head, kind, *rest[1:])
    inside, beside = (*head, kind, *rest), (*head, *rest)
    if rest[0] in WAYS:
        return inside if inside[: len(head) + 2] in source.lines else beside
    return beside if beside[: len(head) + 1] in source.lines else inside


class Report:
    """Gathers problems of one file."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []

    def error(self, path: Path, message: str, mend: str, *, below: int = 0) -> None:
        """``below``: lines under the one where the field begins, in a block of text."""
        self._add(path, message, mend, "error", below)

    def warning(self, path: Path, message: str, mend: str, *, below: int = 0) -> None:
        self._add(path, message, mend, "warning", below)

    def _add(self, path: Path, message: str, mend: str, severity: Severity, below: int) -> None:
        where = place(self.source, path)
        problem = Problem(self.source.file, self.source.line(where) + below, spell(where), message, mend, severity)
        if problem not in self.problems:
            self.problems.append(problem)

    def sorted(self) -> list[Problem]:
        """Errors first, then by line."""
        return sorted(self.problems, key=lambda each: (each.severity != "error", each.line, each.field))
