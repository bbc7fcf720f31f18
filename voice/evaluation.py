"""How well recordings are heard: word and intent errors, what is rejected, what is taken falsely, by noise level."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from voice.audio import FRAME_BYTES, LINE_RATE, Audio, read_wav
from voice.ear import utterances
from voice.endpoint import Judge, Patience
from voice.noise import noisy
from voice.recognition import Expectation, Recogniser, Transcriber

TABLE = "expected.csv"
BEFORE_SECONDS, AFTER_SECONDS = 0.5, 3.0
"""Silence around a recording, as on a line: an end-pointer needs some to know the line's noise, and an end."""


class EvaluationError(Exception):
    """The folder cannot be evaluated; the message names file, line and mend."""


@dataclass(frozen=True, slots=True)
class Case:
    """A recording and what should be heard in it. ``words`` empty: nothing should be taken. ``intent`` empty: none is
    looked at."""

    file: Path
    words: str
    intent: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One recording at one noise level. ``cpu``: processor seconds; ``seconds`` of sound."""

    case: Case
    heard: str
    intent: str
    seconds: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Score:
    """Percent, but for counts. ``noise``: dB below the speech; None: as recorded. ``word_errors``: of the words that
    were expected; ``rejected``: recordings with words in which none was heard; ``wrong``: in which others were;
    ``false``: recordings without words in which some were taken; ``speed``: processor time by time."""

    noise: float | None
    recordings: int
    word_errors: float | None
    intent_errors: float | None
    rejected: float | None
    wrong: float | None
    false: float | None
    speed: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


Hear = Callable[[Audio], str]
"""The words in a sound at 8 kHz."""
Intent = Callable[[str], str]
"""What was meant by words; '' for nothing known."""


def read_cases(folder: Path) -> list[Case]:
    """The table ``expected.csv`` in the folder: columns ``file``, ``words`` and, if wanted, ``intent``.
    Raises :class:`EvaluationError`."""
    path = folder / TABLE
    try:
        rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    except FileNotFoundError:
        raise EvaluationError(f"{path} is missing: a table with the columns file,words,intent") from None
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path} cannot be read: {error}. Save it as UTF-8") from error
    cases = []
    for line, row in enumerate(rows, 2):
        if not row.get("file") or row.get("words") is None:
            raise EvaluationError(f"{path}:{line}: a row needs file and words (words may be empty, between commas)")
        file = folder / str(row["file"])
        if not file.is_file():
            raise EvaluationError(f"{path}:{line}: there is no file {row['file']}. Put it there or remove the row")
        cases.append(Case(file, _plain(str(row["words"])), (row.get("intent") or "").strip()))
    if not cases:
        raise EvaluationError(f"{path} has no rows under its heading")
    return cases


def through_the_ear(
    recogniser: Recogniser, expected: Expectation, patience: Patience, judge: Callable[[], Judge]
) -> Hear:
    """As in a call: frame by frame, only what is a voice, until it ends."""

    def hear(audio: Audio) -> str:
        found = utterances(frames(audio), recogniser, expected, patience, judge())
        return " ".join(each.heard.text for each in found if each.heard.text)

    return hear


def directly(recogniser: Recogniser, expected: Expectation) -> Hear:
    """The recogniser alone, fed from memory."""

    def hear(audio: Audio) -> str:
        stream = recogniser.open(expected)
        for frame in frames(audio, 3_200):
            stream.feed(frame)
        return stream.finish().text

    return hear


def written(transcriber: Transcriber, language: str) -> Hear:
    """As messages are written down."""
    return lambda audio: transcriber.transcribe(audio, language).text


def frames(audio: Audio, size: int = 2 * FRAME_BYTES) -> Iterable[bytes]:
    """16-bit frames of 20 ms at 8 kHz; the rest is made whole with silence."""
    samples = audio.at(LINE_RATE).samples
    for at in range(0, len(samples), size):
        yield samples[at : at + size].ljust(size, b"\0")


def evaluate(cases: Sequence[Case], hear: Hear, intent: Intent | None, noise: float | None) -> list[Outcome]:
    """Every recording at one noise level. Raises ``wave.Error`` and ``RecognitionFailed``."""
    outcomes = []
    for seed, case in enumerate(cases):
        audio = read_wav(case.file).at(LINE_RATE)
        before, after = (bytes(2 * round(LINE_RATE * seconds)) for seconds in (BEFORE_SECONDS, AFTER_SECONDS))
        audio = Audio(before + audio.samples + after, LINE_RATE)
        if noise is not None:
            audio = noisy(audio, noise, seed)
        began = time.process_time()
        heard = _plain(hear(audio))
        cpu = time.process_time() - began
        outcomes.append(Outcome(case, heard, intent(heard) if intent and heard else "", audio.seconds, cpu))
    return outcomes


def score(outcomes: Sequence[Outcome], noise: float | None) -> Score:
    """What came of them, as percents."""
    said = [each for each in outcomes if each.case.words]
    unsaid = [each for each in outcomes if not each.case.words]
    meant = [each for each in outcomes if each.case.intent]
    words = sum(len(each.case.words.split()) for each in said)
    errors = sum(distance(each.case.words.split(), each.heard.split()) for each in said)
    return Score(
        noise,
        len(outcomes),
        _percent(errors, words),
        _percent(sum(each.intent != each.case.intent for each in meant), len(meant)),
        _percent(sum(not each.heard for each in said), len(said)),
        _percent(sum(bool(each.heard) and each.heard != each.case.words for each in said), len(said)),
        _percent(sum(bool(each.heard) for each in unsaid), len(unsaid)),
        round(sum(each.cpu for each in outcomes) / (sum(each.seconds for each in outcomes) or 1.0), 4),
    )


def distance(wanted: Sequence[str], heard: Sequence[str]) -> int:
    """Words to put in, take out or change."""
    row = list(range(len(heard) + 1))
    for at, word in enumerate(wanted, 1):
        before, row[0] = row[0], at
        for to, other in enumerate(heard, 1):
            before, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, before + (word != other))
    return row[-1]


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def _plain(words: str) -> str:
    kept = "".join(each if each.isalnum() or each in "'- " else " " for each in words.lower())
    return " ".join(kept.split())
