"""Who has a page open. The last page of an agent gone for longer than the grace means that the agent is gone."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

GRACE_SECONDS = 10.0
"""How long a page may be away (a reload, a short drop of the network) before its agent is off duty."""


class Presence:
    """Counts open streams per agent and reports an agent once none came back within the grace."""

    def __init__(self, gone: Callable[[int], Awaitable[None]], grace: float = GRACE_SECONDS) -> None:
        """``gone(agent)`` is awaited once per absence."""
        self._gone = gone
        self._grace = grace
        self._streams: Counter[int] = Counter()
        self._leaving: dict[int, asyncio.Task[None]] = {}

    def opened(self, agent: int) -> None:
        self._streams[agent] += 1
        if leaving := self._leaving.pop(agent, None):
            leaving.cancel()

    def closed(self, agent: int) -> None:
        self._streams[agent] -= 1
        if self._streams[agent] <= 0:
            del self._streams[agent]
            self._leaving[agent] = asyncio.create_task(self._leave(agent))

    def stop(self) -> None:
        """This process ends, not the agents: nobody is reported."""
        for leaving in self._leaving.values():
            leaving.cancel()
        self._leaving.clear()

    async def _leave(self, agent: int) -> None:
        await asyncio.sleep(self._grace)
        self._leaving.pop(agent, None)
        await self._gone(agent)
