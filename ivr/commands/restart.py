"""``hotline restart``: replaces the processes of the running hotline, without dropping a call."""

from __future__ import annotations

import os
import signal
import time

import click

from ivr.commands.run import RESTARTED
from ivr.settings import settings
from ivr.supervisor.instance import running_as
from ivr.trouble import Trouble


@click.command()
@click.option("--wait", type=click.IntRange(1), default=900, show_default=True, help="Seconds to wait for the outcome.")
def command(wait: int) -> None:
    """Replace every process of the `hotline run` on this DATA_DIR with a new one, of the code that is installed now.

    One kind after the other: each finishes what it has in hand. Migrates first. Valkey and the built-in carrier stay.
    """
    outcome = settings().data_dir / RESTARTED
    outcome.unlink(missing_ok=True)
    process = running_as(settings())
    if process is None:
        raise Trouble(f"no hotline runs in {settings().data_dir.resolve()}; `hotline run` starts one")
    os.kill(process, signal.SIGUSR1)
    end = time.monotonic() + wait
    while time.monotonic() < end:
        if outcome.exists() and (told := outcome.read_text()):
            if told != "done":
                raise Trouble(told)
            click.echo("every process was replaced")
            return
        if running_as(settings()) != process:
            raise Trouble("the hotline was stopped meanwhile")
        time.sleep(0.2)
    raise Trouble(f"nothing came of it within {wait} s; see what the hotline prints")
