"""The records under fault: every change of state written down by the database itself, and the ways they go away."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psutil
import psycopg

WATCHED = {
    "tickets": ("state", "call", "leg", "agent_leg", "agent"),
    "offers": ("state", "ticket", "agent"),
    "callbacks": ("state", "number", "attempt"),
    "calls": ("outcome",),
}
"""Tables whose rows are watched: the column that is the state, and what is written down with it."""


@dataclass(frozen=True)
class Change:
    """One row's change, in the order of commits within a table. ``before`` None: the row was made."""

    seq: int
    at: float
    table: str
    row: str
    before: str | None
    after: str | None
    facts: tuple[Any, ...]


class Records(Protocol):
    """The records as a test disturbs and reads them."""

    def watch(self) -> None: ...

    def changes(self) -> list[Change]: ...

    def rows(self, query: str) -> list[tuple[Any, ...]]: ...

    async def away(self, seconds: float) -> None: ...

    async def cut(self, seconds: float) -> None: ...


@dataclass
class SqliteRecords:
    """A file. ``away``: somebody holds the write lock, as an open shell does; readers go on, as they do in SQLite's
    write-ahead log. ``cut``: the same, on and off."""

    path: Path

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self.path, timeout=30, isolation_level=None)) as connection:
            yield connection

    def watch(self) -> None:
        with self._open() as db:
            db.execute(
                "CREATE TABLE fault_log (seq INTEGER PRIMARY KEY, at REAL, tbl TEXT, rid TEXT, before TEXT,"
                " after TEXT, f1, f2, f3, f4)"
            )
            for table, (state, *facts) in WATCHED.items():
                more = [*(f"NEW.{fact}" for fact in facts), *["NULL"] * (4 - len(facts))]
                for event, old in (("INSERT", "NULL"), ("UPDATE", f"OLD.{state}")):
                    changed = [f"OLD.{name} IS NOT NEW.{name}" for name in (state, *facts)]
                    when = f"WHEN {' OR '.join(changed)}" if event == "UPDATE" else ""
                    db.execute(
                        f"CREATE TRIGGER fault_{table}_{event} AFTER {event} ON {table} {when} BEGIN INSERT INTO"
                        f" fault_log (at, tbl, rid, before, after, f1, f2, f3, f4) VALUES"
                        f" ((julianday('now') - 2440587.5) * 86400.0, '{table}', NEW.id, {old}, NEW.{state},"
                        f" {', '.join(more)}); END"
                    )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._open() as db:
            return list(db.execute(query))

    def changes(self) -> list[Change]:
        query = "SELECT seq, at, tbl, rid, before, after, f1, f2, f3, f4 FROM fault_log ORDER BY seq"
        return [Change(*row[:6], tuple(row[6:])) for row in self.rows(query)]

    async def away(self, seconds: float) -> None:
        db = await asyncio.to_thread(
            lambda: sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
        )
        with contextlib.closing(db):
            await asyncio.to_thread(lambda: db.execute("BEGIN IMMEDIATE"))
            await asyncio.sleep(seconds)
            db.execute("ROLLBACK")

    async def cut(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            await self.away(0.7)
            await asyncio.sleep(0.3)


async def held(path: Path, seconds: float) -> None:
    """Nobody can use this SQLite database for so long. Raises ``RuntimeError`` when it could not be taken."""
    holder = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("fault_hold.py")),
        str(path),
        str(seconds),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, wrong = await holder.communicate()
    if said.strip() != b"held":
        raise RuntimeError(f"{path.name} could not be held: {wrong.decode()[-300:]}")


@dataclass
class PostgresRecords:
    """A server. ``away``: all its processes are stopped, so that nothing is answered or refused. ``cut``: one of its
    processes is killed, upon which it ends every connection and recovers."""

    url: str

    def _open(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True, connect_timeout=20)

    def watch(self) -> None:
        with self._open() as db:
            db.execute(
                "CREATE TABLE fault_log (seq bigserial PRIMARY KEY, at double precision, tbl text, rid text,"
                " before text, after text, f1 text, f2 text, f3 text, f4 text)"
            )
            for table, (state, *facts) in WATCHED.items():
                more = [*(f"NEW.{fact}" for fact in facts), *["NULL"] * (4 - len(facts))]
                changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in (state, *facts))
                db.execute(
                    f"CREATE FUNCTION fault_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                    f" IF TG_OP = 'INSERT' OR {changed} THEN"
                    f" INSERT INTO fault_log (at, tbl, rid, before, after, f1, f2, f3, f4) VALUES"
                    f" (extract(epoch from clock_timestamp()), '{table}', NEW.id,"
                    f" CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE OLD.{state} END, NEW.{state}, {', '.join(more)});"
                    f" END IF; RETURN NULL; END $$"
                )
                db.execute(
                    f"CREATE TRIGGER fault_{table} AFTER INSERT OR UPDATE ON {table} FOR EACH ROW"
                    f" EXECUTE FUNCTION fault_{table}()"
                )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._open() as db:
            return list(db.execute(query))  # type: ignore[call-overload]

    def changes(self) -> list[Change]:
        query = "SELECT seq, at, tbl, rid, before, after, f1, f2, f3, f4 FROM fault_log ORDER BY seq"
        return [Change(*row[:6], tuple(row[6:])) for row in self.rows(query)]

    def _processes(self) -> list[psutil.Process]:
        with self._open() as db:
            folder = db.execute("SHOW data_directory").fetchone()
        assert folder is not None
        server = psutil.Process(int((Path(folder[0]) / "postmaster.pid").read_text().split()[0]))
        return [server, *server.children()]

    async def away(self, seconds: float) -> None:
        stopped = await asyncio.to_thread(self._processes)
        for process in stopped:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()
        await asyncio.sleep(seconds)
        # runuser, where it started the server, stops itself with it, and does not go on by itself.
        for process in (*stopped, *stopped[0].parents()[:1]):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()

    async def cut(self, seconds: float) -> None:
        with await asyncio.to_thread(self._open) as db:
            mine = db.execute("SELECT pg_backend_pid()").fetchone()
            assert mine is not None
            with contextlib.suppress(psycopg.OperationalError):
                os.kill(mine[0], signal.SIGKILL)
                db.execute("SELECT 1")
        await asyncio.sleep(seconds)
