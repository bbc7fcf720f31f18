"""The queue's tables. Times are stored in UTC and read back aware."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware time, in UTC in the records (SQLite keeps no offset)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without an offset")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        read: datetime = value
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _same_as(name: str) -> Callable[[DefaultExecutionContext], Any]:
    """The default of a column that begins as another of the same row."""

    def value(context: DefaultExecutionContext) -> Any:
        return context.get_current_parameters()[name]  # type: ignore[no-untyped-call]

    return value


agents = Table(
    "agents",
    metadata,
    # The person's id: made by whoever registers, never here.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(200), nullable=False),
    # What they can do, and how well: {skill: 1 to 10}.
    Column("skills", JSON, nullable=False),
    Column("phone", String(20)),
    Column("status", String(10), nullable=False),
    Column("reason", String(200), nullable=False, default=""),
    Column("since", Moment, nullable=False),
    Column("last_call_at", Moment),
    Column("alive_at", Moment, nullable=False),
    # From offer to the end of wrap-up. The compare-and-set on it is what keeps two calls from one agent.
    Column("ticket", Integer, unique=True),
    Column("paused", String(20), nullable=False, default=""),
    Index("ix_agents_status", "status"),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("kind", String(10), nullable=False),
    Column("call", String(64), nullable=False),
    # The customer's leg as it is now: the call they made, or the one we placed; NULL while nobody is on the line.
    Column("leg", String(64)),
    Column("number", String(20)),
    Column("language", String(10), nullable=False),
    Column("queue", String(64), nullable=False),
    Column("priority", Integer, nullable=False),
    # Served before everybody with less: 2 when cut off in a conversation, 1 when an agent let the offer pass.
    Column("head", Integer, nullable=False, default=0),
    Column("reason", String(64), nullable=False),
    Column("summary", Text, nullable=False),
    Column("context", JSON, nullable=False),
    Column("state", String(12), nullable=False),
    Column("state_at", Moment, nullable=False),
    # Waiting since; survives offers, agents, callbacks and moves to other queues.
    Column("since", Moment, nullable=False),
    # The place in line: ``since`` less what the priority is worth (``Rules.place``).
    Column("place", Moment, nullable=False, default=_same_as("since")),
    Column("created_at", Moment, nullable=False),
    # In this queue since: what overflow counts from.
    Column("queued_at", Moment, nullable=False, default=_same_as("created_at")),
    # The agent who spoke with this caller last.
    Column("familiar", Integer),
    # The queue it was moved from last, and by whom (a person's id; NULL: by overflow).
    Column("came_from", String(64)),
    Column("moved_by", Integer),
    Column("agent", Integer),
    Column("offer", Integer),
    Column("queue_sid", String(64)),
    Column("agent_leg", String(64)),
    # The carrier's conference in hand: what an earlier one of the same name still tells is not about this one.
    Column("conference", String(64)),
    Column("caller_in", Boolean, nullable=False, default=False),
    # The caller pressed the callback key and is choosing: not offered to anybody.
    Column("leaving", Boolean, nullable=False, default=False),
    # When the next thing must have happened: the agent joined, the caller joined, wrap-up finished.
    Column("deadline", Moment),
    Column("connected_at", Moment),
    Column("closed_at", Moment),
    Column("checked_at", Moment, nullable=False),
    Column("outcome", String(200)),
    Column("notes", Text, nullable=False, default=""),
    Column("notes_version", Integer, nullable=False, default=0),
    Column("callback", Integer),
    # The ticket that a transfer made this one from; its own agent has a wrap-up of their own.
    Column("parent", Integer),
    # Whose conference it is in, when not its own: that of the ticket whose agent asked for this one's.
    Column("room", Integer),
    # The caller is to hear music since then; the agent's microphone is to be off.
    Column("held_at", Moment),
    Column("muted", Boolean, nullable=False, default=False, server_default=text("false")),
    # What the caller said to being recorded; NULL: was not asked.
    Column("record", Boolean),
    # Only for this agent, until then.
    Column("target", Integer),
    Column("target_until", Moment),
    # A number in an agent's place, and our call to it as soon as it is known.
    Column("outside", String(20)),
    Column("outside_leg", String(64)),
    Index("ix_tickets_parent", "parent"),
    Index("ix_tickets_room", "room"),
    Index("ix_tickets_outside_leg", "outside_leg"),
    Index("ix_tickets_state_deadline", "state", "deadline"),
    Index("ix_tickets_line", "state", "queue", "leaving", "head", "place"),
    Index("ix_tickets_number_connected", "number", "connected_at"),
    Index("ix_tickets_state_checked", "state", "checked_at"),
    Index("ix_tickets_leg", "leg"),
    Index("ix_tickets_call", "call"),
    Index("ix_tickets_number", "number"),
    Index("ix_tickets_agent_leg", "agent_leg"),
    Index("ix_tickets_closed_at", "closed_at"),
    Index("ix_tickets_created_at", "created_at"),
)

segments = Table(
    "segments",
    metadata,
    # One agent's share of a ticket, from connected to the end of their wrap-up.
    Column("id", Integer, primary_key=True),
    Column("ticket", Integer, nullable=False),
    Column("agent", Integer, nullable=False),
    Column("queue", String(64), nullable=False),
    Column("language", String(10), nullable=False),
    Column("began_at", Moment, nullable=False),
    # Hold that is over, and since when the hold in hand lasts.
    Column("held_seconds", Integer, nullable=False, default=0),
    Column("held_since", Moment),
    Column("talked_until", Moment),
    Column("wrapped_at", Moment),
    Index("ix_segments_ticket", "ticket"),
    Index("ix_segments_began_at", "began_at"),
)

offers = Table(
    "offers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket", Integer, nullable=False),
    Column("agent", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("deadline", Moment, nullable=False),
    Column("ended_at", Moment),
    # The agent's telephone, when they use one: "asked" before the carrier is, then the call's id.
    Column("leg", String(64)),
    Index("ix_offers_ticket_state", "ticket", "state"),
    Index("ix_offers_state_deadline", "state", "deadline"),
    Index("ix_offers_leg", "leg"),
    Index("ix_offers_made_at", "made_at"),
    Index(
        "uq_offers_open_agent",
        "agent",
        unique=True,
        sqlite_where=text("state = 'offered'"),
        postgresql_where=text("state = 'offered'"),
    ),
    Index(
        "uq_offers_open_ticket",
        "ticket",
        unique=True,
        sqlite_where=text("state = 'offered'"),
        postgresql_where=text("state = 'offered'"),
    ),
)

_OPEN_SUPERVISION = text("state IN ('asked', 'in')")

_OPEN_RECORDING = text("state IN ('asked', 'on')")

supervisions = Table(
    "supervisions",
    metadata,
    # A supervisor in somebody's call: their own leg, muted, heard by the agent only, or by all.
    Column("id", Integer, primary_key=True),
    Column("ticket", Integer, nullable=False),
    Column("agent", Integer, nullable=False),
    Column("mode", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("leg", String(64)),
    Column("made_at", Moment, nullable=False),
    Column("joined_at", Moment),
    Column("ended_at", Moment),
    Index("ix_supervisions_ticket_state", "ticket", "state"),
    Index("ix_supervisions_state_made", "state", "made_at"),
    Index("ix_supervisions_leg", "leg"),
    Index(
        "uq_supervisions_open_agent",
        "agent",
        unique=True,
        sqlite_where=_OPEN_SUPERVISION,
        postgresql_where=_OPEN_SUPERVISION,
    ),
)

recordings = Table(
    "recordings",
    metadata,
    # A conversation recorded on the customer's leg: it goes on through transfers, without what they do not hear.
    Column("id", Integer, primary_key=True),
    Column("ticket", Integer, nullable=False),
    Column("call", String(64), nullable=False),
    # The carrier's name for it, as soon as it is known.
    Column("sid", String(64)),
    Column("state", String(10), nullable=False),
    # Is to be paused since then: card data is spoken.
    Column("paused_at", Moment),
    Column("seconds", Integer, nullable=False, default=0),
    Column("made_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index("ix_recordings_ticket", "ticket"),
    Index("ix_recordings_state_made", "state", "made_at"),
    Index("ix_recordings_sid", "sid"),
    Index(
        "uq_recordings_open_call",
        "call",
        unique=True,
        sqlite_where=_OPEN_RECORDING,
        postgresql_where=_OPEN_RECORDING,
    ),
)

keys = Table(
    "keys",
    metadata,
    # Keys that an agent presses towards the other party: kept only until they were played.
    Column("id", Integer, primary_key=True),
    Column("ticket", Integer, nullable=False),
    Column("leg", String(64), nullable=False),
    Column("digits", String(32), nullable=False),
    Column("made_at", Moment, nullable=False),
    Index("ix_keys_made_at", "made_at"),
)

_OPEN = text("state IN ('due_later', 'due', 'dialing', 'unknown', 'answered')")
_PROPOSED = text("state = 'proposed'")

callbacks = Table(
    "callbacks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("call", String(64), nullable=False),
    Column("number", String(20), nullable=False),
    Column("language", String(10), nullable=False),
    Column("queue", String(64), nullable=False),
    Column("priority", Integer, nullable=False, default=0),
    Column("summary", Text, nullable=False),
    Column("context", JSON, nullable=False),
    Column("at", Moment),
    Column("since", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("state", String(10), nullable=False),
    Column("state_at", Moment, nullable=False),
    Column("attempt", Integer, nullable=False, default=0),
    # When this attempt did not reach them either, it is given up.
    Column("last_attempt", Integer, nullable=False, default=3, server_default="3"),
    # The call of the attempt in hand, as soon as it is known.
    Column("leg", String(64)),
    Column("reason", String(64), nullable=False, default=""),
    Column("last_outcome", String(20)),
    Column("ticket", Integer),
    Column("created_at", Moment, nullable=False),
    # Whose wish it was: the customer "asked", an "agent" did, or a rule found a call "abandoned" in line or "missed".
    Column("origin", String(10), nullable=False, default="asked", server_default="asked"),
    # What it is measured by: the time that was promised, or when it was promised if "as soon as possible".
    Column("promised_for", Moment, nullable=False),
    Index("ix_callbacks_state_due", "state", "due_at"),
    Index("ix_callbacks_queue_at", "queue", "at"),
    Index("ix_callbacks_promised_for", "promised_for"),
    Index("ix_callbacks_leg", "leg"),
    Index("ix_callbacks_call", "call"),
    Index("ix_callbacks_number_created", "number", "created_at"),
    Index("uq_callbacks_open_number", "number", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("uq_callbacks_proposed_number", "number", unique=True, sqlite_where=_PROPOSED, postgresql_where=_PROPOSED),
)

promises = Table(
    "promises",
    metadata,
    # Every promise's key: a repeat of any of them changes nothing, also after a later promise changed the row.
    Column("key", String(200), primary_key=True),
    Column("callback", Integer, nullable=False),
    Column("at", Moment, nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("callback", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("outcome", String(20)),
    Column("call", String(64)),
    # Dialled before any agent was in the conference; with ``answered_at`` that tells how many heard nobody.
    Column("customer_first", Boolean, nullable=False, default=False, server_default=text("false")),
    Column("answered_at", Moment),
    UniqueConstraint("callback", "attempt"),
    Index("ix_attempts_customer_first", "customer_first", "started_at"),
)

questions = Table(
    "questions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket", Integer, nullable=False),
    Column("text", String(500), nullable=False),
    Column("answer", Text),
    Column("asked_at", Moment, nullable=False),
    Column("answered_at", Moment),
    Column("answered_by", Integer),
    # What the agent chose for it in case it stays open: its task's owner (0: anybody; NULL: who wraps up) and due time.
    Column("owner", Integer),
    Column("due_at", Moment),
    UniqueConstraint("ticket", "text"),
    Index("ix_questions_asked_at", "asked_at"),
)

tasks = Table(
    "tasks",
    metadata,
    # A question left open when its hand-off was over; its text and answer are in ``questions``.
    Column("id", Integer, primary_key=True),
    Column("question", Integer, nullable=False, unique=True),
    Column("ticket", Integer, nullable=False),
    Column("number", String(20)),
    Column("language", String(10), nullable=False),
    Column("queue", String(64), nullable=False),
    # NULL: whoever takes it.
    Column("owner", Integer),
    Column("due_at", Moment, nullable=False),
    # When everybody concerned was told that its time has passed.
    Column("overdue_at", Moment),
    Column("state", String(10), nullable=False),
    Column("state_at", Moment, nullable=False),
    # The promise that brings the customer the answer; the latest, when there were several.
    Column("callback", Integer),
    Column("outcome", String(20), nullable=False, default=""),
    Column("created_at", Moment, nullable=False),
    Index("ix_tasks_state_due", "state", "due_at"),
    Index("ix_tasks_callback", "callback"),
    Index("ix_tasks_number", "number"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("state", String(10), nullable=False),
    Column("call", String(64), nullable=False),
    Column("number", String(20)),
    Column("language", String(10), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("recording", String(200), nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("summary", Text, nullable=False),
    Column("queue", String(64), nullable=False),
    Column("agent", Integer),
    Column("note", Text, nullable=False, default=""),
    Column("outcome", String(20), nullable=False, default="", server_default=""),
    # The promise that closed it, when the customer is called back.
    Column("callback", Integer),
    Column("created_at", Moment, nullable=False),
    Column("state_at", Moment, nullable=False),
    Index("ix_messages_state_created", "state", "created_at"),
    Index("ix_messages_created_at", "created_at"),
    Index("ix_messages_number", "number"),
    Index("ix_messages_call", "call"),
)

chores = Table(
    "chores",
    metadata,
    # What only the carrier's API can do, kept until done: a job claims it by moving ``due_at``.
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("woken_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    UniqueConstraint("kind", "subject"),
    Index("ix_chores_due_at", "due_at"),
)

opt_outs = Table(
    "opt_outs",
    metadata,
    Column("number", String(20), primary_key=True),
    Column("at", Moment, nullable=False),
    # "key" in one of our calls, "desk" or "command".
    Column("how", String(10), nullable=False, default="desk", server_default="desk"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(200), nullable=False),
    Column("until", Moment, nullable=False),
)
