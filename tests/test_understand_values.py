"""Values in words, in the lines of ``tests/understand/values``: how many of each kind and language must be right."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from flows.understand import KINDS
from ivr.commands.understand import command

ROOT = Path(__file__).parents[1]


def _bench() -> ModuleType:
    """``bench/understanding_values.py`` as a module: what it prints is what is tested."""
    name = "bench_understanding_values"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, ROOT / "bench" / "understanding_values.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.mark.parametrize("folder", ["", "second"])
@pytest.mark.parametrize("language", ["ru", "uk", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_callers_say_is_understood(language: str, kind: str, folder: str) -> None:
    bench = _bench()
    lines = [line for line in bench.lines(bench.LINES / folder) if (line.language, line.kind) == (language, kind)]
    assert len(lines) >= (30 if folder else 60)
    assert sum(line.hard for line in lines) >= len(lines) / 4
    wrong = [
        f"{line.place}: {line.said!r} is {line.expected}, found {found}"
        for line in lines
        if (found := bench.shown(bench.value_meant(kind, line.said, language, bench.NOW))) != line.expected
    ]
    most = 0.02 if kind == "yes_no" else 0.03
    assert len(wrong) <= max(1, most * len(lines)), "\n".join(wrong)


def test_the_command_prints_a_line_of_json_for_every_line_read() -> None:
    said = ["в пол шестого", "в восемь", "", "🙂 ½ ٣", "пять " * 3000, "завтра вечером"]
    arguments = ["time", "--lang", "ru", "--now", "2026-11-23T14:30"]
    done = CliRunner().invoke(command, arguments, input="\n".join(said) + "\n")
    answers = [json.loads(line) for line in done.output.splitlines()]
    assert done.exit_code == 0
    assert [answer["value"] for answer in answers[:5]] == ["17:30", None, None, None, None]
    assert answers[1]["readings"] == ["08:00", "20:00"]
    assert answers[5]["value"] == {"from": "2026-11-24T18:00", "to": "2026-11-24T22:00"}


def test_a_clock_that_is_none_is_refused_in_words() -> None:
    done = CliRunner().invoke(command, ["time", "--now", "noon"], input="сейчас\n")
    assert done.exit_code == 2
    assert "2026-11-23T14:30" in done.output
