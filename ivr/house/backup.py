"""A copy of everything that must not be lost, in one file, and back from it; on SQLite and PostgreSQL alike.

The file is a ZIP archive:

    manifest.json           {"format": 1, "schema": "0006", "made_at": …, "version": …, "tables": {name: rows}}
    tables/<name>.jsonl     one row a line, {column: value}; moments as ISO 8601 in UTC, JSON as itself, bytes as base64
    secrets/<name>          generated secrets of DATA_DIR, only when asked for
    recordings/<name>.wav   recorded messages and conversations, only when asked for

It is read in one transaction that sees the records as they were at one moment, while everything runs. What is in Redis
is not in it: calls in progress, and sessions that end with them.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    func,
    insert,
    inspect,
    select,
    text,
)

from ivr.store.engine import alembic_config, upgrade

log = logging.getLogger(__name__)

FORMAT = 1
SECRETS = ("auth-token", "secret-key", "sign-ins")
VERSIONS = "alembic_version"
BATCH = 500
PASSING = frozenset({"leases"})
"""Tables of the moment: a lease in a backup would hold up the clock of the system that it is restored to."""

Fetch = Callable[[str], bytes | None]
"""A recording by the carrier's name for it; None when the carrier has it no more."""


class BackupError(Exception):
    """Says what is wrong and how to mend it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a backup holds: rows by table, and how many secrets and recordings."""

    schema: str
    made_at: str
    tables: Mapping[str, int]
    secrets: int = 0
    recordings: int = 0

    @property
    def rows(self) -> int:
        return sum(self.tables.values())


# Making one.


