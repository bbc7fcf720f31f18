"""What agents do with tasks and messages. Order of locks: ticket, callback, agent, then the task or message."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, or_, select, update

from callqueue import callbacks
from callqueue.hours import next_opening
from callqueue.model import OPEN_CALLBACK, AgentStatus, CallbackRequest, CallbackState, MessageState, PromiseResult
from callqueue.store import agents, messages, promises, questions, tasks, tickets
from callqueue.store import callbacks as callback_rows
from callqueue.task_model import TASK_NEXT, Done, MessageOutcome, TaskOutcome, TaskState
from callqueue.work import Records, Tx

LATE = Done("late")
UNANSWERED = (TaskState.OPEN, TaskState.DOING)
UNTOLD = (*UNANSWERED, TaskState.ANSWERED)


class _Late(Exception):
    """Somebody was first: roll back what was begun."""


def move(
    tx: Tx, task: int, before: Iterable[TaskState], after: TaskState, *where: ColumnElement[bool], **values: Any
) -> bool:
    """The compare-and-set. ValueError: a step that :data:`TASK_NEXT` forbids."""
    states = tuple(before)
    for state in states:
        if after not in TASK_NEXT[state]:
            raise ValueError(f"a task cannot go from {state} to {after}")
    moved = tx.conn.execute(
        update(tasks)
        .where(tasks.c.id == task, tasks.c.state.in_(states), *where)
        .values(state=after, state_at=tx.now, **values)
    ).rowcount
    if moved:
        tx.push("desk", "tasks")
    return moved > 0


def theirs(agent: int) -> ColumnElement[bool]:
    """Tasks this agent may touch: their own, nobody's, and those whose owner is not there (off duty, or gone)."""
    there = select(agents.c.id).where(agents.c.id == tasks.c.owner, agents.c.status != AgentStatus.OFF).exists()
    return or_(tasks.c.owner == agent, tasks.c.owner.is_(None), ~there)


def take(tx: Tx, task: int, agent: int) -> bool:
    """The agent sets to it; True as well for who has it already."""
    if move(tx, task, (TaskState.OPEN,), TaskState.DOING, theirs(agent), owner=agent):
        return True
    mine = (tasks.c.id == task) & (tasks.c.owner == agent) & (tasks.c.state == TaskState.DOING)
    return tx.conn.execute(select(tasks.c.id).where(mine)).first() is not None


def hand_over(tx: Tx, task: int, agent: int, owner: int | None, due_at: datetime | None, force: bool) -> bool:
    """Another owner (None: anybody) and due time (None: as it was)."""
    allowed = () if force else (theirs(agent),)
    values: dict[str, Any] = {"owner": owner}
    if due_at is not None:
        values |= {"due_at": due_at, "overdue_at": None}
    moved = tx.conn.execute(
        update(tasks)
        .where(tasks.c.id == task, tasks.c.state.in_(UNANSWERED), *allowed)
        .values(state=TaskState.OPEN, state_at=tx.now, **values)
    ).rowcount
    if moved:
        tx.push("desk", "tasks")
        if owner != agent:
            tx.tell(owner, "task", task=task, what="given")
    return moved > 0


def answer(records: Records, now: datetime | None, *args: Any) -> Done:
    """:func:`_answer` in a transaction; nothing of it stays when somebody was first."""
    try:
        return records.write(now, _answer, *args)
    except _Late:
        return LATE


def _answer(tx: Tx, task: int, agent: int, text: str, call: bool, at: datetime | None, told: bool) -> Done:
    """The answer is found. ``call``: promise to bring it, at ``at`` or as soon as the hours allow. Else ``told``: the
    customer knows already; neither: the answer is kept, and somebody has yet to bring it."""
    row = _row(tx, task)
    if row is None or row["state"] not in UNANSWERED:
        return LATE
    known = tx.conn.execute(select(questions.c.text).where(questions.c.id == row["question"])).scalar_one()
    result = _promise(tx, row, agent, known, text, at) if call else None
    made = result.callback if result is not None and result.kind == "promised" else None
    if not move(tx, task, UNANSWERED, TaskState.ANSWERED, theirs(agent), owner=agent, callback=made):
        raise _Late
    tx.conn.execute(
        update(questions)
        .where(questions.c.id == row["question"], questions.c.answered_at.is_(None))
        .values(answer=text, answered_at=tx.now, answered_by=agent)
    )
    if told and not call:
        move(tx, task, (TaskState.ANSWERED,), TaskState.CLOSED, outcome="told")
    return _done(result)


