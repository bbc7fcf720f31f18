"""Text made fit for a voice: no markup, no emoji, nothing that espeak-ng takes for a command; values in words
(``voice.saying``), and letters that the voice cannot read in those it can."""

from __future__ import annotations

import html
import re
import unicodedata

from anyascii import anyascii

from voice.saying import said

_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
_LINK = re.compile(r"\[([^\[\]]+)\]\([^()\s]+\)")
# espeak-ng reads [[…]] as phonemes, and |, ~, ^ can open commands in its text.
_MARKS = re.compile(r"[\[\]{}<>|~^*_`#\\]+")
_SPACE = re.compile(r"\s+")

# Kept though Unicode calls them symbols: a voice says them.
_SAID = frozenset("°™©®№")


def speakable(text: str, language: str) -> str:
    """The words to speak, on one line; empty when there is nothing to say. ``language`` is ``ru``, ``en-GB``…"""
    text = unicodedata.normalize("NFC", html.unescape(_TAG.sub(" ", text)))
    text = _LINK.sub(r"\1", _TAG.sub(" ", text))
    text = "".join(character for character in _MARKS.sub(" ", text) if _voiced(character))
    text = said(_SPACE.sub(" ", text).strip(), language)
    text = _SPACE.sub(" ", _readable(text, language)).strip()
    return text if any(character.isalnum() for character in text) else ""


def _readable(text: str, language: str) -> str:
    """Letters of a script that the language's voice knows only by their names, put into Latin ones."""
    base = language.replace("_", "-").split("-")[0].lower()
    known = {"ru": ("CYRILLIC", "LATIN"), "uk": ("CYRILLIC", "LATIN"), "en": ("LATIN",)}.get(base)
    if known is None or text.isascii():
        return text
    return "".join(
        f"{anyascii(each)}{' ' if unicodedata.name(each, '').startswith(('CJK', 'HANGUL')) else ''}"
        if each.isalpha() and not each.isascii() and not unicodedata.name(each, "").startswith(known)
        else each
        for each in text
    )


def _voiced(character: str) -> bool:
    """Whether a character stays: letters, digits, accents, punctuation, money and maths; no emoji, no controls."""
    if character.isspace():
        return True
    category = unicodedata.category(character)
    if category in {"So", "Sk"}:
        return character in _SAID
    # Variation selectors dress emoji; other marks (a stress on a Russian vowel) are for the voice.
    return category[0] != "C" and not 0xFE00 <= ord(character) <= 0xFE0F and ord(character) != 0x20E3
