"""``hotline media``: hears and speaks in calls, on PORT+3."""

from __future__ import annotations

import asyncio

import click

from ivr import logs
from ivr.settings import settings


@click.command()
def command() -> None:
    """Hear and speak in calls (media streams) on PORT+3, with the recognisers that are installed."""
    from ivr.carriers.twilio.edge import build
    from ivr.media.app import run
    from voice.listeners import load

    configured = settings()
    logs.set_up(configured.log_level)
    recognisers = load(configured.vosk_folder)
    asyncio.run(run(configured, build(configured).loop, recognisers))
