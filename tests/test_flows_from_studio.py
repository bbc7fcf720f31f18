"""Twilio Studio flows come over as flows that load, and say what needs a hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.from_studio import Imported, NotStudio, convert
from flows.language import check_flow, load_flow
from flows.random_callers import wander
from flows.scenarios import run_scenarios
from ivr.actions import CATALOGUE
from ivr.commands.flows import command

DATA = Path(__file__).parent / "studio"


def imported(name: str) -> Imported:
    return convert((DATA / f"{name}.json").read_text("utf-8"), name)


@pytest.mark.parametrize("name", ["hours", "variables", "words"])
def test_it_loads_and_stands_callers_at_random(name: str) -> None:
    flow = load_flow(imported(name).text, f"{name}.yaml", CATALOGUE)
    assert [str(problem) for problem in check_flow(flow) if problem.severity == "error"] == []
    assert [finding.what for finding in wander(flow, 30).findings] == []


def test_a_gather_and_its_split_are_a_menu() -> None:
    made = imported("hours")
    flow = load_flow(made.text, "hours.yaml", CATALOGUE)
    assert {name: step.kind for name, step in flow.steps.items()} == {
        "welcome": "say",
        "main_menu": "menu",
        "order": "ask",
        "agent": "transfer",
        "fetch": "set",
        "fetch_answer": "decide",
        "told": "say",
        "mail": "record",
        "import_goodbye": "hangup",
    }
    notes = {f"{note.widget}: {note.text.split(':')[0]}" for note in made.notes}
    assert "fetch: asks GET https" in notes
    assert any(each.startswith("Agent: puts the caller in WW0123") for each in notes)
    assert "Main Menu: its choices have keys only" in notes
    scenario = (
        "scenarios:\n  - {name: order, steps: [{hear: Welcome}, {press: '1'}, {press: '123456'}], ends: human}\n"
        "  - {name: agent, steps: [{press: '3'}, {transfer: nobody}, {record: 4}], ends: message}\n"
    )
    assert run_scenarios(flow, scenario, "x").failures == []


def test_variables_conditions_and_what_is_left() -> None:
    made = imported("variables")
    assert 'when: tier == "gold"' in made.text
    assert "who: '{{ caller.number }}'" in made.text
    told = "\n".join(map(str, made.notes))
    for part in ("tier: a condition regex", "call_shop: dials +74950000001", "sub: runs the flow FW", "bye: plays the"):
        assert part in told
    assert "never: an incoming call does not come here" in told


def test_words_become_phrases() -> None:
    made = imported("words")
    flow = load_flow(made.text, "words.yaml", CATALOGUE)
    assert flow.languages == ("ru",)
    steps = "[{hear: 'Доставка: один.'}, {say: где заказ}, {record: 3}]"
    scenario = f"scenarios:\n  - {{name: say, steps: {steps}, ends: message}}\n"
    assert run_scenarios(flow, scenario, "x").failures == []
    assert "nothing like the widget send-message" in "\n".join(map(str, made.notes))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"states": [1]}', '{"states": []}', "[" * 100_000])
def test_what_is_no_studio_flow(text: str) -> None:
    with pytest.raises(NotStudio):
        convert(text, "x")


def test_on_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "Hours Flow.json"
    file.write_bytes((DATA / "hours.json").read_bytes())
    out = CliRunner().invoke(command, ["import", str(file), "--to", str(tmp_path)])
    assert out.exit_code == 0, out.output
    assert "hours_flow.yaml" in out.output
    assert "needs a hand" in out.output
    assert CliRunner().invoke(command, ["check", str(tmp_path / "hours_flow.yaml")]).exit_code == 0
    assert CliRunner().invoke(command, ["import", str(file), "--to", str(tmp_path)]).exit_code == 1, "it is there"
