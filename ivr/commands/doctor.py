"""``hotline doctor``: looks everything over."""

from __future__ import annotations

import sys
import textwrap

import click

from ivr.settings import settings

COLOURS = {"ok": "green", "not started": "cyan", "warning": "yellow", "broken": "red"}


@click.command()
def command() -> None:
    """Say what is configured, reachable and missing, and how to mend it. Exit code 1 when something is broken."""
    from ivr.doctor import State, findings

    broken = False
    for finding in findings(settings()):
        broken = broken or finding.state is State.BROKEN
        head = click.style(f"{finding.state:<12}", fg=COLOURS[finding.state])
        click.echo(f"{head}{finding.subject:<10}{finding.says}")
        if finding.mend and finding.state is not State.OK:
            click.echo(textwrap.indent(finding.mend, " " * 22))
    sys.exit(1 if broken else 0)
