"""The shipped flow: clean, and every step and way of it heard in a scenario, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import pytest

from flows.engine import CallFacts, advance, start
from flows.engine.events import HandOff, Lookup
from flows.engine.inputs import Digits, LookupDone
from flows.language import Flow, check_flow, read_flow
from flows.library import PATH
from flows.scenarios import Outcome, run_scenarios
from ivr.actions import CATALOGUE

SCENARIOS = PATH.with_name("hotline.scenarios.yaml")


@cache
def _flow() -> Flow:
    return read_flow(PATH, CATALOGUE)


@cache
def _outcome() -> Outcome:
    return run_scenarios(_flow(), SCENARIOS.read_text(encoding="utf-8"), SCENARIOS.name)


def test_the_flow_has_nothing_wrong() -> None:
    assert [str(problem) for problem in check_flow(_flow())] == []


def test_every_scenario_goes_as_written() -> None:
    failed = [f"{result.line}: {result.name}: {result.failure}" for result in _outcome().failures]
    assert failed == []


def test_every_step_and_every_way_is_taken() -> None:
    assert _outcome().unreached == ()
    assert _outcome().unwalked == ()


@pytest.mark.parametrize("language", ["ru", "en"])
def test_both_languages_end_in_every_way(language: str) -> None:
    """Served, with a human, with a callback and with a message."""
    text = SCENARIOS.read_text(encoding="utf-8")
    parts = [part for part in text.split("\n  - name:")[1:] if ("language: en" in part) == (language == "en")]
    ends = {part.split("ends: ")[1].split()[0] for part in parts}
    assert {"hangup", "human", "callback", "message"} <= ends


def test_menus_hold_no_more_than_people_remember() -> None:
    for name, step in _flow().steps.items():
        if step.kind == "menu":
            assert len([choice for choice in step.choices if choice.digits]) <= 5, name


def test_a_human_is_one_key_or_word_away() -> None:
    operator = _flow().document.commands["operator"]
    assert operator.digits == "0"
    assert "оператор" in operator.phrases["ru"]
    assert "operator" in operator.phrases["en"]


def test_the_ticket_says_that_the_shop_failed() -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    step = start(_flow(), CallFacts("CA1", "+79160000000", "+74950000000", "ru"), now, "open")
    promised = step.events[-1]
    assert isinstance(promised, Lookup)
    step = advance(_flow(), step.session, LookupDone(promised.id, "missing"), now)
    for digits in ("1", "4217"):
        step = advance(_flow(), step.session, Digits(digits), now)
    asked = step.events[-1]
    assert isinstance(asked, Lookup)
    step = advance(_flow(), step.session, LookupDone(asked.id, "failed"), now)
    handed = step.events[-1]
    assert isinstance(handed, HandOff)
    assert handed.summary == "Тема: доставка. Заказ 4217. Система магазина не ответила."
