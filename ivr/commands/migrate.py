"""``hotline migrate``: brings the records' tables up to date."""

from __future__ import annotations

import click

from ivr import logs
from ivr.settings import settings
from ivr.trouble import Trouble, records_away


@click.command()
@click.option("--write", nargs=2, metavar="NUMBER MESSAGE", help="For developers: write a new revision instead.")
def command(write: tuple[str, str] | None) -> None:
    """Bring the records' tables up to date; safe to run again, and by several machines at once."""
    from sqlalchemy.exc import SQLAlchemyError

    from ivr.store.engine import upgrade, write_revision

    if write:
        write_revision(message=write[1], number=write[0])
        return
    logs.set_up(settings().log_level)
    try:
        upgrade(settings().database)
    except SQLAlchemyError as error:
        raise records_away(error, settings()) from error
    except OSError as error:
        raise Trouble(f"DATA_DIR: {error}. Set it to a folder that this user may write.") from error
