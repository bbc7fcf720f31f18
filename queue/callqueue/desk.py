"""What agents write: notes, questions, wrap-up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, select, update

from callqueue import states, todo
from callqueue.model import TicketState
from callqueue.store import questions, tickets
from callqueue.work import Tx

NOT_GIVEN = "not given"
"""The outcome when wrap-up's time is over before the agent chose one."""

QUESTION_LENGTH = 500


def wrap_up(tx: Tx, ticket_id: int, agent: int, outcome: str, notes: str | None, new_questions: Sequence[str]) -> bool:
    """Finish wrap-up: what is given is kept, the ticket closed, the agent free."""
    ticket = states.lock(tx, ticket_id)
    if ticket is None or ticket["agent"] != agent or ticket["state"] != TicketState.WRAP_UP:
        return False
    if notes is not None:
        save_notes(tx, ticket_id, agent, notes, None)
    for text in new_questions:
        add_question(tx, ticket_id, text)
    return states.wrapped_up(tx, ticket, outcome or NOT_GIVEN)


def wrap_up_over(tx: Tx, ticket_id: int) -> bool:
    """Its deadline passed: closed with what was saved."""
    ticket: RowMapping | None = states.lock(tx, ticket_id)
    if ticket is None or ticket["state"] != TicketState.WRAP_UP or ticket["deadline"] > tx.now:
        return False
    return states.wrapped_up(tx, ticket, NOT_GIVEN)


def save_notes(tx: Tx, ticket_id: int, agent: int, notes: str, version: int | None) -> int:
    """The last write wins: with ``version``, a higher one than kept; without, any that differs."""
    ticket = states.lock(tx, ticket_id)
    if ticket is None or ticket["agent"] != agent:
        return 0
    kept: int = ticket["notes_version"]
    if ticket["notes"] == notes or (version is not None and version <= kept):
        return kept
    new = version if version is not None else kept + 1
    states.change(tx, ticket_id, notes=notes, notes_version=new)
    tx.tell(agent, "notes", ticket=ticket_id, version=new)
    return new


def add_question(tx: Tx, ticket_id: int, text: str) -> int:
    """Its id; the same text twice is one question. KeyError: no such ticket."""
    asked = text.strip()[:QUESTION_LENGTH]
    same = (questions.c.ticket == ticket_id) & (questions.c.text == asked)
    known: int | None = tx.conn.execute(select(questions.c.id).where(same)).scalar()
    if known is not None:
        return known
    agent = tx.conn.execute(select(tickets.c.agent).where(tickets.c.id == ticket_id)).first()
    if agent is None:
        raise KeyError(f"no ticket {ticket_id}")
    made = tx.conn.execute(
        questions.insert().values(ticket=ticket_id, text=asked, asked_at=tx.now)
    ).inserted_primary_key
    assert made is not None
    tx.tell(agent[0], "state", ticket=ticket_id, state="question", reason="asked")
    question: int = made[0]
    return question


def answer_question(tx: Tx, question: int, agent: int, answer: str) -> bool:
    """The first answer stays."""
    still_open = (questions.c.id == question) & questions.c.answered_at.is_(None)
    values = {"answer": answer, "answered_at": tx.now, "answered_by": agent}
    if not tx.conn.execute(update(questions).where(still_open).values(**values)).rowcount:
        return False
    todo.told_on_the_phone(tx, question)
    return True


def reopen_question(tx: Tx, question: int, agent: int) -> bool:
    """Marked answered by mistake, while the agent still has the call."""
    nothing = {"answer": None, "answered_at": None, "answered_by": None}
    return tx.conn.execute(update(questions).where(_at_hand(question, agent)).values(**nothing)).rowcount > 0


def plan_question(tx: Tx, question: int, agent: int, owner: int | None, due_at: datetime | None) -> bool:
    """Whose task it becomes, and due when, if it is still open at the end of the agent's call."""
    mine = _at_hand(question, agent)
    return tx.conn.execute(update(questions).where(mine).values(owner=owner, due_at=due_at)).rowcount > 0


def _at_hand(question: int, agent: int) -> ColumnElement[bool]:
    """A question of the call that the agent has, or has just had."""
    theirs = (tickets.c.agent == agent) & tickets.c.state.in_((TicketState.CONNECTED, TicketState.WRAP_UP))
    return questions.c.ticket.in_(select(tickets.c.id).where(theirs)) & (questions.c.id == question)
