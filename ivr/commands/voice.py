"""``hotline voice``: which speech models are here, and fetching one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO

import click

from ivr import evaluating
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


@command.command()
@click.argument("flow", type=click.File(encoding="utf-8"), required=False)
@click.option("--gently", is_flag=True, help="Give way to every other process.")
def render(flow: TextIO | None, gently: bool) -> None:
    """Make the prompts of FLOW (a file; default: the one that is served) before anybody hears them."""
    from flows.language import FlowErrors
    from flows.language.loader import load_flow
    from ivr.actions import CATALOGUE
    from ivr.manner import manner_of, recordings_folder
    from ivr.rendering import PATIENCE, flow_file, render_flow
    from ivr.yaml_file import YamlFileError
    from voice.prompts import Prompts

    if gently:
        os.nice(19)
    configured = settings()
    path = flow_file(configured) if flow is None or flow.name == "<stdin>" else Path(flow.name)
    prompts = Prompts(configured.prompts_folder, PATIENCE)
    try:
        loaded = load_flow(flow.read() if flow else path.read_text("utf-8"), path.name, CATALOGUE)
        done = render_flow(loaded, manner_of(loaded, recordings_folder(path)), prompts)
    except (FlowErrors, YamlFileError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        prompts.close()
    for line in done.failed:
        click.echo(f"not spoken: {line}", err=True)
    click.echo(
        f"{done.texts} prompts of {loaded.name}: {done.made} made, {done.texts - done.made - len(done.failed)} there"
    )
    if done.failed:
        raise SystemExit(1)


command.add_command(evaluating.command)
