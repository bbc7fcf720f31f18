"""Any words of a draft as sound: those on a line of its text, with sample values where it speaks of the caller's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from flows.language.flow import Flow
from flows.language.source import Path as Place
from flows.language.texts import analyse, render
from ivr.settings import settings
from voice.synthesis import Synthesiser

SAMPLES: Mapping[str, Any] = {
    "number": "4217",
    "order": "4217",
    "count": 2,
    "items_count": 2,
    "points": 1250,
    "burn_points": 21,
    "position": 3,
    "minutes": 5,
    "quantity": 1,
    "sum": "15481.50",
    "price": "2490.00",
    "worth": "1250.00",
    "due_from": "10:00",
    "due_to": "14:00",
    "phone": "+79161234567",
    "heard": "4217",
    "name": "Анна",
    "language": "ru",
}
"""What a variable holds by the last part of its name, where nobody says another value; anything else is a word."""
DATES = ("due", "at", "on", "until", "date", "burn_on", "keep_until", "callback_at")


class NoWords(Exception):
    """There are no words on that line."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text of the flow with its values in it. ``values``: the samples that were put in, by path."""

    text: str
    language: str
    values: Mapping[str, Any]


def words_at(flow: Flow, line: int, given: Mapping[str, Any], now: datetime) -> Words:
    """The words on that line of the flow's text, or the nearest above it. Raises :class:`NoWords`,
    ``flows.language.texts.TextError``."""
    found = [(flow.source.lines[place], place) for place, _ in _texts(flow) if flow.source.lines[place] <= line]
    if not found:
        raise NoWords
    _, place = max(found, key=lambda one: one[0])
    source, language = dict(_texts(flow))[place], str(place[-1])
    if isinstance(place[-1], int):
        language = str(place[-2])
    values = {path: given.get(path, _sample(path, now)) for path in sorted(analyse(source).variables)}
    return Words(render(source, _nested(values), language, now), language, values)


def _texts(flow: Flow) -> Iterator[tuple[Place, str]]:
    def walk(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key in flow.languages and isinstance(inner, str) and (*place, key) in flow.source.lines:
                    yield (*place, key), inner
                else:
                    yield from walk(inner, (*place, key))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from walk(inner, (*place, index))

    yield from walk(flow.source.data, ())


def _sample(path: str, now: datetime) -> Any:
    last = path.rpartition(".")[2]
    if last in DATES:
        return (now + timedelta(days=1)).date().isoformat()
    return SAMPLES.get(last, last)


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for path, value in values.items():
        *parents, last = path.split(".")
        inner = made
        for part in parents:
            deeper = inner.get(part)
            inner[part] = inner = deeper if isinstance(deeper, dict) else {}
        inner.setdefault(last, value)
    return made


@lru_cache
def _voice() -> Synthesiser:
    folder = settings().data_dir / "audio" / "speech"
    folder.mkdir(parents=True, exist_ok=True)
    return Synthesiser(folder)


def sound(text: str, language: str) -> Path:
    """The words as a WAV file. Raises ``voice.synthesis.SpeechFailed``."""
    return _voice().speak(text, language)
