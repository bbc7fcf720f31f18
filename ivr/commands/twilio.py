"""``hotline twilio``: put a number on the hotline, and see what it has."""

from __future__ import annotations

import click

from ivr.settings import load_settings


@click.group()
def command() -> None:
    """Put a Twilio number on the hotline."""


@command.command()
@click.option("--number", help="The number, E.164. Default: PHONE_NUMBER.")
def setup(number: str | None) -> None:
    """Set the number's voice, status and fallback addresses to this hotline's."""
    from ivr.carriers.twilio import setup as steps

    settings = load_settings()
    try:
        before, after = steps.put(settings, number or settings.phone_number)
    except steps.SetupFailed as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{after.number} ({after.sid})")
    for name, value in after.addresses.items():
        was = before.addresses[name]
        click.echo(f"  {name}: {value}" + ("" if was == value else f"   (was: {was or 'not set'})"))
    if not settings.fallback_url:
        click.echo(
            "FALLBACK_URL is not set: if this hotline is down as a whole, callers hear an error. "
            "Put a static TwiML document elsewhere (docs/twilio.md has one) and set FALLBACK_URL to its address."
        )


@command.command()
@click.option("--number", help="The number, E.164. Default: PHONE_NUMBER.")
def show(number: str | None) -> None:
    """Show the number's addresses, and whether they are this hotline's. Exit code 1 when they are not."""
    from ivr.carriers.twilio import setup as steps

    settings = load_settings()
    try:
        found = steps.find(settings, number or settings.phone_number)
    except steps.SetupFailed as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{found.number} ({found.sid})")
    wrong = False
    for name, value in steps.wanted(settings).items():
        have = found.addresses[name]
        wrong = wrong or have != value
        click.echo(f"  {name}: {have or 'not set'}" + ("" if have == value else f"   (should be: {value})"))
    if wrong:
        click.echo("Run `hotline twilio setup` to set them.")
        raise SystemExit(1)
