"""``hotline customer``: what there is of a customer, and forgetting them."""

from __future__ import annotations

import click
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from ivr.settings import settings
from ivr.trouble import Trouble, records_away, redis_away


@click.group()
def command() -> None:
    """A customer's personal data."""


@command.command()
@click.argument("number")
@click.option("--dry-run", is_flag=True, help="Only say what there is.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(number: str, dry_run: bool, yes: bool) -> None:
    """Delete all personal data of the customer with this NUMBER (+79161234567): calls, tickets, promises, messages,
    recordings at the carrier too. Counts stay, and so does an opt-out."""
    from ivr.desk.formats import is_number
    from ivr.house import forget as house
    from ivr.house.recordings import CarrierAway

    number = "".join(c for c in number if c not in " ()-.")
    if not is_number(number):
        raise Trouble("NUMBER: a number is written in international form, e.g. +79161234567")
    try:
        counts = house.find(number).counts()
        kept = house.kept(number)
        for name, count in counts.items():
            click.echo(f"{count:>7}  {name}")
        for name in kept:
            click.echo(f"   kept  {name}: {house.KEPT[name]}")
        if not counts:
            click.echo("nothing of this number is kept" if not kept else "nothing else of this number is kept")
        if dry_run or not counts:
            return
        if not yes:
            click.confirm("Delete all of this? It cannot be undone.", abort=True)
        house.forget(number)
    except house.InACall as error:
        raise Trouble("they are on the line or their call is being wrapped up; try again when it is over") from error
    except CarrierAway as error:
        raise Trouble(f"the carrier does not delete their recordings now ({error}); try again") from error
    except SQLAlchemyError as error:
        raise records_away(error, settings()) from error
    except RedisError as error:
        raise redis_away(error, settings()) from error
    click.echo("forgotten")
