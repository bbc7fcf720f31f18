"""``hotline callbacks``: what was promised, and who wants no calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click
from sqlalchemy.exc import SQLAlchemyError

from ivr.settings import settings
from ivr.trouble import Trouble, records_away


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except SQLAlchemyError as error:
            raise records_away(error, settings()) from error


@click.group(cls=_Group)
def command() -> None:
    """Promises to phone back; numbers that must not be dialled."""


@command.command("list")
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True, help="So many days around now.")
def show(days: int) -> None:
    """List promises: id, state, promised for (UTC), attempts, number."""
    from ivr.queueing import callqueue

    now, around = datetime.now(UTC), timedelta(days=days)
    for one in callqueue().promises(now - around, now + around):
        click.echo(f"{one.id:>6}  {one.state:<10} {one.promised_for:%Y-%m-%d %H:%M}  {one.attempt}  {one.number}")


@command.command()
@click.argument("number")
def refuse(number: str) -> None:
    """Never dial NUMBER (+79161234567) again; what is promised to it is cancelled."""
    from ivr.queueing import callqueue

    callqueue().opt_out(_number(number), "command")
    click.echo("this number is not dialled any more")


@command.command()
@click.argument("number")
def allow(number: str) -> None:
    """NUMBER may be dialled again."""
    from ivr.queueing import callqueue

    click.echo("may be dialled again" if callqueue().opt_in(_number(number)) else "nothing forbade it")


def _number(text: str) -> str:
    from ivr.desk.formats import is_number

    number = "".join(c for c in text if c not in " ()-.")
    if not is_number(number):
        raise Trouble("NUMBER: a number is written in international form, e.g. +79161234567")
    return number
