"""The words of the pages: every language has every key, every word named is there, no language leaks into another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from desk_world import shown, world

from callqueue.model import CallbackState, MessageRequest, Refusal
from callqueue.states import OVER
from callqueue.task_model import MessageOutcome, TaskOutcome
from flows.engine.steps.callback import PROMISE
from ivr.carriers.local.page_texts import TEXTS as PHONE_TEXTS
from ivr.desk import texts
from ivr.desk.journey import ENDS
from ivr.desk.panels import OUTCOMES, REASONS
from ivr.shop.actions import CATALOGUE
from ivr.store import calls
from ivr.store.calls import Entry
from ivr.store.engine import engine

IVR = Path(texts.__file__).parent.parent
CODES = list(texts.catalogue())
CYRILLIC = re.compile("[а-яА-ЯёЁіїєґІЇЄҐ]")
ALIEN = {"ru": re.compile("[іїєґІЇЄҐ’]"), "uk": re.compile("[ыэъёЫЭЪЁ]"), "en": CYRILLIC}
"""Letters that a language does not have."""


def sources() -> Iterator[Path]:
    """Files of ours that name words."""
    yield from IVR.rglob("*.html")
    yield from IVR.rglob("*.py")


def named() -> Iterator[tuple[Path, str]]:
    """Each word that a page or a view names outright: ``ui.sign_in``, ``ui.count("tasks", 3)``, ``_words().saved``."""
    for path in sources():
        for key in re.findall(r"(?:\bui\.|_words\(\)\.|\bwords\.)(\w+)\b(?!\()", path.read_text("utf-8")):
            yield path, key
        for key in re.findall(r"\b(?:ui|words)\.count\(\"(\w+)\"", path.read_text("utf-8")):
            yield path, key


def test_there_is_ukrainian_russian_and_english() -> None:
    assert set(CODES) >= {"ru", "uk", "en"}
    assert CODES[0] == texts.DEFAULT


@pytest.mark.parametrize("code", CODES)
def test_every_language_has_every_word(code: str) -> None:
    default = texts.texts(texts.DEFAULT).words
    words = texts.texts(code).words
    assert set(words) == set(default)
    assert all(text.strip() for text in words.values())
    for key, text in words.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", default[key])), f"{code}: {key}"


@pytest.mark.parametrize("code", CODES)
def test_counted_words_have_the_languages_forms(code: str) -> None:
    forms = 2 if code == "en" else 3
    counted = {key for _, key in named() if "|" in texts.texts(texts.DEFAULT).words.get(key, "")}
    for key in counted:
        assert texts.texts(code).words[key].count("|") == forms - 1, f"{code}: {key}"


@pytest.mark.parametrize(
    ("code", "number", "says"),
    [("ru", 1, "1 день"), ("ru", 22, "22 дня"), ("ru", 11, "11 дней"), ("uk", 3, "3 дні"), ("en", 1, "1 day")],
)
def test_a_counted_word_takes_the_right_form(code: str, number: int, says: str) -> None:
    words = {"ru": "день|дня|дней", "uk": "день|дні|днів", "en": "day|days"}
    assert texts.Texts(code, {"days": words[code]}).count("days", number) == says


@pytest.mark.parametrize("code", CODES)
def test_no_word_is_of_another_language(code: str) -> None:
    strange = {
        key: text
        for key, text in texts.texts(code).words.items()
        if ALIEN[code].search(text) and key != "language_name"
    }
    assert not strange


def test_every_word_that_a_page_names_exists() -> None:
    known = texts.texts(texts.DEFAULT).words
    own = {"words", "code", "get", "count"}
    missing = {f"{path.name}: {key}" for path, key in named() if key not in known and key not in own}
    assert not missing


@pytest.mark.parametrize("code", CODES)
def test_the_telephones_page_has_every_word(code: str) -> None:
    assert set(PHONE_TEXTS[code]) == set(PHONE_TEXTS["en"])
    assert all(PHONE_TEXTS[code].values())
    assert not {key: text for key, text in PHONE_TEXTS[code].items() if ALIEN[code].search(text)}


def test_every_word_made_from_data_exists() -> None:
    """What a page looks up by a value of the records: states, outcomes, reasons, actions of the shop."""
    known = texts.texts(texts.DEFAULT).words
    made = {f"cb_{state.value}" for state in CallbackState}
    made |= {f"refused_{reason}" for reason in get_args(Refusal)}
    made |= {f"task_outcome_{outcome}" for outcome in get_args(TaskOutcome)}
    made |= {f"message_outcome_{outcome}" for outcome in get_args(MessageOutcome)}
    made |= {f"outcome_{outcome}" for outcome in (*OUTCOMES, *(state.value for state in OVER))}
    made |= {f"reason_{reason}" for reason in REASONS}
    made |= {f"did_{action}" for action in (*CATALOGUE, PROMISE)}
    made |= {f"went_{end.replace(' ', '_')}" for end in ENDS}
    made |= {f"lang_{code}" for code in CODES}
    assert sorted(made - set(known)) == []


def test_no_page_shows_a_raw_word(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = re.compile(r"\b[a-z]+_[a-z_]+\b|\b[a-z]{3,}\.[a-z]{3,}\b")
    with world(tmp_path, valkey_url, monkeypatch) as here:
        page = here.page()
        ticket = here.wrapping_up(page)
        page.post(f"/desk/tickets/{ticket}/questions", text="?")
        page.post(f"/desk/tickets/{ticket}/wrap-up", outcome="follow_up")
        (task,) = here.queue.tasks()
        message = here.queue.message(MessageRequest("CA5:r", "CA5", "+79161234567", "ru", "complaint", "RE1", 3))
        page.post(f"/desk/messages/{message}/claim")
        entries: list[tuple[str, dict[str, str]]] = [
            ("entered", {"step": "about_delivery"}),
            ("lookup", {"action": "orders.status", "outcome": "failed"}),
            ("trouble", {"what": "orders.confirm in doubt"}),
            ("trouble", {"what": "limit silence"}),
        ]
        with engine().begin() as conn:
            rows = [Entry("CA2", n, kind, datetime.now(UTC), data) for n, (kind, data) in enumerate(entries)]
            calls.record_entries(conn, rows)
        own = here.talking(page, call="CA2", summary="")
        paths = ["/", "/desk", f"/desk/tasks/{task.id}", f"/desk/messages/{message}", f"/desk/tickets/{own}/story"]
        paths += [f"/desk/messages/{message}/story", "/sign-in", "/nowhere"]
        for step in ("talking", "answered"):
            for code in CODES:
                page.post("/language", language=code)
                for path in paths:
                    text = shown(re.sub(r"(?s)<head>.*?</head>", "", page.get(path).text))
                    assert not raw.findall(text), f"{step} {code} {path}"
            page.post(f"/desk/tasks/{task.id}/answer", answer="!", how="call")
            page.post(f"/desk/messages/{message}/close", outcome="no_need")
