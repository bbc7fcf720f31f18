"""Push over Redis: what happened goes to the channel of its audience; the live process passes it on to open pages."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

import redis

PREFIX = "push:"
"""A channel is this and the audience: ``push:agent:7``, ``push:desk``."""
SIGNED_OUT = "signed_out"
"""Told to an agent whose sessions are over: the live process ends their streams."""

log = logging.getLogger(__name__)


class RedisPush:
    """Implements ``callqueue.ports.Push``. Redis away loses the message and nothing else: a page reads everything
    again when its stream comes back."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def send(self, audience: str, event: str, data: Mapping[str, Any]) -> None:
        """Never raises for Redis: a lost push may not undo what was committed."""
        message = json.dumps({"event": event, "data": dict(data)}, ensure_ascii=False, default=str)
        try:
            self._client.publish(PREFIX + audience, message)
        except redis.RedisError as error:
            log.warning("push of %s to %s lost: %s", event, audience.split(":")[0], type(error).__name__)
