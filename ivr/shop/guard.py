"""Limits of wrong proofs: per call, calling number, target (card or order) and overall."""

from __future__ import annotations

import redis as redis_client


class Guard:
    """Counts guesses in Redis. Keys hold keyed hashes, never a number, a card or a PIN."""

    def __init__(self, redis: redis_client.Redis, key: str | None = None) -> None:
        self._redis = redis
        self._key = key
