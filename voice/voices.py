"""Which espeak-ng voice speaks a language, and how fast."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Voice:
    """``name`` is espeak-ng's voice; ``rate`` is words per minute (espeak-ng's 175 is hard to follow by phone)."""

    name: str
    rate: int


VOICES = {
    "ru": Voice("zle/ru", 150),
    "en": Voice("gmw/en", 155),
    "en-us": Voice("gmw/en-us", 155),
    "uk": Voice("zle/uk", 150),
}


def voice_for(language: str) -> Voice | None:
    """The voice of ``ru``, ``en-GB``, ``uk_UA``…; None when there is none for the language."""
    tag = language.lower().replace("_", "-")
    return VOICES.get(tag) or VOICES.get(tag.split("-")[0])
