"""Mu-law against the figures of G.711, rates, and WAV files."""

from __future__ import annotations

import itertools
import math
import wave
from array import array
from pathlib import Path

import pytest

from voice.audio import Audio, mulaw_decode, mulaw_encode, read_wav
from voice.formats import write_wav

# G.711, table 2a: the values of some bytes, times four (14 bits in the recommendation, 16 here).
KNOWN = {0xFF: 0, 0x7F: 0, 0x80: 32_124, 0x00: -32_124, 0xFE: 8, 0x7E: -8, 0xEF: 132, 0x8F: 16_764, 0x90: 15_996}


def sine(hertz: float, rate: int, seconds: float = 0.5, gain: float = 0.5) -> bytes:
    count = int(rate * seconds)
    return array("h", [int(32767 * gain * math.sin(2 * math.pi * hertz * i / rate)) for i in range(count)]).tobytes()


def test_bytes_have_the_samples_of_the_recommendation() -> None:
    for byte, sample in KNOWN.items():
        assert array("h", mulaw_decode(bytes([byte])))[0] == sample, hex(byte)


def test_every_byte_survives_the_way_there_and_back() -> None:
    every = bytes(range(256))
    back = mulaw_encode(mulaw_decode(every))
    assert [(a, b) for a, b in zip(every, back, strict=True) if a != b] == [(0x7F, 0xFF)], "two bytes mean zero"


def test_a_sample_changes_by_no_more_than_half_a_step() -> None:
    samples = array("h", range(-32_768, 32_768, 7))
    back = array("h", mulaw_decode(mulaw_encode(samples.tobytes())))
    for sample, heard in zip(samples, back, strict=True):
        assert abs(sample - heard) <= max(8, abs(sample) / 28 + 8, abs(sample) - 32_124), sample


@pytest.mark.parametrize(("rate", "wanted"), [(22_050, 8_000), (16_000, 8_000), (8_000, 16_000)])
def test_another_rate_keeps_length_pitch_and_loudness(rate: int, wanted: int) -> None:
    sound = Audio(sine(440, rate), rate)
    made = sound.at(wanted)
    assert made.rate == wanted
    assert made.seconds == pytest.approx(sound.seconds, abs=0.001)
    assert made.level == pytest.approx(sound.level, rel=0.05)
    values = array("h", made.samples)
    crossings = sum(1 for a, b in itertools.pairwise(values) if a < 0 <= b)
    assert crossings == pytest.approx(220, abs=2)


def test_a_wav_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_wav(tmp_path / "one.wav", array("h", [1, -2, 3]), 8000)
    assert read_wav(tmp_path / "one.wav") == Audio(array("h", [1, -2, 3]).tobytes(), 8000)
    with wave.open(str(tmp_path / "two.wav"), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(array("h", [10, 20, 30, 50]).tobytes())
    assert array("h", read_wav(tmp_path / "two.wav").samples).tolist() == [15, 40]


def test_a_file_of_bytes_is_refused_by_name(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "old.wav"), "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(b"\x80\x80")
    with pytest.raises(wave.Error, match=r"old\.wav: 1 channels of 8 bits"):
        read_wav(tmp_path / "old.wav")


def test_nothing_stays_nothing() -> None:
    assert Audio(b"", 16_000).at(8_000).samples == b""
    assert Audio(b"", 16_000).to_mulaw() == b""
    assert Audio(b"", 8_000).level == 0.0
