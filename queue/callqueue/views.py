"""What the desk reads: rows as values, a fixed number of queries each."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, case, or_, select

from callqueue import matching
from callqueue.model import (
    OPEN_CALLBACK,
    AgentRow,
    AgentState,
    AgentStatus,
    AgentView,
    AttemptOutcome,
    CallbackState,
    CallbackView,
    LineView,
    MessageState,
    MessageView,
    OfferState,
    OfferView,
    QuestionView,
    TicketState,
    TicketView,
)
from callqueue.rules import Rules
from callqueue.store import agents, callbacks, messages, offers, questions, tasks, tickets


def callback_view(row: RowMapping) -> CallbackView:
    """A row of ``callbacks``."""
    return CallbackView(
        id=row["id"],
        state=CallbackState(row["state"]),
        number=row["number"],
        language=row["language"],
        queue=row["queue"],
        summary=row["summary"],
        at=row["at"],
        due_at=row["due_at"],
        since=row["since"],
        attempt=row["attempt"],
        max_attempts=row["last_attempt"],
        last_outcome=AttemptOutcome(row["last_outcome"]) if row["last_outcome"] else None,
        reason=row["reason"],
        ticket=row["ticket"],
        call=row["call"],
        created_at=row["created_at"],
        origin=row["origin"],
    )


def callback(conn: Connection, callback_id: int | None) -> CallbackView | None:
    """One promise."""
    if callback_id is None:
        return None
    row = conn.execute(select(callbacks).where(callbacks.c.id == callback_id)).mappings().first()
    return callback_view(row) if row is not None else None


def ticket(conn: Connection, ticket_id: int | None) -> TicketView | None:
    """One hand-off with its questions and its promise."""
    if ticket_id is None:
        return None
    row = conn.execute(select(tickets).where(tickets.c.id == ticket_id)).mappings().first()
    if row is None:
        return None
    asked = conn.execute(select(questions).where(questions.c.ticket == ticket_id).order_by(questions.c.id)).mappings()
    state = TicketState(row["state"])
    return TicketView(
        id=row["id"],
        state=state,
        kind=row["kind"],
        call=row["call"],
        number=row["number"],
        language=row["language"],
        queue=row["queue"],
        priority=row["priority"],
        reason=row["reason"],
        summary=row["summary"],
        context=row["context"],
        since=row["since"],
        state_at=row["state_at"],
        agent=row["agent"],
        caller_in=row["caller_in"],
        outcome=row["outcome"],
        notes=row["notes"],
        notes_version=row["notes_version"],
        wrap_up_until=row["deadline"] if state == TicketState.WRAP_UP else None,
        questions=tuple(_question(each) for each in asked),
        callback=callback(conn, row["callback"]),
        came_from=row["came_from"],
        moved_by=row["moved_by"],
    )


def _question(row: RowMapping) -> QuestionView:
    return QuestionView(
        id=row["id"],
        ticket=row["ticket"],
        text=row["text"],
        answer=row["answer"],
        asked_at=row["asked_at"],
        answered_at=row["answered_at"],
        answered_by=row["answered_by"],
        owner=row["owner"],
        due_at=row["due_at"],
    )


def ticket_of_call(conn: Connection, call: str) -> TicketView | None:
    """The newest hand-off of an inbound call, or of a leg we placed for a callback."""
    found = conn.execute(
        select(tickets.c.id)
        .where(or_(tickets.c.call == call, tickets.c.leg == call))
        .order_by(tickets.c.id.desc())
        .limit(1)
    ).scalar()
    if found is None:
        found = conn.execute(select(callbacks.c.ticket).where(callbacks.c.leg == call)).scalar()
    return ticket(conn, found)


def _agent_state(row: RowMapping, ticket_state: str | None) -> AgentState:
    match ticket_state:
        case TicketState.OFFERED:
            return "offered"
        case TicketState.CONNECTING:
            return "connecting"
        case TicketState.CONNECTED:
            return "connected"
        case TicketState.WRAP_UP:
            return "wrap_up"
    if row["status"] == AgentStatus.OFF:
        return "off"
    if row["status"] == AgentStatus.BREAK:
        return "break"
    return "paused" if row["paused"] else "free"


def agent(conn: Connection, agent_id: int) -> AgentView | None:
    """An agent's page."""
    row = conn.execute(select(agents).where(agents.c.id == agent_id)).mappings().first()
    if row is None:
        return None
    held = ticket(conn, row["ticket"])
    offer = None
    if held is not None and held.state == TicketState.OFFERED:
        open_offer = (
            conn.execute(select(offers).where(offers.c.agent == agent_id, offers.c.state == OfferState.OFFERED))
            .mappings()
            .first()
        )
        if open_offer is not None:
            offer = OfferView(
                id=open_offer["id"],
                agent=agent_id,
                state=OfferState.OFFERED,
                made_at=open_offer["made_at"],
                deadline=open_offer["deadline"],
                ticket=held,
            )
    return AgentView(
        id=row["id"],
        name=row["name"],
        status=AgentStatus(row["status"]),
        reason=row["reason"],
        since=row["since"],
        state=_agent_state(row, held.state if held is not None else None),
        paused=row["paused"],
        phone=row["phone"],
        skills=row["skills"],
        offer=offer,
        ticket=held if offer is None else None,
    )


