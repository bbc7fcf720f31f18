"""What the desk reads of tasks: rows as values, one query each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, or_, select

from callqueue.model import OPEN_CALLBACK, AgentStatus, CallbackState
from callqueue.store import agents, callbacks, questions, tasks
from callqueue.task_model import TaskCounts, TaskState, TaskView
from callqueue.tasks import UNANSWERED

OPEN = (*UNANSWERED, TaskState.ANSWERED)


def to_do(conn: Connection, agent: int | None, now: datetime, limit: int) -> list[TaskView]:
    """Tasks not closed, the most urgent first. With ``agent``, those that are theirs or free to take."""
    found = [_view(row, now) for row in conn.execute(_all().where(tasks.c.state.in_(OPEN)).limit(limit)).mappings()]
    return [one for one in found if agent is None or one.owner == agent or one.free]


def task(conn: Connection, task_id: int, now: datetime) -> TaskView | None:
    """One task."""
    row = conn.execute(_all().where(tasks.c.id == task_id)).mappings().first()
    return _view(row, now) if row is not None else None


def of_number(conn: Connection, number: str, callback: int | None, now: datetime, limit: int) -> list[TaskView]:
    """What a number's earlier calls left open or unsaid, oldest first; and what the promise ``callback`` brings, told
    already or not."""
    wanted: ColumnElement[bool] = (tasks.c.number == number) & tasks.c.state.in_(OPEN)
    if callback is not None:
        wanted = or_(wanted, tasks.c.callback == callback)
    rows = conn.execute(_all().where(wanted).order_by(None).order_by(tasks.c.id).limit(limit)).mappings()
    return [_view(row, now) for row in rows]


def of_questions(conn: Connection, question_ids: tuple[int, ...], now: datetime) -> list[TaskView]:
    """The tasks that these questions became."""
    rows = conn.execute(_all().where(tasks.c.question.in_(question_ids))).mappings()
    return [_view(row, now) for row in rows]


def left_by(conn: Connection, ticket: int) -> bool:
    """Whether the ticket left tasks that are not closed."""
    open_ones = select(tasks.c.id).where(tasks.c.ticket == ticket, tasks.c.state.in_(OPEN)).limit(1)
    return conn.execute(open_ones).first() is not None


def counts(conn: Connection, now: datetime) -> TaskCounts:
    """How many are not closed, overdue, and stuck."""
    under_way = callbacks.c.state.in_(OPEN_CALLBACK)
    late = tasks.c.state.in_(UNANSWERED) & (tasks.c.due_at <= now)
    stuck = (tasks.c.state == TaskState.ANSWERED) & or_(callbacks.c.id.is_(None), ~under_way)
    row = conn.execute(
        select(
            func.count().label("all"),
            func.count().filter(late).label("late"),
            func.count().filter(stuck).label("stuck"),
        )
        .select_from(tasks.outerjoin(callbacks, callbacks.c.id == tasks.c.callback))
        .where(tasks.c.state.in_(OPEN))
    ).one()
    return TaskCounts(row.all, row.late, row.stuck)


def _all() -> Select[Any]:
    return (
        select(
            tasks,
            questions.c.text,
            questions.c.answer,
            callbacks.c.state.label("callback_state"),
            callbacks.c.due_at.label("callback_at"),
            agents.c.status.label("owner_status"),
        )
        .join(questions, questions.c.id == tasks.c.question)
        .outerjoin(callbacks, callbacks.c.id == tasks.c.callback)
        .outerjoin(agents, agents.c.id == tasks.c.owner)
        .order_by(tasks.c.due_at, tasks.c.id)
    )


def _view(row: RowMapping, now: datetime) -> TaskView:
    state = TaskState(row["state"])
    callback_state = CallbackState(row["callback_state"]) if row["callback_state"] else None
    under_way = callback_state in OPEN_CALLBACK
    return TaskView(
        id=row["id"],
        state=state,
        question=row["question"],
        ticket=row["ticket"],
        text=row["text"],
        answer=row["answer"],
        number=row["number"],
        language=row["language"],
        queue=row["queue"],
        owner=row["owner"],
        free=row["owner"] is None or row["owner_status"] in (None, AgentStatus.OFF),
        due_at=row["due_at"],
        overdue=state in UNANSWERED and row["due_at"] <= now,
        stuck=state is TaskState.ANSWERED and not under_way,
        callback=row["callback"],
        callback_state=callback_state,
        callback_at=row["callback_at"] if under_way else None,
        outcome=row["outcome"],
        created_at=row["created_at"],
    )
