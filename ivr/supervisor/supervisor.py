"""Runs the processes of a Procfile together: the first ones first, until a signal, and then stops them in order."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TextIO

from ivr.logs import mask
from ivr.supervisor.process import Process
from ivr.supervisor.procfile import RELEASE, Line

STOP_FIRST = ("web",)
STOP_LAST = ("valkey",)
"""No new calls first; what the others write to last. Between them, all the rest together."""
START_FIRST = ("valkey",)
PATIENCE = 10.0
"""Seconds a process may take to stop before it is killed."""
STAY = ("valkey", "carrier")
"""Not replaced by :meth:`Supervisor.roll`: one holds the data, the other every call in its memory."""
SUCCESSOR_PATIENCE = 60.0
DRAIN_PATIENCE = 70.0
"""Seconds a successor may take to be ready, and the one before it to finish what it has in hand (a job: 60)."""

Check = Callable[[], Awaitable[bool]]

_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)


class ReleaseFailed(Exception):
    """The Procfile's ``release`` line ended with an error, so nothing was started."""


class Supervisor:
    """Keeps ``lines`` running. ``checks`` tell by name when a process is ready; one without a check is when it runs.
    ``listeners``: sockets that are kept open for processes by name, so that no connection is refused between two."""

    def __init__(
        self,
        lines: Sequence[Line],
        environment: Mapping[str, str],
        checks: Mapping[str, Check] | None = None,
        out: TextIO | None = None,
        colour: bool = False,
        listeners: Mapping[str, socket.socket] | None = None,
    ) -> None:
        self._listeners = dict(listeners or {})
        self._release = [line for line in lines if line.name == RELEASE]
        self._environment = environment
        self._checks = checks or {}
        self._out = out or sys.stdout
        names = [line.name for line in lines if line.name != RELEASE]
        self._width = max(map(len, [*names, "hotline"]))
        self._colours = {name: _COLOURS[at % len(_COLOURS)] for at, name in enumerate(names)} if colour else {}
        self.processes = [
            Process(line.name, line.arguments(environment), environment, self.tell, self._listeners.get(line.name))
            for line in lines
            if line.name != RELEASE
        ]

    def release(self) -> None:
        """Run the Procfile's ``release`` line to its end. Raises :class:`ReleaseFailed`, with what it said."""
        for line in self._release:
            done = subprocess.run(
                line.arguments(self._environment),
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            if done.returncode:
                raise ReleaseFailed(done.stdout.strip().removeprefix("Error: ") or f"`{line.command}` failed")
            for text in done.stdout.splitlines():
                self.tell(RELEASE, text)

    async def run(
        self,
        ready: Callable[[], None],
        patience_to_start: float = 90.0,
        rolled: Callable[[str], None] = lambda _outcome: None,
    ) -> int:
        """Until SIGINT or SIGTERM; SIGUSR1 replaces the processes (:meth:`roll`) and calls ``rolled`` with what came of
        it. Calls ``ready`` when every check has passed. Returns the exit code: 0, or 1 when something had to be
        killed."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, stop.set)
        working = asyncio.create_task(self._start(ready, patience_to_start))

        def replace() -> None:
            nonlocal working
            if working.done():
                working = asyncio.create_task(self._roll(rolled))
            else:
                rolled("busy: still starting, or being restarted already")

        loop.add_signal_handler(signal.SIGUSR1, replace)
        await stop.wait()
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
        self.tell("hotline", "stopping")
        clean = await self._stop()
        self.tell("hotline", "stopped" if clean else "stopped; what did not stop by itself was killed")
        return 0 if clean else 1

    async def roll(self) -> str:
        """Replace the processes one kind after the other: a successor starts, and when it is ready the one before
        finishes what it has in hand and goes. The ``release`` line runs first. What does not start leaves everything as
        it is from there on. Returns ``done``, or what went wrong."""
        try:
            await asyncio.to_thread(self.release)
        except ReleaseFailed as error:
            return f"failed: {error}. Nothing was replaced."
        for before in [process for process in self.processes if process.name not in STAY]:
            after = before.successor()
            self.processes.append(after)
            after.start()
            if not await after.ready(SUCCESSOR_PATIENCE):
                self.processes.remove(after)
                await after.stop(PATIENCE)
                return f"failed: the new {before.name} is not ready; the old one goes on. See its lines above."
            self.tell(before.name, "its successor is ready; finishing what is in hand")
            if not await before.stop(DRAIN_PATIENCE):
                self.tell(before.name, f"did not finish within {DRAIN_PATIENCE:.0f} s and was killed")
            self.processes.remove(before)
        return "done"

    async def _roll(self, rolled: Callable[[str], None]) -> None:
        self.tell("hotline", "replacing the processes")
        outcome = await self.roll()
        self.tell("hotline", f"replacing the processes: {outcome}")
        rolled(outcome)

    def tell(self, name: str, line: str) -> None:
        """Print a line of a process, masked, with its name before it."""
        head = f"{name:<{self._width}} |"
        if name in self._colours:
            head = f"\x1b[{self._colours[name]}m{head}\x1b[0m"
        with contextlib.suppress(OSError, ValueError):  # whoever read our output is gone; the processes are not
            print(head, mask(line), file=self._out, flush=True)

    async def _start(self, ready: Callable[[], None], patience: float) -> None:
        first = [process for process in self.processes if process.name in START_FIRST]
        rest = [process for process in self.processes if process.name not in START_FIRST]
        try:
            async with asyncio.timeout(patience):
                for group in (first, rest):
                    for process in group:
                        process.start()
                    await asyncio.gather(*(self._ready(process) for process in group))
        except TimeoutError:
            missing = ", ".join(process.name for process in self.processes if process.pid is None) or "a health check"
            self.tell("hotline", f"not ready after {patience:.0f} s: {missing}. Still trying; see the lines above")
            return
        ready()

    async def _ready(self, process: Process) -> None:
        check = self._checks.get(process.name)
        while process.pid is None or (check is not None and not await check()):
            await asyncio.sleep(0.1)

    async def _stop(self) -> bool:
        ordered = [
            [process for process in self.processes if process.name in STOP_FIRST],
            [process for process in self.processes if process.name not in STOP_FIRST + STOP_LAST],
            [process for process in self.processes if process.name in STOP_LAST],
        ]
        clean = True
        for group in ordered:
            results = await asyncio.gather(*(process.stop(PATIENCE) for process in group))
            for process, well in zip(group, results, strict=True):
                if not well:
                    self.tell(process.name, f"did not stop within {PATIENCE:.0f} s and was killed")
                    clean = False
            for process in group:
                if process.name in self._listeners:
                    self._listeners.pop(process.name).close()
        return clean
