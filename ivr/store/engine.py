"""The records' database: engines with the right manners for SQLite and PostgreSQL, and bringing tables up to date."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import ConnectionPoolEntry, Pool

from ivr.settings import settings

BUSY_SECONDS = 3
"""How long a write waits for another process's transaction (SQLite) before it fails. The carrier waits 4.5 s for a
webhook: a caller hears a sentence of ours, and not the carrier's, while somebody holds the records."""
ANSWER_SECONDS = 3.5
"""How long an answer of PostgreSQL is waited for: a server that is frozen would hold every thread of ours."""

_INHERITED: list[Pool] = []
"""Pools that a forked child got from its parent: kept alive, never used, never closed."""


def make_engine(url: str, answer_seconds: float | None = ANSWER_SECONDS) -> Engine:
    """An engine for ``url``.

    SQLite: write-ahead log, ``BEGIN IMMEDIATE`` (deferred ones that turn into writers fail at once instead of
    waiting), ``synchronous=NORMAL``, foreign keys on. A transaction opened with the execution option ``readonly``
    (see :func:`reading`) begins deferred and blocks nobody. PostgreSQL: dead connections are noticed and replaced,
    connecting takes 3 s at most, and each answer ``answer_seconds`` (None: as long as it takes).
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS}, pool_size=20, max_overflow=20)
        event.listen(engine, "connect", _sqlite_connected)
        event.listen(engine, "begin", _sqlite_begin)
    else:
        engine = create_engine(
            parsed,
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=20,
            pool_timeout=3,
            connect_args={"connect_timeout": 3} if parsed.get_backend_name() == "postgresql" else {},
        )
        if parsed.get_backend_name() == "postgresql" and answer_seconds is not None:
            event.listen(engine, "do_connect", _impatient(answer_seconds))
    os.register_at_fork(after_in_child=lambda: _forget_inherited(engine))
    return engine


def _impatient(seconds: float) -> Callable[..., Any]:
    from ivr.store.postgres import connection_class

    connections = connection_class(seconds)

    def connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
        return connections.connect(*arguments, **options)

    return connect


@contextmanager
def reading(source: Engine) -> Iterator[Connection]:
    """A transaction that only reads; on SQLite it takes no write lock."""
    with source.connect().execution_options(readonly=True) as connection, connection.begin():
        yield connection


def _sqlite_connected(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver would begin its own, deferred, transactions
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={BUSY_SECONDS * 1000}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    readonly = connection.get_execution_options().get("readonly", False)
    connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")


def _forget_inherited(engine: Engine) -> None:
    # Neither SQLite nor libpq survives a fork, and even closing the parent's connections here would harm it.
    _INHERITED.append(engine.pool)
    engine.dispose(close=False)


@lru_cache
def engine() -> Engine:
    """The records' engine of this process, from the settings. Connects when first used."""
    return make_engine(settings().database)


def alembic_config(url: str, **attributes: Any) -> Config:
    """Alembic's configuration; there is no ini file, everything is in the package."""
    config = Config()
    config.set_main_option("script_location", "ivr.store:migrations")
    config.attributes["url"] = url
    config.attributes.update(attributes)
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the tables at ``url`` up to a revision, the newest by default. Raises ``sqlalchemy.exc.OperationalError``
    when away."""
    command.upgrade(alembic_config(url), revision)


def write_revision(message: str, number: str) -> None:
    """For developers: a revision with what the tables in the code have and the migrations don't yet make."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/empty.db"
        upgrade(url)
        command.revision(alembic_config(url), message, autogenerate=True, rev_id=number)
