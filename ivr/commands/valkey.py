"""``hotline valkey``: becomes the embedded Valkey server, append-only, on a socket that only this user may open."""

from __future__ import annotations

import os

import click

from ivr.embedded import valkey_binary, valkey_options
from ivr.settings import settings


@click.command()
def command() -> None:
    """Run the embedded Valkey; used when REDIS_URL is unset."""
    binary = valkey_binary()
    if binary is None:
        raise click.ClickException(
            "there is no Valkey server for this machine: install valkey or redis, or set REDIS_URL to one that runs"
        )
    os.execv(binary, [str(binary), *valkey_options(settings())])
