"""One subscription per process, fanned out to every open stream. Redis away: streams stay, and are told to resync."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import redis
from redis.asyncio import Redis

from ivr.live.push import PREFIX

log = logging.getLogger(__name__)

BACKLOG = 200
"""Messages a page may lag behind before it is told to read everything again instead."""
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0)
"""Waits between attempts to reach Redis again; the last one repeats."""


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to a page: the event's name and its JSON data."""

    event: str
    data: dict[str, Any]


RESYNC = Message("resync", {})


@dataclass(eq=False, slots=True)
class Subscription:
    """One open page: the audiences it hears and the messages it has not had yet."""

    audiences: frozenset[str]
    inbox: asyncio.Queue[Message] = field(default_factory=lambda: asyncio.Queue(BACKLOG))

    def put(self, message: Message) -> None:
        """Never waits. A page that lags too far gets one ``resync`` in place of all it missed."""
        try:
            self.inbox.put_nowait(message)
        except asyncio.QueueFull:
            while not self.inbox.empty():
                self.inbox.get_nowait()
            self.inbox.put_nowait(RESYNC)


class Hub:
    """Listens to ``push:*`` and gives each message to the subscriptions of its audience."""

    def __init__(self, connect: Callable[[], Redis]) -> None:
        """``connect`` makes a new client (called again after every loss)."""
        self._connect = connect
        self._open: set[Subscription] = set()
        self.heard: Callable[[], None] | None = None
        """Called with every message, whoever it is for."""
        self.connected = asyncio.Event()

    def subscribe(self, *audiences: str) -> Subscription:
        subscription = Subscription(frozenset(audiences))
        self._open.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        self._open.discard(subscription)

    def spread(self, audience: str, message: Message) -> None:
        for subscription in self._open:
            if audience in subscription.audiences:
                subscription.put(message)

    async def run(self) -> None:
        """Until cancelled. Every connection but the first is followed by a ``resync`` to all pages, since what was
        published in between is lost."""
        failures = 0
        before = False
        while True:
            client = self._connect()
            try:
                async with client.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.psubscribe(PREFIX + "*")
                    if before:
                        log.info("push channel is back")
                        for subscription in self._open:
                            subscription.put(RESYNC)
                    before = True
                    failures = 0
                    self.connected.set()
                    while True:
                        self._take(await channel.get_message(timeout=1.0))
            except (redis.RedisError, OSError) as error:
                self.connected.clear()
                if failures == 0:
                    log.warning("push channel lost: %s; trying again", type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1
            finally:
                await client.aclose()

    def _take(self, raw: dict[str, Any] | None) -> None:
        if raw is None or raw["type"] != "pmessage":
            return
        try:
            audience = raw["channel"].decode().removeprefix(PREFIX)
            body = json.loads(raw["data"])
            message = Message(str(body["event"]), dict(body["data"]))
        except (ValueError, KeyError, TypeError) as error:
            log.warning("unreadable push dropped: %s", type(error).__name__)
            return
        self.spread(audience, message)
        if self.heard is not None:
            self.heard()
