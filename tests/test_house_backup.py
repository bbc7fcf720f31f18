"""Backup and restore: between SQLite and PostgreSQL both ways, of one moment, refused where it must be."""

from __future__ import annotations

import json
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from desk_world import world
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from callqueue.model import AgentStatus
from callqueue.testing import World
from ivr.house import backup
from ivr.house.backup import BackupError
from ivr.store import audit, calls, people
from ivr.store.engine import make_engine, reading, upgrade

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


def records(kind: str, request: pytest.FixtureRequest, folder: Path, name: str = "records") -> Engine:
    """Empty records of a kind, without tables."""
    if kind == "sqlite":
        return make_engine(f"sqlite:///{folder}/{name}.db")
    made = make_engine(request.getfixturevalue("postgres_url"))
    with made.begin() as conn:
        conn.execute(text("DROP SCHEMA public CASCADE"))
        conn.execute(text("CREATE SCHEMA public"))
    return made


def lived_in(engine: Engine) -> World:
    """Records in which something happened."""
    upgrade(engine.url.render_as_string(hide_password=False))
    people.add("anna", "Анна Ковалёва", "admin", "correct horse", engine)
    entries = [
        calls.Entry("CA1", 1, "started", NOW, {"number": "+79160000001", "language": "ru"}),
        calls.Entry("CA1", 2, "said", NOW + timedelta(seconds=1), {"text": "Привет, «друг» 😀\n", "n": [1, None]}),
    ]
    with engine.begin() as conn:
        calls.record_entries(conn, entries)
        audit.record(conn, 1, "person.role", "anna", {"role": "agent"}, {"role": "admin"})
    there = World(engine)
    there.agent(1)
    there.caller()
    there.promise("+74959999999")
    return there


