"""PocketSphinx with the English model inside its wheel: speech on the first day, with nothing downloaded.

Small and old: English only, phrases only, and of single digits over a telephone line it gets two of three. A Vosk model
of the language takes its place. https://github.com/cmusphinx/pocketsphinx
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from voice.audio import LINE_RATE, Resampler
from voice.recognition import Expectation, Heard, RecognitionFailed, Word, known

MODEL_RATE = 16_000
STREAMS = 4
"""Decoders kept for reuse: each holds a model of its own (40 MB, a second to load)."""
_SKIPPED = re.compile(r"<.*>|\[.*\]|\(\d\)")


class SphinxRecogniser:
    """Implements :class:`voice.recognition.Recogniser`."""

    language = "en"
    name = "pocketsphinx (small English)"
    free = False

    def __init__(self) -> None:
        try:
            import pocketsphinx
        except ImportError as error:
            raise RecognitionFailed("the package 'pocketsphinx' is not installed", again=False) from error
        self._decoder: Any = pocketsphinx.Decoder
        dictionary = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"))
        self._knows = frozenset(line.partition(" ")[0] for line in dictionary.read_text("utf-8").splitlines())
        self._lock = threading.Lock()
        self._idle: list[Any] = [self._made()]

    def lacks(self, phrase: str) -> tuple[str, ...]:
        return tuple(word for word in _words(phrase) if word not in self._knows)

    def open(self, expected: Expectation) -> SphinxStream:
        if expected.kind == "free":
            raise RecognitionFailed(f"{self.name} takes no dictation", again=False)
        phrases = known(tuple(" ".join(_words(phrase)) for phrase in expected.phrases), self)
        if not phrases:
            raise RecognitionFailed(f"{self.name} knows none of the {len(expected.phrases)} phrases", again=False)
        with self._lock:
            decoder = self._idle.pop() if self._idle else None
        decoder = decoder or self._made()
        many = "+" if expected.kind == "digits" else ""
        rule = f"#JSGF V1.0; grammar said; public <said> = ({' | '.join(phrases)}){many};"
        decoder.add_jsgf_string("said", rule)
        decoder.activate_search("said")
        decoder.start_utt()
        return SphinxStream(decoder, self._give_back)

    def _made(self) -> Any:
        return self._decoder(samprate=MODEL_RATE, lm=None, loglevel="FATAL")

    def _give_back(self, decoder: Any) -> None:
        with self._lock:
            if len(self._idle) < STREAMS:
                self._idle.append(decoder)


class SphinxStream:
    """Implements :class:`voice.recognition.Stream`."""

    def __init__(self, decoder: Any, give_back: Callable[[Any], None]) -> None:
        self._decoder = decoder
        self._give_back = give_back
        self._wider = Resampler(LINE_RATE, MODEL_RATE)

    def feed(self, samples: bytes) -> None:
        if wider := self._wider.feed(samples):  # it takes no empty piece
            self._decoder.process_raw(wider, False, False)

    def finish(self) -> Heard:
        decoder = self._decoder
        decoder.end_utt()
        words = tuple(
            Word(_SKIPPED.sub("", part.word), part.start_frame / 100, (part.end_frame + 1) / 100, 1.0)
            for part in decoder.seg() or ()
            if _SKIPPED.sub("", part.word)
        )
        hypothesis = decoder.hyp()
        logmath = decoder.get_logmath()
        sure = min(1.0, logmath.exp(hypothesis.prob)) if hypothesis else 0.0
        self._give_back(decoder)
        return Heard(" ".join(word.text for word in words), sure, words)


def _words(phrase: str) -> list[str]:
    """As its dictionary writes them, and nothing that means something in a grammar."""
    return re.sub(r"[^a-z']+", " ", phrase.lower()).split()
