"""One Hotline per data folder and per ports: refuses a second one before it does harm."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from types import TracebackType
from typing import TextIO

from ivr.settings import Settings
from ivr.trouble import Trouble


class Instance:
    """The right to use DATA_DIR, held for the length of a ``with``. Raises :class:`ivr.trouble.Trouble`."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.data_dir
        self._file: TextIO | None = None

    def __enter__(self) -> Instance:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = (self._folder / "hotline.lock").open("a+")
        except OSError as error:
            raise Trouble(f"DATA_DIR: {error}. Set it to a folder that this user may write.") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            other = file.read().strip() or "unknown"
            file.close()
            raise Trouble(
                f"DATA_DIR: a Hotline already runs in {self._folder.resolve()} (process {other}). Stop it, or give "
                "this one another DATA_DIR and PORT."
            ) from error
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        self._file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()


def running_as(settings: Settings) -> int | None:
    """The process id of the Hotline that runs in DATA_DIR; None when none does."""
    try:
        with (settings.data_dir / "hotline.lock").open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read().strip() or 0) or None
    except (FileNotFoundError, ValueError):
        return None
    return None


def ports(settings: Settings) -> dict[str, int]:
    """The ports that the processes will listen on, by process."""
    found = {"web": settings.port, "live": settings.port + 1}
    if settings.demo:
        found["carrier"] = settings.port + 2
    if settings.hears != "carrier":
        found["media"] = settings.port + 3
    return found


def check_ports(settings: Settings) -> None:
    """Raises :class:`ivr.trouble.Trouble` when a port is somebody else's."""
    for name, port in ports(settings).items():
        with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
            # As the servers do: connections that are still closing are no hindrance.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.host, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise Trouble(
                        f"PORT: another program listens on {settings.host}:{port}, which the {name} process needs. "
                        f"Stop it, or set PORT to the first of four free ones, e.g. PORT={settings.port + 100}."
                    ) from error
                raise Trouble(f"HOST, PORT: cannot listen on {settings.host}:{port}: {error.strerror}.") from error
