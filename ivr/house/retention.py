"""Old data goes: by kind, after the days that the settings say, once a day, a few rows at a time.

Only what is over goes: an open ticket, promise, task or message stays however old it is. Each batch is a transaction of
its own, so that no call waits for it. What went is in the log and in the audit list, as counts.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Table, delete, select, update

from callqueue import store as queue
from callqueue.model import CallbackState, MessageState, TicketState
from callqueue.task_model import TaskState
from ivr.house import recordings
from ivr.jobs import wake
from ivr.settings import Settings, settings
from ivr.store import alerts, audit, blocks, calls, house, links, transcripts
from ivr.store.engine import engine, reading

log = logging.getLogger(__name__)

MARK = "retention"
JOB = "ivr.house.retention:run"
EVERY = timedelta(hours=24)
BATCH = 500
SECONDS = 20.0
"""A job stops after this and wakes the next: RQ ends one that takes a minute."""

OVER_TICKET = (TicketState.CLOSED, TicketState.ABANDONED)
OVER_PROMISE = (CallbackState.KEPT, CallbackState.FAILED, CallbackState.CANCELLED)

Sweep = Callable[[datetime, int], int]
"""Takes out up to so many that are older than a moment; returns how many it took."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of data. ``days`` 0: kept for ever."""

    name: str
    days: int
    sweep: Sweep


def kinds(configured: Settings) -> tuple[Kind, ...]:
    """What goes when, in order: what belongs to a row goes before the row."""
    return (
        Kind("recordings", configured.keep_recordings_days, sweep_recordings),
        Kind("transcripts", configured.keep_transcripts_days, sweep_transcripts),
        Kind("messages", configured.keep_messages_days, sweep_messages),
        Kind("promises", configured.keep_callbacks_days, sweep_promises),
        Kind("tickets", configured.keep_tickets_days, sweep_tickets),
        Kind("calls", configured.keep_tickets_days, sweep_calls),
        Kind("alerts", configured.keep_alerts_days, sweep_alerts),
        Kind("audit", configured.keep_audit_days, sweep_audit),
        Kind("sounds", configured.keep_sounds_days, lambda before, limit: sweep_sounds(configured, before, limit)),
        Kind("links", 30, sweep_links),
    )


def due(now: datetime) -> bool:
    """Whether a day has passed since the last whole round."""
    with reading(engine()) as conn:
        last = house.last(conn, MARK)
    return last is None or last <= now - EVERY


def run() -> dict[str, int]:
    """Job on ``house``: as much as there is time for; returns what went, by kind. Wakes itself for the rest."""
    now = datetime.now(UTC)
    if not due(now):
        return {}
    went, whole = round_of(kinds(settings()), now, time.monotonic() + SECONDS)
    if went:
        log.info("old data deleted: %s", ", ".join(f"{count} {name}" for name, count in went.items()))
    with engine().begin() as conn:
        if went:
            audit.record(conn, None, "house.retention", "old data", {}, went, via="program")
        if whole:
            house.mark(conn, MARK, now)
    if not whole:
        wake("house", JOB)
    return went


def round_of(wanted: tuple[Kind, ...], now: datetime, deadline: float) -> tuple[dict[str, int], bool]:
    """Take out batches until nothing is left, or until ``deadline`` (of ``time.monotonic``); what went by kind, and
    whether that is all."""
    went: dict[str, int] = {}
    for kind in wanted:
        if not kind.days:
            continue
        while taken := kind.sweep(now - timedelta(days=kind.days), BATCH):
            went[kind.name] = went.get(kind.name, 0) + taken
            if time.monotonic() >= deadline:
                return went, False
    return went, True


def sweep_recordings(before: datetime, limit: int) -> int:
    """Messages and conversations lose their sound, at the carrier too. One that it keeps from us stays for tomorrow."""
    taken = 0
    for table, name, at in (
        (queue.messages, queue.messages.c.recording, queue.messages.c.created_at),
        (queue.recordings, queue.recordings.c.sid, queue.recordings.c.made_at),
    ):
        with reading(engine()) as conn:
            old = conn.execute(
                select(table.c.id, name).where(at < before, name.is_not(None), name != "").limit(min(limit, 20))
            ).all()
        for id, recording in old:
            try:
                recordings.delete(recording)
            except recordings.CarrierAway as error:
                log.warning("recordings are not deleted today: the carrier does not answer (%s)", error)
                return 0
            gone = "" if name is queue.messages.c.recording else None
            with engine().begin() as conn:
                conn.execute(update(table).where(table.c.id == id).values({name: gone}))
            taken += 1
    return taken


