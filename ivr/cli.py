"""The ``hotline`` command. Each sub-command is a module of :mod:`ivr.commands`, imported only when it is asked for."""

from __future__ import annotations

import sys
from importlib import import_module

import click

COMMANDS = {
    "run": "Start everything: what `make run` calls.",
    "restart": "Replace the running processes with new ones, without dropping a call.",
    "doctor": "Say what is configured, reachable and missing, and how to mend it.",
    "migrate": "Bring the records' tables up to date.",
    "people": "People who sign in: invite, roles, skills, passwords; the list of changes.",
    "backup": "Copy the records into a file, while everything runs.",
    "restore": "Bring the records back from a backup.",
    "customer": "A customer's personal data.",
    "flows": "Check, test and publish flows.",
    "switchboard": "Announce, close, force hours; which flow answers which number.",
    "understand": "Say what values in words mean, as the flows understand them.",
    "callbacks": "Promises to phone back; numbers that must not be dialled.",
    "shop": "Look at the shop; callers to try.",
    "voice": "Speech models: which there are, and fetching one.",
    "call": "Phone the hotline from this terminal.",
    "twilio": "Put a Twilio number on the hotline.",
    "worker": "Process: work off one queue.",
    "clock": "Process: find what is due.",
    "live": "Process: push to open pages.",
    "media": "Process: hear and speak in calls.",
    "carrier": "Process: the built-in carrier.",
    "valkey": "Process: the embedded Valkey.",
}
"""Sub-commands in the order that help shows them, with a line on each."""


class LazyGroup(click.Group):
    """A group that imports ``ivr.commands.<name>.command`` when the name is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"ivr.commands.{cmd_name}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"ivr.commands.{cmd_name}.command is no click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hotline")
def group() -> None:
    """Hotline answers a retailer's phone."""


def main() -> None:
    """Entry point. Known troubles are told in words and end with exit code 1, not with a traceback."""
    from ivr.settings import SettingsError

    try:
        group()
    except SettingsError as error:
        click.echo(f"Settings are wrong:\n{error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
