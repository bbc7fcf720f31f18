"""Which phrase was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.understand import best_choice

PHRASES = {
    "ru": {
        "delivery": ["доставка", "где мой заказ", "статус доставки", "когда привезут"],
        "order": ["подтвердить заказ", "отменить заказ", "отмена заказа"],
        "points": ["бонусы", "баллы", "сколько у меня баллов"],
        "operator": ["оператор", "человек", "живой человек"],
        "complaint": ["жалоба", "пожаловаться"],
        "no": ["нет"],
    },
    "en": {
        "delivery": ["delivery", "where is my order", "track my order"],
        "order": ["confirm order", "cancel order"],
        "points": ["points", "bonus points"],
        "operator": ["operator", "human", "a real person", "speak to someone"],
        "complaint": ["complaint", "complain"],
        "no": ["no"],
    },
    "uk": {"delivery": ["доставка", "де моє замовлення"], "operator": ["оператор"]},
}


def _rows() -> list[tuple[str, str, str | None]]:
    lines = (Path(__file__).parent / "understand" / "choices.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(language, said, None if key == "-" else key) for language, said, key in rows]


@pytest.mark.parametrize(("language", "said", "key"), _rows())
def test_choice(language: str, said: str, key: str | None) -> None:
    match = best_choice([(said, 1.0)], PHRASES[language], language)
    assert (match.key if match else None) == key


def test_a_language_without_a_table_still_matches_phrases() -> None:
    match = best_choice([("скажіть де моє замовлення", 1.0)], PHRASES["uk"], "uk")
    assert match is not None
    assert match.key == "delivery"


def test_exact_words_score_one_and_doubt_of_the_recogniser_lowers_it() -> None:
    sure = best_choice([("доставка", 1.0)], PHRASES["ru"], "ru")
    unsure = best_choice([("доставка", 0.4)], PHRASES["ru"], "ru")
    assert sure is not None
    assert unsure is not None
    assert sure.score == 1.0
    assert 0.5 <= unsure.score < 0.8


def test_a_slip_of_the_recogniser_is_not_sure() -> None:
    match = best_choice([("дастафка", 1.0)], PHRASES["ru"], "ru")
    assert match is not None
    assert 0.5 <= match.score < 0.8


def test_a_phrase_that_says_more_wins_over_one_inside_it() -> None:
    phrases = {"any": ["заказ"], "cancel": ["отменить заказ"]}
    match = best_choice([("отменить заказ", 1.0)], phrases, "ru")
    assert match is not None
    assert (match.key, match.second_key) == ("cancel", "any")
    assert match.second_score < match.score


def test_the_same_phrase_twice_is_no_choice() -> None:
    assert best_choice([("да", 1.0)], {"a": ["да"], "b": ["да"]}, "ru") is None


def test_a_later_reading_helps_when_the_first_says_nothing() -> None:
    match = best_choice([("то ставка", 0.9), ("доставка", 0.8)], PHRASES["ru"], "ru")
    assert match is not None
    assert match.key == "delivery"


def test_nothing_to_choose_from() -> None:
    assert best_choice([("доставка", 1.0)], {}, "ru") is None
    assert best_choice([], PHRASES["ru"], "ru") is None
    assert best_choice([("доставка", 1.0)], {"a": [], "b": ["", "!!!"]}, "ru") is None