def write(source: Engine, file: Path, secrets_of: Path | None = None, fetch: Fetch | None = None) -> Told:
    """Copy the records into ``file`` (readable by this user alone), which appears only when it is whole.

    ``secrets_of``: the DATA_DIR whose generated secrets go along; ``fetch``: gets the recordings. Raises
    :class:`BackupError`, ``OSError``, ``SQLAlchemyError``.
    """
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with (
            os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as raw,
            zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            told = _fill(archive, source, secrets_of, fetch)
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return told


def _fill(archive: zipfile.ZipFile, source: Engine, secrets_of: Path | None, fetch: Fetch | None) -> Told:
    counts: dict[str, int] = {}
    names: set[str] = set()
    with _at_one_moment(source) as conn:
        schema = schema_of(conn)
        if schema is None:
            raise BackupError("the records are empty: `hotline migrate` makes their tables")
        for table in _tables(conn):
            with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as out:
                counts[table.name] = _dump(conn, table, out, names)
    secrets = _add_secrets(archive, secrets_of) if secrets_of else 0
    recordings = _add_recordings(archive, sorted(names), fetch) if fetch else 0
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    about = {"format": FORMAT, "schema": schema, "made_at": made_at, "version": version("hotline"), "tables": counts}
    archive.writestr("manifest.json", json.dumps(about, indent=1))
    return Told(schema, made_at, counts, secrets, recordings)


@contextmanager
def _at_one_moment(source: Engine) -> Iterator[Connection]:
    """A transaction that only reads, and sees nothing of what is written meanwhile."""
    options: dict[str, Any] = {"readonly": True}
    if source.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with source.connect().execution_options(**options) as conn, conn.begin():
        yield conn


def _dump(conn: Connection, table: Table, out: IO[bytes], recordings: set[str]) -> int:
    rows = 0
    found = conn.execution_options(yield_per=BATCH).execute(select(table).order_by(*table.primary_key.columns))
    for row in found.mappings():
        values = {name: _plain(value) for name, value in row.items()}
        out.write(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        rows += 1
        for column in ("recording", "sid"):
            name = row.get(column)
            if table.name in ("messages", "recordings") and isinstance(name, str) and name:
                recordings.add(name)
    return rows


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def _add_secrets(archive: zipfile.ZipFile, folder: Path) -> int:
    there = [name for name in SECRETS if (folder / name).is_file()]
    for name in there:
        archive.writestr(f"secrets/{name}", (folder / name).read_bytes())
    return len(there)


def _add_recordings(archive: zipfile.ZipFile, names: Iterable[str], fetch: Fetch) -> int:
    kept = 0
    for name in names:
        sound = fetch(name)
        if sound is not None:
            archive.writestr(f"recordings/{_file_name(name)}.wav", sound)
            kept += 1
    return kept


def _file_name(recording: str) -> str:
    last = recording.rstrip("/").rsplit("/", 1)[-1].removesuffix(".wav").removesuffix(".mp3")
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in last)


# Coming back from one.


def read_manifest(file: Path) -> Told:
    """What a file holds. Raises :class:`BackupError` for one that is no backup, or of a later version."""
    try:
        with zipfile.ZipFile(file) as archive:
            about = json.loads(archive.read("manifest.json"))
            names = archive.namelist()
            format_, schema, tables = int(about["format"]), str(about["schema"]), dict(about["tables"])
            made_at = str(about["made_at"])
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise BackupError(f"{file} is no backup of Hotline, or not whole: {error}") from error
    if format_ > FORMAT:
        raise BackupError(f"{file} is of a later version of Hotline (format {format_}): restore it with that version")
    if schema not in known_schemas():
        raise BackupError(
            f"{file} has records of a later version of Hotline (revision {schema}, this one knows up to "
            f"{known_schemas()[0]}): install that version first"
        )
    secrets = sum(name.startswith("secrets/") for name in names)
    return Told(schema, made_at, tables, secrets, sum(name.startswith("recordings/") for name in names))


def rows_in(target: Engine) -> dict[str, int]:
    """Rows of each table that has some; empty for records with nothing in them."""
    with target.connect() as conn:
        return {name: count for name, count in _counts(conn).items() if count}


def restore(target: Engine, file: Path, *, replace: bool = False) -> Told:
    """Bring the records back as they were in ``file``, then up to this version's tables.

    A target with anything in it is refused without ``replace``. The rows come in one transaction: all, or the tables
    stay empty. Raises :class:`BackupError`, ``OSError``, ``SQLAlchemyError``.
    """
    told = read_manifest(file)
    there = rows_in(target)
    if there and not replace:
        most = max(there, key=lambda name: there[name])
        raise BackupError(
            f"the records are not empty ({sum(there.values())} rows, {there[most]} of them in {most}): give "
            "--replace to put the backup in their place, or another DATABASE_URL or DATA_DIR"
        )
    url = target.url.render_as_string(hide_password=False)
    _drop_all(target)
    upgrade(url, told.schema)
    with zipfile.ZipFile(file) as archive, target.begin() as conn:
        for table in _tables(conn):
            if told.tables.get(table.name):
                with archive.open(f"tables/{table.name}.jsonl") as lines:
                    _load(conn, table, lines)
                _set_sequence(conn, table)
        found = _counts(conn)
        if found != {name: told.tables.get(name, 0) for name in found}:
            raise BackupError(f"{file} is not whole: its tables have other numbers of rows than it says")
    upgrade(url)
    return told


def restore_secrets(file: Path, folder: Path) -> int:
    """Put the backup's generated secrets into DATA_DIR, in place of those there; how many."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with zipfile.ZipFile(file) as archive:
        there = [name for name in SECRETS if f"secrets/{name}" in archive.namelist()]
        for name in there:
            path = folder / name
            path.unlink(missing_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.write(archive.read(f"secrets/{name}"))
    return len(there)


def restore_recordings(file: Path, folder: Path) -> int:
    """Unpack the backup's recordings into a folder; how many."""
    with zipfile.ZipFile(file) as archive:
        names = [name for name in archive.namelist() if name.startswith("recordings/") and ".." not in name]
        if names:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in names:
            (folder / Path(name).name).write_bytes(archive.read(name))
    return len(names)


def known_schemas() -> list[str]:
    """The revisions that this version knows, newest first."""
    scripts = ScriptDirectory.from_config(alembic_config("sqlite://"))
    return [script.revision for script in scripts.walk_revisions()]


def schema_of(conn: Connection) -> str | None:
    """The revision of the records; None when they have no tables yet."""
    if not inspect(conn).has_table(VERSIONS):
        return None
    found: str | None = conn.execute(text(f"SELECT version_num FROM {VERSIONS}")).scalar()
    return found


def _tables(conn: Connection) -> list[Table]:
    """The tables as they are there, whatever version made them."""
    there = MetaData()
    there.reflect(conn, only=lambda name, _: name != VERSIONS and name not in PASSING)
    return there.sorted_tables


def _counts(conn: Connection) -> dict[str, int]:
    return {table.name: conn.execute(select(func.count()).select_from(table)).scalar_one() for table in _tables(conn)}


def _drop_all(target: Engine) -> None:
    there = MetaData()
    with target.begin() as conn:
        there.reflect(conn)
        there.drop_all(conn)


def _load(conn: Connection, table: Table, lines: Iterable[bytes]) -> None:
    columns = {column.name: column for column in table.columns}
    aware = conn.dialect.name != "sqlite"
    batch: list[dict[str, Any]] = []
    for line in lines:
        values = json.loads(line)
        batch.append({name: _value(columns[name].type, values[name], aware) for name in columns if name in values})
        if len(batch) >= BATCH:
            conn.execute(insert(table), batch)
            batch = []
    if batch:
        conn.execute(insert(table), batch)


def _value(kind: Any, value: Any, aware: bool) -> Any:
    if value is None or isinstance(kind, JSON):
        return value
    if isinstance(kind, DateTime):
        moment = datetime.fromisoformat(value)
        return moment if aware else moment.astimezone(UTC).replace(tzinfo=None)
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value)
    return value


def _set_sequence(conn: Connection, table: Table) -> None:
    """PostgreSQL counts on from the highest id that came back."""
    key = list(table.primary_key.columns)
    if conn.dialect.name != "postgresql" or len(key) != 1 or not isinstance(key[0].type, Integer):
        return
    sequence = conn.execute(
        text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": key[0].name}
    ).scalar()
    if sequence:
        highest = conn.execute(select(func.max(key[0]))).scalar()
        conn.execute(text("SELECT setval(:sequence, :highest)"), {"sequence": sequence, "highest": highest})