def promise(records: Records, now: datetime | None, *args: Any) -> Done:
    """:func:`_promise_again` in a transaction."""
    try:
        return records.write(now, _promise_again, *args)
    except _Late:
        return LATE


def _promise_again(tx: Tx, task: int, agent: int, at: datetime | None) -> Done:
    """The answer is known and no call is under way that brings it: promise one."""
    row = _row(tx, task)
    if row is None or row["state"] != TaskState.ANSWERED or _under_way(tx, row["callback"]):
        return LATE
    asked = tx.conn.execute(select(questions).where(questions.c.id == row["question"])).mappings().one()
    result = _promise(tx, row, agent, asked["text"], asked["answer"] or "", at)
    if result.kind == "promised":
        same = tasks.c.callback.is_not_distinct_from(row["callback"])
        set_it = update(tasks).where(tasks.c.id == task, tasks.c.state == TaskState.ANSWERED, same)
        if not tx.conn.execute(set_it.values(callback=result.callback, owner=agent, state_at=tx.now)).rowcount:
            raise _Late
        tx.push("desk", "tasks")
    return _done(result)


def close(records: Records, now: datetime | None, *args: Any) -> bool:
    """:func:`_close` in a transaction."""
    try:
        return records.write(now, _close, *args)
    except _Late:
        return False


def _close(tx: Tx, task: int, agent: int, outcome: TaskOutcome, force: bool) -> bool:
    """The customer knows, or needs it no more; the call that was to tell them is off. ``force``: whoever owns it (who
    has the customer on the line, or answers for all)."""
    row = _row(tx, task)
    if row is None or row["state"] == TaskState.CLOSED:
        return False
    if row["callback"] is not None and _for_this_alone(tx, task, row["callback"]):
        callbacks.cancel(tx, row["callback"], "told")
    allowed = () if force else (theirs(agent),)
    if not move(tx, task, UNTOLD, TaskState.CLOSED, *allowed, outcome=outcome):
        raise _Late
    return True


def _for_this_alone(tx: Tx, task: int, callback: int) -> bool:
    """Whether nobody else waits for this promise: no other task, and the customer did not ask for it themselves."""
    others = (tasks.c.callback == callback) & (tasks.c.id != task) & (tasks.c.state == TaskState.ANSWERED)
    asked = (promises.c.callback == callback) & promises.c.key.not_like("task:%")
    shared = tx.conn.execute(select(tasks.c.id).where(others)).first()
    return not shared and tx.conn.execute(select(promises.c.key).where(asked)).first() is None


def overdue(tx: Tx, task: int) -> bool:
    """Its time has passed: its owner is told, once; everybody, when there is nobody to tell."""
    late = (tasks.c.id == task) & tasks.c.overdue_at.is_(None) & tasks.c.state.in_(UNANSWERED)
    if not tx.conn.execute(update(tasks).where(late, tasks.c.due_at <= tx.now).values(overdue_at=tx.now)).rowcount:
        return False
    owner = tx.conn.execute(select(tasks.c.owner).where(tasks.c.id == task)).scalar()
    tx.push("desk", "tasks")
    there = (agents.c.id == owner) & (agents.c.status != AgentStatus.OFF)
    if owner is not None and tx.conn.execute(select(agents.c.id).where(there)).first():
        tx.tell(owner, "task", task=task, what="overdue")
    else:
        tx.push("desk", "task", task=task, what="overdue")
    return True


# Messages.


def claim_message(tx: Tx, message: int, agent: int) -> bool:
    """An open message becomes this agent's."""
    free = (messages.c.id == message) & (messages.c.state == MessageState.OPEN)
    return _set_message(tx, free, MessageState.CLAIMED, agent=agent)


def give_back_message(tx: Tx, message: int, agent: int) -> bool:
    """Not theirs after all: anybody may take it."""
    mine = (messages.c.id == message) & (messages.c.state == MessageState.CLAIMED) & (messages.c.agent == agent)
    return _set_message(tx, mine, MessageState.OPEN, agent=None)


