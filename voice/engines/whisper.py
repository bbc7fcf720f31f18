"""Faster-whisper: messages and recordings written down, in any language, in its own time.

https://github.com/SYSTRAN/faster-whisper. ``model`` is a folder, or a name that its makers publish (fetched at first
use).
"""

from __future__ import annotations

from typing import Any

from voice.audio import Audio
from voice.recognition import Heard, RecognitionFailed, Word

MODEL_RATE = 16_000


class WhisperTranscriber:
    """Implements :class:`voice.recognition.Transcriber`. Loading takes seconds. Raises :class:`RecognitionFailed`."""

    def __init__(self, model: str) -> None:
        try:
            import numpy
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise RecognitionFailed("the package 'faster-whisper' is not installed", again=False) from error
        self._numpy: Any = numpy
        try:
            self._model: Any = WhisperModel(model, device="cpu", compute_type="int8")
        except Exception as error:
            raise RecognitionFailed(f"the Whisper model {model!r} cannot be loaded: {error}") from error
        self.name = f"whisper ({model.rstrip('/').rpartition('/')[2]})"

    def transcribe(self, audio: Audio, language: str) -> Heard:
        numpy = self._numpy
        samples = numpy.frombuffer(audio.at(MODEL_RATE).samples, "<i2").astype("float32") / 32_768
        try:
            # Without the condition on earlier text one wrong sentence is not repeated to the end.
            parts, _ = self._model.transcribe(
                samples, language=language, word_timestamps=True, condition_on_previous_text=False, vad_filter=True
            )
            words = tuple(
                Word(word.word.strip(), word.start, word.end, word.probability)
                for part in parts
                for word in part.words or ()
            )
        except Exception as error:
            raise RecognitionFailed(f"{self.name} failed: {error}") from error
        sure = sum(word.confidence for word in words) / len(words) if words else 0.0
        return Heard(" ".join(word.text for word in words), sure, words)
