"""The supervisor with small processes of our own: restarts, pauses, order of stopping, nothing left behind."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from ivr.supervisor.procfile import PATH, Line, ProcfileError, needed, parse

DRIVER = """
import asyncio, os, sys
from ivr.supervisor.procfile import parse
from ivr.supervisor.supervisor import Supervisor
supervisor = Supervisor(parse(open(sys.argv[1]).read()), os.environ)
supervisor.release()
sys.exit(asyncio.run(supervisor.run(lambda: print("READY", flush=True))))
"""

STAYS = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
PARENT = (
    "import subprocess, sys, time; "
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(601)']); print('up', flush=True); time.sleep(600)"
)


class Run:
    """A supervisor in a process of its own, with its output in a file."""

    driver: tuple[str, ...] = (DRIVER,)
    """The supervisor's code and what it is given after the Procfile."""

    def __init__(self, folder: Path, **programs: str) -> None:
        self.folder = folder
        lines = []
        for name, code in programs.items():
            (folder / f"{name}.py").write_text(code)
            lines.append(f"{name}: {sys.executable} {folder / name}.py")
        (folder / "Procfile").write_text("\n".join(lines))
        self.log = folder / "log"
        with self.log.open("wb") as log:
            code, *more = self.driver
            command = [sys.executable, "-c", code, str(folder / "Procfile"), *more]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    @property
    def text(self) -> str:
        return self.log.read_text()

    def children(self) -> dict[str, psutil.Process]:
        found = {}
        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                words = child.cmdline()
            except psutil.NoSuchProcess:  # it ended between the list and the look; a zombie counts as that too
                continue
            if len(words) > 1 and words[1].startswith(str(self.folder)):
                found[Path(words[1]).stem] = child
        return found

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)

    def leftovers(self) -> list[int]:
        return [
            process.pid
            for process in psutil.process_iter(["cmdline"])
            if any(str(self.folder) in word for word in process.info["cmdline"] or ())
        ]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def made(**programs: str) -> Run:
        runs.append(Run(tmp_path, **programs))
        return runs[-1]

    yield made
    for run in runs:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait(5)


def until(condition: Callable[[], object], within: float = 10) -> None:
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.02)


def test_a_killed_process_is_started_again_soon(start: Callable[..., Run]) -> None:
    run = start(one=STAYS, two=STAYS)
    until(lambda: "READY" in run.text)
    first = run.children()
    first["one"].kill()
    begun = time.monotonic()
    until(lambda: (now := run.children()).get("one") and now["one"].pid != first["one"].pid)
    assert time.monotonic() - begun < 2
    assert run.children()["two"].pid == first["two"].pid
    assert "ended by SIGKILL; starts again in 0.2 s" in run.text
    assert run.stop() == 0
    assert run.leftovers() == []


def test_pauses_grow_when_it_keeps_ending(start: Callable[..., Run]) -> None:
    run = start(one="raise SystemExit(3)")
    until(lambda: run.text.count("with exit code 3") >= 4, 15)
    pauses = [line.rsplit("in ", 1)[1] for line in run.text.splitlines() if "starts again" in line]
    assert pauses[:4] == ["0.2 s", "0.4 s", "0.8 s", "1.6 s"]
    begun = time.monotonic()
    assert run.stop() == 0
    assert time.monotonic() - begun < 3, "a pause must not delay stopping"


@pytest.mark.slow
def test_ctrl_c_kills_what_does_not_stop(start: Callable[..., Run]) -> None:
    run = start(one=STUBBORN, web=STAYS)
    until(lambda: run.text.count("up") >= 2)
    assert run.stop() == 1
    assert "did not stop within 10 s and was killed" in run.text
    assert run.leftovers() == []


def test_children_of_a_killed_parent_go_before_it_is_started_again(start: Callable[..., Run]) -> None:
    run = start(one=PARENT)
    until(lambda: "up" in run.text)
    parent = run.children()["one"]
    grandchild = parent.children()[0]
    parent.kill()
    until(lambda: run.text.count("up") >= 2)
    assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE
    assert run.stop(signal.SIGTERM) == 0


def test_valkey_begins_first_and_ends_last_and_web_ends_first(start: Callable[..., Run]) -> None:
    says = (
        "import signal, sys, time\n"
        "def end(*_): print('bye', flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end); print('up', flush=True); time.sleep(600)"
    )
    run = start(clock=says, web=says, valkey=says)
    until(lambda: "READY" in run.text and run.text.count("up") == 3)
    assert run.stop() == 0
    names = [line.split("|")[0].strip() for line in run.text.splitlines() if line.endswith("bye")]
    assert names == ["web", "clock", "valkey"]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends children with their parent only on Linux")
