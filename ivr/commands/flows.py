"""``hotline flows``: check flow files, run their scenarios, print the schema; publish them and take them back."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from flows.language import FlowErrors, check_flow, json_schema, read_flow
from flows.language.checking.graph import edges
from flows.random_callers import FAR, wander
from flows.scenarios import Outcome, run_scenarios
from ivr.actions import CATALOGUE
from ivr.manner import recordings_folder, wrong_recordings
from ivr.meaning.command import understand
from ivr.studio import commands as studio

_FILES = click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group("flows", cls=studio.Group)
def command() -> None:
    """Check and test flow files; publish flows, and take them back."""


for _each in studio.COMMANDS:
    command.add_command(_each)


command.add_command(understand)


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
@click.option("--random", "callers", type=click.IntRange(1, 100_000), help="So many callers at random, instead.")
@click.option("--seed", default=1, show_default=True, help="Which callers they are.")
@click.option("--far", default=FAR, show_default=True, help="Turns that a human may be away from whoever wants one.")
def test(files: tuple[Path, ...], verbose: bool, callers: int | None, seed: int, far: int) -> None:
    """Run the scenarios beside each flow FILE (NAME.scenarios.yaml), or callers at random. Exits with 1 when any
    fails."""
    wrong = False
    if callers:
        sys.exit(1 if sum(_wandered(path, callers, seed, far, verbose) for path in files) else 0)
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


def _wandered(path: Path, callers: int, seed: int, far: int, verbose: bool) -> bool:
    """Callers at random on the flow; whether they found anything."""
    try:
        flow = read_flow(path, CATALOGUE)
    except FlowErrors as error:
        click.echo(str(error))
        return True
    came = wander(flow, callers, seed, far)
    for finding in came.findings:
        click.echo(f"FOUND  {finding.step}: {finding.what}; {finding.calls} of {came.calls} calls. The shortest:")
        for line in finding.transcript:
            click.echo(f"         {line}")
    ways = len({(edge.step, edge.target) for edge in edges(flow) if edge.step and not edge.implied})
    click.echo(
        f"{came.calls} callers of seed {seed}: {len(came.findings)} findings; they reach "
        f"{len(flow.steps) - len(came.unreached)} of {len(flow.steps)} steps and walk {ways - len(came.unwalked)} of "
        f"{ways} ways."
    )
    if came.unreached and verbose:
        click.echo(f"None reaches: {', '.join(came.unreached)}")
    return bool(came.findings)


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


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", default="", help="The flow's name. Default: the file's.")
@click.option("--language", default="", help="The language of its texts. Default: as its widgets say.")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="The folder.")
def import_(file: Path, name: str, language: str, folder: Path) -> None:
    """Make a flow of a Twilio Studio flow's exported JSON FILE, and say what needs a hand."""
    from flows.from_studio import NotStudio, convert, plain

    name = name or plain(file.stem)
    target = folder / f"{name}.yaml"
    if target.exists():
        raise click.ClickException(f"{target} is there: move it, or give another --name")
    try:
        made = convert(file.read_text("utf-8"), name, language)
    except (NotStudio, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file}: {error}") from error
    folder.mkdir(parents=True, exist_ok=True)
    target.write_text(made.text, "utf-8")
    click.echo(f"{target}: {len(made.came)} widgets came over; {len(made.notes)} times it needs a hand:")
    for note in made.notes:
        click.echo(f"  {note}")


@command.command("schema")
def schema() -> None:
    """Print the JSON Schema of flow files, for an editor to complete and underline by."""
    click.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))
