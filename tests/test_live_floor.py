"""What the supervisors' page is told: at once, then once a second at most, and nothing is left untold."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from quart import Quart

from ivr.live import floor
from ivr.live.floor import AUDIENCE, Coalesced
from ivr.live.hub import RESYNC, Hub, Message


def test_many_events_are_few_and_the_last_one_is_told() -> None:
    told: list[float] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        coalesced = Coalesced(lambda: told.append(loop.time()), period=0.2)
        begun = loop.time()
        coalesced.touch()
        await asyncio.sleep(0.02)
        assert len(told) == 1, "the first is told at once"
        last = 0.0
        while loop.time() - begun < 0.5:
            coalesced.touch()
            last = loop.time()
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.3)
        assert told[-1] >= last, "what came last is told as well"

    asyncio.run(run())
    assert 2 <= len(told) <= 5
    assert all(later - earlier >= 0.19 for earlier, later in pairwise(told))


def test_pages_hear_of_any_message_and_only_supervisors_may_listen() -> None:
    async def run() -> None:
        app, hub = Quart("test"), Hub(lambda: None)  # type: ignore[arg-type, return-value]

        async def who() -> int:
            return 7

        floor.add(app, hub, who, lambda person: False)
        answer = await app.test_client().get("/supervisor/events")
        assert answer.status_code == 403
        page = hub.subscribe(AUDIENCE)
        hub._take({"type": "pmessage", "channel": b"push:agent:3", "data": b'{"event": "state", "data": {}}'})
        message = await asyncio.wait_for(page.inbox.get(), 2)
        assert message.event == "floor"
        assert set(message.data) == {"at"}, "only that something happened, and when"
        page.put(RESYNC)
        assert page.inbox.get_nowait() == Message("resync", {})

    asyncio.run(run())
