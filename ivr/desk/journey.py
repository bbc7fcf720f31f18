"""A call's way through the flow in words that people read: titles of steps, what was looked up, what went wrong."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from flows.language import FlowErrors
from flows.language.loader import parse_flow
from flows.library import PATH
from ivr.actions import CATALOGUE
from ivr.desk.texts import Texts
from ivr.store import flows
from ivr.store.engine import engine, reading

log = logging.getLogger(__name__)

Titles = Mapping[str, Mapping[str, str]]
"""Of each step that has one: its title by language."""

ENDS = ("failed", "limited", "refused", "missing", "in doubt")
"""How something that was asked of the shop went wrong, as journals tell it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the way. ``bad``: something went wrong there."""

    text: str
    bad: bool = False


def titles(path: Path | None, revision: str = "") -> Titles:
    """The titles in the revision that a call ran on, when it was published; else those in the flow file (None: the
    shipped one); none when that cannot be read. Raises ``SQLAlchemyError``."""
    published = _published(revision) if revision else None
    if published is not None:
        return published
    file = path or PATH
    try:
        stat = file.stat()
        return _titles(file, stat.st_mtime_ns, stat.st_size)
    except (OSError, FlowErrors):
        # Whatever is wrong with the file: an agent's page shows the way without titles.
        log.warning("no titles of steps: %s cannot be read", file.name)
        return {}


@lru_cache(maxsize=16)
def _published(revision: str) -> Titles | None:
    with reading(engine()) as conn:
        text = flows.text_of(conn, revision)
    return None if text is None else parse_flow(text, revision, CATALOGUE).document.titles


@lru_cache(maxsize=4)
def _titles(file: Path, changed: int, size: int) -> Titles:
    return parse_flow(file.read_text("utf-8"), file.name, CATALOGUE).document.titles


def way(entries: Iterable[tuple[str, Mapping[str, Any]]], named: Titles, words: Texts) -> tuple[Stage, ...]:
    """The way of a call from its journal, repeats in a row once. A step without a title is left out."""
    stages: list[Stage] = []
    for kind, data in entries:
        stage = _stage(kind, data, named, words)
        if stage is not None and stages[-1:] != [stage]:
            stages.append(stage)
    return tuple(stages)


def _stage(kind: str, data: Mapping[str, Any], named: Titles, words: Texts) -> Stage | None:
    if kind == "entered":
        title = named.get(str(data.get("step") or ""), {})
        text = title.get(words.code) or next(iter(title.values()), "")
        return Stage(text) if text else None
    if kind == "lookup":
        outcome = str(data.get("outcome") or "")
        if data.get("action") == "customers.recognise" and outcome != "failed":
            return None  # asked in every call, and who calls is shown anyway
        text = words.get(f"did_{data.get('action')}")
        if not text or outcome == "found":
            return Stage(text) if text else None
        return Stage(f"{text}: {words.get('went_' + outcome, outcome)}", outcome in ("failed", "limited"))
    return None


def trouble(what: str, words: Texts) -> str:
    """A journal's word for what went wrong as a sentence: ``orders.status failed``, ``limit silence``."""
    known = words.get("trouble_" + what.replace(" ", "_").replace("-", "_"))
    if known:
        return known
    for end in ENDS:
        if what.endswith(" " + end):
            asked = words.get("did_" + what.removesuffix(" " + end))
            if asked:
                return f"{asked}: {words.get('went_' + end.replace(' ', '_'))}"
    return words.trouble_other
