"""What an agent reads about a call: what was said and heard, the way through the menus, earlier calls, open questions.

Read-only, from the journal in the records and from the queue's tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, select

from callqueue import store as queue_tables
from callqueue.model import MessageView, TicketView
from callqueue.task_model import TaskView
from ivr.calls.entries import MASK
from ivr.desk import journey
from ivr.desk.journey import Stage
from ivr.desk.texts import Texts
from ivr.queueing import callqueue
from ivr.store import calls
from ivr.store.engine import engine, reading

EARLIER = 8
"""How many earlier calls an agent sees."""


@dataclass(frozen=True, slots=True)
class About:
    """Which call is told of. ``ticket``: its hand-off, which is not among its own earlier ones; ``callback``: the
    promise that brought it; ``transcript``: what came with the hand-off."""

    call: str
    number: str | None
    ticket: int | None = None
    callback: int | None = None
    transcript: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(cls, ticket: TicketView) -> About:
        handed_on = ticket.context.get("transcript")
        transcript = [one for one in handed_on if isinstance(one, dict)] if isinstance(handed_on, list) else []
        callback = ticket.callback.id if ticket.callback else None
        return cls(ticket.call, ticket.number, ticket.id, callback, tuple(transcript))


@dataclass(frozen=True, slots=True)
class Line:
    """One bubble of the conversation. ``said``: by the robot; ``heard``: from the caller; ``event``: what happened.
    ``keys``: ``text`` is keys pressed. ``secret``: something was entered that is not shown."""

    who: Literal["said", "heard", "event"]
    text: str
    at: datetime | None
    keys: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of an earlier call; ``answer`` None: still open."""

    text: str
    answer: str | None


@dataclass(frozen=True, slots=True)
class Earlier:
    """A call or callback of the same number before this one. ``ticket`` None: it never reached a human."""

    at: datetime
    outcome: str
    agent: str
    summary: str
    notes: str
    ticket: int | None
    questions: tuple[Asked, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """All of it, for one call. ``left``: what earlier calls left open, and answers the customer has not heard;
    ``messages``: those that the number recorded."""

    lines: tuple[Line, ...]
    path: tuple[Stage, ...]
    earlier: tuple[Earlier, ...] = ()
    left: tuple[TaskView, ...] = ()
    messages: tuple[MessageView, ...] = field(default=())


def story(about: About, words: Texts, flow: Path | None) -> Story:
    """Everything known about a call and the number it came from. Raises ``SQLAlchemyError``."""
    with reading(engine()) as conn:
        entries = calls.transcript(conn, about.call)
        before = earlier(conn, about) if about.number else ()
    lines = conversation(((entry.kind, entry.data, entry.at) for entry in entries), words)
    if not lines:
        # The journal is drained a moment later; until then, what came with the hand-off.
        lines = conversation(((str(one.get("kind", "")), one, None) for one in about.transcript), words)
    revision = next((str(entry.data.get("revision") or "") for entry in entries if entry.kind == "started"), "")
    way = journey.way(((entry.kind, entry.data) for entry in entries), journey.titles(flow, revision), words)
    if about.number is None:
        return Story(lines, way)
    left = [one for one in callqueue().tasks_of(about.number, about.callback) if one.ticket != about.ticket]
    messages = [one for one in callqueue().messages_of(about.number) if one.call != about.call]
    return Story(lines, way, before, tuple(left), tuple(messages))


def conversation(entries: Iterable[tuple[str, Mapping[str, Any], datetime | None]], words: Texts) -> tuple[Line, ...]:
    """Journal entries as bubbles. Entries of kinds that aren't conversation are left out."""
    lines: list[Line] = []
    for kind, data, at in entries:
        text = str(data.get("text") or data.get("digits") or "")
        if kind == "said" and text:
            lines.append(Line("said", text, at))
        elif kind in ("heard", "pressed"):
            if not text:
                continue  # silence
            secret = text == MASK
            lines.append(Line("heard", "" if secret else text, at, keys=kind == "pressed", secret=secret))
        elif kind == "trouble":
            lines.append(Line("event", journey.trouble(str(data.get("what") or ""), words), at))
    return tuple(lines)


def earlier(conn: Connection, about: About) -> tuple[Earlier, ...]:
    """Calls and hand-offs of the same number before this one, newest first, with what was answered and what was not."""
    tickets, agents, questions = queue_tables.tickets, queue_tables.agents, queue_tables.questions
    before = tickets.c.number == about.number
    if about.ticket is not None:
        before &= tickets.c.id < about.ticket
    rows = conn.execute(
        select(tickets, agents.c.name.label("agent_name"))
        .join(agents, agents.c.id == tickets.c.agent, isouter=True)
        .where(before)
        .order_by(tickets.c.id.desc())
        .limit(EARLIER)
    ).all()
    asked: dict[int, list[Asked]] = {}
    of_these = select(questions).where(questions.c.ticket.in_([row.id for row in rows])).order_by(questions.c.id)
    for one in conn.execute(of_these):
        asked.setdefault(one.ticket, []).append(Asked(one.text, one.answer))
    known = {row.call for row in rows} | {about.call}
    alone = [call for call in calls.recent_calls(conn, about.number or "", EARLIER) if call.id not in known]
    found = [
        Earlier(
            row.created_at,
            row.outcome or row.state,
            row.agent_name or "",
            row.summary,
            row.notes,
            row.id,
            tuple(asked.get(row.id, ())),
        )
        for row in rows
    ]
    found += [Earlier(call.started_at, call.outcome or "", "", "", "", None) for call in alone]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True)[:EARLIER])
