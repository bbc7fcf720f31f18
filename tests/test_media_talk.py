"""Calls heard by ourselves: turns taken in a stream, what leaves it and comes back, and how it ends unasked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from media_world import MEDIA, Scripted, Tones, media
from redis import Redis
from system import wait_for
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


def test_a_prompt_stops_when_the_caller_speaks(line: Kit) -> None:
    async def story() -> None:
        async with media(line, {"en": Scripted(["points"])}, prompts=Tones(8.0)) as world:
            phone = line.phone()
            phone.dial()
            stream = await world.stream(phone)
            await stream.until(lambda: len(stream.got) > 50 * 160)
            began = asyncio.get_running_loop().time()
            speaking = asyncio.create_task(stream.speak())
            await stream.until(lambda: stream.cleared)
            stopped = stream.last_frame_at - began
            await speaking
            assert stopped < 0.5, f"{stopped:.2f} s on a busy machine; the frames themselves tell of 0.1"
            await stream.until(lambda: world.prompts.said[-1] != world.prompts.said[0])

    asyncio.run(story())


def test_a_cough_interrupts_nothing_for_good(line: Kit) -> None:
    ear = Scripted([""])

    async def story() -> None:
        async with media(line, {"en": ear}, prompts=Tones(3.0)) as world:
            phone = line.phone()
            phone.dial()
            stream = await world.stream(phone)
            await stream.until(lambda: len(stream.got) > 40 * 160)
            await stream.speak(seconds=0.2)
            await stream.quiet()
            assert stream.cleared == 1
            assert len(stream.got) >= 3.0 * 8_000, "it was taken up where it was broken off"
            assert len(stream.got) < 4.5 * 8_000
            assert len(world.prompts.said) == 1, "nothing was said anew"

    asyncio.run(story())


def test_words_that_were_not_expected_are_no_match_and_silence_is_silence(line: Kit) -> None:
    async def story() -> None:
        async with media(line, {"en": Scripted(["", ""])}) as world:
            phone = line.phone()
            phone.dial()
            stream = await world.stream(phone)
            await stream.quiet()
            await stream.speak(seconds=1.0)
            await stream.until(lambda: "I did not get that." in world.prompts.said)
            await stream.quiet()
            await stream.play(bytes(16_000 * 7))
            await stream.until(lambda: "I did not hear." in world.prompts.said)
            await stream.hang_up()

    asyncio.run(story())


def test_keys_pressed_early_count_and_stop_the_prompt(line: Kit) -> None:
    line.shop.answers["orders.status"] = ON_THE_WAY

    async def story() -> None:
        async with media(line, {"en": Scripted([])}, prompts=Tones(4.0)) as world:
            phone = line.phone()
            phone.dial()
            stream = await world.stream(phone)
            await stream.until(lambda: stream.got)
            await stream.press("14711#")
            await stream.until(lambda: "Order 4711 is on the way." in world.prompts.said)
            await stream.hang_up()

    asyncio.run(story())


def test_a_recording_leaves_the_stream_and_comes_back(line: Kit) -> None:
    async def story() -> None:
        async with media(line, {"en": Scripted([])}) as world:
            phone = line.phone()
            phone.dial()
            stream = await world.stream(phone)
            await stream.quiet()
            await stream.press("4")
            assert await stream.ended() == (1000, "step")
            assert phone.go().verbs == ["Record", "Redirect"]
            assert phone.last.said == "", "heard already, in the stream"
            assert phone.post(str(phone.last.verb("Redirect").text)).verbs == ["Connect", "Redirect"], (
                "nothing recorded"
            )
            again = await world.stream(phone)
            await again.quiet()
            await again.hang_up()

    asyncio.run(story())


def test_a_stream_that_ends_unasked_is_keys_and_two_are_keys_for_good(line: Kit) -> None:
    async def story() -> None:
        async with media(line, {"en": Scripted([])}) as world:
            phone = line.phone()
            phone.dial()
            for _ in range(2):
                stream = await world.stream(phone)
                await stream.speaking()
                assert stream.socket is not None
                stream.socket.transport.abort()
                first = phone.go()
                assert first.verbs == ["Gather", "Redirect"]
                assert "I cannot hear you just now" in first.said
                assert "Order, one." in first.said, "and the question again"
                assert phone.post(phone.heard[-2].following).response.data == first.response.data, "told twice"
                phone.go()
            assert phone.last.verbs == ["Gather", "Redirect"], "the third time nobody tries"
            assert "cannot hear" not in phone.last.said
            assert "Order number?" in phone.press("1").said

    asyncio.run(story())


def test_when_every_place_is_taken_the_next_caller_gets_keys(line: Kit) -> None:
    async def story() -> None:
        async with media(line, {"en": Scripted([])}) as world:
            world.media.most = 1
            await world.media._beat()
            first, second = line.phone(), line.phone()
            assert first.dial().verbs == ["Connect", "Redirect"]
            stream = await world.stream(first)
            assert second.dial().verbs == ["Gather", "Redirect"]
            await stream.hang_up()
            await wait_for(lambda: not world.media.streams)
            third = line.phone()
            assert third.dial().verbs == ["Connect", "Redirect"]

    asyncio.run(story())


def test_a_process_that_is_replaced_leaves_its_streams_to_the_next(line: Kit) -> None:
    async def story() -> None:
        async with media(line, {"en": Scripted([])}) as old:
            phone = line.phone()
            phone.dial()
            stream = await old.stream(phone)
            await stream.quiet()
            async with media(line, {"en": Scripted([])}) as new:
                old.stop.set()
                await stream.press("1")
                assert await stream.ended() == (1000, "moved")
                assert phone.go().verbs == ["Connect", "Redirect"]
                again = await new.stream(phone)
                await again.quiet()
                assert new.prompts.said == ["Order number?"]
                await again.hang_up()

    asyncio.run(story())


def test_what_the_small_recogniser_cannot_is_for_the_carrier(redis: Redis, tmp_path: Path, monkeypatch: Any) -> None:
    flow = (Path(__file__).parent / "twilio" / "flow.yaml").read_text("utf-8")
    free = tmp_path / "free.yaml"
    free.write_text(flow.replace('expect: digits\n      length: "4..6"', "expect: free"), "utf-8")
    with kit(
        redis, tmp_path, monkeypatch, VOICE="local", FLOW=str(free), MEDIA_URL=MEDIA.replace("wss", "https")
    ) as line:

        async def story() -> None:
            async with media(line, {"en": Scripted([])}) as world:
                phone = line.phone()
                phone.dial()
                stream = await world.stream(phone)
                await stream.quiet()
                await stream.press("1")
                assert await stream.ended() == (1000, "moved")
                assert phone.go().verbs == ["Gather", "Redirect"]
                assert "Order number?" in phone.last.said

        asyncio.run(story())


def test_the_flow_says_who_hears(redis: Redis, tmp_path: Path, monkeypatch: Any) -> None:
    flow = (Path(__file__).parent / "twilio" / "flow.yaml").read_text("utf-8")
    local = tmp_path / "local.yaml"
    local.write_text(flow.replace("start: main", "start: main\nvoice: local"), "utf-8")
    for text, verb in ((local, "Connect"), (None, "Gather")):
        redis.flushall()
        more = {"FLOW": str(text)} if text else {}
        with kit(redis, tmp_path, monkeypatch, MEDIA_URL=MEDIA.replace("wss", "https"), **more) as line:

            async def story(line: Kit = line, verb: str = verb) -> None:
                async with media(line, {"en": Scripted([])}):
                    phone = line.phone()
                    assert phone.dial().verbs[0] == verb

            asyncio.run(story())