def close_message(records: Records, now: datetime | None, *args: Any) -> Done:
    """:func:`_close_message` in a transaction; no promise stays when somebody was first."""
    try:
        return records.write(now, _close_message, *args)
    except _Late:
        return LATE


def _close_message(tx: Tx, message: int, agent: int, outcome: MessageOutcome, note: str, at: datetime | None) -> Done:
    """Done, by who has it; or by anybody while nobody has. ``called_back`` promises the call, at ``at`` or as soon as
    the hours allow; a promise that is refused closes nothing."""
    row = tx.conn.execute(select(messages).where(messages.c.id == message)).mappings().first()
    if row is None or row["state"] == MessageState.CLOSED:
        return LATE
    result = None
    if outcome == "called_back":
        if row["number"] is None:
            return Done("refused", "prefix")
        summary = " — ".join(part for part in (row["summary"], note) if part)
        context = {"message": message, "agent": agent}
        result = _call_back(tx, f"message:{message}", row, summary, context, at)
        if result.kind == "refused":
            return Done("refused", result.reason)
    mine = or_(
        messages.c.state == MessageState.OPEN,
        (messages.c.state == MessageState.CLAIMED) & (messages.c.agent == agent),
    )
    values = {"agent": agent, "note": note, "outcome": outcome, "callback": result.callback if result else None}
    if not _set_message(tx, (messages.c.id == message) & mine, MessageState.CLOSED, **values):
        raise _Late
    return _done(result)


def _set_message(tx: Tx, which: ColumnElement[bool], state: MessageState, **values: Any) -> bool:
    statement = update(messages).where(which).values(state=state, state_at=tx.now, **values)
    moved = tx.conn.execute(statement).rowcount > 0
    if moved:
        tx.push("desk", "messages")
    return moved


# Promises that bring an answer.


def _row(tx: Tx, task: int) -> RowMapping | None:
    """The task with the call it came from; not locked, since what follows locks a ticket first."""
    return (
        tx.conn.execute(
            select(tasks, tickets.c.call, tickets.c.context)
            .join(tickets, tickets.c.id == tasks.c.ticket)
            .where(tasks.c.id == task)
        )
        .mappings()
        .first()
    )


def _promise(tx: Tx, row: RowMapping, agent: int, question: str, text: str, at: datetime | None) -> PromiseResult:
    if row["number"] is None:
        return PromiseResult("refused", reason="prefix")
    key = f"task:{row['id']}:{row['callback'] or 0}"
    context = {**row["context"], "task": row["id"], "agent": agent}
    return _call_back(tx, key, row, f"{question} — {text}", context, at)


def _call_back(
    tx: Tx, key: str, row: RowMapping, summary: str, context: dict[str, Any], at: datetime | None
) -> PromiseResult:
    """Promise the call; without a time of its own it goes with a call that the customer is promised already."""
    if at is None:
        theirs_already = (callback_rows.c.number == row["number"]) & callback_rows.c.state.in_(OPEN_CALLBACK)
        found = tx.conn.execute(select(callback_rows.c.id, callback_rows.c.due_at).where(theirs_already)).first()
        if found is not None:
            return PromiseResult("promised", found.id, due_at=found.due_at)
    moment = at or next_opening(row["number"], row["queue"], tx.now, tx.rules)
    request = CallbackRequest(
        key=key,
        call=row["call"],
        number=row["number"],
        language=row["language"],
        queue=row["queue"],
        summary=summary,
        at=None if moment <= tx.now else moment,
        context=context,
        origin="agent",
    )
    return callbacks.promise(tx, request)


def _under_way(tx: Tx, callback: int | None) -> bool:
    if callback is None:
        return False
    state = tx.conn.execute(select(callback_rows.c.state).where(callback_rows.c.id == callback)).scalar()
    return state is not None and CallbackState(state) in OPEN_CALLBACK


def _done(result: PromiseResult | None) -> Done:
    if result is not None and result.kind == "refused":
        return Done("refused", result.reason)
    return Done("done", due_at=result.due_at if result is not None else None)
