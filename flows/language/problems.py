"""What is wrong with a flow file, said so that its writer can mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. ``line`` counts from 1; ``field`` is the path in the file (``steps.main.menu.choices[0].next``);
    ``mend`` is a sentence that says what to do."""

    file: str
    line: int
    field: str
    message: str
    mend: str
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.message}. {self.mend}"


class FlowErrors(Exception):
    """A flow can't be used. ``problems`` has at least one error, and any warnings found beside it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
