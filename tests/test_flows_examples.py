"""Examples in a flow file: where they stand, and what the check refuses at which line."""

from __future__ import annotations

import pytest

from flows.engine.report import change, report
from flows.language import FlowErrors, check_flow, load_flow
from flows.language.flow import Flow
from flows.language.problems import Problem
from ivr.actions import CATALOGUE

BASE = """
flow: tiny
languages: [ru]
start: main
commands:
  operator: {digits: "0", phrases: {ru: [оператор]}, next: person}
queues: {support: {}}
defaults:
  no_input: [{ru: "Не слышу."}, {ru: "Не слышу."}]
  no_match: [{ru: "Не понял."}, {ru: "Не понял."}]
  confirm: {ru: "{{ heard }}?"}
  sorry: {ru: "Простите."}
waiting: {position: {ru: "{{ position }}"}, wait: {ru: "{{ minutes }}"}}
filler: {ru: "Минуту."}
steps:
  main:
    menu:
      prompt: {ru: "Чем помочь?"}
      choices:
        - {name: delivery, next: bye}
        - {name: points, next: bye}
  person:
    transfer: {queue: support}
    unavailable: message
  message:
    record: {purpose: message, prompt: {ru: "Говорите."}}
    next: bye
  bye:
    hangup: {}
"""


def load(examples: str) -> Flow:
    return load_flow(BASE + examples, "tiny.yaml", CATALOGUE)


def problems(examples: str) -> list[Problem]:
    try:
        return check_flow(load(examples))
    except FlowErrors as error:
        return error.problems


def line_of(text: str, part: str) -> int:
    return next(at for at, line in enumerate(text.splitlines(), start=1) if part in line)


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ("where is my order", "is not in 'ru'"),
        ("де моє замовлення", "is not in 'ru'"),
        ("?!", "is empty"),
        ("где заказ " * 30, "letters long"),
    ],
)
def test_refused_at_its_line(sentence: str, message: str) -> None:
    text = f"examples:\n  delivery:\n    ru: |\n      где мой заказ\n\n      {sentence}\n  points:\n    ru: [баллы]\n"
    found = [each for each in problems(text) if message in each.message]
    assert [each.severity for each in found] == ["error"]
    assert found[0].line == line_of(BASE + text, sentence.strip()[:20])


def test_an_example_of_two_choices_is_told() -> None:
    text = "examples:\n  delivery:\n    ru: |\n      где оно\n  points:\n    ru: |\n      где оно\n"
    assert any("is an example of 'points' and of 'delivery'" in each.message for each in problems(text))


def test_few_examples_are_told() -> None:
    text = "examples:\n  delivery:\n    ru: [где заказ]\n"
    assert any("has 1 examples in 'ru'" in each.message for each in problems(text))


def test_a_name_that_nothing_has_is_an_error() -> None:
    found = problems("examples:\n  nobody:\n    ru: [где заказ]\n")
    assert any("named 'nobody'" in each.message and each.severity == "error" for each in found)


def test_the_report_and_what_an_example_changes() -> None:
    flow = load(
        "examples:\n  delivery:\n    ru: |\n      где мой заказ\n      когда привезут заказ\n      где мой курьер\n"
        "  points:\n    ru: |\n      сколько у меня баллов\n      мои баллы\n      баллы на карте\n"
    )
    found = report(flow, "ru")
    assert found is not None
    assert {row.name for row in found.rows} == {"delivery", "points", "operator", "none"}
    changed = change(flow, "ru", "чего там с самокатом", "delivery")
    assert changed is not None
    assert sum(row.examples for row in changed.new.rows) == sum(row.examples for row in changed.old.rows) + 1
