"""Text made fit for a voice: no markup, no emoji, nothing that espeak-ng takes for a command."""

from __future__ import annotations

import html
import re
import unicodedata

_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
_LINK = re.compile(r"\[([^\[\]]+)\]\([^()\s]+\)")
# espeak-ng reads [[…]] as phonemes, and |, ~, ^ can open commands in its text.
_MARKS = re.compile(r"[\[\]{}<>|~^*_`#\\]+")
_SPACE = re.compile(r"\s+")

_WORDS = {
    "№": {"ru": " номер ", "uk": " номер ", "": " number "},
    "₽": {"ru": " рублей ", "uk": " рублів ", "": " roubles "},
    "₴": {"ru": " гривен ", "uk": " гривень ", "": " hryvnias "},
}
# Kept though Unicode calls them symbols: a voice says them.
_SAID = frozenset("°™©®")


def speakable(text: str, language: str) -> str:
    """The words to speak, on one line; empty when there is nothing to say. ``language`` is ``ru``, ``en-GB``…"""
    text = unicodedata.normalize("NFC", html.unescape(_TAG.sub(" ", text)))
    text = _LINK.sub(r"\1", _TAG.sub(" ", text))
    base = language.split("-")[0].lower()
    for sign, words in _WORDS.items():
        text = text.replace(sign, words.get(base, words[""]))
    text = _MARKS.sub(" ", text)
    text = "".join(character for character in text if _voiced(character))
    text = _SPACE.sub(" ", text).strip()
    return text if any(character.isalnum() for character in text) else ""


def _voiced(character: str) -> bool:
    """Whether a character stays: letters, digits, accents, punctuation, money and maths; no emoji, no controls."""
    if character.isspace():
        return True
    category = unicodedata.category(character)
    if category in {"So", "Sk"}:
        return character in _SAID
    # Variation selectors dress emoji; other marks (a stress on a Russian vowel) are for the voice.
    return category[0] != "C" and not 0xFE00 <= ord(character) <= 0xFE0F and ord(character) != 0x20E3
