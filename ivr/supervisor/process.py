"""One supervised process: starts it in a group of its own, restarts it with a growing pause, stops the whole group.

A process may be given the socket it listens on, which stays open between its lives and is shared with its successor;
and it may say that it is ready (see :mod:`ivr.ready`)."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from ivr.ready import LISTEN_FD, READY_FD

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
SETTLED = 30.0
"""Seconds: the pauses before a restart double from the first to the longest; after this long alive they start anew."""
ORPHANS = 3.0
"""How long children whose parent was killed may take to finish what they have in hand."""

LONGEST_LINE = 1024 * 1024
"""Bytes of one line of output."""

Tell = Callable[[str, str], None]
"""Takes a process's name and one line of its output."""

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """On Linux, have the kernel send this process SIGTERM when its parent ends, however that happens."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Process:
    """A command that is kept running until :meth:`stop`."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        tell: Tell,
        listener: socket.socket | None = None,
    ) -> None:
        self.name = name
        self._arguments = list(arguments)
        self._environment = dict(environment)
        self._tell = tell
        self._listener = listener
        self._said_ready = asyncio.Event()
        self._child: asyncio.subprocess.Process | None = None
        self._ended = asyncio.Event()
        self._stopping = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self.starts = 0

    @property
    def pid(self) -> int | None:
        """The running child's process id (and group id), or None between two lives."""
        return self._child.pid if self._child and self._child.returncode is None else None

    def successor(self) -> Process:
        """Another of the same, on the same socket, not started yet."""
        return Process(self.name, self._arguments, self._environment, self._tell, self._listener)

    async def ready(self, patience: float) -> bool:
        """Whether the process says within ``patience`` seconds that it is ready. False at once when it ends first."""
        said = asyncio.create_task(self._said_ready.wait())
        ended = asyncio.create_task(self._ended.wait())
        try:
            await asyncio.wait({said, ended}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        finally:
            said.cancel()
            ended.cancel()
        return self._said_ready.is_set()

    def start(self) -> None:
        """Begin to keep it running. Needs a running event loop."""
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.name}")

    async def stop(self, patience: float) -> bool:
        """SIGTERM to the process (its children are its own to stop), SIGKILL to the whole group after ``patience``
        seconds. Returns whether it went by itself."""
        self._stopping.set()
        if self._keeper is None:
            return True
        child = self._child
        clean = True
        if child is not None:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
            clean = await _gone(child.pid, patience, lambda: child.returncode is not None)
            if not clean:
                _signal_group(child.pid, signal.SIGKILL)
        await self._keeper
        return clean

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            born = time.monotonic()
            code = await self._live()
            self._ended.set()
            if self._stopping.is_set():
                return
            if time.monotonic() - born >= SETTLED:
                pause = FIRST_PAUSE
            self._tell(self.name, f"ended {_how(code)}; starts again in {pause:.1f} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _live(self) -> int | None:
        """One life of the child: until it and its output have ended. None when it couldn't even be started."""
        # A pipe of our own: waiting for a child on asyncio's pipe would also wait for whoever inherited that.
        output, into = os.pipe()
        word, say = os.pipe()
        fds = [say] if self._listener is None else [say, self._listener.fileno()]
        environment = {**self._environment, READY_FD: str(say)}
        if self._listener is not None:
            environment[LISTEN_FD] = str(self._listener.fileno())
        try:
            self._child = await asyncio.create_subprocess_exec(
                *self._arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=into,
                stderr=asyncio.subprocess.STDOUT,
                env=environment,
                pass_fds=fds,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        except OSError as error:
            os.close(output)
            os.close(word)
            self._tell(self.name, f"cannot be started: {error}")
            return None
        finally:
            os.close(into)
            os.close(say)
        deaf = self._listen(word)
        child = self._child
        self.starts += 1
        if self._stopping.is_set():  # asked to stop while it was being started
            _signal_group(child.pid, signal.SIGTERM)
        reader = asyncio.create_task(self._relay(output))
        code = await child.wait()
        deaf()
        # A killed parent leaves its children (gunicorn's workers): they hold the port, and go before a new life.
        _signal_group(child.pid, signal.SIGTERM)
        if not await _gone(child.pid, ORPHANS, lambda: True):
            _signal_group(child.pid, signal.SIGKILL)
        with contextlib.suppress(TimeoutError):  # somebody may have taken the pipe into another session
            await asyncio.wait_for(reader, 1)
        return code

    def _listen(self, word: int) -> Callable[[], None]:
        """Until the process says that it is ready, or is over; the function returned gives it up."""
        loop, open_ = asyncio.get_running_loop(), True

        def deaf() -> None:
            nonlocal open_
            if open_:
                open_ = False
                loop.remove_reader(word)
                os.close(word)

        def hear() -> None:
            if os.read(word, 64):
                self._said_ready.set()
            deaf()

        loop.add_reader(word, hear)
        return deaf

    async def _relay(self, output: int) -> None:
        stream = asyncio.StreamReader(limit=LONGEST_LINE)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(output, "rb", 0)
        )
        try:
            while True:
                try:
                    line = await stream.readline()
                except ValueError:  # longer than the limit: its beginning is dropped, the rest goes on
                    continue
                if not line:
                    return
                self._tell(self.name, line.decode("utf-8", "replace").rstrip())
        finally:
            transport.close()


def _how(code: int | None) -> str:
    if code is None:
        return "before it began"
    if code < 0:
        return f"by {signal.Signals(-code).name}"
    return f"with exit code {code}"


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says EPERM for a group of zombies
        os.killpg(group, number)


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


async def _gone(group: int, patience: float, parent_gone: Callable[[], bool]) -> bool:
    """Whether the group's processes all ended within ``patience`` seconds."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if parent_gone() and not _group_lives(group):
            return True
        await asyncio.sleep(0.02)
    return False
