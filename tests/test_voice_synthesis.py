"""Real speech: espeak-ng from its wheel, in its own process."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from voice.formats import duration, loudness
from voice.synthesis import MAX_CHARACTERS, SpeechFailed, Synthesiser


@pytest.fixture
def voice(tmp_path: Path) -> Iterator[Synthesiser]:
    made = Synthesiser(tmp_path / "audio")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("text", "language", "least", "most"),
    [
        ("Здравствуйте! Ваш заказ приедет завтра, двадцать третьего ноября.", "ru", 3, 8),
        ("Hello! Your order arrives tomorrow, on the twenty-third of November.", "en", 2.5, 7),
        ("Your order is on the way.", "en-US", 1, 4),
        ("Добрий день! Ваше замовлення вже в дорозі.", "uk", 2, 6),
    ],
)
def test_words_are_heard(voice: Synthesiser, text: str, language: str, least: float, most: float) -> None:
    path = voice.speak(text, language)
    assert least < duration(path) < most
    assert loudness(path) > 0.02
    assert path.stat().st_mode & 0o077 == 0
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)


def test_languages_and_words_have_sounds_of_their_own(voice: Synthesiser) -> None:
    paths = {voice.speak("Taxi 25", "en"), voice.speak("Taxi 25", "ru"), voice.speak("Taxi 26", "en")}
    assert len({path.read_bytes() for path in paths}) == 3


def test_cache_hit_starts_no_process(voice: Synthesiser, tmp_path: Path) -> None:
    path = voice.speak("Подождите, пожалуйста.", "ru")
    other = Synthesiser(tmp_path / "audio", command=["/nowhere"])
    assert other.speak("Подождите, пожалуйста.", "ru") == path
    assert other.helpers_started == 0


def test_one_helper_serves_many_threads(voice: Synthesiser) -> None:
    texts = [f"Заказ номер {number}" for number in range(20)] * 3
    with ThreadPoolExecutor(12) as pool:
        paths = list(pool.map(lambda text: voice.speak(text, "ru"), texts))
    assert len(set(paths)) == 20
    assert all(loudness(path) > 0.02 for path in set(paths))
    assert voice.helpers_started == 1


def test_killed_helper_is_replaced(voice: Synthesiser) -> None:
    voice.speak("One", "en")
    assert voice.helper_pid
    os.kill(voice.helper_pid, signal.SIGKILL)
    assert loudness(voice.speak("Two", "en")) > 0.02
    assert voice.helpers_started == 2


def test_hung_helper_is_ended_in_time(tmp_path: Path) -> None:
    voice = Synthesiser(tmp_path, timeout=0.5, command=[sys.executable, "-c", "import time; time.sleep(60)"])
    began = time.monotonic()
    with pytest.raises(SpeechFailed, match="hung") as failed:
        voice.speak("Hello", "en")
    assert time.monotonic() - began < 3
    assert failed.value.again
    assert voice.helper_pid is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("program", ["raise SystemExit(3)", "print('[]', flush=True)", "print('no json', flush=True)"])
def test_helper_that_dies_or_babbles_fails_the_words_only(tmp_path: Path, program: str) -> None:
    voice = Synthesiser(tmp_path, timeout=5, command=[sys.executable, "-c", program])
    with pytest.raises(SpeechFailed, match="died"):
        voice.speak("Hello", "en")
    assert voice.helpers_started == 2


def test_helper_that_cannot_start(tmp_path: Path) -> None:
    with pytest.raises(SpeechFailed, match="can't be started"):
        Synthesiser(tmp_path, command=["/nowhere/at/all"]).speak("Hello", "en")


@pytest.mark.parametrize("text", ["", "   ", "…!?", "😀🎉", "<br/>", "\x00\x07"])
def test_nothing_to_say_is_a_short_silence(voice: Synthesiser, text: str) -> None:
    path = voice.speak(text, "ru")
    assert 0.1 < duration(path) < 0.5
    assert loudness(path) == 0
    assert voice.helpers_started == 0


def test_too_long_and_no_voice_are_refused(voice: Synthesiser) -> None:
    for text, language in (("a " * MAX_CHARACTERS, "en"), ("Hello", "tlh")):
        with pytest.raises(SpeechFailed) as failed:
            voice.speak(text, language)
        assert not failed.value.again


def test_long_text_is_spoken_whole(voice: Synthesiser) -> None:
    short, long = voice.speak("Заказ едет. ", "ru"), voice.speak("Заказ едет. " * 60, "ru")
    assert duration(long) > 40 * duration(short)


def test_from_asyncio(voice: Synthesiser) -> None:
    async def both() -> list[Path]:
        return list(await asyncio.gather(voice.aspeak("Раз", "ru"), voice.aspeak("Two", "en")))

    assert all(loudness(path) > 0.02 for path in asyncio.run(both()))


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpeechFailed, match="written"):
        Synthesiser(tmp_path / "file").speak("Hello", "en")


def test_cache_stays_below_its_size(tmp_path: Path) -> None:
    voice = Synthesiser(tmp_path, cache_bytes=500_000)
    try:
        for number in range(50):
            last = voice.speak(f"number {number}", "en")
    finally:
        voice.close()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 500_000
    assert last.exists()