def content(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, by table."""
    found = {}
    with reading(engine) as conn:
        for table in backup._tables(conn):
            rows = conn.execute(select(table).order_by(*table.primary_key.columns)).mappings()
            found[table.name] = [{name: backup._plain(value) for name, value in row.items()} for row in rows]
    return found


@pytest.fixture
def lived(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(f"sqlite:///{tmp_path}/lived.db")
    lived_in(made)
    yield made
    made.dispose()


@pytest.mark.parametrize(
    ("source", "target"), [("sqlite", "sqlite"), ("sqlite", "postgresql"), ("postgresql", "sqlite")]
)
def test_there_and_back(source: str, target: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    before = records(source, request, tmp_path, "before")
    lived_in(before)
    expected = content(before)
    told = backup.write(before, tmp_path / "copy.zip")
    assert told.rows == sum(map(len, expected.values())) > 8
    after = records(target, request, tmp_path, "after")
    backup.restore(after, tmp_path / "copy.zip")
    assert content(after) == expected
    # What comes next gets ids of its own, and the queue works on.
    boris = people.add("boris", "Boris", "agent", "correct horse", after)
    assert boris.id == 2
    there = World(after)
    there.queue.register_agent(boris.id, "Boris", now=there.now)
    there.queue.set_status(boris.id, AgentStatus.READY, now=there.now)
    there._calls = 10
    _, ticket = there.caller("+74951111111")
    assert there.queue.ticket(ticket) is not None
    with pytest.raises(SQLAlchemyError, match="never changed"), after.begin() as conn:
        conn.execute(text("UPDATE audit SET person = 2"))
    before.dispose()
    after.dispose()


def test_a_target_with_something_in_it_is_refused_and_replaced_when_told(lived: Engine, tmp_path: Path) -> None:
    backup.write(lived, tmp_path / "copy.zip")
    expected = content(lived)
    people.add("later", "Later", "agent", "correct horse", lived)
    with pytest.raises(BackupError, match="--replace"):
        backup.restore(lived, tmp_path / "copy.zip")
    assert people.by_login("later", lived)
    backup.restore(lived, tmp_path / "copy.zip", replace=True)
    assert content(lived) == expected


def test_a_backup_of_older_tables_is_brought_up_to_date(tmp_path: Path) -> None:
    old = make_engine(f"sqlite:///{tmp_path}/old.db")
    upgrade(str(old.url), "0001")
    with old.begin() as conn:
        conn.execute(
            text(
                "INSERT INTO people (login, name, role, password_hash, active, created_at) "
                "VALUES ('anna', 'Anna', 'agent', 'x', 1, '2026-01-01 00:00:00.000000')"
            )
        )
    assert backup.write(old, tmp_path / "copy.zip").schema == "0001"
    new = make_engine(f"sqlite:///{tmp_path}/new.db")
    backup.restore(new, tmp_path / "copy.zip")
    anna = people.by_login("anna", new)
    assert anna is not None
    assert anna.epoch == 0
    with reading(new) as conn:
        assert backup.schema_of(conn) == backup.known_schemas()[0]


@pytest.mark.parametrize(
    ("name", "value", "why"), [("schema", "9999", "later version"), ("format", 2, "later version")]
)
def test_a_backup_of_a_later_version_is_refused(
    lived: Engine, tmp_path: Path, name: str, value: object, why: str
) -> None:
    backup.write(lived, tmp_path / "copy.zip")
    with zipfile.ZipFile(tmp_path / "copy.zip") as made, zipfile.ZipFile(tmp_path / "later.zip", "w") as later:
        for item in made.namelist():
            data = made.read(item)
            if item == "manifest.json":
                data = json.dumps({**json.loads(data), name: value}).encode()
            later.writestr(item, data)
    empty = make_engine(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(BackupError, match="later version"):
        backup.restore(empty, tmp_path / "later.zip")
    assert backup.rows_in(empty) == {}


def test_what_is_no_backup_or_cut_short_is_refused(lived: Engine, tmp_path: Path) -> None:
    backup.write(lived, tmp_path / "copy.zip")
    whole = (tmp_path / "copy.zip").read_bytes()
    for name, data in (("none.zip", b"hello"), ("short.zip", whole[: len(whole) // 2])):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BackupError, match="no backup"):
            backup.read_manifest(tmp_path / name)


def test_a_backup_shows_one_moment_while_others_write(lived: Engine, tmp_path: Path) -> None:
    """Each writer adds a person and a line in one transaction: a copy has as many of the ones as of the others."""
    stop = threading.Event()
    wrote = []

    def write(number: int) -> None:
        while not stop.is_set():
            login = f"p{number}-{len(wrote)}"
            time.sleep(0.005)
            with suppress(OperationalError), lived.begin() as conn:  # too long a wait for the others' locks
                conn.execute(
                    people.people.insert().values(
                        login=login, name=login, role="agent", password_hash="x", active=True, created_at=NOW
                    )
                )
                audit.record(conn, None, "person.invite", login)
                wrote.append(login)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for writer in writers:
        writer.start()
    try:
        counts = [backup.write(lived, tmp_path / f"copy{number}.zip").tables for number in range(5)]
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert wrote
    assert [table["people"] for table in counts] == [table["audit"] for table in counts]


def test_on_the_command_line(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from ivr.commands.backup import command as make
    from ivr.commands.restore import command as restore

    copy = tmp_path / "copies" / "copy.zip"
    copy.parent.mkdir()
    run = CliRunner().invoke
    with world(tmp_path / "one", valkey_url, monkeypatch) as here:
        here.person("anna", "admin")
        (here.settings.data_dir / "auth-token").write_text("t" * 64)
        done = run(make, [str(copy), "--secrets"])
        assert done.exit_code == 0, done.output
        assert "1 secrets" in done.output
        assert copy.stat().st_mode & 0o077 == 0
        assert "--force" in run(make, [str(copy)]).output
        assert "--replace" in run(restore, [str(copy)]).output
        done = run(restore, [str(copy), "--replace"])
        assert done.exit_code == 0, done.output
        assert list(here.settings.data_dir.glob("before-restore-*.zip"))
        assert people.by_login("anna")
    with world(tmp_path / "two", valkey_url, monkeypatch) as other:
        from ivr.supervisor.instance import Instance

        with Instance(other.settings):
            assert "already runs" in run(restore, [str(copy)]).output
        done = run(restore, [str(copy), "--secrets"])
        assert done.exit_code == 0, done.output
        assert other.settings.auth_token == "t" * 64
        assert people.by_login("anna")
        with reading(make_engine(other.settings.database)) as conn:
            assert [line.action for line in audit.page(conn, audit.Filter(kind="house"))[0]] == ["house.restore"]
