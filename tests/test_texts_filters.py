"""Values as they are said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flows.language.filters import groups_of
from flows.language.texts import TextError, render

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

SAID = [
    # digits: grouped where a person breathes
    ("{{ '4217' | digits }}", "4 2 1 7", "4 2 1 7"),
    ("{{ 4217 | digits }}", "4 2 1 7", "4 2 1 7"),
    ("{{ '12345' | digits }}", "1 2 3, 4 5", "1 2 3, 4 5"),
    ("{{ '0042' | digits }}", "0 0 4 2", "0 0 4 2"),
    ("{{ '1234567812345678' | digits }}", "1 2 3 4, 5 6 7 8, 1 2 3 4, 5 6 7 8", "1 2 3 4, 5 6 7 8, 1 2 3 4, 5 6 7 8"),
    ("{{ 'AB-12' | spell }}", "A B - 1 2", "A B - 1 2"),
    # money
    ("{{ '1250.50' | money }}", "1250 рублей 50 копеек", "1250 rubles 50 kopecks"),
    ("{{ 1 | money }}", "1 рубль", "1 ruble"),
    ("{{ '2.01' | money }}", "2 рубля одна копейка", "2 rubles 1 kopeck"),
    ("{{ '21.22' | money }}", "21 рубль двадцать две копейки", "21 rubles 22 kopecks"),
    ("{{ '11.12' | money }}", "11 рублей 12 копеек", "11 rubles 12 kopecks"),
    ("{{ '0' | money }}", "0 рублей", "0 rubles"),
    ("{{ '-5' | money }}", "минус 5 рублей", "minus 5 rubles"),
    ("{{ '3' | money: 'USD' }}", "3 доллара", "3 dollars"),
    ("{{ '1.01' | money: 'GBP' }}", "1 фунт 1 пенс", "1 pound 1 penny"),
    ("{{ '2.02' | money: 'UAH' }}", "две гривны две копейки", "2 hryvnias 2 kopiykas"),
    # date: counted from now, never from the clock
    ("{{ '2026-11-22' | date }}", "сегодня, двадцать второго ноября", "today, November twenty-second"),
    ("{{ '2026-11-23' | date }}", "завтра, двадцать третьего ноября", "tomorrow, November twenty-third"),
    ("{{ '2026-11-24' | date }}", "послезавтра, двадцать четвёртого ноября", "November twenty-fourth"),
    ("{{ '2026-11-21' | date }}", "вчера, двадцать первого ноября", "yesterday, November twenty-first"),
    ("{{ '2026-11-30' | date }}", "тридцатого ноября", "November thirtieth"),
    ("{{ '2027-01-05' | date }}", "пятого января", "January fifth"),
    ("{{ '2028-03-20' | date }}", "двадцатого марта две тысячи двадцать восьмого года", "March twentieth, 2028"),
    ("{{ '2026-11-23T17:30+03:00' | date }}", "завтра, двадцать третьего ноября", "tomorrow, November twenty-third"),
    # time
    ("{{ '17:30' | time }}", "семнадцать тридцать", "five thirty PM"),
    ("{{ '09:05' | time }}", "девять ноль пять", "nine oh five AM"),
    ("{{ '21:00' | time }}", "двадцать один час", "nine PM"),
    ("{{ '10:00' | time }}", "десять часов", "ten AM"),
    ("{{ '02:00' | time }}", "два часа", "two AM"),
    ("{{ '12:00' | time }}", "двенадцать часов", "noon"),
    ("{{ '00:00' | time }}", "ноль часов", "midnight"),
    ("{{ '13:15' | time }}", "тринадцать пятнадцать", "one fifteen PM"),
    ("{{ '2026-11-23T17:45+03:00' | time }}", "семнадцать сорок пять", "five forty-five PM"),
    ("{{ '10:00' | window: '14:00' }}", "с десяти до четырнадцати часов", "between ten AM and two PM"),
    ("{{ '09:30' | window: '21:00' }}", "с девяти тридцать до двадцати одного", "between nine thirty AM and nine PM"),
    ("{{ '2026-11-22T17:30+00:00' | moment }}", "сегодня в семнадцать тридцать", "today at five thirty PM"),
    ("{{ '2026-11-23T09:00+00:00' | moment }}", "завтра в девять часов", "tomorrow at nine AM"),
    ("{{ '2026-12-01T09:00+00:00' | moment }}", "первого декабря в девять часов", "December first at nine AM"),
    # 01:30 of the 23rd in Vladivostok is still the 22nd in London, where "now" is noon: there it is 22:00.
    ("{{ '2026-11-23T01:30+10:00' | moment }}", "завтра в один тридцать", "tomorrow at one thirty AM"),
    # phone
    ("{{ '+79161230567' | phone }}", "плюс 7, 916, 123, 0 5, 67", "plus 7, 9 1 6, 1 2 3, 0 5, 6 7"),
    ("{{ '+442079460958' | phone }}", "плюс 44, 20, 7 9 4 6, 0 9 5 8", "plus 4 4, 2 0, 7 9 4 6, 0 9 5 8"),
    ("{{ '4217' | phone }}", "4 2 1 7", "4 2 1 7"),
]


@pytest.mark.parametrize(("text", "russian", "english"), SAID)
def test_said_as_a_person_says_it(text: str, russian: str, english: str) -> None:
    assert render(text, {}, "ru", NOW) == russian
    assert render(text, {}, "en", NOW) == english


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0 баллов"),
        (1, "1 балл"),
        (2, "2 балла"),
        (5, "5 баллов"),
        (11, "11 баллов"),
        (12, "12 баллов"),
        (21, "21 балл"),
        (22, "22 балла"),
        (25, "25 баллов"),
        (111, "111 баллов"),
        (1001, "1001 балл"),
        ("1250", "1250 баллов"),
        ("2.5", "2.5 балла"),
    ],
)
def test_count_in_russian(number: object, said: str) -> None:
    assert render('{{ n | count: "балл", "балла", "баллов" }}', {"n": number}, "ru") == said


def test_count_in_other_languages() -> None:
    assert render('{{ n | count: "point", "points" }}', {"n": 1}, "en") == "1 point"
    assert render('{{ n | count: "point", "points" }}', {"n": 0}, "en-GB") == "0 points"
    assert render('{{ n | count: "бал", "бали", "балів" }}', {"n": 3}, "uk") == "3 бали"
    assert render('{{ n | count: "бал", "бали", "балів" }}', {"n": 11}, "uk") == "11 балів"
    assert render('{{ n | count: "Punkt", "Punkte" }}', {"n": 2}, "de") == "2 Punkte"


def test_a_language_without_a_table_has_babels_words() -> None:
    assert render("{{ '2026-11-30' | date }}", {}, "uk", NOW) == "30 листопада"
    assert render("{{ '3' | money: 'UAH' }}", {}, "uk") == "3 українські гривні"
    assert render("{{ '17:30' | time }}", {}, "de") == "17:30"
    assert render("{{ '17:30' | time }}", {}, "xx") != ""


def test_without_now_a_date_is_whole() -> None:
    assert render("{{ '2026-11-23' | date }}", {}, "en") == "November twenty-third, 2026"


@pytest.mark.parametrize(
    "text",
    [
        "{{ x | digits }}",
        "{{ x | money }}",
        "{{ x | date }}",
        "{{ x | time }}",
        "{{ x | phone }}",
        "{{ x | moment }}",
        "{{ x | spell }}",
        "{{ x | count: 'a', 'b' }}",
        "{{ x | window: '10:00' }}",
    ],
)
@pytest.mark.parametrize("value", [None, "", True, [], {}])
def test_nothing_is_never_said_as_if_it_were_something(text: str, value: object) -> None:
    with pytest.raises(TextError):
        render(text, {"x": value}, "ru", NOW)


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'soon' | date }}",
        "{{ '2026-13-40' | date }}",
        "{{ '25:00' | time }}",
        "{{ 'much' | money }}",
        "{{ '1e400' | money }}",
        "{{ 'NaN' | count: 'a', 'b' }}",
        "{{ 5 | money: 'roubles' }}",
        "{{ 5 | count }}",
        "{{ 5 | money: 1, 2, 3 }}",
        "{{ '10:00' | window }}",
        "{{ 'x' | join: ',' }}",
    ],
)
def test_garbage_is_an_error_that_does_not_repeat_it(text: str) -> None:
    with pytest.raises(TextError) as caught:
        render(text, {}, "ru", NOW)
    assert "1e400" not in str(caught.value)


@pytest.mark.parametrize("length", range(1, 33))
def test_groups_lose_no_digit(length: int) -> None:
    digits = "1234567890123456789012345678901234"[:length]
    groups = groups_of(digits)
    assert "".join(groups) == digits
    assert all(1 <= len(group) <= 4 for group in groups)
