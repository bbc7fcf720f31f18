"""Prompts ready for a line: both forms, made once, a recording before a voice, how a flow wishes to be spoken."""

from __future__ import annotations

import asyncio
import math
import sys
import wave
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.language import load_flow
from ivr.actions import CATALOGUE
from ivr.commands.flows import command
from ivr.manner import manner_of, wrong_recordings
from voice.audio import Audio, mulaw_decode, read_wav
from voice.formats import duration, write_wav
from voice.prompts import Manner, Prompts
from voice.recorded import Recordings
from voice.resample import to_line
from voice.synthesis import SpeechFailed, Synthesiser
from voice.voices import Wish

SMALL = (Path(__file__).parent / "flows" / "small.yaml").read_text("utf-8")
HELLO = "Ваш заказ уже едет."


@pytest.fixture
def prompts(tmp_path: Path) -> Iterator[Prompts]:
    made = Prompts(tmp_path / "prompts", 60)
    yield made
    made.close()


def tone(hertz: float, rate: int, seconds: float = 0.5, loud: int = 12_000) -> array[int]:
    return array("h", [int(loud * math.sin(2 * math.pi * hertz * at / rate)) for at in range(int(rate * seconds))])


def test_a_prompt_is_the_same_in_both_forms(prompts: Prompts) -> None:
    found = prompts.prompt(HELLO, "ru")
    assert found.seconds == pytest.approx(duration(found.wav), abs=0.01)
    assert Audio(mulaw_decode(found.mulaw), 8_000).level == pytest.approx(read_wav(found.wav).level, rel=0.25)


def test_what_was_made_is_there_and_starts_no_process(prompts: Prompts, tmp_path: Path) -> None:
    assert prompts.ready(HELLO, "ru") is None
    made = prompts.prompt(HELLO, "ru")
    other = Prompts(tmp_path, synthesiser=Synthesiser(tmp_path / "prompts", command=["/nowhere"]))
    assert other.ready(HELLO, "ru") == made
    assert asyncio.run(other.aprompt(HELLO, "ru")) == made


def test_a_flow_is_spoken_as_it_wishes(prompts: Prompts) -> None:
    usual = prompts.prompt(HELLO, "ru")
    slow = prompts.prompt(HELLO, "ru", Manner({"ru": Wish(rate=90)}))
    soft = prompts.prompt(HELLO, "ru", Manner({"ru": Wish(volume=20)}))
    assert slow.seconds > usual.seconds * 1.3
    assert read_wav(soft.wav).level < read_wav(usual.wav).level / 2


def test_a_voice_that_is_not_there_is_replaced_by_the_usual_one(prompts: Prompts) -> None:
    odd = prompts.prompt(HELLO, "ru", Manner({"ru": Wish(name="nobody/here")}))
    assert odd.mulaw == prompts.prompt(HELLO, "ru").mulaw


def test_without_a_voice_it_fails_in_time(tmp_path: Path) -> None:
    hung = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(SpeechFailed, match="hung"):
        Prompts(tmp_path, synthesiser=Synthesiser(tmp_path, 0.3, command=hung)).prompt(HELLO, "ru")
    with pytest.raises(SpeechFailed, match="no voice for 'xx'"):
        Prompts(tmp_path).prompt(HELLO, "xx")


def test_a_recording_takes_precedence_and_comes_at_the_lines_rate(prompts: Prompts, tmp_path: Path) -> None:
    file = tmp_path / "hello.wav"
    write_wav(file, tone(440, 44_100, 1.5), 44_100)
    manner = Manner(recordings=Recordings({("ru", HELLO): file}))
    found = prompts.prompt(f"  {HELLO}\n", "ru", manner)
    assert found.seconds == pytest.approx(1.5, abs=0.01)
    assert read_wav(found.wav).rate == 8_000
    assert prompts.ready(HELLO, "ru", manner) == found
    write_wav(file, tone(440, 16_000, 0.75), 16_000)
    assert prompts.prompt(HELLO, "ru", manner).seconds == pytest.approx(0.75, abs=0.01)


