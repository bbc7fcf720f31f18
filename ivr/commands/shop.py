"""``hotline shop``: the sample shop, and whether a mapping fits a retailer's database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivr.settings import settings

if TYPE_CHECKING:
    from ivr.shop.sample import SampleCaller


@click.group()
def command() -> None:
    """The shop that Hotline asks: its sample data, and the mapping to a database of your own."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="All fields, for scripts.")
@click.option("--limit", default=8, show_default=True, type=click.IntRange(1, 1000), help="How many callers.")
def sample(as_json: bool, limit: int) -> None:
    """Print callers to try: number, language, name, orders, card, PIN, points."""
    from ivr.shop.sample import SampleError, callers

    try:
        found = callers(settings().shop_database, limit)
    except SampleError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps([caller.to_dict() for caller in found], ensure_ascii=False, indent=2))
        return
    for caller in found:
        click.echo(_shown(caller))


@command.command()
@click.option("--fresh", is_flag=True, help="Make it anew: changes made so far are lost, due dates begin today.")
def create(fresh: bool) -> None:
    """Make the sample shop's database, unless it is there."""
    from ivr.shop.sample import SampleError, create

    try:
        made = create(settings().shop_database, fresh=fresh)
    except SampleError as error:
        raise click.ClickException(str(error)) from error
    click.echo("The sample shop is made." if made else "The sample shop is there; its data is kept.")


@command.command()
@click.argument("mapping", required=False, type=click.Path(path_type=Path))
def check(mapping: Path | None) -> None:
    """Test a mapping file (default: SHOP_MAPPING) against the shop's database (SHOP_DATABASE_URL). Reads only."""
    from ivr.shop.check import check as problems_of
    from ivr.shop.mapping import MappingError, load_mapping
    from ivr.shop.port import ShopFailed
    from ivr.shop.tables import shop_engine

    try:
        loaded = load_mapping(mapping or settings().shop_mapping)
        problems = problems_of(shop_engine(settings().shop_database), loaded)
    except (MappingError, ShopFailed) as error:
        raise click.ClickException(str(error)) from error
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise click.exceptions.Exit(1)
    click.echo("The mapping fits the database.")


def _shown(caller: SampleCaller) -> str:
    lines = [f"{caller.number}  {caller.language}  {caller.name}  ({caller.tier})"]
    lines += [
        f"    order {order.number:<6}  {order.state:<10}  {order.sum:>9}  {order.delivery:<8}  due {order.due or '-'}"
        for order in caller.orders
    ]
    if caller.card:
        burning = f", {caller.burn_points} burn on {caller.burn_on}" if caller.burn_points else ""
        lines.append(f"    card {caller.card}  PIN {caller.pin}  {caller.points} points{burning}")
    return "\n".join(lines)
