"""What reaches the voice."""

from __future__ import annotations

import pytest

from voice.speakable import speakable


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("Ваш  заказ\nприедет 🚚 завтра", "ru", "Ваш заказ приедет завтра"),
        ("<b>Hello</b>, <i>world</i>!", "en", "Hello , world !"),
        ("</Say><Dial>+1900</Dial>", "en", "+1900"),
        ("[[t@'st]] {x} |y~", "en", "t@'st x y"),
        ("**Важно**: [условия](https://shop.example/terms)", "ru", "Важно : условия"),
        ("Заказ №25, 100 ₽", "ru", "Заказ номер 25, 100 рублей"),
        ("Order №25", "en-GB", "Order number 25"),
        ("5 < 6 & 7 > 2", "en", "5 6 & 7 2"),
        ("Fish &amp; chips", "en", "Fish & chips"),
        ("&lt;b&gt;bold&lt;/b&gt;", "en", "bold"),
        ("за\u0301мок", "ru", "за\u0301мок"),
        ("a\u200bb\u202ec\ufe0f1\u20e3", "en", "abc1"),
        ("20 °C, 5 %", "en", "20 °C, 5 %"),
        ("👩‍👩‍👧", "en", ""),
    ],
)
def test_speakable(text: str, language: str, said: str) -> None:
    assert speakable(text, language) == said
