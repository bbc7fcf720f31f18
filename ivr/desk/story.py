"""What an agent reads about a call: what was said and heard, the way through the menus, earlier calls, open questions.

Read-only, from the journal in the records and from the queue's tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select

from callqueue import store as queue_tables
from callqueue.model import QuestionView, TicketView
from ivr.calls.entries import MASK
from ivr.store import calls
from ivr.store.engine import engine, reading

EARLIER = 8
"""How many earlier calls an agent sees."""


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
class Earlier:
    """A call or callback of the same number before this one. ``ticket`` None: it never reached a human."""

    at: datetime
    outcome: str
    agent: str
    summary: str
    notes: str
    ticket: int | None


@dataclass(frozen=True, slots=True)
class Story:
    """All of it, for one hand-off. ``open_before``: questions of earlier hand-offs that nobody answered."""

    lines: tuple[Line, ...]
    path: tuple[str, ...]
    earlier: tuple[Earlier, ...]
    open_before: tuple[QuestionView, ...]


def story(ticket: TicketView) -> Story:
    """Everything known about the call of a hand-off and about the number it came from. Raises ``SQLAlchemyError``."""
    with reading(engine()) as conn:
        entries = calls.transcript(conn, ticket.call)
    lines = conversation((entry.kind, entry.data, entry.at) for entry in entries)
    handed_on = ticket.context.get("transcript")
    if not lines and isinstance(handed_on, list):
        # The journal is drained a moment later; until then, what came with the hand-off.
        lines = conversation((str(item.get("kind", "")), item, None) for item in handed_on if isinstance(item, dict))
    way = path((entry.kind, entry.data) for entry in entries)
    if ticket.number is None:
        return Story(lines, way, (), ())
    return Story(lines, way, earlier(ticket), open_before(ticket))


def conversation(entries: Iterable[tuple[str, Mapping[str, Any], datetime | None]]) -> tuple[Line, ...]:
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
            lines.append(Line("event", str(data.get("what") or ""), at))
    return tuple(lines)


def path(entries: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[str, ...]:
    """The steps a call came through, repeats in a row once."""
    steps: list[str] = []
    for kind, data in entries:
        step = str(data.get("step") or "")
        if kind == "entered" and step and steps[-1:] != [step]:
            steps.append(step)
    return tuple(steps)


def earlier(ticket: TicketView) -> tuple[Earlier, ...]:
    """Calls and hand-offs of the same number before this one, newest first."""
    tickets, agents = queue_tables.tickets, queue_tables.agents
    with reading(engine()) as conn:
        rows = conn.execute(
            select(tickets, agents.c.name.label("agent_name"))
            .join(agents, agents.c.id == tickets.c.agent, isouter=True)
            .where(tickets.c.number == ticket.number, tickets.c.id < ticket.id)
            .order_by(tickets.c.id.desc())
            .limit(EARLIER)
        ).all()
        known = {row.call for row in rows} | {ticket.call}
        alone = [call for call in calls.recent_calls(conn, ticket.number or "", EARLIER) if call.id not in known]
    found = [
        Earlier(row.created_at, row.outcome or row.state, row.agent_name or "", row.summary, row.notes, row.id)
        for row in rows
    ]
    found += [Earlier(call.started_at, call.outcome or "", "", "", "", None) for call in alone]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True)[:EARLIER])


def open_before(ticket: TicketView) -> tuple[QuestionView, ...]:
    """Questions from earlier hand-offs of this number that are still open, oldest first."""
    tickets, questions = queue_tables.tickets, queue_tables.questions
    with reading(engine()) as conn:
        rows = conn.execute(
            select(questions)
            .join(tickets, tickets.c.id == questions.c.ticket)
            .where(tickets.c.number == ticket.number, tickets.c.id < ticket.id, questions.c.answer.is_(None))
            .order_by(questions.c.id)
            .limit(20)
        ).all()
    return tuple(QuestionView(**{name: getattr(row, name) for name in QuestionView.__slots__}) for row in rows)
