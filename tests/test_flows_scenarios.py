"""The scenario runner and `hotline flows`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.language import FlowErrors, check_flow, json_schema, load_flow
from flows.language.model import Command, Defaults, Hours, Proofs, Queue, WaitingTexts
from flows.language.steps import KINDS
from flows.scenarios import run_scenarios
from ivr.actions import CATALOGUE
from ivr.commands.flows import command

DATA = Path(__file__).parent / "flows"
FLOW = load_flow((DATA / "small.yaml").read_text("utf-8"), "small.yaml", CATALOGUE)


def failure(steps: str, ends: str = "listening", rest: str = "") -> str:
    text = f"{rest}\nscenarios:\n  - {{name: one, steps: [{steps}], ends: {ends}}}\n"
    return run_scenarios(FLOW, text, "x.scenarios.yaml").results[0].failure


def test_the_small_flow_passes_and_says_what_is_not_reached() -> None:
    outcome = run_scenarios(FLOW, (DATA / "small.scenarios.yaml").read_text("utf-8"), "small.scenarios.yaml")
    assert [result.failure for result in outcome.failures] == []
    assert outcome.unreached == ("no_order", "refused")
    assert ("main", "ask_order") not in outcome.unwalked
    assert ("details", "no_order") in outcome.unwalked


@pytest.mark.parametrize(
    ("steps", "ends", "message"),
    [
        ("{hear: добрый вечер}", "listening", "expected to hear 'добрый вечер'; heard: 'Здравствуйте. / Заказ — один"),
        ("{hear: [заказ, здравствуйте]}", "listening", "expected to hear 'здравствуйте'"),
        ("{not_hear: заказ}", "listening", "must not be heard: 'заказ'; heard"),
        ('{press: "1"}', "human", "expected to end with human; it is listening, at step 'ask_order'"),
        ("{transfer: nobody}", "human", "'transfer: nobody' does not fit: the call is at Listen"),
        ('{press: "1"}, {press: "4217"}, {press: "4567"}', "human", "the shop table has no row for orders.details"),
        ('{press: "0"}, {silence: true}', "human", "'silence: True' does not fit: the call is at HandOff"),
    ],
)
def test_what_went_otherwise_is_told(steps: str, ends: str, message: str) -> None:
    assert message in failure(steps, ends)


def test_a_shop_step_changes_the_answers_from_there_on() -> None:
    assert (
        failure(
            '{shop: {orders.details: {outcome: failed}}}, {press: "1"}, {press: "4217"}, {press: "4567"}',
            "human",
            "shop: {orders.details: [{outcome: missing}]}",
        )
        == ""
    )


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ("{press: 1}", "scenarios[0].steps[0].press: must be text, and is '1'. Write text in quotes."),
        ("{her: x}", "there is no field 'her' here. Did you mean 'hear'?"),
        ("{press: '1', say: one}", "a step does one thing"),
        ("{transfer: gone}", "'gone' is not possible here"),
    ],
)
def test_a_wrong_scenario_file_is_refused(steps: str, message: str) -> None:
    with pytest.raises(FlowErrors) as raised:
        failure(steps)
    assert message in str(raised.value)


def test_commands(tmp_path: Path) -> None:
    run = CliRunner().invoke
    good = run(command, ["check", str(DATA / "small.yaml")])
    assert (good.exit_code, good.output.split(".")[0]) == (0, "small")
    broken = tmp_path / "broken.yaml"
    broken.write_text((DATA / "small.yaml").read_text("utf-8").replace("next: main", "next: mian", 1), "utf-8")
    bad = run(command, ["check", str(DATA / "small.yaml"), str(broken)])
    assert bad.exit_code == 1
    assert "error: broken.yaml:37: steps.hello.next: there is no step 'mian'. Did you mean 'main'?" in bad.output
    tested = run(command, ["test", str(DATA / "small.yaml")])
    assert tested.exit_code == 0
    assert "No scenario reaches: no_order, refused" in tested.output
    broken.write_text((DATA / "small.yaml").read_text("utf-8"), "utf-8")
    assert "has no scenarios: write broken.scenarios.yaml" in run(command, ["test", str(broken)]).output
    (tmp_path / "broken.scenarios.yaml").write_text(
        "scenarios: [{name: x, steps: [{hear: what}], ends: human}]", "utf-8"
    )
    failed = run(command, ["test", str(broken)])
    assert failed.exit_code == 1
    assert "FAILED x" in failed.output
    assert "broken.scenarios.yaml:1: expected to hear 'what'" in failed.output


def test_the_schema_describes_steps_as_they_are_written() -> None:
    schema = json_schema()
    assert json.loads(CliRunner().invoke(command, ["schema"]).output) == schema
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(schema)
    from ruamel.yaml import YAML

    written = YAML(typ="safe").load((DATA / "small.yaml").read_text("utf-8"))
    assert list(validator.iter_errors(written)) == []
    written["steps"]["hello"]["sya"] = written["steps"]["hello"].pop("say")
    assert list(validator.iter_errors(written))


def test_the_flow_in_the_documentation_is_fine() -> None:
    page = (Path(__file__).parents[1] / "docs" / "flow-language.md").read_text("utf-8")
    text = next(block for each in page.split("```yaml\n")[1:] if "\nsteps:" in (block := each.split("```")[0]))
    assert check_flow(load_flow(text, "tiny.yaml", CATALOGUE)) == []


def test_the_documentation_names_every_field_of_the_language() -> None:
    page = (Path(__file__).parents[1] / "docs" / "flow-language.md").read_text("utf-8")
    for model in (*KINDS.values(), Defaults, Proofs, WaitingTexts, Hours, Queue, Command):
        for name, field in model.model_fields.items():
            if name not in ("kind", "texts", "values", "cases"):
                assert f"{field.alias or name}" in page, f"{model.__name__}.{name}"
