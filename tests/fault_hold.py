"""``python fault_hold.py FILE SECONDS``: an SQLite database in WAL mode that nobody can use, for a while.

Holds the locks on its ``-shm`` file that readers and writers need (https://www.sqlite.org/walformat.html: bytes 120 to
127), as another process would that has hung in the middle. A process of its own, because such locks are a process's.
"""

from __future__ import annotations

import fcntl
import sys
import time
from pathlib import Path

READERS, WRITER = range(123, 128), range(120, 123)
PATIENCE = 5.0


def hold(database: Path, seconds: float) -> None:
    """Waits for those who are in it, then keeps everybody out."""
    with Path(f"{database}-shm").open("r+b") as shared:
        end = time.monotonic() + PATIENCE
        for byte in (*READERS, *WRITER):
            while True:
                try:
                    fcntl.lockf(shared, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
                except BlockingIOError:
                    if time.monotonic() > end:
                        raise
                    time.sleep(0.001)
                else:
                    break
        print("held", flush=True)
        time.sleep(seconds)


if __name__ == "__main__":
    hold(Path(sys.argv[1]), float(sys.argv[2]))
