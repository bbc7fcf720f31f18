"""The house keeps its shape: the folder `queue/` must never become a package."""

from __future__ import annotations

import queue
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_queue_is_the_standard_librarys() -> None:
    assert Path(queue.__file__).parent == Path(sysconfig.get_paths()["stdlib"])
    assert not (ROOT / "queue" / "__init__.py").exists()


def test_tests_are_no_packages() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []
