"""``hotline flows``: check flow files, run their scenarios, print the schema; publish them and take them back."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from flows.language import FlowErrors, check_flow, json_schema, read_flow
from flows.scenarios import Outcome, run_scenarios
from ivr.actions import CATALOGUE
from ivr.manner import recordings_folder, wrong_recordings
from ivr.studio import commands as studio

_FILES = click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group("flows", cls=studio.Group)
def command() -> None:
    """Check and test flow files; publish flows, and take them back."""


for _each in studio.COMMANDS:
    command.add_command(_each)


@command.command("check")
@_FILES
def check(files: tuple[Path, ...]) -> None:
    """Say what is wrong with each FILE, and how to mend it. Exits with 1 when any has an error."""
    wrong = False
    for path in files:
        try:
            flow = read_flow(path, CATALOGUE)
        except FlowErrors as error:
            wrong = True
            for problem in error.problems:
                click.echo(f"{problem.severity}: {problem}")
            continue
        for problem in check_flow(flow):
            click.echo(f"{problem.severity}: {problem}")
        for sentence in wrong_recordings(flow, recordings_folder(path)):
            wrong = True
            click.echo(f"error: {sentence}")
        click.echo(f"{path.name}: fine. {len(flow.steps)} steps, {', '.join(flow.languages)}, revision {flow.revision}")
    sys.exit(1 if wrong else 0)


@command.command("test")
@_FILES
@click.option("--verbose", "-v", is_flag=True, help="Show every call, not only those that failed.")
def test(files: tuple[Path, ...], verbose: bool) -> None:
    """Run the scenarios beside each flow FILE (NAME.scenarios.yaml). Exits with 1 when any fails."""
    wrong = False
    for path in files:
        beside = path.with_name(f"{path.stem}.scenarios.yaml")
        try:
            if not beside.exists():
                raise click.ClickException(f"{path.name} has no scenarios: write {beside.name} beside it")
            outcome = run_scenarios(read_flow(path, CATALOGUE), beside.read_text("utf-8"), beside.name)
        except FlowErrors as error:
            wrong = True
            click.echo(str(error))
            continue
        _print(outcome, verbose)
        wrong = wrong or bool(outcome.failures)
    sys.exit(1 if wrong else 0)


def _print(outcome: Outcome, verbose: bool) -> None:
    for result in outcome.results:
        click.echo(f"{'FAILED' if result.failure else 'ok    '} {result.name}")
        if result.failure or verbose:
            for line in result.transcript:
                click.echo(f"         {line}")
        if result.failure:
            click.echo(f"         {outcome.file}:{result.line}: {result.failure}")
    passed = len(outcome.results) - len(outcome.failures)
    click.echo(
        f"{passed} of {len(outcome.results)} scenarios pass; they reach {outcome.steps - len(outcome.unreached)} of "
        f"{outcome.steps} steps and walk {outcome.ways - len(outcome.unwalked)} of {outcome.ways} ways."
    )
    if outcome.unreached:
        click.echo(f"No scenario reaches: {', '.join(outcome.unreached)}")
    if verbose and outcome.unwalked:
        click.echo(f"No scenario walks: {', '.join(f'{step} → {target}' for step, target in outcome.unwalked)}")


@command.command("schema")
def schema() -> None:
    """Print the JSON Schema of flow files, for an editor to complete and underline by."""
    click.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))
