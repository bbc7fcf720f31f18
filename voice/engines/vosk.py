"""Vosk: live recognition of one language from a model's folder. https://alphacephei.com/vosk/

A model is loaded once per process and shared; a stream limited to phrases costs 0.06 MB and some 4 % of a core while
somebody speaks, free dictation 24 MB and 25 %.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from voice.audio import LINE_RATE, Audio
from voice.recognition import Expectation, Heard, RecognitionFailed, Word, known

UNKNOWN = "[unk]"
"""What a restricted recogniser hears in words that were not expected; left out of what was heard."""


class VoskRecogniser:
    """Implements :class:`voice.recognition.Recogniser` and :class:`voice.recognition.Transcriber`. Loading takes
    seconds and some hundreds of MB. Raises :class:`RecognitionFailed` for a folder that holds no model."""

    free = True

    def __init__(self, folder: Path, language: str) -> None:
        try:
            import vosk
        except ImportError as error:
            raise RecognitionFailed("the package 'vosk' is not installed", again=False) from error
        if not (folder / "am" / "final.mdl").is_file() and not (folder / "final.mdl").is_file():
            raise RecognitionFailed(f"{folder} holds no Vosk model: am/final.mdl is missing", again=False)
        vosk.SetLogLevel(-1)
        self._vosk: Any = vosk
        try:
            self._model: Any = vosk.Model(str(folder))
        except Exception as error:
            raise RecognitionFailed(f"the Vosk model in {folder} cannot be loaded: {error}", again=False) from error
        self.name = f"vosk ({folder.name})"
        self.language = language
        self._knows = lru_cache(maxsize=20_000)(self._look_up)
        self._filler = self._knows(UNKNOWN)

    def lacks(self, phrase: str) -> tuple[str, ...]:
        return tuple(word for word in phrase.lower().split() if not self._knows(word))

    def open(self, expected: Expectation) -> VoskStream:
        if expected.kind == "free":
            recogniser = self._vosk.KaldiRecognizer(self._model, LINE_RATE)
        else:
            phrases = known(tuple(phrase.lower() for phrase in expected.phrases), self)
            if not phrases:
                raise RecognitionFailed(f"{self.name} knows none of the {len(expected.phrases)} phrases", again=False)
            # A phrase with a word that the model lacks is dropped by Vosk itself, with a line on stderr.
            grammar = [*phrases, *([UNKNOWN] if self._filler else [])]
            recogniser = self._vosk.KaldiRecognizer(self._model, LINE_RATE, json.dumps(grammar, ensure_ascii=False))
        recogniser.SetWords(True)
        return VoskStream(recogniser)

    def transcribe(self, audio: Audio, language: str) -> Heard:
        stream = self.open(Expectation(language, "free"))
        samples = audio.at(LINE_RATE).samples
        for at in range(0, len(samples), LINE_RATE):
            stream.feed(samples[at : at + LINE_RATE])
        return stream.finish()

    def _look_up(self, word: str) -> bool:
        return bool(self._model.vosk_model_find_word(word) >= 0)


class VoskStream:
    """Implements :class:`voice.recognition.Stream`."""

    def __init__(self, recogniser: Any) -> None:
        self._recogniser = recogniser
        self._words: list[Word] = []

    def feed(self, samples: bytes) -> None:
        # Its own end of speech is only taken note of: when it is not, silence costs ten times more.
        if self._recogniser.AcceptWaveform(samples):
            self._take(self._recogniser.Result())

    def finish(self) -> Heard:
        self._take(self._recogniser.FinalResult())
        words = tuple(self._words)
        sure = sum(word.confidence for word in words) / len(words) if words else 0.0
        return Heard(" ".join(word.text for word in words), sure, words)

    def _take(self, result: str) -> None:
        for word in json.loads(result).get("result", ()):
            if word["word"] != UNKNOWN:
                self._words.append(Word(word["word"], word["start"], word["end"], word.get("conf", 1.0)))
