"""A customer is forgotten: all that is theirs goes, everywhere; what remains is that there was a call, and when.

Their row in every table stays without number, words and sound, so that figures stay true. Kept as they are: an opt-out
(or they would be phoned again) and a block. The audit list holds no more than four digits of a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import redis as redis_client
from sqlalchemy import Connection, Table, delete, or_, select, update

from callqueue import callbacks as promises
from callqueue import proposals
from callqueue import store as queue
from callqueue.model import OPEN_CALLBACK, TicketState
from callqueue.states import ON_THE_LINE
from callqueue.task_model import TaskState
from callqueue.work import Tx
from ivr.calls import door, journal
from ivr.house import recordings
from ivr.queueing import callqueue
from ivr.redis_client import client
from ivr.store import audit, blocks, calls, transcripts
from ivr.store.engine import engine, reading

KEPT = {"opt_outs": "they are not phoned again", "blocked_callers": "the block holds until it is lifted or over"}
"""Tables that go on holding the number, and why."""
EMPTIED = frozenset(
    {
        "calls",
        "call_entries",
        "tickets",
        "questions",
        "tasks",
        "callbacks",
        "messages",
        "recordings",
        "keys",
        "transcripts",
    }
)
"""Tables that :func:`forget` empties of it."""


class InACall(Exception):
    """They are on the line: not now."""


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of a number: ids by table; ``sounds``: recordings by the carrier's names for them."""

    number: str
    rows: Mapping[str, list[int | str]]
    sounds: tuple[str, ...] = ()
    keys: tuple[str, ...] = field(default=(), repr=False)

    def counts(self) -> dict[str, int]:
        """How many of each, without what there is none of."""
        told = {name: len(ids) for name, ids in self.rows.items()}
        told |= {"recordings": len(self.sounds), "redis": len(self.keys)}
        return {name: count for name, count in told.items() if count}


def find(number: str) -> Found:
    """Everything of this number (E.164). Raises ``SQLAlchemyError`` and ``RedisError``."""
    journal.drain()  # what the last turns wrote belongs to it
    ticket, message, promise, task = queue.tickets.c, queue.messages.c, queue.callbacks.c, queue.tasks.c
    with reading(engine()) as conn:
        call_ids = _all(conn, select(calls.calls.c.id).where(calls.calls.c.number == number))
        tickets = _all(conn, select(ticket.id).where(or_(ticket.number == number, ticket.call.in_(call_ids))))
        rows: dict[str, list[int | str]] = {
            "calls": call_ids,
            "call_entries": _all(conn, select(calls.call_entries.c.id).where(calls.call_entries.c.call.in_(call_ids))),
            "tickets": tickets,
            "questions": _all(conn, select(queue.questions.c.id).where(queue.questions.c.ticket.in_(tickets))),
            "tasks": _all(conn, select(task.id).where(or_(task.number == number, task.ticket.in_(tickets)))),
            "callbacks": _all(conn, select(promise.id).where(promise.number == number)),
            "messages": _all(conn, select(message.id).where(or_(message.number == number, message.call.in_(call_ids)))),
            "recordings": _all(conn, select(queue.recordings.c.id).where(queue.recordings.c.ticket.in_(tickets))),
            "keys": _all(conn, select(queue.keys.c.id).where(queue.keys.c.ticket.in_(tickets))),
        }
        written = transcripts.transcripts.c
        of_message = (written.kind == "message") & written.subject.in_(rows["messages"])
        of_talk = (written.kind == "conversation") & written.subject.in_(rows["recordings"])
        rows["transcripts"] = _all(conn, select(written.id).where(or_(of_message, of_talk)))
        sounds = _all(conn, select(message.recording).where(message.id.in_(rows["messages"]), message.recording != ""))
        sounds += _all(
            conn,
            select(queue.recordings.c.sid).where(
                queue.recordings.c.id.in_(rows["recordings"]), queue.recordings.c.sid.is_not(None)
            ),
        )
    return Found(number, rows, tuple(map(str, sounds)), tuple(_redis_keys(client(), map(str, call_ids))))