def test_a_killed_supervisor_leaves_nothing(start: Callable[..., Run]) -> None:
    run = start(one=STAYS, two=STAYS)
    until(lambda: "READY" in run.text)
    run.process.kill()
    run.process.wait(5)
    until(lambda: not run.leftovers())


def test_output_is_masked_and_named(start: Callable[..., Run]) -> None:
    run = start(one="import time; print('calling +7 916 555-01-23', flush=True); time.sleep(600)")
    until(lambda: "calling" in run.text)
    assert "555" not in run.text
    assert any(line.startswith("one") and line.endswith("| calling •••") for line in run.text.splitlines())
    assert run.stop() == 0


def test_a_failing_release_starts_nothing(start: Callable[..., Run]) -> None:
    run = start(release="raise SystemExit('no tables today')", one=STAYS)
    assert run.process.wait(10) != 0
    assert "no tables today" in run.text
    assert "| up" not in run.text


def test_procfile() -> None:
    lines = parse("# ours\n\nweb: gunicorn --bind $HOST:${PORT} 'a b'\nclock: hotline clock\n")
    assert lines == [Line("web", "gunicorn --bind $HOST:${PORT} 'a b'"), Line("clock", "hotline clock")]
    assert lines[0].arguments({"HOST": "::1", "PORT": "80"}) == ["gunicorn", "--bind", "::1:80", "a b"]
    for wrong, says in (("web gunicorn", "Procfile:1"), ("a: b\na: c", "Procfile:2")):
        with pytest.raises(ProcfileError, match=says):
            parse(wrong)


def test_our_procfile_has_a_line_for_each_queue_and_leaves_out_what_is_not_needed() -> None:
    from ivr.jobs import QUEUES

    lines = parse(PATH.read_text())
    assert {line.command for line in lines} >= {f"hotline worker {queue}" for queue in QUEUES}
    names = {line.name for line in needed(lines, embedded_valkey=False, built_in_carrier=False)}
    assert names.isdisjoint({"valkey", "carrier"})
    assert names >= {"web", "live", "clock", "release"}


LISTENS = """
import os, signal, socket
from ivr import ready
stop = []
signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
server = socket.socket(fileno=int(os.environ[ready.LISTEN_FD]))
server.settimeout(0.1)
ready.tell()
while not stop:
    try:
        peer, _ = server.accept()
    except TimeoutError:
        continue
    peer.sendall(str(os.getpid()).encode())
    peer.close()
"""
NEVER_READY = "import time; print('up', flush=True); time.sleep(600)"

ROLLER = """
import asyncio, os, socket, sys
from ivr.supervisor import supervisor as module
from ivr.supervisor.procfile import parse
module.SUCCESSOR_PATIENCE = 3.0
listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
kept = module.Supervisor(parse(open(sys.argv[1]).read()), os.environ, listeners={"server": listener})
told = lambda what: print("ROLLED", what, flush=True)
sys.exit(asyncio.run(kept.run(lambda: print("READY", flush=True), rolled=told)))
"""


class Rolling(Run):
    """A supervisor that replaces its processes when told; ``port`` is its server's."""

    def __init__(self, folder: Path, **programs: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.driver = (ROLLER, str(self.port))
        super().__init__(folder, **programs)

    def ask(self) -> str:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as peer:
            return peer.recv(64).decode()

    def roll(self, outcome: str) -> None:
        seen = self.text.count("ROLLED")
        self.process.send_signal(signal.SIGUSR1)
        until(lambda: self.text.count("ROLLED") > seen, 60)
        assert f"ROLLED {outcome}" in self.text.splitlines()[-1]


def test_a_successor_takes_over_and_no_connection_is_refused(tmp_path: Path) -> None:
    run = Rolling(tmp_path, server=LISTENS)
    try:
        until(lambda: "READY" in run.text)
        first = run.ask()
        run.process.send_signal(signal.SIGUSR1)
        answers = [run.ask()]
        while "ROLLED done" not in run.text:
            answers.append(run.ask())
        answers.append(run.ask())
        assert set(answers) <= {first, answers[-1]}
        assert answers[-1] != first
        assert list(run.children()) == ["server"]
    finally:
        run.stop()


def test_a_successor_that_is_never_ready_leaves_the_old_one(tmp_path: Path) -> None:
    run = Rolling(tmp_path, server=LISTENS)
    try:
        until(lambda: "READY" in run.text)
        first = run.ask()
        (tmp_path / "server.py").write_text(NEVER_READY)
        run.roll("failed: the new server is not ready")
        assert run.ask() == first
        (tmp_path / "server.py").write_text("raise SystemExit(3)")
        run.roll("failed: the new server is not ready")
        assert run.ask() == first
        assert list(run.children()) == ["server"]
    finally:
        run.stop()
