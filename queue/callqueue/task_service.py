"""The part of the queue's front door about tasks and messages: what is left to do when nobody is on the line."""

from __future__ import annotations

from datetime import datetime

from callqueue import task_views, tasks, views
from callqueue.hours import after_working
from callqueue.model import MessageView
from callqueue.task_model import Done, MessageOutcome, TaskCounts, TaskOutcome, TaskView
from callqueue.work import Records, moment


class ToDo:
    """What :class:`callqueue.service.CallQueue` offers for them; each method as it says of all of its own."""

    records: Records

    # Messages.

    def message_view(self, message: int) -> MessageView | None:
        """One message."""
        with self.records.reading() as conn:
            return views.message(conn, message)

    def messages_of(self, number: str, limit: int = 8) -> list[MessageView]:
        """The messages a number left, newest first."""
        with self.records.reading() as conn:
            return views.messages_of(conn, number, limit)

    def claim_message(self, message: int, agent: int, *, now: datetime | None = None) -> bool:
        """Take an open message; False: somebody has it. Going off duty gives it back."""
        return self.records.write(now, tasks.claim_message, message, agent)

    def give_back_message(self, message: int, agent: int, *, now: datetime | None = None) -> bool:
        """Let go of a claimed message. False: not theirs."""
        return self.records.write(now, tasks.give_back_message, message, agent)

    def close_message(
        self,
        message: int,
        agent: int,
        outcome: MessageOutcome,
        note: str = "",
        at: datetime | None = None,
        *,
        now: datetime | None = None,
    ) -> Done:
        """Close a message one has claimed (or that nobody has). ``called_back`` promises the call in the same moment:
        at ``at``, or as soon as the hours allow; when that is refused the message stays as it was."""
        return tasks.close_message(self.records, now, message, agent, outcome, note, at)

    # Tasks: questions left open. They are made by the end of a ticket, whatever ended it.

    def tasks(self, agent: int | None = None, limit: int = 300, *, now: datetime | None = None) -> list[TaskView]:
        """Tasks not closed, the most urgent first. With ``agent``: those they own, and those anybody may take."""
        with self.records.reading() as conn:
            return task_views.to_do(conn, agent, moment(now), limit)

    def task(self, task: int, *, now: datetime | None = None) -> TaskView | None:
        """One task."""
        with self.records.reading() as conn:
            return task_views.task(conn, task, moment(now))

    def tasks_of(self, number: str, callback: int | None = None, *, now: datetime | None = None) -> list[TaskView]:
        """What earlier calls of a number left open or unsaid; and what the promise ``callback`` brings."""
        with self.records.reading() as conn:
            return task_views.of_number(conn, number, callback, moment(now), 20)

    def has_tasks(self, ticket: int) -> bool:
        """Whether a ticket left tasks that are not closed."""
        with self.records.reading() as conn:
            return task_views.left_by(conn, ticket)

    def task_due(self, queue: str, *, now: datetime | None = None) -> datetime:
        """When a task that this queue's call leaves now is due, unless somebody chooses otherwise."""
        rules = self.records.rules
        return after_working(queue, moment(now), rules.task_hours, rules)

    def task_counts(self, *, now: datetime | None = None) -> TaskCounts:
        """How many tasks there are, and how many are late."""
        with self.records.reading() as conn:
            return task_views.counts(conn, moment(now))

    def take_task(self, task: int, agent: int, *, now: datetime | None = None) -> bool:
        """Set to a task that is one's own, nobody's, or whose owner is off duty. False: somebody else has it."""
        return self.records.write(now, tasks.take, task, agent)

    def hand_over_task(
        self,
        task: int,
        agent: int,
        owner: int | None,
        due_at: datetime | None = None,
        force: bool = False,
        *,
        now: datetime | None = None,
    ) -> bool:
        """Another owner (None: anybody) and due time (None: as it is). ``force``: whoever owns it."""
        return self.records.write(now, tasks.hand_over, task, agent, owner, due_at, force)

    def answer_task(
        self,
        task: int,
        agent: int,
        answer: str,
        *,
        call: bool = True,
        at: datetime | None = None,
        told: bool = False,
        now: datetime | None = None,
    ) -> Done:
        """The answer is found. ``call`` promises in the same moment to phone the customer with it (at ``at``, or as
        soon as the hours allow); a refused promise keeps the answer. ``told``: they know it already. ``late``: it is
        answered, or another's who is on duty."""
        return tasks.answer(self.records, now, task, agent, answer, call, at, told)

    def promise_task(self, task: int, agent: int, at: datetime | None = None, *, now: datetime | None = None) -> Done:
        """Promise anew to bring the answer, when no promise is under way (the customer was not reached)."""
        return tasks.promise(self.records, now, task, agent, at)

    def close_task(
        self, task: int, agent: int, outcome: TaskOutcome, force: bool = False, *, now: datetime | None = None
    ) -> bool:
        """The customer knows, or needs it no more; a promise made for it alone is taken back. ``force``: whoever owns
        it. False: closed already, or another's who is on duty."""
        return tasks.close(self.records, now, task, agent, outcome, force)
