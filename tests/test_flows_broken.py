"""Broken flows, each with exactly what its writer must be told (tests/flows/broken.yaml)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from flows.language import FlowErrors, Problem, check_flow, load_flow
from flows.language.source import MAX_LINES
from ivr.actions import CATALOGUE

DATA = Path(__file__).parent / "flows"
BASE = (DATA / "small.yaml").read_text("utf-8")
CASES: list[dict[str, Any]] = YAML(typ="safe").load((DATA / "broken.yaml").read_text("utf-8"))


def problems_of(text: str) -> list[Problem]:
    try:
        return check_flow(load_flow(text, "small.yaml", CATALOGUE))
    except FlowErrors as error:
        return error.problems


def test_the_flow_they_are_made_of_is_fine() -> None:
    assert problems_of(BASE) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_broken(case: dict[str, Any]) -> None:
    assert BASE.count(case["replace"]) >= 1
    broken = BASE.replace(case["replace"], case["by"], 1)
    assert [f"{problem.severity}: {problem}" for problem in problems_of(broken)] == case["expect"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("[" * 5000, "nested deeper than 24 levels"),
        ("flow: " + "[" * 40 + "]" * 40, "nested deeper than 24 levels"),
        ("x" * 1_000_001, "larger than 1 MB"),
        ("\n" * (MAX_LINES + 1), "more than 20000 lines"),
        ("a: &x [1, 2]\nb: [*x, *x]", "YAML anchors and aliases (& and *) are not allowed"),
        ("a: !!python/object/apply:os.system [ls]", "the YAML tag tag:yaml.org,2002:python/object/apply:os.system is"),
        ("a: \x00", "not YAML"),
        ("- one\n- two", "must be fields, and is a list"),
    ],
)
def test_files_that_are_no_flow(text: str, message: str) -> None:
    found = problems_of(text)
    assert found
    assert found[0].message.startswith(message)


def test_a_bomb_and_a_megabyte_of_brackets_cost_no_more_than_reading() -> None:
    begun = time.process_time()
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    bomb += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 10) + "]" for n in range(1, 400)]
    for text in ("\n".join(bomb), "a: " + "{a: " * 200_000, "- " * 400_000, "? " * 400_000):
        assert problems_of(text)
    assert time.process_time() - begun < 5


def test_three_hundred_steps_are_checked_while_somebody_types() -> None:
    base, _, rest = BASE.partition("  hello:\n")
    kinds = (
        'menu: {{prompt: {{ru: "Шаг {n}.", en: "Step {n}."}}, choices: [{{digits: "1", phrases: {{ru: [раз {n}], '
        "en: [once {n}]}}, next: {next}}}], exhausted: to_human}}",
        'say: {{ru: "Шаг {n}, {{{{ caller.number }}}}.", en: "Step {n}, {{{{ caller.number }}}}."}}\n    next: {next}',
        'ask: {{expect: digits, length: 4..8, into: v{n}, prompt: {{ru: "Номер?", en: "Number?"}}}}\n    next: {next}',
    )
    steps = [f"  g{n}:\n    {kinds[n % 3].format(n=n, next=f'g{n + 1}' if n < 279 else 'main')}\n" for n in range(280)]
    text = base + "  hello:\n" + rest.replace("next: main", "next: g0", 1) + "".join(steps)
    begun = time.process_time()
    flow = load_flow(text, "large.yaml", CATALOGUE)
    seconds = time.process_time() - begun
    assert len(flow.steps) > 300
    assert seconds < 0.3, "of a processor"


def test_a_bomb_is_refused_before_it_grows() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 10) + "]" for n in range(1, 12)]
    assert "anchors and aliases" in problems_of("\n".join(lines))[0].message
