"""``hotline voice evaluate FOLDER``: how well recordings are heard, as a table or as JSON."""

from __future__ import annotations

import json
import wave
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click
from pydantic import RootModel

from flows.understand import best_choice
from ivr.settings import Settings, settings
from ivr.yaml_file import YamlFileError, read_yaml
from voice.evaluation import (
    Case,
    EvaluationError,
    Hear,
    Intent,
    Score,
    directly,
    evaluate,
    read_cases,
    score,
    through_the_ear,
    written,
)
from voice.recognition import Expectation, Kind, Recogniser, RecognitionFailed

INTENTS = "intents.yaml"
HEADINGS = ("noise", "files", "words", "intent", "rejected", "wrong", "false", "of time")


class Intents(RootModel[dict[str, list[str]]]):
    """Intent to phrases that mean it."""


@click.command("evaluate")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--language", default="en", show_default=True, help="What is spoken in the recordings.")
@click.option("--recogniser", type=click.Choice(["vosk", "sphinx", "whisper"]), help="Default: vosk, else sphinx.")
@click.option("--kind", type=click.Choice(["phrases", "digits", "free"]), default="phrases", show_default=True)
@click.option("--noise", default="", help="Levels of added noise, dB below the speech: 20,10,5.")
@click.option("--direct", is_flag=True, help="The recogniser alone, fed from memory, without the end-pointer.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object per noise level.")
def command(
    folder: Path, language: str, recogniser: str | None, kind: Kind, noise: str, direct: bool, as_json: bool
) -> None:
    """Hear the recordings of FOLDER and compare with its expected.csv (columns file,words,intent)."""
    try:
        cases = read_cases(folder)
        intent = _intents(folder / INTENTS, language)
        hear = _hear(settings(), cases, language, recogniser, kind, direct)
        scores = []
        for level in [None, *_levels(noise)]:
            scores.append(score(evaluate(cases, hear, intent, level), level))
            if as_json:
                click.echo(json.dumps(scores[-1].as_json()))
    except (EvaluationError, YamlFileError, RecognitionFailed, wave.Error, EOFError) as error:
        raise click.ClickException(str(error)) from error
    if not as_json:
        click.echo("\n".join(_table(scores)))


def _levels(noise: str) -> list[float]:
    try:
        return [float(part) for part in noise.split(",") if part.strip()]
    except ValueError:
        raise click.BadParameter("numbers, comma-separated: 20,10,5", param_hint="--noise") from None


def _hear(configured: Settings, cases: list[Case], language: str, name: str | None, kind: Kind, direct: bool) -> Hear:
    from voice.endpoint import DIGITS, FREE, PHRASES, SileroJudge

    if name == "whisper":
        from voice.engines.whisper import WhisperTranscriber

        if not configured.whisper_model:
            raise RecognitionFailed("WHISPER_MODEL is not set", again=False)
        return written(WhisperTranscriber(configured.whisper_model), language)
    recogniser = _recogniser(configured, language, name)
    said = (part for case in cases for part in (case.words.split() if kind == "digits" else [case.words]) if part)
    expected = Expectation(language, kind, () if kind == "free" else tuple(dict.fromkeys(said)))
    if direct:
        return directly(recogniser, expected)
    patience = {"phrases": PHRASES, "digits": DIGITS, "free": FREE}[kind]
    return through_the_ear(recogniser, expected, patience, SileroJudge)


def _recogniser(configured: Settings, language: str, name: str | None) -> Recogniser:
    from voice.models import is_model

    folder = configured.vosk_folder / language
    if name == "vosk" or (name is None and is_model(folder)):
        from voice.engines.vosk import VoskRecogniser

        return VoskRecogniser(folder, language)
    if language != "en":
        raise RecognitionFailed(f"there is no Vosk model for {language!r}; `hotline voice fetch {language}` gets one")
    from voice.engines.sphinx import SphinxRecogniser

    return SphinxRecogniser()


def _intents(path: Path, language: str) -> Intent | None:
    if not path.is_file():
        return None
    phrases = read_yaml(path, Intents, setting="the folder", sample="docs/voice.md").root
    return partial(_intent, phrases, language)


def _intent(phrases: dict[str, list[str]], language: str, words: str) -> str:
    found: Any = best_choice([(words, 1.0)], phrases, language)
    return str(found.key) if found else ""


def _table(scores: list[Score]) -> Iterator[str]:
    yield "  ".join(f"{heading:>8}" for heading in HEADINGS)
    for one in scores:
        noise = "none" if one.noise is None else f"{one.noise:g} dB"
        parts = (one.word_errors, one.intent_errors, one.rejected, one.wrong, one.false)
        shown = ["—" if part is None else f"{part:.1f} %" for part in parts]
        yield "  ".join(f"{cell:>8}" for cell in (noise, str(one.recordings), *shown, f"{one.speed:.3f}"))
    yield "words, intent: errors of what was expected; rejected: nothing heard; wrong: other words heard;"
    yield "false: taken though nothing was said; of time: processor seconds for a second of sound."
