"""Tones and music that the program makes itself."""

from __future__ import annotations

import time
import wave
from array import array
from itertools import pairwise
from pathlib import Path

import pytest

from voice.formats import duration, loudness
from voice.tones import LINE_HZ, NAMES, RATE, tone, write_all


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_all(tmp_path_factory.mktemp("tones"))


def samples(path: Path) -> array[int]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        return array("h", file.readframes(file.getnframes()))


def test_all_are_there_with_sound_and_without_clipping(made: dict[str, Path]) -> None:
    assert set(made) == set(NAMES) == {"ringing", "busy", "beep", "music"}
    for path in made.values():
        assert loudness(path) > 0.02
        assert max(map(abs, samples(path))) < 0.5 * 32767


def test_lengths(made: dict[str, Path]) -> None:
    assert duration(made["ringing"]) == pytest.approx(5)
    assert duration(made["busy"]) == pytest.approx(0.7)
    assert duration(made["beep"]) == pytest.approx(0.5)
    assert 20 <= duration(made["music"]) <= 30


def test_the_line_tone_has_its_frequency() -> None:
    wave_ = tone(LINE_HZ, 1.0, 0)
    crossings = sum(1 for a, b in pairwise(wave_) if a < 0 <= b)
    assert crossings == pytest.approx(LINE_HZ, abs=2)


def test_music_loops_without_a_seam_and_never_falls_silent(made: dict[str, Path]) -> None:
    music = samples(made["music"])
    steps = [abs(a - b) for a, b in pairwise(music)]
    assert abs(music[0] - music[-1]) <= max(steps)
    second = RATE
    for start in range(0, len(music) - second, second):
        assert max(map(abs, music[start : start + second])) > 500


def test_made_once_and_fast(tmp_path: Path) -> None:
    began = time.process_time()
    first = write_all(tmp_path)
    assert time.process_time() - began < 6, "usually about a second; this machine may be busy"
    stamps = {path: path.stat().st_mtime_ns for path in first.values()}
    first["beep"].unlink()
    write_all(tmp_path)
    assert {p for p in stamps if p.stat().st_mtime_ns != stamps[p]} == {first["beep"]}


def test_another_edition_is_made_anew(tmp_path: Path) -> None:
    first = write_all(tmp_path)
    (tmp_path / ".edition").write_text("0")
    first["beep"].write_bytes(b"old")
    assert loudness(write_all(tmp_path)["beep"]) > 0.02
