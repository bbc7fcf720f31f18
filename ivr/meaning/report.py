"""``hotline flows understand --report``: how well examples tell a flow's choices apart."""

from __future__ import annotations

from collections.abc import Sequence

import click

from flows.engine.report import Report, change, report
from flows.language.checking.examples import foreign
from flows.language.examples import taught
from flows.language.flow import Flow

_CONFUSIONS = 12


def print_report(flow: Flow, languages: Sequence[str], adding: str | None, choice: str | None) -> None:
    if (adding is None) != (choice is None):
        raise click.ClickException("--adding and --to go together: a sentence, and the choice it is given to")
    if adding is not None and choice is not None:
        _print_change(flow, languages, adding, choice)
        return
    click.echo("Each example judged as if it were not one (leave-one-out cross-validation over the flow's examples).")
    for language in languages:
        found = report(flow, language)
        if found is None:
            click.echo(f"\n{language}: no examples")
        else:
            _print(found)


def _print(found: Report) -> None:
    click.echo(
        f"\n{found.language}: {found.right:.1%} taken rightly, {found.rubbish:.1%} of rubbish taken for something"
    )
    click.echo(f"  {'choice':<20}{'examples':>9}{'right':>8}{'wrong':>8}{'asked':>8}")
    for row in found.rows:
        right, wrong = row.right / row.examples, row.wrong / row.examples
        click.echo(f"  {row.name:<20}{row.examples:>9}{right:>8.0%}{wrong:>8.0%}{1 - right - wrong:>8.0%}")
    for meant, taken, count, sentence in found.confusions[:_CONFUSIONS]:
        click.echo(f"  {meant} taken for {taken}, {count}: {sentence}")


def _print_change(flow: Flow, languages: Sequence[str], sentence: str, choice: str) -> None:
    if choice not in taught(flow):
        raise click.ClickException(f"no choice and no command is named '{choice}': {', '.join(sorted(taught(flow)))}")
    fitting = [language for language in languages if not foreign(sentence, language)]
    if not fitting:
        raise click.ClickException("the sentence is in none of the flow's languages")
    for language in fitting[:1]:
        found = change(flow, language, sentence, choice)
        if found is None:
            raise click.ClickException(f"the flow has no examples in '{language}'")
        old, new = found.old, found.new
        click.echo(
            f"{language}: now understood as {found.before} ({found.confidence:.2f}); as an example, as {choice}."
        )
        click.echo(f"Taken rightly: {old.right:.1%} before, {new.right:.1%} after (leave-one-out).")
        click.echo(f"Rubbish taken: {old.rubbish:.1%} before, {new.rubbish:.1%} after.")
        before = {row.name: row for row in old.rows}
        for row in new.rows:
            was = before.get(row.name)
            if was and (row.right - was.right, row.wrong - was.wrong) != (0, 0):
                click.echo(
                    f"  {row.name}: right {was.right} of {was.examples} before, {row.right} of {row.examples} after"
                )
