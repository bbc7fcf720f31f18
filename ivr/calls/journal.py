"""What was said and heard: from the Redis stream ``journal`` into SQL.

A turn adds its entries to the stream in the same step that commits it. Draining writes a batch and only then trims it;
the records know each entry by call and number, so draining twice, or by two at once, changes nothing.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import Any

import redis as redis_client
from sqlalchemy import Engine

from ivr.calls.store import JOURNAL
from ivr.redis_client import client
from ivr.store.calls import Entry, record_entries
from ivr.store.engine import engine

log = logging.getLogger(__name__)

BATCH = 500


def drain(redis: redis_client.Redis | None = None, records: Engine | None = None) -> int:
    """Job on ``journal``: move what is in the stream into SQL; returns how many entries. SQL away: they stay, and
    ``SQLAlchemyError`` rises. An entry that cannot be read is logged and dropped, not left to block the rest."""
    redis = client() if redis is None else redis
    records = engine() if records is None else records
    moved = 0
    while True:
        batch: Any = redis.xrange(JOURNAL, count=BATCH)
        if not batch:
            return moved
        entries = [entry for id, fields in batch if (entry := _entry(id, fields)) is not None]
        with records.begin() as connection:
            record_entries(connection, entries)
        redis.xdel(JOURNAL, *(id for id, _ in batch))
        moved += len(batch)


def _entry(id: bytes, fields: dict[bytes, bytes]) -> Entry | None:
    try:
        return Entry(
            call=fields[b"call"].decode(),
            seq=int(fields[b"seq"]),
            kind=fields[b"kind"].decode(),
            at=datetime.fromisoformat(fields[b"at"].decode()),
            data=json.loads(fields[b"data"]),
        )
    except (KeyError, ValueError):
        log.exception("journal entry %s cannot be read", id.decode(errors="replace"))
        return None
