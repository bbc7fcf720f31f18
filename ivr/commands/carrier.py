"""``hotline carrier``: the built-in carrier, on PORT+2."""

from __future__ import annotations

import asyncio

import click

from ivr import logs
from ivr.settings import settings


@click.command()
def command() -> None:
    """Play the telephone company on PORT+2, when there is no Twilio account."""
    from ivr.carriers.local.app import serve

    logs.set_up(settings().log_level)
    asyncio.run(serve(settings()))