def sweep_transcripts(before: datetime, limit: int) -> int:
    """What was said and heard in calls, and what recordings say."""
    row = transcripts.transcripts.c
    if taken := _delete(transcripts.transcripts, select(row.id).where(row.made_at < before).limit(limit)):
        return taken
    old = select(calls.call_entries.c.id).where(calls.call_entries.c.at < before).limit(limit)
    return _delete(calls.call_entries, old)


def sweep_messages(before: datetime, limit: int) -> int:
    row = queue.messages.c
    over = (row.state == MessageState.CLOSED) & (row.created_at < before) & (row.recording == "")
    return _delete(queue.messages, select(row.id).where(over).limit(limit))


def sweep_promises(before: datetime, limit: int) -> int:
    """Promises that are over, with their attempts and keys."""
    row = queue.callbacks.c
    with engine().begin() as conn:
        ids = _ids(conn, select(row.id).where(row.state.in_(OVER_PROMISE), row.created_at < before).limit(limit))
        for table in (queue.attempts, queue.promises):
            conn.execute(delete(table).where(table.c.callback.in_(ids)))
        conn.execute(delete(queue.callbacks).where(row.id.in_(ids)))
    return len(ids)


def sweep_tickets(before: datetime, limit: int) -> int:
    """Hand-offs that are over and have nothing left to do, with all that belongs to them."""
    row, task = queue.tickets.c, queue.tasks.c
    to_do = select(task.ticket).where(task.state != TaskState.CLOSED)
    with engine().begin() as conn:
        ids = _ids(
            conn,
            select(row.id)
            .where(row.state.in_(OVER_TICKET), row.created_at < before, row.id.not_in(to_do))
            .limit(limit),
        )
        for table in belonging():
            conn.execute(delete(table).where(table.c.ticket.in_(ids)))
        conn.execute(delete(queue.tickets).where(row.id.in_(ids)))
    return len(ids)


def belonging() -> list[Table]:
    """Tables whose rows belong to a ticket and go with it."""
    stay = {queue.agents.name, queue.callbacks.name, queue.tickets.name}
    return [table for table in queue.metadata.sorted_tables if "ticket" in table.c and table.name not in stay]


def sweep_calls(before: datetime, limit: int) -> int:
    row = calls.calls.c
    return _delete(calls.calls, select(row.id).where(row.started_at < before).limit(limit))


def sweep_alerts(before: datetime, limit: int) -> int:
    row = alerts.alerts.c
    with engine().begin() as conn:
        ids = _ids(conn, select(row.id).where(row.closed_at < before).limit(limit))
        for table in (alerts.alert_seen, alerts.alert_deliveries):
            conn.execute(delete(table).where(table.c.alert.in_(ids)))
        conn.execute(delete(alerts.alerts).where(row.id.in_(ids)))
    return len(ids)


def sweep_audit(before: datetime, limit: int) -> int:
    row = audit.audit.c
    return _delete(audit.audit, select(row.id).where(row.at < before).limit(limit))


def sweep_links(before: datetime, limit: int) -> int:
    """Password links long used or expired, and blocks that ended."""
    row = links.links.c
    taken = _delete(links.links, select(row.id).where(row.expires_at < before).limit(limit))
    with engine().begin() as conn:
        return taken + blocks.forget_expired(conn, before)


def sweep_sounds(configured: Settings, before: datetime, limit: int) -> int:
    """Sentences kept as sound that nobody has heard for long; they are made anew when somebody does."""
    taken = 0
    for path in _sounds(configured.data_dir / "audio"):
        if taken >= limit:
            break
        try:
            if path.stat().st_mtime < before.timestamp():
                path.unlink()
                taken += 1
        except FileNotFoundError:
            continue
    return taken


def _sounds(folder: Path) -> list[Path]:
    return (
        sorted(path for path in folder.rglob("*") if path.suffix in (".wav", ".ulaw") and path.is_file())
        if folder.is_dir()
        else []
    )


def _delete(table: Table, old: object) -> int:
    with engine().begin() as conn:
        ids = _ids(conn, old)
        conn.execute(delete(table).where(_in(table, ids)))
    return len(ids)


def _in(table: Table, ids: list[object]) -> ColumnElement[bool]:
    return table.c.id.in_(ids)


def _ids(conn: Connection, query: object) -> list[object]:
    return list(conn.execute(query).scalars())  # type: ignore[call-overload]
