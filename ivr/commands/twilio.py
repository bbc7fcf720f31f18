"""``hotline twilio``: put a number on the hotline, and see what it has."""

from __future__ import annotations

from collections.abc import Mapping

import click

from ivr.settings import Settings, load_settings


@click.group()
def command() -> None:
    """Put a Twilio number on the hotline."""


@command.command()
@click.option("--number", help="The number, E.164. Default: PHONE_NUMBER.")
def setup(number: str | None) -> None:
    """Set the addresses of the number, and of the TwiML app that agents' browsers call, to this hotline's."""
    from ivr.carriers.twilio import setup as steps

    settings = load_settings()
    try:
        before, after = steps.put(settings, number or settings.phone_number)
        click.echo(f"{after.number} ({after.sid})")
        _changed(before.addresses, after.addresses)
        if not settings.demo:
            app_before, app = steps.put_app(settings)
            click.echo(f"TwiML app {app.name} ({app.sid})" + ("" if app_before else ", new"))
            _changed(app_before.addresses if app_before else app.addresses, app.addresses)
            _what_browsers_need(settings, app.sid)
    except steps.SetupFailed as error:
        raise click.ClickException(str(error)) from error
    if not settings.fallback_url:
        click.echo(
            "FALLBACK_URL is not set: if this hotline is down as a whole, callers hear an error. "
            "Put a static TwiML document elsewhere (docs/twilio.md has one) and set FALLBACK_URL to its address."
        )


@command.command()
@click.option("--number", help="The number, E.164. Default: PHONE_NUMBER.")
def show(number: str | None) -> None:
    """Show the addresses of the number and of the TwiML app, and whether they are this hotline's; else exit code 1."""
    from ivr.carriers.twilio import setup as steps

    settings = load_settings()
    try:
        found = steps.find(settings, number or settings.phone_number)
    except steps.SetupFailed as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{found.number} ({found.sid})")
    wrong = _differ(found.addresses, steps.wanted(settings))
    if settings.twilio_app_sid:
        try:
            app = steps.find_app(settings)
        except steps.SetupFailed as error:
            raise click.ClickException(str(error)) from error
        assert app is not None  # one that is named is found, or it failed
        click.echo(f"TwiML app {app.name} ({app.sid})")
        wrong = _differ(app.addresses, steps.wanted_of_app(settings)) or wrong
    if wrong:
        click.echo("Run `hotline twilio setup` to set them.")
        raise SystemExit(1)


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> None:
    for name, value in after.items():
        was = before[name]
        click.echo(f"  {name}: {value}" + ("" if was == value else f"   (was: {was or 'not set'})"))


def _differ(have: Mapping[str, str], should: Mapping[str, str]) -> bool:
    wrong = False
    for name, value in should.items():
        wrong = wrong or have[name] != value
        click.echo(f"  {name}: {have[name] or 'not set'}" + ("" if have[name] == value else f"   (should be: {value})"))
    return wrong


def _what_browsers_need(settings: Settings, app: str) -> None:
    """What is still to be set before agents can talk in their browser."""
    if settings.twilio_app_sid != app:
        click.echo(f"Set TWILIO_APP_SID={app} so that agents can talk in their browser.")
    if not settings.twilio_api_key:
        click.echo(
            "TWILIO_API_KEY and TWILIO_API_SECRET are not set: agents need a telephone. For calls in the browser make "
            "a standard API key in Twilio's console (Account, API keys & tokens)."
        )
