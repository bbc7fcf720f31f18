"""Records for tests, quickly: the migrations run once in a test process, what they made is copied or emptied."""

from __future__ import annotations

import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, make_url, text

from ivr.store.engine import alembic_config, make_engine, upgrade

EMPTY = """
DO $$ DECLARE name text; BEGIN
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT format('%I', tablename) FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
  LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;
  PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE schemaname = 'public';
END $$
"""
"""Every row goes and identities begin anew; many times faster than TRUNCATE where there are few rows."""


@lru_cache
def _template() -> Path:
    path = Path(tempfile.mkdtemp(prefix="hl-records-")) / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@lru_cache
def _head() -> str | None:
    return ScriptDirectory.from_config(alembic_config("sqlite://")).get_current_head()


def migrated(url: str) -> Engine:
    """An engine on records with the newest tables and no rows. A file of SQLite that is there keeps its rows."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = Path(parsed.database or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            upgrade(url)
        else:
            shutil.copyfile(_template(), path)
        return make_engine(url)
    engine = make_engine(url)
    with engine.begin() as conn:
        known = inspect(conn).has_table("alembic_version")
        newest = known and conn.execute(text("SELECT version_num FROM alembic_version")).scalar() == _head()
        if newest:
            conn.execute(text(EMPTY))
        else:
            conn.execute(text("DROP SCHEMA public CASCADE"))
            conn.execute(text("CREATE SCHEMA public"))
    if not newest:
        upgrade(url)
    return engine


def migrated_of(kind: str, request: pytest.FixtureRequest, folder: Path) -> Engine:
    """The same by the name of a database: ``sqlite`` in ``folder``, or ``postgresql`` where there is one."""
    sqlite = kind == "sqlite"
    return migrated(f"sqlite:///{folder}/records.db" if sqlite else request.getfixturevalue("postgres_url"))
