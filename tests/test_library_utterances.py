"""What callers say at the main menu of the shipped flow, and where it leads them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from flows.engine import CallFacts, advance, start
from flows.engine.events import Lookup, Understood
from flows.engine.inputs import Alternative, LookupDone, Speech
from flows.language import Flow, read_flow
from flows.library import PATH
from ivr.actions import CATALOGUE

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SHOPS = {"shops": [{"city": "a", "address": "b", "hours": "c", "phone": "d"}] * 3, "count": 3}


@cache
def _flow() -> Flow:
    return read_flow(PATH, CATALOGUE)


def _rows() -> list[list[str]]:
    lines = (Path(__file__).parent / "understand" / "main_menu.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize(("language", "said", "where"), _rows())
def test_where_it_leads(language: str, said: str, where: str) -> None:
    step = start(_flow(), CallFacts("CA1", "+79161234567", "+74950000000", language), NOW, "open")
    promised = step.events[-1]
    assert isinstance(promised, Lookup), "no call was promised to them"
    step = advance(_flow(), step.session, LookupDone(promised.id, "missing"), NOW)
    step = advance(_flow(), step.session, Speech((Alternative(said),)), NOW)
    understood = [event.as_ for event in step.events if isinstance(event, Understood)]
    if where == "-":
        assert understood == ["no_match"]
        return
    if where.endswith("?"):
        assert step.session.step == "main"
        step = advance(_flow(), step.session, Speech((Alternative("да" if language == "ru" else "yes"),)), NOW)
    last = step.events[-1]
    if isinstance(last, Lookup):
        step = advance(_flow(), step.session, LookupDone(last.id, "found", SHOPS), NOW)
    assert step.session.step == where.removesuffix("?")
