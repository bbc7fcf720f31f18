"""What was said and heard, from the Redis stream ``journal`` into SQL."""

from __future__ import annotations


def drain() -> int:
    """Job on ``journal``: move what is in the stream into SQL; returns how many entries. SQL away: they stay."""
    raise NotImplementedError
