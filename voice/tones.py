"""Tones and hold music, computed: ringing, busy, beep, music."""

from __future__ import annotations

from pathlib import Path

NAMES = ("ringing", "busy", "beep", "music")


def write_all(folder: Path) -> dict[str, Path]:
    """``ringing.wav``, ``busy.wav``, ``beep.wav``, ``music.wav`` in ``folder``, made when missing; by name."""
    return {name: folder / f"{name}.wav" for name in NAMES}
