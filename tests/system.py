"""The whole program on free ports in a folder of its own: started by ``hotline run``, phoned, worked, killed.

For end-to-end tests, fault tests, the bench and the screenshots. Nothing here reaches into a process: what it knows it
saw from outside (HTTP, ``/line``, the push channel, the process table, the databases).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).parent.parent
HOTLINE = Path(sys.executable).parent / "hotline"


def free_ports(count: int = 4) -> int:
    """The first of ``count`` ports in a row that nobody listens on. By chance, and below the ports that connections
    take: two systems that start at the same time must not find the same ones free."""
    for _ in range(1_000):
        start = random.randrange(10_000, 32_000, 4)
        with contextlib.ExitStack() as stack:
            try:
                for port in range(start, start + count):
                    held = stack.enter_context(socket.socket())
                    held.bind(("127.0.0.1", port))
            except OSError:
                continue
            return start
    raise RuntimeError("no free ports")


@dataclass
class System:
    """A running Hotline. ``data`` is its DATA_DIR, ``port`` the web's (live, carrier and media are the next three)."""

    data: Path
    port: int = field(default_factory=free_ports)
    env: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def live(self) -> str:
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def carrier(self) -> str:
        return f"http://127.0.0.1:{self.port + 2}"

    @property
    def media(self) -> str:
        return f"http://127.0.0.1:{self.port + 3}"

    @property
    def log(self) -> Path:
        return self.data / "system.log"

    def environment(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("TWILIO_", "PROMETHEUS_"))}
        # Calls that speak are few: most tests do without the process that hears them.
        own = {"PORT": str(self.port), "DATA_DIR": str(self.data), "PYTHONUNBUFFERED": "1", "VOICE": "carrier"}
        return {**clean, **own, **self.env}

    def start(self, within: float = 60) -> System:
        """Start every process and wait until web, live and carrier answer. Raises ``RuntimeError`` with the log."""
        self.data.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(HOTLINE), "run"], cwd=ROOT, env=self.environment(), stdout=log, stderr=log, start_new_session=True
            )
        end = time.monotonic() + within
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            if self.ready():
                return self
            time.sleep(0.2)
        tail = self.log.read_text(errors="replace")[-4000:]
        self.stop()
        raise RuntimeError(f"hotline run was not ready within {within:.0f} s:\n{tail}")

    def ready(self) -> bool:
        try:
            addresses = (f"{self.web}/readyz", f"{self.live}/healthz", f"{self.carrier}/healthz")
            return all(httpx.get(address, timeout=2).status_code == 200 for address in addresses)
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        """Ctrl-C, as a person would; SIGKILL for what is left after 20 s."""
        if self.process is None:
            return
        children = self.children()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        self.process = None

    def children(self) -> list[psutil.Process]:
        """Every process under the supervisor."""
        if self.process is None:
            return []
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def kinds(self) -> dict[str, list[psutil.Process]]:
        """The supervisor's processes by kind: ``web``, ``live``, ``clock``, ``valkey``, ``worker-lookups``…"""
        found: dict[str, list[psutil.Process]] = {}
        for child in self.children():
            try:
                line = " ".join(child.cmdline())
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
            kind = _kind(line)
            if kind:
                found.setdefault(kind, []).append(child)
        return found

    def kill(self, kind: str) -> int:
        """SIGKILL every process of a kind; how many were hit."""
        victims = self.kinds().get(kind, [])
        for victim in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.kill()
        return len(victims)

    def hotline(self, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a ``hotline`` command against this system."""
        return subprocess.run(
            [str(HOTLINE), *arguments],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def callers(self, limit: int = 400) -> list[dict[str, Any]]:
        """The sample shop's customers, as ``hotline shop sample --json`` prints them."""
        done = self.hotline("shop", "sample", "--json", "--limit", str(limit))
        if done.returncode:
            raise RuntimeError(done.stderr)
        made: list[dict[str, Any]] = json.loads(done.stdout)
        return made

    def sign_ins(self) -> list[tuple[str, str, str]]:
        """(login, password, role) of each generated sign-in."""
        text = (self.data / "sign-ins").read_text()
        return [(row[0], row[1], row[2]) for row in (line.split() for line in text.splitlines()) if len(row) >= 3]


def _kind(line: str) -> str | None:
    if "valkey-server" in line or "redis-server" in line:
        return "valkey"
    if "gunicorn" in line:
        return "web"
    found = re.search(r"hotline\s+(live|media|carrier|clock|worker\s+\S+)", line)
    return found.group(1).replace(" ", "-") if found else None


@contextlib.contextmanager
def running(data: Path, **env: str) -> Iterator[System]:
    """A system for the length of a ``with``."""
    system = System(data=data, env=env)
    try:
        yield system.start()
    finally:
        system.stop()


async def wait_for(condition: Any, within: float = 15.0, every: float = 0.05) -> Any:
    """The first true value of ``condition()`` (or of what it awaits). Raises ``TimeoutError``."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        await asyncio.sleep(every)
    raise TimeoutError(f"not within {within} s: {condition}")
