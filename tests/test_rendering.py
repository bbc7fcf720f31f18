"""Prompts made before their calls: all that is always said the same, once."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.language import load_flow
from ivr.actions import CATALOGUE
from ivr.commands.voice import command
from ivr.rendering import Rendering, render_flow, texts_of
from ivr.settings import Settings, settings
from voice.prompts import PLAIN, Prompts
from voice.synthesis import Synthesiser
from voice.voices import Wish

SMALL = (Path(__file__).parent / "flows" / "small.yaml").read_text("utf-8")


def test_what_is_always_said_the_same_is_listed_once() -> None:
    texts = texts_of(load_flow(SMALL, "small.yaml", CATALOGUE))
    assert len(texts) == len(set(texts))
    assert {("Здравствуйте.", "ru"), ("Hello.", "en"), ("You are number 7.", "en"), ("Ждать 21 минуту.", "ru")} <= set(
        texts
    )
    assert ("One moment, please.", "en") in texts, "the program's own words"
    assert not [text for text, _ in texts if "{" in text]


def test_a_second_rendering_makes_nothing_and_what_fails_is_named(tmp_path: Path) -> None:
    flow = load_flow(SMALL, "small.yaml", CATALOGUE)
    first = Prompts(tmp_path, 60)
    some = texts_of(flow)[:3]
    for text, language in some:
        first.prompt(text, language)
    first.close()
    broken = Prompts(tmp_path, synthesiser=Synthesiser(tmp_path, 5, command=["/nowhere"]))
    done = render_flow(flow, PLAIN, broken)
    assert (done.texts, done.made, len(done.failed)) == (len(texts_of(flow)), 0, len(texts_of(flow)) - 3)
    assert "the voice died" in done.failed[0]


def test_the_command_says_what_is_wrong_with_a_flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    settings.cache_clear()
    result = CliRunner().invoke(command, ["render", "-"], input="flow: x\n")
    settings.cache_clear()
    assert result.exit_code == 1
    assert "languages" in result.output


def test_how_a_flow_is_spoken_is_known_when_it_is_live(tmp_path: Path) -> None:
    rendering = Rendering(Settings(data_dir=tmp_path))
    voiced = SMALL.replace("languages: [", "voices: {en: {rate: 120}}\nlanguages: [", 1)
    assert rendering.manner() == PLAIN
    rendering.look(load_flow(voiced, "small.yaml", CATALOGUE), None)
    assert rendering.manner().wishes == {"en": Wish("", 120, 0)}
    rendering.close()
