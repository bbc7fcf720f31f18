"""What was said and heard: from the Redis stream ``journal`` into SQL.

A turn adds its entries to the stream in the same step that commits it. Draining writes a batch and only then trims it;
the records know each entry by call and number, so draining twice, or by two at once, changes nothing.
"""

from __future__ import annotations

import json
import logging
import time
from datetime import datetime
from typing import Any

import redis as redis_client
from sqlalchemy import Engine

from ivr.calls.store import JOURNAL
from ivr.redis_client import client
from ivr.store.calls import Entry, record_entries
from ivr.store.engine import engine

log = logging.getLogger(__name__)

BATCH = 200
"""Turns in one transaction; each has some five entries."""

PAUSE = 0.1
"""Seconds without a transaction after a full batch. SQLite has one writer at a time, and who waits for it looks again
after up to 0.1 s: a backlog written without a pause kept hand-offs from the records for fifteen seconds."""


def drain(redis: redis_client.Redis | None = None, records: Engine | None = None) -> int:
    """Job on ``journal``: move what is in the stream into SQL; returns how many entries. SQL away: they stay, and
    ``SQLAlchemyError`` rises. A turn that cannot be read is logged and dropped, not left to block the rest."""
    redis = client() if redis is None else redis
    records = engine() if records is None else records
    moved = 0
    while True:
        batch: Any = redis.xrange(JOURNAL, count=BATCH)
        if not batch:
            return moved
        entries = [entry for id, fields in batch for entry in _entries(id, fields)]
        with records.begin() as connection:
            record_entries(connection, entries)
        redis.xdel(JOURNAL, *(id for id, _ in batch))
        moved += len(entries)
        if len(batch) == BATCH and records.dialect.name == "sqlite":
            time.sleep(PAUSE)


def _entries(id: bytes, fields: dict[bytes, bytes]) -> list[Entry]:
    """What one turn wrote."""
    try:
        call, first = fields[b"call"].decode(), int(fields[b"seq"])
        return [
            Entry(call, seq, kind, datetime.fromisoformat(at), data)
            for seq, (kind, at, data) in enumerate(_written(fields), start=first)
        ]
    except (KeyError, TypeError, ValueError):
        log.exception("journal entry %s cannot be read", id.decode(errors="replace"))
        return []


def _written(fields: dict[bytes, bytes]) -> list[tuple[str, str, dict[str, Any]]]:
    """``[kind, at, data]`` each. Version 0.1.0 wrote an entry of the stream for each of them."""
    if b"entries" in fields:
        found: list[tuple[str, str, dict[str, Any]]] = json.loads(fields[b"entries"])
        return found
    return [(fields[b"kind"].decode(), fields[b"at"].decode(), json.loads(fields[b"data"]))]
