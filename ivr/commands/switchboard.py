"""``hotline switchboard``: what is changed for callers without publishing anything."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from ivr.admin.staff import COMMAND
from ivr.studio import switchboard
from ivr.studio.commands import Group
from ivr.studio.refused import Refused

UNTIL = click.option("--until", help="When it ends by itself, e.g. 2026-11-24 18:00, on the shop's clock.")


@click.group(cls=Group, invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Announce, close, force hours; which flow, language and hours answer which number. Alone: what is switched."""
    if ctx.invoked_subcommand is None:
        found = switchboard.shown()
        for one in found:
            told = "; ".join(f"{key}: {value}" for key, value in one.value.items() if value not in ("", None))
            end = f", until {one.until:%Y-%m-%d %H:%M} UTC" if one.until else ""
            click.echo(f"{one.name}  {told}{end}")
        if not found:
            click.echo("nothing is switched: calls go as their flow says")


@command.command()
@click.argument("texts", nargs=-1, required=True, metavar="LANGUAGE=TEXT…")
@UNTIL
def announce(texts: tuple[str, ...], until: str | None) -> None:
    """Say something before the greeting: `announce ru="Доставка задерживается." en="Deliveries are late."`"""
    by_language = {language: text for language, _, text in (one.partition("=") for one in texts)}
    switchboard.announce(COMMAND, by_language, _moment(until))


@command.command()
@click.argument("mode", type=click.Choice(["flow", *switchboard.MODES]))
@UNTIL
def hours(mode: str, until: str | None) -> None:
    """Force every queue open or closed, or everything to voicemail; flow: as the hours say."""
    switchboard.force(COMMAND, mode, _moment(until))


@command.command()
@click.argument("queue")
@UNTIL
def close(queue: str, until: str | None) -> None:
    """Close a QUEUE."""
    switchboard.close(COMMAND, queue, _moment(until))


@command.command()
@click.argument("called")
@click.option("--flow", default="", help="The flow that answers. Default: the usual one.")
@click.option("--language", default="", help="The language it begins in. Default: the caller's.")
@click.option("--calendar", default="", help="Hours in the place of the flow's.")
def number(called: str, flow: str, language: str, calendar: str) -> None:
    """What answers calls to the number CALLED."""
    switchboard.number(COMMAND, called, flow, language, calendar)


@command.command()
@click.argument("name")
@click.option("--timezone", required=True, help="Such as Europe/Moscow.")
@click.option("--open", "periods", multiple=True, required=True, help='Such as "mon-fri 09:00-21:00"; may be repeated.')
@click.option("--day-off", "days_off", multiple=True, help="A date, such as 2027-01-01; may be repeated.")
@click.option("--holidays", help="Public holidays of a country (RU), or of a part of one (DE-BY), are days off.")
def calendar(
    name: str, timezone: str, periods: tuple[str, ...], days_off: tuple[str, ...], holidays: str | None
) -> None:
    """Hours of a shop, under a NAME that numbers go by."""
    opened = []
    for period in periods:
        days, _, times = period.rpartition(" ")
        from_, _, to = times.partition("-")
        opened.append({"days": days, "from": from_, "to": to})
    hours = {"timezone": timezone, "open": opened, "closed": list(days_off), "holidays": holidays}
    switchboard.calendar(COMMAND, name, hours)


@command.command()
@click.argument("name")
def off(name: str) -> None:
    """Take back what is switched, by its NAME in the list: announcement, queue:support, number:+7…"""
    switchboard.off(COMMAND, name)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    from flows.library import PATH
    from ivr.queueing import FlowHours
    from ivr.queues import load_queues
    from ivr.settings import settings

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("bad_moment") from None
    if found.tzinfo is None:
        zone = FlowHours(settings().flow or PATH, load_queues(settings().queues)).zone()
        found = found.replace(tzinfo=zone if isinstance(zone, ZoneInfo) else UTC)
    return found