def all_agents(conn: Connection, now: datetime, rules: Rules) -> list[AgentRow]:
    """Every agent, by name."""
    since = now - timedelta(seconds=rules.alive_seconds)
    rows = conn.execute(
        select(agents, tickets.c.state.label("ticket_state"))
        .outerjoin(tickets, tickets.c.id == agents.c.ticket)
        .order_by(agents.c.name, agents.c.id)
    ).mappings()
    return [
        AgentRow(
            id=row["id"],
            name=row["name"],
            status=AgentStatus(row["status"]),
            reason=row["reason"],
            since=row["since"],
            state=_agent_state(row, row["ticket_state"]),
            paused=row["paused"],
            alive=row["alive_at"] >= since,
            skills=row["skills"],
        )
        for row in rows
    ]


_LINE = tuple(
    tickets.c[name]
    for name in (
        *("id", "head", "place", "state", "kind", "number", "language", "queue", "priority"),
        *("reason", "summary", "since"),
    )
)


def waiting_list(conn: Connection) -> list[LineView]:
    """Everybody in line, due callbacks among them."""
    return [
        LineView(
            ticket=row["id"],
            position=position,
            state=TicketState(row["state"]),
            kind=row["kind"],
            number=row["number"],
            language=row["language"],
            queue=row["queue"],
            priority=row["priority"],
            reason=row["reason"],
            summary=row["summary"],
            since=row["since"],
        )
        for position, row in enumerate(matching.line(conn, _LINE), start=1)
    ]


def all_callbacks(
    conn: Connection, limit: int, queue: str | None, agent: int | None, due_by: datetime | None
) -> list[CallbackView]:
    """Open promises by due time, then failed, then the rest, newest first. Only those of a queue, of an agent (see
    :func:`_of`), or open and due by then."""
    only = [callbacks.c.queue == queue] if queue is not None else []
    if agent is not None:
        only.append(_of(agent))
    if due_by is not None:
        only += [callbacks.c.state.in_(OPEN_CALLBACK), callbacks.c.due_at <= due_by]
    found: list[CallbackView] = []
    over = (
        (tuple(OPEN_CALLBACK), callbacks.c.due_at.asc()),
        ((CallbackState.FAILED,), callbacks.c.id.desc()),
        ((CallbackState.KEPT, CallbackState.CANCELLED), callbacks.c.id.desc()),
    )
    for wanted, ordered in over:
        if len(found) < limit:
            rows = conn.execute(
                select(callbacks)
                .where(callbacks.c.state.in_(wanted), *only)
                .order_by(ordered)
                .limit(limit - len(found))
            ).mappings()
            found += [callback_view(row) for row in rows]
    return found


def _of(agent: int) -> ColumnElement[bool]:
    """Promises that are an agent's business: they keep or kept it, are asked first because they know the customer, or
    promised it with the answer to a task of theirs or for a message they took."""
    theirs = select(tickets.c.id).where(or_(tickets.c.agent == agent, tickets.c.familiar == agent))
    brings = select(tasks.c.callback).where(tasks.c.owner == agent, tasks.c.callback.is_not(None))
    answers = select(messages.c.callback).where(messages.c.agent == agent, messages.c.callback.is_not(None))
    return or_(callbacks.c.ticket.in_(theirs), callbacks.c.id.in_(brings), callbacks.c.id.in_(answers))


def proposals(conn: Connection, limit: int) -> list[CallbackView]:
    """What rules found and nobody took up, newest first."""
    listed = select(callbacks).where(callbacks.c.state == CallbackState.PROPOSED)
    rows = conn.execute(listed.order_by(callbacks.c.created_at.desc(), callbacks.c.id.desc()).limit(limit)).mappings()
    return [callback_view(row) for row in rows]


def all_messages(conn: Connection, limit: int) -> list[MessageView]:
    """Open and claimed ones, oldest first; then closed, newest first."""
    closed = case((messages.c.state == MessageState.CLOSED, 1), else_=0)
    newest = case((messages.c.state == MessageState.CLOSED, -messages.c.id), else_=messages.c.id)
    rows = conn.execute(select(messages).order_by(closed, newest).limit(limit)).mappings()
    return [_message(row) for row in rows]


def message(conn: Connection, message_id: int) -> MessageView | None:
    """One message."""
    row = conn.execute(select(messages).where(messages.c.id == message_id)).mappings().first()
    return _message(row) if row is not None else None


def messages_of(conn: Connection, number: str, limit: int) -> list[MessageView]:
    """The messages a number left, newest first."""
    mine = select(messages).where(messages.c.number == number).order_by(messages.c.id.desc()).limit(limit)
    return [_message(row) for row in conn.execute(mine).mappings()]


def _message(row: RowMapping) -> MessageView:
    return MessageView(**{name: row[name] for name in MessageView.__slots__} | {"state": MessageState(row["state"])})
