"""``hotline backup FILE``: a copy of the records, while everything runs."""

from __future__ import annotations

from pathlib import Path

import click
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from ivr.settings import settings
from ivr.trouble import Trouble, records_away


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--secrets", is_flag=True, help="Also the generated secrets in DATA_DIR: keep the file like a password.")
@click.option("--recordings", is_flag=True, help="Also recorded messages and conversations, fetched from the carrier.")
@click.option("--force", is_flag=True, help="Replace FILE when it is there.")
def command(file: Path, secrets: bool, recordings: bool, force: bool) -> None:
    """Copy the records into FILE, as they are at one moment, while everything runs."""
    from ivr.calls import journal
    from ivr.house import backup
    from ivr.house.recordings import fetch
    from ivr.store import audit
    from ivr.store.engine import engine

    if file.exists() and not force:
        raise Trouble(f"{file} is there already; give another name, or --force to replace it")
    try:
        journal.drain()
    except RedisError as error:
        click.echo(f"note: Redis is away ({type(error).__name__}); what calls wrote last may be missing", err=True)
    except SQLAlchemyError as error:
        raise records_away(error, settings()) from error
    try:
        told = backup.write(engine(), file, settings().data_dir if secrets else None, fetch if recordings else None)
        with engine().begin() as conn:
            after = {"rows": told.rows, "secrets": told.secrets, "recordings": told.recordings}
            audit.record(conn, None, "house.backup", file.name, {}, after, via="command")
    except backup.BackupError as error:
        raise Trouble(str(error)) from error
    except SQLAlchemyError as error:
        raise records_away(error, settings()) from error
    except OSError as error:
        raise Trouble(f"{file}: {error.strerror or error}") from error
    size = file.stat().st_size
    extra = f", {told.secrets} secrets" if secrets else ""
    extra += f", {told.recordings} recordings" if recordings else ""
    click.echo(f"{file}: {told.rows} rows of {len(told.tables)} tables{extra}; {size} bytes; revision {told.schema}")
