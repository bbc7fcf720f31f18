"""What the figures are made of, read from the records: a fixed number of queries, each by an index of its time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, select

from callqueue import promised
from callqueue import store as queue
from callqueue.model import OfferState, TicketState
from ivr.floor.figures import Asked, Came, Data, Fate, Offered, Phoned, Share
from ivr.store.calls import calls

SENT_ON = "leave"
"""The outcome of a ticket whose caller did not hang up: they went on to a message or to an offer of a callback."""
SAID_GOODBYE = "done"
"""The outcome of a call that came to the end of its flow."""
MESSAGE_LATER = timedelta(hours=1)
"""A call leaves its message within this."""


def data(conn: Connection, start: datetime, end: datetime) -> Data:
    """Everything that belongs to ``start <= time < end``."""
    return Data(
        came=came(conn, start, end),
        shares=shares(conn, start, end),
        offered=offered(conn, start, end),
        promises=promised.promises(conn, start, end),
        asked=asked(conn, start, end),
        phoned=phoned(conn, start, end),
    )


def came(conn: Connection, start: datetime, end: datetime) -> list[Came]:
    """Callers who came to the line. A ticket made for a callback that fell due is none: nobody came."""
    row = queue.tickets.c
    found = conn.execute(
        select(
            row.queue, row.language, row.created_at, row.kind, row.state, row.outcome, row.connected_at, row.closed_at
        ).where(row.created_at >= start, row.created_at < end, row.key.not_like("callback:%"))
    )
    return [
        Came(name, language, at, *fate(kind, state, outcome, connected_at, closed_at))
        for name, language, at, kind, state, outcome, connected_at, closed_at in found
    ]


def fate(
    kind: str, state: str, outcome: str | None, connected_at: datetime | None, closed_at: datetime | None
) -> tuple[Fate, datetime | None]:
    """What became of a caller, and when that was known: the first answer counts, whatever followed it."""
    if kind == "callback":
        return "callback", closed_at
    if connected_at is not None:
        return "answered", connected_at
    if state == TicketState.ABANDONED:
        return ("diverted" if outcome == SENT_ON else "abandoned"), closed_at
    if state == TicketState.CLOSED:
        return ("moved" if outcome == "moved" else "diverted"), closed_at
    return "in_line", None


def shares(conn: Connection, start: datetime, end: datetime) -> list[Share]:
    """Agents' shares of conversations."""
    row = queue.segments.c
    found = conn.execute(
        select(
            row.agent, row.queue, row.language, row.began_at, row.talked_until, row.wrapped_at, row.held_seconds
        ).where(row.began_at >= start, row.began_at < end)
    )
    return [Share(*values) for values in found]


def offered(conn: Connection, start: datetime, end: datetime) -> list[Offered]:
    """Offers to agents that are over."""
    row = queue.offers.c
    found = conn.execute(
        select(row.agent, row.made_at, row.state).where(
            row.made_at >= start, row.made_at < end, row.state != OfferState.OFFERED
        )
    )
    return [Offered(*values) for values in found]


def asked(conn: Connection, start: datetime, end: datetime) -> list[Asked]:
    """Questions that agents wrote down. One is answered in the first call when that was before its ticket closed."""
    question, ticket = queue.questions.c, queue.tickets.c
    found = conn.execute(
        select(ticket.queue, ticket.language, question.asked_at, question.answered_at, ticket.closed_at)
        .join(queue.tickets, ticket.id == question.ticket)
        .where(question.asked_at >= start, question.asked_at < end)
    )
    return [
        Asked(
            name,
            language,
            at,
            None if closed_at is None else answered_at is not None and answered_at <= closed_at,
        )
        for name, language, at, answered_at, closed_at in found
    ]


def phoned(conn: Connection, start: datetime, end: datetime) -> list[Phoned]:
    """Calls to the hotline. Served without a human: over, nobody was asked for, no callback promised, no message left,
    and the robot answered a look-up or came to the end of its flow."""
    message = queue.messages.c
    left_message = set(
        conn.execute(
            select(message.call).where(message.created_at >= start, message.created_at < end + MESSAGE_LATER)
        ).scalars()
    )
    row = calls.c
    promise = exists().where(queue.callbacks.c.call == row.id)
    found = conn.execute(
        select(row.id, row.language, row.started_at, row.ended_at, row.outcome, row.helped, row.asked_human, promise)
        .where(row.started_at >= start, row.started_at < end)
    )  # fmt: skip
    return [
        Phoned(
            language or "",
            at,
            None
            if ended_at is None
            else (helped or outcome == SAID_GOODBYE) and not (human or called_back or id in left_message),
        )
        for id, language, at, ended_at, outcome, helped, human, called_back in found
    ]
