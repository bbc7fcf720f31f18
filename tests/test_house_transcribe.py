"""Recordings written down: once, whatever dies; numbers hidden; said plainly where there is no model."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from desk_world import World, world
from recordings import SHARED, package, recordings
from sqlalchemy import func, select

from callqueue.model import MessageRequest
from flows.understand.hidden import masked
from ivr.house import forget, retention, transcribe
from ivr.house import recordings as at_carrier
from ivr.settings import settings
from ivr.store import transcripts
from ivr.store.engine import engine, reading
from voice import transcription
from voice.audio import Audio
from voice.recognition import Heard, RecognitionFailed, Word

NUMBER = "+79161234567"
NOW = datetime.now(UTC)


@pytest.fixture
def here(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("WHISPER_MODEL", "")
    with world(tmp_path, valkey_url, monkeypatch) as made:
        yield made


def wav(audio: Audio) -> bytes:
    with io.BytesIO() as buffer:
        with wave.open(buffer, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(audio.rate)
            file.writeframes(audio.samples)
        return buffer.getvalue()


SECOND = wav(Audio(b"\0" * 16_000, 8_000))


class Writer:
    """A transcriber that hears these words, one a second; counts how often it was asked."""

    name = "a writer"

    def __init__(self, *said: str, fails: RecognitionFailed | None = None) -> None:
        self.words = tuple(Word(word, at, at + 0.5, 0.9) for at, word in enumerate(said))
        self.fails = fails
        self.asked = 0

    def transcribe(self, audio: Audio, language: str) -> Heard:
        self.asked += 1
        if self.fails:
            raise self.fails
        return Heard(" ".join(word.text for word in self.words), 0.9, self.words)


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Any:
    def with_writer(writer: Writer, sound: bytes | None = SECOND) -> Writer:
        monkeypatch.setattr(transcribe, "transcriber", lambda *_: writer)
        monkeypatch.setattr(transcribe, "_languages", lambda _: None)
        monkeypatch.setattr(at_carrier, "fetch", lambda _: sound)
        return writer

    return with_writer


def left(here: World, key: str = "CA1:m", language: str = "ru") -> int:
    return here.queue.message(MessageRequest(key, key[:3], NUMBER, language, "message", "RE1", 5, "", "support"))


def of(message: int) -> transcripts.Transcript | None:
    with reading(engine()) as conn:
        return transcripts.of(conn, "message", message)


def test_a_message_is_written_down_once_with_word_times(here: World, use: Any) -> None:
    writer = use(Writer("не", "привезли", "заказ"))
    message = left(here)
    assert transcribe.due()
    assert [transcribe.run(), transcribe.run()] == ["done", "nothing"]
    made = of(message)
    assert made
    assert (made.text, made.engine) == ("не привезли заказ", "a writer")
    with reading(engine()) as conn:
        words = conn.execute(select(transcripts.transcripts.c.words)).scalar_one()
    assert words[1] == ["привезли", 1, 1.5, 0.9]
    assert writer.asked == 1
    assert not transcribe.due()


def test_a_worker_that_dies_leaves_it_to_the_next(here: World, use: Any) -> None:
    writer = use(Writer("алло"))
    message = left(here)
    with engine().begin() as conn:
        wanted = transcripts.next_wanted(conn, None, NOW)
        assert wanted
        assert transcripts.claim(conn, wanted, NOW) == 1
        assert transcripts.claim(conn, wanted, NOW) is None
    assert (transcribe.run(), writer.asked) == ("nothing", 0)
    later = NOW + transcripts.CLAIM
    assert transcribe.due(later)
    with engine().begin() as conn:
        assert transcripts.claim(conn, wanted, later) == 2
        assert transcripts.finish(conn, wanted, "алло", [], "x", later)
        assert not transcripts.finish(conn, wanted, "другое", [], "x", later)
    assert of(message) == transcripts.Transcript("done", "алло", "x", "")


def test_a_carrier_that_is_away_is_asked_again_and_then_no_more(here: World, use: Any) -> None:
    use(Writer(), sound=None)
    message = left(here)
    assert transcribe.run() == "put off"
    assert not transcribe.due()
    begun = datetime.now(UTC)
    with engine().begin() as conn:
        for seconds in (120, 1200):
            now = begun + timedelta(seconds=seconds)
            wanted = transcripts.next_wanted(conn, None, now)
            assert wanted
            tries = transcripts.claim(conn, wanted, now)
    assert transcribe._not_now(wanted, tries or 0, "away", never=False) == "failed"
    made = of(message)
    assert made
    assert made.state == "failed"


@pytest.mark.parametrize("sound", [b"no sound", b"RIFF\0\0\0\0WAVE"])
def test_what_is_no_sound_is_given_up_at_once(here: World, use: Any, sound: bytes) -> None:
    use(Writer(), sound=sound)
    message = left(here)
    assert transcribe.run() == "failed"
    made = of(message)
    assert made
    assert "no WAV" in made.reason


def test_without_a_model_nothing_is_claimed_and_the_desk_says_so(here: World) -> None:
    message = left(here)
    assert not transcribe.due()
    assert transcribe.run() == "no model"
    assert of(message) is None
    page = here.page("anna")
    shown = page.get(f"/desk/messages/{message}").get_data(as_text=True)
    assert "модел" in shown or "model" in shown


def test_the_desk_shows_what_it_says(here: World, use: Any) -> None:
    use(Writer("не", "привезли", "<b>заказ</b>", "номер", "сорок", "два", "семнадцать"))
    message = left(here)
    assert transcribe.run() == "done"
    shown = here.page("anna").get(f"/desk/messages/{message}").get_data(as_text=True)
    assert "не привезли &lt;b&gt;заказ&lt;/b&gt; номер •••" in shown
    assert "семнадцать" not in shown


def test_a_forgotten_customers_words_go_and_old_ones_too(
    here: World, use: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(at_carrier, "delete", lambda _: None)
    use(Writer("я", "Мария"))
    left(here)
    transcribe.run()
    assert forget.forget(NUMBER)["transcripts"] == 1
    left(here, "CA2:m")
    transcribe.run()
    assert retention.sweep_transcripts(datetime.now(UTC) + timedelta(days=1), 100) == 1
    with reading(engine()) as conn:
        assert conn.execute(select(func.count()).select_from(transcripts.transcripts)).scalar_one() == 0


@pytest.mark.parametrize(
    ("language", "said", "shown"),
    [
        ("ru", "мой телефон восемь девятьсот шестнадцать сто двадцать три сорок пять", "мой телефон •••"),
        ("ru", "карта четыре один один один и один два три четыре", "карта •••"),
        ("ru", "пин ноль девять один два", "пин •••"),
        ("ru", "звоните 8-916-123-45-67 после пяти", "звоните ••• после пяти"),
        ("ru", "заплатил тысяча двести рублей за 3 коробки", "заплатил тысяча двести рублей за 3 коробки"),
        ("ru", "приду в пять или в шесть вечера", "приду в пять или в шесть вечера"),
        ("en", "my card is four one double one two three", "my card is •••"),
        ("en", "order four two one seven please", "order ••• please"),
        ("en", "I paid one thousand two hundred dollars", "I paid one thousand two hundred dollars"),
        ("xx", "4111 1111 1111 1111 foo", "••• foo"),
    ],
)
def test_dictated_numbers_are_hidden(language: str, said: str, shown: str) -> None:
    words: list[str] = []
    for word in masked(said.split(), language):
        if not (words and words[-1] == word == "•••"):
            words.append(word)
    assert " ".join(words) == shown


@pytest.mark.timeout(300)
def test_a_russian_message_comes_out_as_text(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the real model, from the sound that the carrier gives."""
    package("faster_whisper")
    model = SHARED / "models" / "whisper-base"
    if not (model / "model.bin").is_file():
        pytest.skip("the Whisper model is not beside the checkout (shared/models)")
    by_name = dict(recordings("digits-ru"))
    pause = b"\0" * 8_000
    said = pause + by_name["90"].samples + pause
    monkeypatch.setenv("WHISPER_MODEL", str(model))
    settings.cache_clear()
    monkeypatch.setattr(at_carrier, "fetch", lambda _: wav(Audio(said, 8_000)))
    message = left(here)
    assert transcribe.run() == "done"
    made = of(message)
    assert made
    assert made.engine == "whisper (whisper-base)"
    assert "90" in made.text or "евяност" in made.text
    transcription._whisper.cache_clear()
