"""Values said in the same breath as a choice: "где мой заказ сорок два семнадцать"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flows.engine.inputs import Speech
from flows.engine.limits import ACCEPT, CONSIDER
from flows.engine.meaning import lengths_of
from flows.engine.run import Run
from flows.engine.words import Readers, readers
from flows.language.flow import Flow
from flows.understand.languages import words
from flows.understand.tokens import tokens


def said_with(run: Run, takes: Mapping[str, str], speech: Speech) -> dict[str, Any]:
    """``[value, sure]`` by variable, of those that were said. Only what an ask would take as well."""
    found: dict[str, Any] = {}
    for variable, kind in takes.items():
        for each in speech.alternatives:
            if each.confidence < CONSIDER:
                continue
            value = value_of(run.flow, readers(run), variable, kind, each.text)
            if value is not None:
                found[variable] = [value, each.confidence > ACCEPT]
                break
    return found


def values_in(flow: Flow, takes: Mapping[str, str], text: str, language: str, now: datetime) -> dict[str, Any]:
    """Values by variable; ``now`` is aware."""
    by = Readers(language, lambda: now)
    read = {variable: value_of(flow, by, variable, kind, text) for variable, kind in takes.items()}
    return {variable: value for variable, value in read.items() if value is not None}


def value_of(flow: Flow, by: Readers, variable: str, kind: str, text: str) -> Any:
    """The value of a kind in ``text``; digits only as many as are asked for."""
    reading: Mapping[str, Callable[[str], Any]] = {
        "digits": by.digits,
        "number": by.number,
        "money": by.money,
        "date": by.date,
        "time": by.time,
        "phone": by.phone,
    }
    if kind != "digits":
        return reading[kind](text)
    least, most = lengths_of(flow, variable) or (1, 32)
    fitting = {found for found in map(by.digits, _runs(text, by.language)) if found and least <= len(found) <= most}
    return fitting.pop() if len(fitting) == 1 else None


def _runs(text: str, language: str) -> list[str]:
    """The parts of ``text`` that are nothing but numbers: what stands around an order's number is a wish."""
    table = words(language)
    known = (
        table.numbers.keys() | table.scales.keys() | table.digit_nouns.keys() | table.repeats.keys() if table else ()
    )
    runs: list[list[str]] = [[]]
    for word in tokens(text):
        if word.isdecimal() or word in known:
            runs[-1].append(word)
        elif runs[-1]:
            runs.append([])
    return [" ".join(run) for run in runs if run]
