"""Who writes down a recording: Whisper where a model of it is named, else Vosk's model of the language."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from voice.models import is_model
from voice.recognition import RecognitionFailed, Transcriber


def available(language: str, vosk_models: Path, whisper_model: str) -> bool:
    """Whether a model is there; loads nothing. A Whisper model named, not a folder, is taken to be there."""
    return bool(whisper_model) or is_model(vosk_models / _base(language))


def transcriber(language: str, vosk_models: Path, whisper_model: str) -> Transcriber | None:
    """Ready to write; None: no model. Loaded once per process, which takes seconds and some hundreds of MB.
    Raises :class:`voice.recognition.RecognitionFailed` when a model cannot be loaded."""
    if whisper_model:
        return _whisper(whisper_model)
    folder = vosk_models / _base(language)
    return _vosk(folder, _base(language)) if is_model(folder) else None


@lru_cache(maxsize=1)
def _whisper(model: str) -> Transcriber:
    from voice.engines.whisper import WhisperTranscriber

    if model.startswith(("/", ".", "~")) and not (Path(model).expanduser() / "model.bin").is_file():
        raise RecognitionFailed(f"WHISPER_MODEL: {model} holds no model.bin", again=False)
    return WhisperTranscriber(str(Path(model).expanduser()) if model.startswith("~") else model)


@lru_cache(maxsize=2)
def _vosk(folder: Path, language: str) -> Transcriber:
    from voice.engines.vosk import VoskRecogniser

    return VoskRecogniser(folder, language)


def _base(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()
