"""What a turn wants changed in the world, done once by a worker after the turn was committed."""

from __future__ import annotations


def sweep() -> int:
    """Wake the workers for effects older than a second that nobody has done, and for an undrained journal. Called by
    the clock. Returns how many effects were woken. Redis away: ``RedisError``."""
    raise NotImplementedError


def perform(key: str) -> None:
    """Job on ``changes``: do the effect of this key, if it is still to be done."""
    raise NotImplementedError
