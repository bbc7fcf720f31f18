"""The parent's side of the helper process: starts it, asks it, ends it when it hangs."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, "-m", "voice.helper")


class HelperDied(Exception):
    """The helper ended before it answered."""


class HelperHung(Exception):
    """The helper did not answer in time; it was ended."""


class HelperProcess:
    """One helper. Not thread-safe: hold a lock around :meth:`ask`."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = list(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self.started = 0

    @property
    def pid(self) -> int | None:
        """Of the running helper; None when there is none."""
        return self._process.pid if self._process else None

    def ask(self, question: dict[str, Any], timeout: float) -> dict[str, Any]:
        """Ask and wait at most ``timeout`` seconds. Raises :class:`HelperDied` or :class:`HelperHung`, after either of
        which the next ask starts another helper."""
        process = self._running()
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(json.dumps(question).encode() + b"\n")
            process.stdin.flush()
            line = _read_line(process.stdout.fileno(), time.monotonic() + timeout)
            answer = json.loads(line)
        except TimeoutError as error:
            self.close()
            raise HelperHung(f"no answer in {timeout:g} s") from error
        except (OSError, EOFError, ValueError) as error:
            self.close()
            raise HelperDied(str(error) or "the process ended") from error
        if not isinstance(answer, dict):
            self.close()
            raise HelperDied("it answered nonsense")
        return answer

    def close(self) -> None:
        """End the helper, at once."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
        process.wait()

    def _running(self) -> subprocess.Popen[bytes]:
        # After a fork (gunicorn) the helper belongs to the parent; two must not read one pipe.
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            self.close()
            try:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    cwd=Path(__file__).parent.parent,
                )
            except OSError as error:
                raise HelperDied(f"it can't be started: {error}") from error
            self._owner = os.getpid()
            self.started += 1
        return self._process


def _read_line(handle: int, deadline: float) -> bytes:
    """One line from a pipe. Raises ``TimeoutError`` at the deadline, ``EOFError`` when the other side is gone."""
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(handle, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise TimeoutError
            read = os.read(handle, 4096)
            if not read:
                raise EOFError("the process ended")
            line += read
    return line
