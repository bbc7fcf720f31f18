"""``hotline restore FILE``: the records as they were in a backup."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from ivr.settings import settings
from ivr.trouble import Trouble, records_away


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Put it in place of what is there; that is backed up in DATA_DIR first.")
@click.option("--secrets", is_flag=True, help="Also put the backup's generated secrets into DATA_DIR.")
@click.option("--recordings", is_flag=True, help="Also unpack the backup's recordings into DATA_DIR/recordings.")
def command(file: Path, replace: bool, secrets: bool, recordings: bool) -> None:
    """Bring the records back from FILE: to SQLite or PostgreSQL, whichever it was made on. Stop the hotline first."""
    from ivr.house import backup
    from ivr.store import audit
    from ivr.store.engine import engine
    from ivr.supervisor.instance import Instance

    configured = settings()
    try:
        with Instance(configured):
            there = backup.rows_in(engine())
            if there and replace:
                kept = configured.data_dir / f"before-restore-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip"
                backup.write(engine(), kept)
                click.echo(f"what was there is kept in {kept}")
            told = backup.restore(engine(), file, replace=replace)
            if secrets:
                click.echo(f"{backup.restore_secrets(file, configured.data_dir)} secrets restored")
            if recordings:
                folder = configured.data_dir / "recordings"
                click.echo(f"{backup.restore_recordings(file, folder)} recordings unpacked into {folder}")
            with engine().begin() as conn:
                after = {"rows": told.rows, "made_at": told.made_at}
                audit.record(conn, None, "house.restore", file.name, {}, after, via="command")
    except backup.BackupError as error:
        raise Trouble(str(error)) from error
    except SQLAlchemyError as error:
        raise records_away(error, configured) from error
    except OSError as error:
        raise Trouble(f"{file}: {error.strerror or error}") from error
    click.echo(f"{told.rows} rows of {told.made_at} restored. Look at open promises before you start.")
