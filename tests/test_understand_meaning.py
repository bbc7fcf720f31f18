"""Choices told by examples: measured on sentences that the examples were not written from."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.engine.meaning import decided, understanding
from flows.language import Flow, read_flow
from flows.library import PATH
from flows.understand.meaning.decide import Decision, Understanding
from ivr.actions import CATALOGUE

LEAST_RIGHT = {"ru": 0.93, "uk": 0.92, "en": 0.90}
TAKEN = frozenset({"none", "unsure", "yes", "no"})


@cache
def shipped() -> Flow:
    return read_flow(PATH, CATALOGUE)


def said(text: str, language: str = "ru") -> Decision:
    found = decided(shipped(), shipped().steps["main"], [(text, 1.0)], language)
    assert found is not None
    return found


def held_out(language: str) -> list[list[str]]:
    lines = (Path(__file__).parent / "understand" / f"meaning.{language}.tsv").read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_held_out_sentences(language: str) -> None:
    rows = held_out(language)
    decisions = [(row[0], said(row[1], language).intent) for row in rows]
    real = [(meant, taken) for meant, taken in decisions if meant not in TAKEN]
    rubbish = [taken for meant, taken in decisions if meant == "none"]
    right = sum(meant == taken for meant, taken in real) / len(real)
    wrong = sum(taken not in TAKEN and meant != taken for meant, taken in real) / len(real)
    swallowed = sum(taken not in TAKEN for taken in rubbish) / len(rubbish)
    assert right >= LEAST_RIGHT[language], f"{right:.3f} right"
    assert wrong <= 0.03, f"{wrong:.3f} taken wrongly"
    assert swallowed <= 0.08, f"{swallowed:.3f} of rubbish taken"


@pytest.mark.parametrize(
    ("language", "text", "intent"),
    [
        ("ru", "не баллы, а доставка", "delivery_status"),
        ("ru", "отменить, ой нет, подтвердить", "confirm_order"),
        ("ru", "оператора не надо, где мой заказ", "delivery_status"),
        ("ru", "не хочу с роботом разговаривать", "operator"),
        ("ru", "ага щас", "none"),
        ("uk", "не бали, а доставка", "delivery_status"),
        ("uk", "скасувати, ой ні, підтвердити", "confirm_order"),
        ("en", "not points but delivery", "delivery_status"),
        ("en", "cancel, oh wait, confirm my order", "confirm_order"),
        ("en", "yeah right", "none"),
    ],
)
def test_what_turns_the_meaning(language: str, text: str, intent: str) -> None:
    assert said(text, language).intent == intent


@pytest.mark.parametrize(
    ("language", "text", "first", "second"),
    [
        ("ru", "где мой заказ и сколько у меня бонусов", "delivery_status", "bonus_balance"),
        ("uk", "де моє замовлення і скільки в мене бонусів", "delivery_status", "bonus_balance"),
        ("en", "where is my order and how many points do i have", "delivery_status", "bonus_balance"),
    ],
)
def test_two_wishes(language: str, text: str, first: str, second: str) -> None:
    found = said(text, language)
    assert (found.intent, found.also) == (first, second)


def test_alternatives_are_weighed_together() -> None:
    step = shipped().steps["main"]
    found = decided(
        shipped(), step, [("под вердикт заказ", 0.6), ("подтвердить заказ", 0.6), ("подтвердите заказ", 0.5)], "ru"
    )
    assert found is not None
    assert found.intent == "confirm_order"


def test_the_same_examples_give_the_same_model() -> None:
    examples = {"delivery": ["где мой заказ", "когда привезут"], "points": ["сколько баллов", "мои бонусы"]}
    made = [Understanding("ru", examples, {}).decide([("когда же привезут заказ", 1.0)]) for _ in range(2)]
    assert made[0] == made[1]
    assert made[0].first == "delivery"


def test_only_what_the_step_offers_counts() -> None:
    known = understanding(shipped(), "ru")
    assert known is not None
    assert known.decide([("сколько у меня баллов", 1.0)], {"complaint", "operator"}).intent == "none"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=600), st.sampled_from(["ru", "uk", "en"]))
def test_any_text_gives_an_answer(text: str, language: str) -> None:
    found = said(text, language)
    assert 0 <= found.confidence <= 1


@pytest.mark.parametrize(
    "text", ["", "   ", "😀" * 50, "заказ " * 2000, "q" * 10_000, "где my замовлення is", "数字 " * 30, "\x00\u202e"]
)
def test_bad_input_is_answered_soon(text: str) -> None:
    said(text)
    begun = time.process_time()
    for _ in range(5):
        said(text)
    assert time.process_time() - begun < 0.5
