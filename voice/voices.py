"""Which voice speaks a language, how fast and how loud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Voice:
    """``name`` is the engine's name of the voice (espeak-ng: ``zle/ru``); ``rate`` is words per minute (espeak-ng's
    175 is hard to follow by phone); ``volume`` is percent."""

    name: str
    rate: int
    volume: int = 100


VOICES = {
    "ru": Voice("zle/ru", 150),
    "en": Voice("gmw/en", 155),
    "en-us": Voice("gmw/en-us", 155),
    "uk": Voice("zle/uk", 150),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a flow says of a language's voice. What is left out (``""``, 0) is as in :data:`VOICES`."""

    name: str = ""
    rate: int = 0
    volume: int = 0


def voice_for(language: str, wishes: Mapping[str, Wish] | None = None) -> Voice | None:
    """The voice of ``ru``, ``en-GB``, ``uk_UA``…, as wished; None when there is none for the language."""
    tag = language.lower().replace("_", "-")
    base = tag.split("-")[0]
    found = VOICES.get(tag) or VOICES.get(base)
    wish = (wishes.get(tag) or wishes.get(base)) if wishes else None
    if found is None or wish is None:
        return found
    return replace(
        found, name=wish.name or found.name, rate=wish.rate or found.rate, volume=wish.volume or found.volume
    )
