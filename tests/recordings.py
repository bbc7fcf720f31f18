"""The shared recordings and models, for tests; each test that lacks one is skipped with the reason."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from voice.audio import Audio, read_wav

SHARED = Path(__file__).parent.parent.parent / "shared"
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def recordings(name: str, every: int = 1) -> list[tuple[str, Audio]]:
    """(name without ending, sound at 8 kHz) of a folder of ``shared/speech``, sorted; skips where it is missing."""
    folder = SHARED / "speech" / name
    if not folder.is_dir():
        pytest.skip(f"the recordings {name} are not beside the checkout (shared/speech)")
    return [(path.stem, read_wav(path).at(8_000)) for path in sorted(folder.glob("*.wav"))[::every]]


def package(name: str) -> None:
    """Skips where a package is not installed."""
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"the package {name} is not installed")
