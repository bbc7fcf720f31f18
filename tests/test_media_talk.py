"""Calls heard by ourselves: turns taken in a stream, what leaves it and comes back, and how it ends unasked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from media_world import MEDIA, Scripted, media
from redis import Redis
from twiml import Kit, kit

from ivr.shop.port import Answer

ON_THE_WAY = Answer("found", {"number": "4711", "state": "on the way"})


@pytest.fixture
def line(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kit]:
    with kit(redis, tmp_path, monkeypatch, VOICE="local", MEDIA_URL=MEDIA.replace("wss", "https")) as made:
        yield made


def test_a_delivery_by_words_and_keys_in_one_stream(line: Kit) -> None:
    line.shop.answers["orders.status"] = ON_THE_WAY
    ear = Scripted(["where is my order"])

    async def story() -> None:
        async with media(line, {"en": ear}) as world:
            phone = line.phone()
            assert phone.dial().verbs == ["Connect", "Redirect"]
            assert phone.last.said == "", "we say it ourselves"
            stream = await world.stream(phone)
            await stream.quiet()
            assert world.prompts.said == ["Order, one. Confirm, two. Points, three. Complaint, four."]
            await stream.speak()
            await stream.quiet()
            assert world.prompts.said[-1] == "Order number?"
            await stream.press("4711#")
            assert await stream.ended() == (1000, "step")
            assert world.prompts.said[-2:] == ["Order 4711 is on the way.", "Goodbye."]
            assert phone.go().verbs == ["Hangup"], "what was heard in the stream is not said again"
            assert phone.post(phone.heard[0].following).verbs == ["Hangup"], "asked twice"

    asyncio.run(story())
    expected = ear.expected[0]
    assert expected.kind == "phrases"
    assert {"where is my order", "operator", "one"} <= set(expected.phrases)


def test_without_an_ear_the_carrier_listens(line: Kit) -> None:
    assert line.phone().dial().verbs == ["Gather", "Redirect"]
