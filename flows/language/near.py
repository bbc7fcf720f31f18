"""Did you mean…?"""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz, process


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that ``name`` was probably meant to be."""
    found = process.extractOne(name, sorted(known), scorer=fuzz.ratio, score_cutoff=65)
    return found[0] if found else None


def suggest(name: str, known: Iterable[str], otherwise: str) -> str:
    """``Did you mean …?``, or the other advice when nothing is near."""
    near = nearest(name, known)
    return f"Did you mean '{near}'?" if near else otherwise
