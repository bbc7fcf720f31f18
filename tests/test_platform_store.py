"""The records: manners of the engine, migrations on both databases, people, calls."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text, update
from sqlalchemy.exc import OperationalError

import callqueue.store
from ivr.store import audit, calls, people, tables
from ivr.store.engine import alembic_config, make_engine, reading, upgrade

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Empty, migrated records on each kind of database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/records.db"
        made = make_engine(url)
    else:
        url = request.getfixturevalue("postgres_url")
        made = make_engine(url)
        with made.begin() as conn:
            conn.execute(text("DROP SCHEMA public CASCADE"))
            conn.execute(text("CREATE SCHEMA public"))
    upgrade(url)
    yield made
    made.dispose()


def test_migrations_make_what_the_code_says(engine: Engine) -> None:
    with reading(engine) as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        differences = compare_metadata(context, [tables.metadata, callqueue.store.metadata])
    assert [d for d in differences if d[0] != "modify_comment"] == []


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    people.add("anna", "Anna", "agent", "correct horse", engine)
    upgrade(engine.url.render_as_string(hide_password=False))
    assert [person.login for person in people.everyone(engine)] == ["anna"]


def test_promises_of_the_first_version_are_measured_by_what_they_promised(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    command.upgrade(alembic_config(url), "0001")
    old = make_engine(url)
    row = (
        "INSERT INTO callbacks (key, call, number, language, queue, priority, summary, context, at, since, due_at,"
        " state, state_at, attempt, reason, created_at) VALUES (:key, 'CA', :key, 'ru', 'support', 0, '', '{}', :at,"
        " :made, :made, 'due_later', :made, 0, '', :made)"
    )
    made, at = "2026-03-01 12:00:00.000000", "2026-03-02 17:00:00.000000"
    with old.begin() as conn:
        conn.execute(text(row), [{"key": "1", "made": made, "at": at}, {"key": "2", "made": made, "at": None}])
    upgrade(url)
    with reading(old) as conn:
        found = conn.execute(text("SELECT promised_for, origin FROM callbacks ORDER BY id")).all()
    old.dispose()
    assert [tuple(one) for one in found] == [(at, "asked"), (made, "asked")]


def test_sqlite_waits_for_a_writer_and_reads_meanwhile(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/records.db")
    upgrade(str(engine.url))
    with engine.connect() as conn:
        assert conn.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar() == 1
    errors: list[Exception] = []

    def write(number: int) -> None:
        try:
            for _ in range(20):
                with engine.begin() as conn:
                    seen = conn.execute(text("SELECT count(*) FROM audit")).scalar()
                    audit.record(conn, number, "test.try", str(seen))
        except OperationalError as error:
            errors.append(error)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert errors == []
    with engine.begin() as holder:
        audit.record(holder, None, "test.held", "open")
        begun = time.monotonic()
        with reading(engine) as conn:
            assert conn.execute(text("SELECT count(*) FROM audit")).scalar() == 160
        assert time.monotonic() - begun < 1
    engine.dispose()


def test_a_frozen_server_is_given_up_in_time_and_found_again(postgres_url: str) -> None:
    engine = make_engine(postgres_url, answer_seconds=0.5)
    with engine.connect() as conn:
        frozen = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
        os.kill(frozen, signal.SIGSTOP)
        try:
            begun = time.monotonic()
            with pytest.raises(OperationalError, match="no answer within") as lost:
                conn.execute(text("SELECT 1"))
            assert time.monotonic() - begun < 3
            assert lost.value.connection_invalidated, "the pool must not give it to anybody"
        finally:
            os.kill(frozen, signal.SIGCONT)
    with engine.connect() as conn:
        assert conn.execute(text("SELECT pg_backend_pid()")).scalar_one() != frozen
    engine.dispose()


def test_a_fork_does_not_share_connections(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/records.db")
    upgrade(str(engine.url))
    with engine.begin() as conn:
        audit.record(conn, None, "parent", "1")
    before = engine.pool
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with engine.begin() as conn:
                audit.record(conn, None, "child", "2")
            code = 0 if engine.pool is not before else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert engine.pool is before
    with reading(engine) as conn:
        assert conn.execute(text("SELECT count(*) FROM audit")).scalar() == 2
    engine.dispose()


def test_passwords_are_argon2id_and_a_wrong_one_is_no(engine: Engine) -> None:
    anna = people.add(" Anna ", "Anna", "agent", "correct horse", engine)
    assert anna.password_hash.startswith("$argon2id$")
    assert "correct" not in anna.password_hash
    assert people.verify("ANNA", "correct horse", NOW, engine) == anna
    assert people.verify("anna", "wrong", NOW, engine) is None
    assert people.verify("nobody", "correct horse", NOW, engine) is None
    with pytest.raises(people.LoginTaken):
        people.add("anna", "Another", "agent", "correct horse", engine)
    assert people.by_id(anna.id, engine) == anna
    with engine.begin() as conn:
        conn.execute(update(people.people).values(active=False))
    assert people.by_id(anna.id, engine) is None
    assert people.verify("anna", "correct horse", NOW, engine) is None


def test_wrong_passwords_are_slowed_more_and_more(engine: Engine) -> None:
    people.add("anna", "Anna", "agent", "correct horse", engine)
    now = NOW
    delays = []
    for _ in range(16):
        assert people.verify("anna", "guess", now, engine) is None
        delays.append(people.delay("anna", now, engine))
        if delays[-1]:
            # Right, and yet no: it's too soon. Nor does it count as another try.
            assert people.verify("anna", "correct horse", now, engine) is None
            assert people.delay("anna", now, engine) == delays[-1]
        now += timedelta(seconds=delays[-1])
    assert delays == [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]
    assert people.verify("anna", "correct horse", now, engine) is not None
    assert people.delay("anna", now, engine) == 0
    for _ in range(4):
        people.verify("ghost", "guess", now, engine)
    assert people.delay("ghost", now, engine) == 1, "logins that don't exist are slowed alike"


def test_calls_are_recorded_once(engine: Engine) -> None:
    entries = [
        calls.Entry("CA1", 2, "said", NOW + timedelta(seconds=1), {"text": "Здравствуйте"}),
        calls.Entry("CA1", 1, "started", NOW, {"number": "+79160000001", "language": "ru", "flow": "hotline"}),
        calls.Entry("CA1", 3, "ended", NOW + timedelta(seconds=9), {"reason": "caller"}),
    ]
    with engine.begin() as conn:
        assert calls.record_entries(conn, entries[:2]) == 2
    with engine.begin() as conn:
        assert calls.record_entries(conn, entries) == 1
        assert calls.record_entries(conn, [calls.Entry("CA1", 4, "ended", NOW, {"reason": "late"})]) == 1
    with reading(engine) as conn:
        assert [entry.seq for entry in calls.transcript(conn, "CA1")] == [1, 2, 3, 4]
        assert calls.transcript(conn, "CA1")[1].data == {"text": "Здравствуйте"}
        (call,) = calls.recent_calls(conn, "+79160000001")
        assert (call.started_at, call.ended_at, call.outcome) == (NOW, NOW + timedelta(seconds=9), "caller")
        assert calls.call_by_id(conn, "CA2") is None
