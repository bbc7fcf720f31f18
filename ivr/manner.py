"""How the served flow is spoken: the voices it wishes, and the recordings in the folder beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import RootModel

from flows.language.checking.words import spoken
from flows.language.flow import Flow
from flows.language.parts import Language
from ivr.yaml_file import YamlFileError, read_yaml
from voice.prompts import Manner
from voice.recorded import Recordings, RecordingUnfit, one_line, read_recording
from voice.voices import Wish

INDEX = "recordings.yaml"
FOLDER = "recordings"
SAMPLE = "docs/voice.md"


class Index(RootModel[dict[Language, dict[str, str]]]):
    """By language: text to file."""


def recordings_folder(flow_file: Path) -> Path:
    """Where the recordings of a flow's file are."""
    return flow_file.parent / FOLDER


def manner_of(flow: Flow, folder: Path | None) -> Manner:
    """Raises :class:`YamlFileError` when the folder's index is wrong; a folder without one has no recordings."""
    wishes = {
        language.lower(): Wish(wish.name or "", wish.rate or 0, wish.volume or 0)
        for language, wish in flow.document.voices.items()
    }
    return Manner(wishes, Recordings(dict(_listed(folder))) if folder else Recordings())


def wrong_recordings(flow: Flow, folder: Path) -> Iterator[str]:
    """What is wrong with the recordings, as sentences that name file, line or text, and mend."""
    try:
        listed = dict(_listed(folder))
    except YamlFileError as error:
        yield from str(error).splitlines()
        return
    texts = {
        (language, one_line(text)) for _, by_language, _, _ in spoken(flow) for language, text in by_language.items()
    }
    for (language, text), file in listed.items():
        named = f"{folder / INDEX}: {language}: {_short(text)!r}"
        try:
            read_recording(file)
        except RecordingUnfit as error:
            yield f"{named}: {file.name}: {error}. Put a WAV of 16 bits, 8000 Hz or more, at most 60 s there"
        if (language, text) not in texts:
            yield f"{named}: no text of the flow is this one. Copy the text from the flow, or remove the line"


def _listed(folder: Path) -> Iterator[tuple[tuple[str, str], Path]]:
    index = folder / INDEX
    if not index.is_file():
        return
    found: Mapping[str, Mapping[str, str]] = read_yaml(index, Index, setting="FLOW", sample=SAMPLE).root
    for language, files in found.items():
        for text, name in files.items():
            if Path(name).is_absolute() or ".." in Path(name).parts:
                raise YamlFileError(f"{index}: {language}: {name}: it leads out of the folder. Put the file beside it")
            yield (language, one_line(text)), folder / name


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
