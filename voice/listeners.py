"""Which recogniser hears a language live on this machine: Vosk where its model is, else the small one for English."""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path

from voice.models import installed
from voice.recognition import Expectation, Recogniser, RecognitionFailed

log = logging.getLogger(__name__)

SMALL = "en"
"""The language of PocketSphinx's model."""


def available(models: Path) -> dict[str, str]:
    """The recogniser's name by language, from what is installed; nothing is loaded."""
    found = {SMALL: "pocketsphinx (small English)"} if importlib.util.find_spec("pocketsphinx") else {}
    if importlib.util.find_spec("vosk"):
        found |= {one.language: f"vosk ({one.name})" for one in installed(models)}
    return found


def load(models: Path) -> dict[str, Recogniser]:
    """A warm recogniser by language: takes seconds and some hundreds of MB for each. One that cannot be loaded is left
    out, with a line in the log."""
    found: dict[str, Recogniser] = {}
    for language, name in available(models).items():
        try:
            recogniser = _made(language, name, models)
            _warm(recogniser)
        except RecognitionFailed as error:
            log.error("%s cannot be heard: %s", language, error)
            continue
        found[language] = recogniser
    return found


def _made(language: str, name: str, models: Path) -> Recogniser:
    if name.startswith("vosk"):
        from voice.engines.vosk import VoskRecogniser

        return VoskRecogniser(models / language, language)
    from voice.engines.sphinx import SphinxRecogniser

    return SphinxRecogniser()


def _warm(recogniser: Recogniser) -> None:
    """The first utterance pays for what is made at first use: here, not while a caller waits."""
    for words in (("yes", "no"), ("да", "нет"), ("так", "ні"), ("네",)):
        if not any(recogniser.lacks(word) for word in words):
            stream = recogniser.open(Expectation(recogniser.language, "phrases", words))
            stream.feed(bytes(16_000))
            stream.finish()
            return
