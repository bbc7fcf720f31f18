"""``hotline run`` as a person starts it: what it prints, refuses, restarts, keeps, and leaves behind."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest
from system import System, free_ports

from ivr.settings import Settings

HOTLINE = Path(sys.executable).parent / "hotline"
whole = pytest.mark.xdist_group("whole")
"""For the tests that leave the program running as it is: it is shared."""


def environment(folder: Path, port: int, **more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    return {**clean, "DATA_DIR": str(folder), "PORT": str(port), **more}


class Running:
    """``hotline run`` with its output in a file."""

    def __init__(self, folder: Path, port: int) -> None:
        self.log = folder.parent / f"log-{time.monotonic_ns()}"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [HOTLINE, "run"], env=environment(folder, port), stdout=log, stderr=log, start_new_session=True
            )
        self.port = port

    @property
    def text(self) -> str:
        return self.log.read_text()

    def until_ready(self, within: float = 60) -> None:
        end = time.monotonic() + within
        while "Hotline is ready" not in self.text:
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError(self.text)
            time.sleep(0.1)

    def tree(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


def refused(folder: Path, port: int, **more: str) -> str:
    done = subprocess.run(
        [HOTLINE, "run"], env=environment(folder, port, **more), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@whole
def test_it_prints_what_one_needs(hotline: System) -> None:
    text = hotline.log.read_text()
    for wanted in ("/phone", "/desk", "Sign-ins", "anna", "supervisor", "Callers to try", "PIN", "First:", "Ctrl-C"):
        assert wanted in text
    sign_ins = hotline.data / "sign-ins"
    assert stat.S_IMODE(sign_ins.stat().st_mode) == 0o600
    for line in sign_ins.read_text().splitlines():
        assert line.split()[1] in text


@whole
def test_every_process_of_the_procfile_runs_and_is_ready(hotline: System) -> None:
    base = f"http://127.0.0.1:{hotline.port}"
    assert httpx.get(f"{base}/readyz").json() == {"ok": True, "redis": "ok", "records": "ok"}
    assert httpx.get(base).status_code == 200
    lines = [" ".join(process.cmdline()) for process in hotline.children()]
    for wanted in ("valkey-server", "gunicorn", "hotline live", "hotline carrier", "hotline clock"):
        assert any(wanted in line for line in lines), wanted
    for queue in ("lookups", "changes", "handoffs", "errands", "dialing", "journal"):
        assert any(f"hotline worker {queue}" in line for line in lines), queue


@whole
def test_doctor_finds_it_well(hotline: System) -> None:
    done = subprocess.run(
        [HOTLINE, "doctor"],
        env=environment(hotline.data, hotline.port),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "not started" not in done.stdout
    assert "broken" not in done.stdout


@whole
def test_a_second_one_is_refused(hotline: System) -> None:
    assert hotline.process
    told = refused(hotline.data, free_ports())
    assert f"process {hotline.process.pid}" in told
    assert "DATA_DIR" in told
    told = refused(hotline.data.parent / "other", hotline.port)
    assert told.startswith("Error: PORT: another program listens on 127.0.0.1:")


@pytest.mark.slow
def test_what_is_away_at_start_is_named(tmp_path: Path) -> None:
    port = free_ports()
    told = refused(tmp_path / "a", port, REDIS_URL="redis://127.0.0.1:1/0")
    assert told.startswith("Error: REDIS_URL: no answer at redis://127.0.0.1:1/0")
    told = refused(tmp_path / "a", port, DATABASE_URL="postgresql://hotline:hunter2@127.0.0.1:1/hotline")
    assert told.startswith("Error: DATABASE_URL: the records at postgresql+psycopg://hotline:***@127.0.0.1:1/hotline")
    assert "hunter2" not in told
    told = refused(Path("/proc/nowhere"), port)
    assert told.startswith("Error: DATA_DIR:")
    told = refused(tmp_path / "a", port, HOURS="never")
    assert "HOURS: accepts 'flow', 'open' or 'closed'; it is 'never'." in told
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("flow: x\nlanguages: [en]\nstart: nowhere\nsteps: {}\n")
    told = refused(tmp_path / "a", port, FLOW=str(wrong))
    assert told.startswith("Error: FLOW:")
    assert "wrong.yaml" in told


@pytest.mark.slow
def test_each_kind_of_process_comes_back_and_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    run = Running(folder, free_ports())
    run.until_ready()
    sign_ins = (folder / "sign-ins").read_text()
    first = {process.pid for process in run.tree()}
    for process in run.tree():
        process.kill()
    base = f"http://127.0.0.1:{run.port}"
    end = time.monotonic() + 60
    while True:
        try:
            answers = [
                httpx.get(address, timeout=2).status_code
                for address in (f"{base}/readyz", f"http://127.0.0.1:{run.port + 1}/healthz")
            ]
            if answers == [200, 200] and len({p.pid for p in run.tree()} - first) >= len(first):
                break
        except httpx.HTTPError:
            pass
        assert time.monotonic() < end, run.text
        time.sleep(0.2)
    everything = [run.process.pid, *(process.pid for process in run.tree())]
    assert run.stop() == 0, run.text
    assert [pid for pid in everything if psutil.pid_exists(pid)] == []
    assert "was killed" not in run.text

    again = Running(folder, run.port)
    again.until_ready()
    assert (folder / "sign-ins").read_text() == sign_ins
    assert again.stop(signal.SIGTERM) == 0
