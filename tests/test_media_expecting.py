"""What a step lets a recogniser expect, what is told of who hears, and how conversations are mixed."""

from __future__ import annotations

from array import array
from pathlib import Path

from recordings import package

from flows.engine.events import Listen
from flows.understand.vocabulary import vocabulary
from ivr.carriers.local.mixing import together
from ivr.doctor import _hearing
from ivr.media.expecting import expected, patience
from ivr.settings import Settings
from voice.audio import mulaw_decode, mulaw_encode


def test_a_step_expects_its_own_words_and_the_commands() -> None:
    menu = expected(Listen("menu", "en", hints=("where’s my order?", "operator")))
    assert menu.kind == "phrases"
    assert {"where's my order", "operator", "three"} <= set(menu.phrases)
    assert "monday" not in menu.phrases
    digits = expected(Listen("digits", "ru", hints=("оператор",)))
    assert digits.kind == "digits"
    assert {"оператор", "семь", "двадцать"} <= set(digits.phrases)
    yes = expected(Listen("confirm", "en"))
    assert {"yes", "no", "one", "two"} <= set(yes.phrases)
    assert "three" not in yes.phrases
    assert {"tomorrow", "may", "second"} <= set(expected(Listen("date", "en")).phrases)
    assert expected(Listen("free", "en")).kind == "free"
    assert vocabulary("digits", "xx") == ()


def test_patience_is_the_steps_and_short_for_yes_or_no() -> None:
    assert patience(Listen("digits", "en", end_of_speech=2.5)).after == 2.5
    assert patience(Listen("confirm", "en", end_of_speech=1.0)).after == 0.6


def test_the_doctor_says_what_hears_each_language(tmp_path: Path) -> None:
    package("pocketsphinx")
    told = {finding.says for finding in _hearing(Settings(data_dir=tmp_path))}
    assert any(text.startswith("en: pocketsphinx (small English)") for text in told), told
    assert "ru: keys and the carrier's recogniser" in told
    (only,) = _hearing(Settings(data_dir=tmp_path, voice="carrier"))
    assert "VOICE=carrier" in only.says


def test_voices_together_are_added_and_cut_at_full_scale() -> None:
    one, other = mulaw_encode(array("h", [1000] * 160).tobytes()), mulaw_encode(array("h", [-400] * 160).tobytes())
    mixed = array("h", mulaw_decode(together([one, other])))
    assert len(mixed) == 160
    assert abs(mixed[0] - 600) < 40
    full = mulaw_encode(array("h", [32000] * 160).tobytes())
    assert array("h", mulaw_decode(together([full, full])))[0] > 31000
