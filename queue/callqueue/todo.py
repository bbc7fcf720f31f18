"""What a call leaves to do: its open questions become tasks, in the transaction that ends it; and who lets go of what.

Kept apart from :mod:`callqueue.tasks`, because every end of a ticket comes through here.
"""

from __future__ import annotations

from sqlalchemy import select, update

from callqueue.hours import after_working
from callqueue.model import MessageState
from callqueue.store import messages, questions, tasks, tickets
from callqueue.task_model import TaskState
from callqueue.work import Tx

ANYBODY = 0
"""In ``questions.owner``: a task for whoever takes it."""


def left_open(tx: Tx, ticket: int) -> int:
    """Make a task of each of the ticket's questions that is still open; returns how many. However the ticket ended:
    an agent who never chose, a caller who hung up in line."""
    rows = tx.conn.execute(
        select(
            questions.c.id,
            questions.c.owner,
            questions.c.due_at,
            tickets.c.agent,
            tickets.c.number,
            tickets.c.language,
            tickets.c.queue,
        )
        .join(tickets, tickets.c.id == questions.c.ticket)
        .outerjoin(tasks, tasks.c.question == questions.c.id)
        .where(questions.c.ticket == ticket, questions.c.answered_at.is_(None), tasks.c.id.is_(None))
        .order_by(questions.c.id)
    ).all()
    for row in rows:
        owner = row.agent if row.owner is None else row.owner or None
        due_at = row.due_at or after_working(row.queue, tx.now, tx.rules.task_hours, tx.rules)
        tx.conn.execute(
            tasks.insert().values(
                question=row.id,
                ticket=ticket,
                number=row.number,
                language=row.language,
                queue=row.queue,
                owner=owner,
                due_at=due_at,
                state=TaskState.OPEN,
                state_at=tx.now,
                created_at=tx.now,
            )
        )
        tx.push("desk", "tasks")
        if owner is not None and owner != row.agent:
            tx.tell(owner, "task", what="given")
    return len(rows)


def let_go(tx: Tx, agent: int) -> None:
    """The agent went off duty: the messages they had taken are anybody's again, the tasks they were at wait again."""
    freed = tx.conn.execute(
        update(messages)
        .where(messages.c.agent == agent, messages.c.state == MessageState.CLAIMED)
        .values(state=MessageState.OPEN, agent=None, state_at=tx.now)
    ).rowcount
    if freed:
        tx.push("desk", "messages")
    tx.conn.execute(
        update(tasks)
        .where(tasks.c.owner == agent, tasks.c.state == TaskState.DOING)
        .values(state=TaskState.OPEN, state_at=tx.now)
    )
    tx.push("desk", "tasks")  # whose tasks anybody may take has changed


def told_on_the_phone(tx: Tx, question: int) -> None:
    """The question was answered to the customer themselves: its task, if it had become one, is over."""
    over = tx.conn.execute(
        update(tasks)
        .where(tasks.c.question == question, tasks.c.state.in_((TaskState.OPEN, TaskState.DOING)))
        .values(state=TaskState.CLOSED, state_at=tx.now, outcome="told")
    ).rowcount
    if over:
        tx.push("desk", "tasks")


def brought(tx: Tx, callback: int) -> None:
    """The promise was kept: the customer is on the line with an agent who sees the answers."""
    over = tx.conn.execute(
        update(tasks)
        .where(tasks.c.callback == callback, tasks.c.state == TaskState.ANSWERED)
        .values(state=TaskState.CLOSED, state_at=tx.now, outcome="called")
    ).rowcount
    if over:
        tx.push("desk", "tasks")
