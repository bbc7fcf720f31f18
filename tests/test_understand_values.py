"""Values in words, in the lines of ``tests/understand/values``: how many of each kind and language must be right."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from flows.understand import KINDS

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


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_callers_say_is_understood(language: str, kind: str) -> None:
    bench = _bench()
    lines = [line for line in bench.lines() if (line.language, line.kind) == (language, kind)]
    assert len(lines) >= 60
    assert sum(line.hard for line in lines) >= len(lines) / 4
    wrong = [
        f"{line.place}: {line.said!r} is {line.expected}, found {found}"
        for line in lines
        if (found := bench.shown(bench.value_meant(kind, line.said, language, bench.NOW))) != line.expected
    ]
    most = 0.02 if kind == "yes_no" else 0.03
    assert len(wrong) <= most * len(lines), "\n".join(wrong)
