"""``hotline voice``: which speech models are here, and fetching one."""

from __future__ import annotations

import click

from ivr.settings import settings


@click.group()
def command() -> None:
    """What Hotline hears and speaks with."""


@command.command()
def models() -> None:
    """List the speech models on this machine."""
    from voice.models import installed

    folder = settings().vosk_folder
    found = installed(folder)
    for one in found:
        click.echo(f"{one.language}  {one.name}, {one.megabytes} MB  ({one.folder})")
    if not found:
        click.echo(f"No Vosk model in {folder}. `hotline voice fetch ru` (uk, en) downloads one.")
    whisper = settings().whisper_model
    click.echo(f"Messages are written down by Whisper: {whisper}" if whisper else "WHISPER_MODEL is not set.")


@command.command()
@click.argument("language")
def fetch(language: str) -> None:
    """Download the small Vosk model of LANGUAGE (ru, uk, en …) from its maker."""
    from voice.models import FetchFailed, fetch

    with click.progressbar(length=1, label=f"Vosk model {language}", show_pos=True) as bar:

        def progress(there: int, whole: int) -> None:
            bar.length = max(1, whole)
            bar.update(there - bar.pos)

        try:
            made = fetch(language, settings().vosk_folder, progress, maker=settings().vosk_models_url)
        except FetchFailed as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{made.name} is in {made.folder} ({made.megabytes} MB). Restart the media process to use it.")