def test_a_recording_that_is_gone_is_spoken(prompts: Prompts, tmp_path: Path) -> None:
    manner = Manner(recordings=Recordings({("ru", HELLO): tmp_path / "gone.wav"}))
    assert prompts.prompt(HELLO, "ru", manner) == prompts.prompt(HELLO, "ru")


@pytest.mark.parametrize("rate", [11_025, 16_000, 22_050, 44_100, 48_000])
def test_what_a_line_cannot_carry_does_not_fold_back(rate: int) -> None:
    def level(hertz: float) -> float:
        return to_line(Audio(tone(hertz, rate, 0.2).tobytes(), rate)).level * 32_768 / 12_000 * math.sqrt(2)

    assert level(1_000) == pytest.approx(1, abs=0.02)
    assert level(3_000) == pytest.approx(1, abs=0.03)
    assert level(min(5_200, rate / 2 - 200)) < 0.02


VOICED = SMALL.replace("languages: [", "voices: {en: {rate: 120, volume: 80}}\nlanguages: [", 1)


def test_a_flow_says_how_it_is_spoken(tmp_path: Path) -> None:
    flow = load_flow(VOICED, "small.yaml", CATALOGUE)
    assert manner_of(flow, None).wishes == {"en": Wish("", 120, 80)}
    assert manner_of(flow, tmp_path).recordings == Recordings({})


def recordings_of(folder: Path, index: str) -> list[str]:
    (folder / "recordings.yaml").write_text(index, "utf-8")
    return list(wrong_recordings(load_flow(SMALL, "small.yaml", CATALOGUE), folder))


def test_the_check_names_what_is_wrong_with_recordings(tmp_path: Path) -> None:
    flow = load_flow(SMALL, "small.yaml", CATALOGUE)
    text = next(iter(flow.document.defaults.sorry.items()))
    write_wav(tmp_path / "good.wav", tone(300, 8_000), 8_000)
    assert recordings_of(tmp_path, f'{text[0]}: {{"{text[1]}": good.wav}}') == []
    assert "there is no such file" in recordings_of(tmp_path, f'{text[0]}: {{"{text[1]}": gone.wav}}')[0]
    assert "no text of the flow is this one" in recordings_of(tmp_path, 'en: {"Nobody says this": good.wav}')[0]
    assert "leads out of the folder" in recordings_of(tmp_path, 'en: {"Hi": ../good.wav}')[0]
    (tmp_path / "note.wav").write_text("no sound")
    assert "it is no WAV of 16 bits" in recordings_of(tmp_path, f'{text[0]}: {{"{text[1]}": note.wav}}')[0]
    write_wav(tmp_path / "long.wav", tone(300, 8_000, 61), 8_000)
    assert "61 s long" in recordings_of(tmp_path, f'{text[0]}: {{"{text[1]}": long.wav}}')[0]
    write_wav(tmp_path / "mute.wav", array("h", [0]) * 8_000, 8_000)
    assert "it is silent" in recordings_of(tmp_path, f'{text[0]}: {{"{text[1]}": mute.wav}}')[0]
    with wave.open(str(tmp_path / "bytes.wav"), "wb") as eight:
        eight.setnchannels(1)
        eight.setsampwidth(1)
        eight.setframerate(8_000)
        eight.writeframes(b"\x80" * 8_000)
    assert "of 8 bits" in recordings_of(tmp_path, f'{text[0]}: {{"{text[1]}": bytes.wav}}')[0]


def test_flows_check_looks_at_the_recordings_beside_the_flow(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, "utf-8")
    assert CliRunner().invoke(command, ["check", str(path)]).exit_code == 0
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "recordings.yaml").write_text('en: {"Hi": gone.wav}', "utf-8")
    checked = CliRunner().invoke(command, ["check", str(path)])
    assert checked.exit_code == 1
    assert "gone.wav: there is no such file" in checked.output
