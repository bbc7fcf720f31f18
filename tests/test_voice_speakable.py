"""What reaches the voice."""

from __future__ import annotations

import pytest

from voice.speakable import speakable


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("Ваш  заказ\nприедет 🚚 завтра", "ru", "Ваш заказ приедет завтра"),
        ("<b>Hello</b>, <i>world</i>!", "en", "Hello, world!"),
        ("</Say><Dial>+1900</Dial>", "en", "plus one thousand nine hundred"),
        ("[[t@'st]] {x} |y~", "en", "t at 'st x y"),
        ("**Важно**: [условия](https://shop.example/terms)", "ru", "Важно: условия"),
        ("Заказ №25, 100 ₽", "ru", "Заказ номер двадцать пять, сто рублей"),
        ("Order №25", "en-GB", "Order number twenty-five"),
        ("5 < 6 & 7 > 2", "en", "five six and seven two"),
        ("Fish &amp; chips", "en", "Fish and chips"),
        ("&lt;b&gt;bold&lt;/b&gt;", "en", "bold"),
        ("за\u0301мок", "ru", "за\u0301мок"),
        ("a\u200bb\u202ec\ufe0f1\u20e3", "en", "abc one"),
        ("20 °C, 5 %", "en", "twenty degrees Celsius, five percent"),
        ("Привет, 你好", "ru", "Привет, Ni Hao"),
        ("Hi, улица Щукина", "en", "Hi, ulitsa Shchukina"),
        ("Їжак і café", "uk", "Їжак і café"),
        (
            "Смотрите https://www.shop.example/a?b=1 или пишите a@b.ru",
            "ru",
            "Смотрите shop точка example или пишите a собака b точка ru",
        ),
        ("👩‍👩‍👧", "en", ""),
    ],
)
def test_speakable(text: str, language: str, said: str) -> None:
    assert speakable(text, language) == said
