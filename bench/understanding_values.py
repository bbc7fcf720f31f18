"""How well values in words are understood, by language and kind.

    python bench/understanding_values.py [-v] [FOLDER]

The utterances are in ``tests/understand/values``, one file a language, written before the rules; those in
``tests/understand/values/second`` were written after them, by ear, without a look at them. A line is right when the
value is the one expected, and, where none can be told, when exactly the expected readings are named.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flows.understand import KINDS, Meant, Range, value_meant

LINES = Path(__file__).resolve().parents[1] / "tests" / "understand" / "values"
NOW = datetime.fromisoformat("2026-11-23T14:30")


@dataclass(frozen=True, slots=True)
class Line:
    language: str
    kind: str
    said: str
    expected: str
    hard: bool
    place: str

    def right(self, found: Meant) -> bool:
        return shown(found) == self.expected


@dataclass(frozen=True, slots=True)
class Score:
    right: int
    of: int
    hard_right: int
    hard_of: int
    wrong: tuple[tuple[Line, str], ...]

    @property
    def share(self) -> float:
        return self.right / self.of if self.of else 1.0


def shown(found: Meant) -> str:
    """A value as the files write it."""
    if found.value is not None:
        return _shown(found.value)
    return " | ".join(sorted(_shown(each) for each in found.readings)) or "-"


def _shown(value: object) -> str:
    return f"{value.start or ''}..{value.end or ''}" if isinstance(value, Range) else str(value)


def lines(folder: Path = LINES) -> Iterator[Line]:
    for path in sorted(folder.glob("*.txt")):
        kind = ""
        for number, text in enumerate(path.read_text("utf-8").splitlines(), 1):
            if text.startswith("["):
                kind = text.strip("[]")
            elif text and not text.startswith("#"):
                said, _, expected = text.removeprefix("! ").partition(" = ")
                expected = " | ".join(sorted(each.strip() for each in expected.split(" | ")))
                yield Line(path.stem, kind, said, expected, text.startswith("! "), f"{path.name}:{number}")


def evaluate_values(folder: Path = LINES) -> Mapping[tuple[str, str], Score]:
    """The score of every language and kind in the folder."""
    scored: dict[tuple[str, str], list[tuple[Line, str]]] = {}
    for line in lines(folder):
        found = value_meant(line.kind, line.said, line.language, NOW)
        scored.setdefault((line.language, line.kind), []).append((line, shown(found)))
    return {
        key: Score(
            right=sum(line.expected == found for line, found in each),
            of=len(each),
            hard_right=sum(line.expected == found for line, found in each if line.hard),
            hard_of=sum(line.hard for line, _ in each),
            wrong=tuple((line, found) for line, found in each if line.expected != found),
        )
        for key, each in scored.items()
    }


def table(scores: Mapping[tuple[str, str], Score]) -> str:
    languages = sorted({language for language, _ in scores})
    rows = [f"{'':8}" + "".join(f"{kind:>18}" for kind in KINDS) + f"{'all':>18}"]
    for language in languages:
        mine = [scores[language, kind] for kind in KINDS if (language, kind) in scores]
        cells = "".join(f"{_cell(scores.get((language, kind))):>18}" for kind in KINDS)
        right, of = sum(each.right for each in mine), sum(each.of for each in mine)
        rows.append(f"{language:8}{cells}{f'{right / of:.3f} of {of}':>18}")
    return "\n".join(rows)


def _cell(score: Score | None) -> str:
    if score is None:
        return ""
    hard = f" ({score.hard_right / score.hard_of:.2f})" if score.hard_of else ""
    return f"{score.share:.3f}{hard}"


def main(arguments: list[str]) -> None:
    folders = [Path(each) for each in arguments if not each.startswith("-")] or [LINES, LINES / "second"]
    for folder in folders:
        scores = evaluate_values(folder)
        print(f"{folder.name}: share right, and of the hard lines")
        print(table(scores))
        if "-v" in arguments:
            for score in scores.values():
                for line, found in score.wrong:
                    print(f"{line.place} {line.kind}: {line.said!r} is {line.expected}, found {found}")


if __name__ == "__main__":
    main(sys.argv[1:])
