"""Alembic runs this for every command: which tables there should be, and on which database."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, MetaData, text

import callqueue.store
from ivr.store import audit, calls, people, tables
from ivr.store.engine import make_engine

# Imported for the tables that they add to the metadata.
_TABLES = (audit.audit, calls.calls, people.people)
TARGETS: list[MetaData] = [tables.metadata, callqueue.store.metadata]
_LOCK = 7_046_021
"""Advisory lock of PostgreSQL: two machines that migrate at once take turns. SQLite's transaction does the same."""


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=TARGETS,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        context.run_migrations()


def _run() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        _migrate(given)
        return
    engine = make_engine(context.config.attributes["url"])
    try:
        with engine.connect() as connection:
            _migrate(connection)
    finally:
        engine.dispose()


_run()
