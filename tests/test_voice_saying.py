"""Numbers, money, dates, times, telephones and abbreviations as each language says them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.saying import said
from voice.speakable import speakable

RUSSIAN = [
    ("1 200,50 руб.", "тысяча двести рублей пятьдесят копеек"),
    ("до 21 рубля, до 5 ₽", "до двадцати одного рубля, до пяти рублей"),
    ("5 тыс. руб.", "пять тысяч рублей"),
    ("$5.99 и 2,5 кг", "пять долларов девяносто девять центов и две целых пять десятых килограмма"),
    ("1 минута, 2 минуты, за 1 мин.", "одна минута, две минуты, за одну минуту"),
    ("21 балл, 22 балла, 1 новое", "двадцать один балл, двадцать два балла, одно новое"),
    ("3-5 дней, около 40 минут", "от трёх до пяти дней, около сорока минут"),
    ("приедет 23 ноября 2026 г.", "приедет двадцать третьего ноября две тысячи двадцать шестого года"),
    ("05.12, 1.5.2026", "пятого декабря, первого мая две тысячи двадцать шестого года"),
    (
        "2026-11-23, в 1999 г.",
        "двадцать третьего ноября две тысячи двадцать шестого года, в тысяча девятьсот девяносто девятом году",
    ),
    ("в 17:30, с 9:00 до 21:05", "в семнадцать тридцать, с девяти часов до двадцати одного ноля пяти"),
    ("10:00–12:00", "с десяти часов до двенадцати часов"),
    ("8 (800) 555-35-35", "восемь, восемьсот, пятьсот пятьдесят пять, тридцать пять, тридцать пять"),
    ("+79161230567", "плюс семь, девятьсот шестнадцать, сто двадцать три, ноль пять, шестьдесят семь"),
    ("ул. Ленина, д. 5, кв. 12, г. Омск", "улица Ленина, дом пять, квартира двенадцать, город Омск"),
    ("2-й этаж, 5-го числа, −5 °C и т. д.", "второй этаж, пятого числа, минус пять градусов Цельсия и так далее"),
    ("заказ 12345678, пин 0912", "заказ один два три четыре, пять шесть семь восемь, пин ноль девять один два"),
    ("4 2 1 7", "четыре два один семь"),
    ("4111 1111 1111 1111", "четыре один один один, " + "один один один один, " * 2 + "один один один один"),
    ("скидка 15%, 1,05", "скидка пятнадцать процентов, одна целая пять сотых"),
]
UKRAINIAN = [
    ("1 200,50 грн", "тисяча двісті гривень п'ятдесят копійок"),
    ("до 5 гривень, 2 хвилини, 2 дні, 1 хвилину", "до п'яти гривень, дві хвилини, два дні, одну хвилину"),
    ("о 17:30, до 21:00", "о сімнадцятій тридцять, до двадцять першої"),
    ("23 листопада 2026 р.", "двадцять третього листопада дві тисячі двадцять шостого року"),
    ("вул. Садова, буд. 5, м. Київ, 2-й поверх", "вулиця Садова, будинок п'ять, місто Київ, другий поверх"),
    ("5 %, 2,5 кг", "п'ять відсотків, дві цілих п'ять десятих кілограма"),
    ("+380 67 123 45 67", "плюс тридцять вісім, нуль шістдесят сім, сто двадцять три, сорок п'ять, шістдесят сім"),
]
ENGLISH = [
    ("$1,200.50", "one thousand two hundred dollars fifty cents"),
    ("$1, £5, 1 kg, 5 %", "one dollar, five pounds, one kilogram, five percent"),
    ("November 23, 2026 at 17:30", "November twenty-third, twenty twenty-six at five thirty PM"),
    ("11/23/2026, 5:30 PM", "November twenty-third, twenty twenty-six, five thirty PM"),
    ("(800) 555-0199 ext. 5", "eight zero zero, five five five, zero one, nine nine extension five"),
    ("the 21st, 3-5 days, 1.5", "the twenty-first, three to five days, one point five"),
    ("12 Main St., Apt. 4, St. John, No. 5", "twelve Main Street, apartment four, Saint John, number five"),
    ("A4 and 5G", "A four and five G"),
]
CASES = [
    (language, *case) for language, cases in (("ru", RUSSIAN), ("uk", UKRAINIAN), ("en", ENGLISH)) for case in cases
]


@pytest.mark.parametrize(("language", "text", "words"), CASES)
def test_values_are_said(language: str, text: str, words: str) -> None:
    assert " ".join(said(text, language).split()) == words


@settings(max_examples=150, deadline=None)
@given(st.text("0123456789 .,:/-+()№₽$%ргдмин.кvA\u00a0", max_size=60), st.sampled_from(["ru", "uk", "en", "de"]))
def test_nothing_makes_it_fail_and_no_digit_is_left(text: str, language: str) -> None:
    words = speakable(text, language)
    assert language == "de" or not any(each.isdigit() for each in words)
