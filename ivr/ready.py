"""What a process and its supervisor tell each other: the socket to listen on, and that it is ready.

Both are file descriptors that the supervisor leaves open for it, named in the environment; without one, a process binds
its own port and tells nobody.
"""

from __future__ import annotations

import os

LISTEN_FD, READY_FD = "HOTLINE_LISTEN_FD", "HOTLINE_READY_FD"


def bind(host: str, port: int) -> str:
    """Where to listen, as gunicorn and hypercorn write it."""
    inherited = os.environ.get(LISTEN_FD)
    return f"fd://{inherited}" if inherited else f"{host}:{port}"


def tell() -> None:
    """This process can work now: the one before it may go."""
    fd = os.environ.get(READY_FD)
    if not fd:
        return
    try:
        os.write(int(fd), b"ready\n")
    except OSError:
        return  # told already, or the supervisor is gone
