"""What is no stream of ours: refused before any sound, or ended with a reason; nothing piles up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from media_world import MEDIA, Carrier, Scripted, media
from redis import Redis
from twiml import Kit, kit
from websockets.exceptions import ConnectionClosed, InvalidStatus

SILENCE = b"\xff" * 160


@pytest.fixture
def line(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kit]:
    with kit(redis, tmp_path, monkeypatch, VOICE="local", MEDIA_URL=MEDIA.replace("wss", "https")) as made:
        yield made


def test_who_has_no_signature_or_token_comes_no_further_than_the_door(line: Kit) -> None:
    async def story() -> None:
        async with media(line, {"en": Scripted([])}) as world:
            phone = line.phone()
            phone.dial()
            url = str(phone.last.verb("Stream").get("url"))
            other = url.replace(phone.call, line.phone().call)
            for wrong, signature in (
                (url, ""),
                (url, "bm8="),
                (other, None),
                (f"{url}x", None),
                (f"{url[:-3]}000", None),
            ):
                with pytest.raises(InvalidStatus) as refused:
                    await Carrier(world.port, wrong, phone.call).connect(signature)
                assert refused.value.response.status_code == 403, (wrong, signature)
            assert not world.media.streams
            stream = await world.stream(phone)
            with pytest.raises(InvalidStatus) as refused:
                await world.stream(phone)
            assert refused.value.response.status_code in (409, 503), "an address is good for once"
            await stream.hang_up()
            await stream.ended()
            with pytest.raises(InvalidStatus) as refused:
                await world.stream(phone)
            assert refused.value.response.status_code == 409
            async with httpx.AsyncClient() as http:
                assert (await http.get(f"http://127.0.0.1:{world.port}/healthz")).json()["streams"] == 0
                assert (await http.get(f"http://127.0.0.1:{world.port}/else")).status_code == 404

    asyncio.run(story())


MEDIA_OF = '{"event":"media","media":{"payload":"%s"}}'
BAD: dict[str, tuple[str | bytes, str]] = {
    "truncated JSON": ('{"event":"media","media":{"payl', "no JSON object"),
    "no object": ("[1,2]", "no JSON object"),
    "deep": ("[" * 8_000, "no JSON object"),
    "truncated sound": (MEDIA_OF % "AAAAA", "no base64"),
    "text for sound": (MEDIA_OF % "where is my order", "no base64"),
    "letters of another script": (MEDIA_OF % "заказ", "no base64"),
    "too much sound": (MEDIA_OF % ("AAAA" * 600), "media of 1800 bytes"),
    "no sound": (MEDIA_OF % "", "media of 0 bytes"),
    "a number for sound": ('{"event":"media","media":7}', "without what belongs to it"),
    "no key": ('{"event":"dtmf","dtmf":{"digit":"A7"}}', "no key"),
    "binary": (SILENCE, "binary"),
    "oversized": (json.dumps({"event": "x", "padding": "y" * 20_000}), "exceeds limit"),
}


def test_wrong_frames_end_the_stream_with_a_reason(line: Kit) -> None:
    async def one(world: Any, name: str) -> None:
        phone = line.phone()
        phone.dial()
        stream = await world.stream(phone)
        message, reason = BAD[name]
        await stream.send(message)
        code, told = await stream.ended()
        assert code in (1008, 1009), name
        assert code == 1009 or reason in told, f"{name}: {told}"
        assert phone.go().verbs == ["Gather", "Redirect"], f"{name}: the call goes on by keys"
        assert "use the keys" in phone.last.said

    async def story() -> None:
        async with media(line, {"en": Scripted([])}) as world:
            for name in BAD:
                await one(world, name)

    asyncio.run(story())


def test_a_stream_begins_with_its_own_call(line: Kit) -> None:
    async def story() -> None:
        async with media(line, {"en": Scripted([])}) as world:
            for change, reason in (
                ({"callSid": "CA" + "f" * 32}, "another call"),
                ({"mediaFormat": {"encoding": "audio/x-l16", "sampleRate": 16000, "channels": 1}}, "mediaFormat"),
            ):
                phone = line.phone()
                phone.dial()
                stream = await world.stream(phone, start=False)
                form = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
                about = {"streamSid": "MZ1", "callSid": phone.call, "mediaFormat": form, **change}
                await stream.send({"event": "connected"})
                await stream.send({"event": "start", "streamSid": "MZ1", "start": about})
                assert reason in (await stream.ended())[1]
            phone = line.phone()
            phone.dial()
            stream = await world.stream(phone, start=False)
            await stream.frame(SILENCE)
            assert "before the start" in (await stream.ended())[1]

    asyncio.run(story())


def test_nothing_for_long_ends_it(line: Kit) -> None:
    async def story() -> None:
        async with media(line, {"en": Scripted([])}, nothing=0.5) as world:
            phone = line.phone()
            phone.dial()
            stream = await world.stream(phone)
            assert await stream.ended() == (1008, "nothing came for 0 s")

    asyncio.run(story())


def test_a_flood_ends_it_and_memory_stays_flat(line: Kit) -> None:
    async def story() -> int:
        async with media(line, {"en": Scripted([])}) as world:
            phone = line.phone()
            phone.dial()
            stream = await world.stream(phone)
            before = psutil.Process().memory_info().rss
            with suppress(ConnectionClosed):
                for _ in range(50_000):
                    await stream.frame(SILENCE)
            code, reason = await stream.ended()
            assert (code, reason.partition(":")[0]) == (1008, "a flood")
            return psutil.Process().memory_info().rss - before

    assert asyncio.run(story()) < 20_000_000
