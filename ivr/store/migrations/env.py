"""Alembic runs this for every command: which tables there should be, and on which database."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, DateTime, MetaData, TypeDecorator, text

import callqueue.store
from ivr.store import alerts, audit, blocks, calls, flows, house, links, people, switches, tables, transcripts
from ivr.store.engine import make_engine

# Imported for the tables that they add to the metadata.
_TABLES = (
    alerts.alerts,
    audit.audit,
    blocks.blocked,
    calls.calls,
    flows.flows,
    house.marks,
    links.links,
    people.people,
    switches.switches,
    transcripts.transcripts,
)
TARGETS: list[MetaData] = [tables.metadata, callqueue.store.metadata]
_LOCK = 7_046_021
"""Advisory lock of PostgreSQL: two machines that migrate at once take turns. SQLite's transaction does the same."""


def _render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Revisions name the database's own types: ours may move, what a revision did must not."""
    if kind == "type" and isinstance(item, TypeDecorator) and isinstance(item.impl_instance, DateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=TARGETS,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=_render,
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
    engine = make_engine(context.config.attributes["url"], answer_seconds=None)  # an index may take its time
    try:
        with engine.connect() as connection:
            _migrate(connection)
    finally:
        engine.dispose()


_run()
