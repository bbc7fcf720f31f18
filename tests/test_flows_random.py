"""Callers at random: the shipped flow stands them, and what is wrong with a flow they find."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.language.loader import parse_flow
from flows.library import PATH
from flows.random_callers import wander
from ivr.actions import CATALOGUE
from ivr.commands.flows import command

SMALL = (Path(__file__).parent / "flows" / "small.yaml").read_text("utf-8")


def found(text: str, calls: int = 60) -> list[str]:
    return [f"{one.step}: {one.what}" for one in wander(parse_flow(text, "x.yaml", CATALOGUE), calls).findings]


def test_the_shipped_flow_stands_a_hundred_callers() -> None:
    assert found(PATH.read_text("utf-8"), 100) == []


def test_the_same_seed_is_the_same_callers() -> None:
    flow = parse_flow(SMALL, "x.yaml", CATALOGUE)
    assert wander(flow, 20, 3) == wander(flow, 20, 3)
    assert wander(flow, 20, 3) != wander(flow, 20, 4)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("    next: details", "    next: nowhere", "fault"),
        ("  bye:\n    hangup:", "  bye:\n    set: {a: b}\n    next: bye\n  by:\n    hangup:", "limit"),
        ("{{ order.sum | money }}", "{{ order.some | money }}", "a text cannot be filled in"),
    ],
)
def test_what_they_find(old: str, new: str, what: str) -> None:
    assert old in SMALL
    assert any(what in one for one in found(SMALL.replace(old, new))), found(SMALL.replace(old, new))


def test_on_the_command_line() -> None:
    out = CliRunner().invoke(command, ["test", str(PATH), "--random", "20", "--seed", "5"])
    assert out.exit_code == 0, out.output
    assert "20 callers of seed 5: 0 findings; they reach" in out.output