def forget(number: str, by: int | None = None) -> dict[str, int]:
    """Forget them; returns what went, by table. Raises :class:`InACall`, :class:`ivr.house.recordings.CarrierAway`
    (then nothing but recordings is gone: do it again), ``SQLAlchemyError``, ``RedisError``."""
    _not_in_a_call(find(number))
    _take_back_promises(number)
    found = find(number)
    for sound in found.sounds:
        recordings.delete(sound)
    counts = found.counts()
    with engine().begin() as conn:
        _empty(conn, found)
        audit.record(conn, by, "customer.forget", number, {}, counts, via="page" if by else "command")
    if found.keys:
        client().unlink(*found.keys)
    return counts


def kept(number: str) -> list[str]:
    """Which of :data:`KEPT` hold this number."""
    with reading(engine()) as conn:
        opted = conn.execute(select(queue.opt_outs.c.number).where(queue.opt_outs.c.number == number)).first()
        block = blocks.of_number(conn, number)
    return [name for name, there in (("opt_outs", opted), ("blocked_callers", block)) if there is not None]


def _not_in_a_call(found: Found) -> None:
    row = queue.tickets.c
    # A promise that is only offered to an agent has nobody on the line yet, and is taken back.
    busy = (row.state == TicketState.WRAP_UP) | (row.state.in_(ON_THE_LINE) & row.leg.is_not(None))
    with reading(engine()) as conn:
        talking = conn.execute(select(row.id).where(row.id.in_(found.rows["tickets"]), busy)).first()
    redis = client()
    if talking or any(redis.zscore(door.CALLS, str(call)) is not None for call in found.rows["calls"]):
        raise InACall(found.number)


def _take_back_promises(number: str) -> None:
    records = callqueue().records
    records.write(None, _cancel, number)
    with reading(engine()) as conn:
        row = queue.callbacks.c
        if conn.execute(select(row.id).where(row.number == number, row.state.in_(OPEN_CALLBACK))).first():
            raise InACall(number)  # one that is just being spoken


def _cancel(tx: Tx, number: str) -> None:
    proposals.put_away(tx, number, "forgotten")
    row = promises.open_promise(tx, number)
    if row is not None:
        promises.cancel(tx, row["id"], "forgotten")


def _empty(conn: Connection, found: Found) -> None:
    rows = found.rows

    def blank(table: Table, **values: object) -> None:
        conn.execute(update(table).where(table.c.id.in_(rows[table.name])).values(**values))

    now = datetime.now(UTC)
    conn.execute(delete(calls.call_entries).where(calls.call_entries.c.id.in_(rows["call_entries"])))
    conn.execute(delete(queue.keys).where(queue.keys.c.id.in_(rows["keys"])))
    blank(calls.calls, number=None)
    blank(queue.tickets, number=None, summary="", context={}, notes="")
    for question in rows["questions"]:
        conn.execute(update(queue.questions).where(queue.questions.c.id == question).values(text=f"({question})"))
    answered = queue.questions.c.id.in_(rows["questions"]) & queue.questions.c.answer.is_not(None)
    conn.execute(update(queue.questions).where(answered).values(answer=""))
    undone = queue.tasks.c.id.in_(rows["tasks"]) & (queue.tasks.c.state != TaskState.CLOSED)
    conn.execute(update(queue.tasks).where(undone).values(state=TaskState.CLOSED, state_at=now, outcome="no_need"))
    blank(queue.tasks, number=None)
    blank(queue.callbacks, number="", summary="", context={})
    blank(queue.messages, number=None, summary="", note="", recording="")
    blank(queue.recordings, sid=None)
    # A worker that is just writing one down finds no row to put it in.
    conn.execute(delete(transcripts.transcripts).where(transcripts.transcripts.c.id.in_(rows["transcripts"])))


def _all(conn: Connection, query: object) -> list[int | str]:
    return list(conn.execute(query).scalars())  # type: ignore[call-overload]


def _redis_keys(redis: redis_client.Redis, call_ids: Iterable[str]) -> list[str]:
    """What Redis holds of these calls: their sessions and replies, effects, answers."""
    found: list[str] = []
    for call in call_ids:
        if redis.exists(f"call:{call}"):
            found.append(f"call:{call}")
        for pattern in (f"effect:{call}:*", f"lookup:{call}:*"):
            found += [key.decode() for key in redis.scan_iter(match=pattern, count=1000)]
    return found
