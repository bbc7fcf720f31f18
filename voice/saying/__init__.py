"""Values in a text put into the words of its language: numbers, money, dates, times, telephones, abbreviations.

A flow's own values come in words already (``flows.language.filters``); this is for all that people write as they write.
"""

from __future__ import annotations

from collections.abc import Mapping

from voice.saying.en import ENGLISH
from voice.saying.ru import RUSSIAN
from voice.saying.rules import in_words
from voice.saying.tongue import Tongue
from voice.saying.uk import UKRAINIAN

TONGUES: Mapping[str, Tongue] = {"ru": RUSSIAN, "uk": UKRAINIAN, "en": ENGLISH}


def said(text: str, language: str) -> str:
    """The text with its values in words; unchanged in a language that has no table. Never raises."""
    tongue = TONGUES.get(language.replace("_", "-").split("-")[0].lower())
    return in_words(text, tongue) if tongue else text
