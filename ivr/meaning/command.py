"""``hotline flows understand``: what a flow makes of what is said, sentence by sentence, or as a report."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from flows.engine.meaning import first_menu, learn, meant
from flows.language import FlowErrors, read_flow
from flows.language.flow import Flow
from ivr.actions import CATALOGUE


@click.command("understand")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--at", "step", help="The step at which it is said. Default: the flow's first menu.")
@click.option("--lang", "language", help="The call's language. Default: the flow's first.")
@click.option("--now", type=click.DateTime(), help="The moment, for dates and times said along. Default: now.")
@click.option("--report", is_flag=True, help="Instead: how well the examples tell the choices apart.")
@click.option("--adding", metavar="SENTENCE", help="With --report: what this example would change…")
@click.option("--to", "choice", metavar="CHOICE", help="…were it given to this choice.")
def understand(
    file: Path,
    step: str | None,
    language: str | None,
    now: datetime | None,
    report: bool,
    adding: str | None,
    choice: str | None,
) -> None:
    """Say what FILE understands. Reads a sentence a line from standard input, and prints a line of JSON for each:
    intent (a choice's name, yes, no, unsure or none), confidence, second, slots."""
    try:
        flow = read_flow(file, CATALOGUE)
    except FlowErrors as error:
        raise click.ClickException(str(error)) from None
    at = step or first_menu(flow)
    if at not in flow.steps:
        raise click.ClickException(f"{file.name} has no step '{at}'")
    spoken = language or flow.languages[0]
    if spoken not in flow.languages:
        raise click.ClickException(f"{file.name} has no language '{spoken}': it has {', '.join(flow.languages)}")
    if report or sys.stdin.isatty():
        from ivr.meaning.report import print_report

        print_report(flow, [language] if language else list(flow.languages), adding, choice)
        return
    _lines(flow, at, spoken, now or datetime.now(UTC))


def _lines(flow: Flow, step: str, language: str, now: datetime) -> None:
    aware = now if now.tzinfo else now.replace(tzinfo=UTC)
    learn(flow, (language,))
    for raw in sys.stdin.buffer:
        said = raw.decode("utf-8", "replace").strip("\r\n")
        found = meant(flow, step, said, language, aware)
        line: dict[str, Any] = {
            "intent": found.intent,
            "confidence": round(found.confidence, 3),
            "second": found.second,
            "slots": dict(found.slots),
        }
        if found.also:
            line["also"] = found.also
        click.echo(json.dumps(line, ensure_ascii=False))
