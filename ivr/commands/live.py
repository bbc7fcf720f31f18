"""``hotline live``: serves pushes to open pages on PORT+1."""

from __future__ import annotations

import asyncio

import click

from ivr import logs
from ivr.settings import settings


@click.command()
def command() -> None:
    """Serve pushes to open pages (server-sent events) on PORT+1."""
    from ivr.live.app import serve

    logs.set_up(settings().log_level)
    asyncio.run(serve(settings()))
