"""Questions left open: each becomes a task, is never lost, and its answer reaches the customer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from queue_world import at_once, callback_state, make_world, ticket_state
from sqlalchemy import select

from callqueue.hours import after_working
from callqueue.model import AgentStatus, AttemptOutcome, CallbackState, MessageRequest, MessageState, TicketState
from callqueue.rules import Rules
from callqueue.store import callbacks, tasks
from callqueue.task_model import TaskState, TaskView
from callqueue.testing import MOSCOW, START, World

__all__ = ["make_world"]


def wrapping_up(world: World, agent: int = 7, number: str | None = MOSCOW) -> int:
    """The agent has just talked with a caller; returns the ticket."""
    if world.queue.agent_view(agent) is None:
        world.agent(agent)
    world.caller(number)
    world.tick()
    ticket, _ = world.talk(agent)
    world.queue.end_call(ticket, agent, now=world.now)
    world.work()
    return ticket


def left(world: World, *texts: str, agent: int = 7, number: str | None = MOSCOW) -> list[TaskView]:
    """A call of the agent's that left these questions open; the tasks."""
    ticket = wrapping_up(world, agent, number)
    for text in texts or ("When is the refund?",):
        world.queue.add_question(ticket, text, now=world.now)
    assert world.queue.wrap_up(ticket, agent, "follow_up", now=world.now)
    return [one for one in world.queue.tasks(now=world.now) if one.ticket == ticket]


def state(world: World, task: int) -> TaskState:
    view = world.queue.task(task, now=world.now)
    assert view is not None
    return view.state


def test_an_open_question_becomes_a_task_of_who_wrapped_up(world: World) -> None:
    ticket = wrapping_up(world)
    first = world.queue.add_question(ticket, "When is the refund?", now=world.now)
    second = world.queue.add_question(ticket, "Which card?", now=world.now)
    assert world.queue.answer_question(second, 7, "The blue one", now=world.now)
    assert world.queue.tasks(now=world.now) == []  # not before the call is over
    assert world.queue.wrap_up(ticket, 7, "follow_up", now=world.now)
    (task,) = world.queue.tasks(now=world.now)
    assert (task.question, task.owner, task.number, task.state) == (first, 7, MOSCOW, TaskState.OPEN)
    assert task.due_at == START + timedelta(hours=4, minutes=15)
    assert "tasks" in world.push.events("desk")


def test_what_the_agent_chose_for_it_holds_also_when_the_time_for_wrap_up_runs_out(world: World) -> None:
    world.agent(8, ready=False)
    ticket = wrapping_up(world)
    mine = world.queue.add_question(ticket, "Mine?", now=world.now)
    another = world.queue.add_question(ticket, "Another's?", now=world.now)
    anybody = world.queue.add_question(ticket, "Anybody's?", now=world.now)
    noon = START + timedelta(days=1)
    assert world.queue.plan_question(another, 7, 8, noon, now=world.now)
    assert world.queue.plan_question(anybody, 7, 0, None, now=world.now)
    assert not world.queue.plan_question(mine, 8, 8, None, now=world.now)  # it is not their call
    world.later(121, alive=(7,))
    world.tick()
    assert ticket_state(world, ticket) == TicketState.CLOSED
    found = {one.question: one for one in world.queue.tasks(now=world.now)}
    assert (found[another].owner, found[another].due_at) == (8, noon)
    assert found[anybody].owner is None
    assert found[mine].owner == 7
    assert not world.queue.plan_question(mine, 7, 8, None, now=world.now)  # over


def test_a_caller_who_gives_up_after_their_agent_was_lost_leaves_a_task(world: World) -> None:
    world.agent()
    call, ticket = world.caller()
    world.tick()
    _, leg = world.talk(7)
    world.queue.add_question(ticket, "Where is it?", now=world.now)
    world.queue.agent_left(ticket, leg, "CF1", now=world.now)
    world.work()
    assert ticket_state(world, ticket) == TicketState.WAITING
    world.queue.left(call, "hangup", now=world.now)
    (task,) = world.queue.tasks(now=world.now)
    assert (task.text, task.owner, task.free) == ("Where is it?", None, True)


def test_an_answer_marked_by_mistake_is_undone_while_the_call_is_at_hand(world: World) -> None:
    ticket = wrapping_up(world)
    question = world.queue.add_question(ticket, "Which card?", now=world.now)
    world.queue.answer_question(question, 7, "Answered", now=world.now)
    assert not world.queue.reopen_question(question, 8, now=world.now)
    assert world.queue.reopen_question(question, 7, now=world.now)
    world.queue.wrap_up(ticket, 7, "resolved", now=world.now)
    assert len(world.queue.tasks(now=world.now)) == 1
    assert not world.queue.reopen_question(question, 7, now=world.now)


def test_the_answer_is_brought_by_a_call_and_that_closes_the_task(world: World) -> None:
    (task,) = left(world)
    assert world.queue.take_task(task.id, 7, now=world.now)
    done = world.queue.answer_task(task.id, 7, "On Friday", now=world.now)
    assert (done.kind, done.due_at) == ("done", world.now)
    view = world.queue.task(task.id, now=world.now)
    assert view is not None
    assert (view.state, view.answer, view.stuck) == (TaskState.ANSWERED, "On Friday", False)
    assert view.callback is not None
    world.work()
    world.tick()

    ticket, _ = world.join(7)
    offered = world.queue.ticket(ticket)
    assert offered is not None
    assert offered.summary == "When is the refund? — On Friday"
    brings = world.queue.tasks_of(MOSCOW, view.callback, now=world.now)
    assert [(one.text, one.answer) for one in brings] == [("When is the refund?", "On Friday")]
    (_, _, call) = world.carrier.dialled[0]
    assert world.queue.callback_answered(view.callback, 1, call, now=world.now) == ticket
    world.queue.caller_joined(ticket, call, "CF1", now=world.now)
    assert callback_state(world, view.callback) == CallbackState.KEPT
    assert state(world, task.id) == TaskState.CLOSED
    assert world.queue.tasks(now=world.now) == []
    # A page reloaded in the middle of that call still shows what there is to tell.
    assert [one.answer for one in world.queue.tasks_of(MOSCOW, view.callback, now=world.now)] == ["On Friday"]


def test_the_call_that_brings_an_answer_goes_to_who_found_it(world: World) -> None:
    (task,) = left(world)
    world.agent(8)
    world.later(60, alive=(7, 8))
    world.queue.hand_over_task(task.id, 7, 8, now=world.now)
    for agent in (7, 8):
        world.queue.set_status(agent, AgentStatus.BREAK, now=world.now)
    world.queue.answer_task(task.id, 8, "On Friday", now=world.now)
    world.queue.set_status(7, AgentStatus.READY, now=world.now - timedelta(seconds=30))  # the one idle longest
    world.queue.alive(7, now=world.now)
    world.queue.set_status(8, AgentStatus.READY, now=world.now)
    world.tick()
    assert world.offer_of(8) is not None
    assert world.offer_of(7) is None


def test_a_customer_who_cannot_be_reached_does_not_lose_the_answer(world: World) -> None:
    (task,) = left(world)
    world.queue.answer_task(task.id, 7, "On Friday", now=world.now)
    view = world.queue.task(task.id, now=world.now)
    assert view is not None
    assert view.callback is not None
    for attempt in (1, 2, 3):
        world.tick()
        world.join(7)
        world.queue.callback_ended(view.callback, attempt, AttemptOutcome.BUSY, now=world.now)
        world.later(301, alive=(7,))
    assert callback_state(world, view.callback) == CallbackState.FAILED
    (stuck,) = world.queue.tasks(now=world.now)
    assert (stuck.state, stuck.stuck) == (TaskState.ANSWERED, True)
    assert world.queue.task_counts(now=world.now).stuck == 1

    again = world.queue.promise_task(task.id, 7, world.now + timedelta(hours=1), now=world.now)
    assert (again.kind, again.due_at) == ("done", world.now + timedelta(hours=1))
    assert world.queue.promise_task(task.id, 7, now=world.now).kind == "late"  # one is under way
    (anew,) = world.queue.tasks(now=world.now)
    assert not anew.stuck
    assert anew.callback != view.callback


def test_who_phones_meanwhile_is_told_by_whoever_takes_the_call(world: World) -> None:
    (task,) = left(world)
    world.queue.answer_task(task.id, 7, "On Friday", at=world.now + timedelta(hours=2), now=world.now)
    world.agent(8)
    world.queue.set_status(7, AgentStatus.BREAK, now=world.now)
    world.caller()
    world.tick()
    world.talk(8)
    (brings,) = world.queue.tasks_of(MOSCOW, now=world.now)
    assert (brings.answer, brings.stuck) == ("On Friday", True)  # the promise is merged into this call
    assert not world.queue.close_task(task.id, 8, "told", now=world.now)  # Boris does not own it…
    assert world.queue.close_task(task.id, 8, "told", force=True, now=world.now)  # …but has the customer on the line
    assert world.queue.tasks(now=world.now) == []


def test_two_questions_are_brought_by_one_call(world: World) -> None:
    first, second = left(world, "When is the refund?", "Which card?")
    world.queue.answer_task(first.id, 7, "On Friday", now=world.now)
    world.queue.answer_task(second.id, 7, "The blue one", now=world.now)
    one, two = world.queue.tasks(now=world.now)
    assert one.callback == two.callback is not None
    # Told in some other way, one of them does not take the other's call back.
    assert world.queue.close_task(first.id, 7, "told", now=world.now)
    assert callback_state(world, two.callback) != CallbackState.CANCELLED
    assert world.queue.close_task(second.id, 7, "told", now=world.now)
    assert callback_state(world, two.callback) == CallbackState.CANCELLED


def test_an_answer_goes_with_the_call_that_the_customer_chose_themselves(world: World) -> None:
    (task,) = left(world)
    chosen = world.promise(at=world.now + timedelta(hours=3))
    done = world.queue.answer_task(task.id, 7, "On Friday", now=world.now)
    assert done.due_at == world.now + timedelta(hours=3)
    world.queue.close_task(task.id, 7, "told", now=world.now)
    assert callback_state(world, chosen.callback) == CallbackState.DUE_LATER  # theirs, so it stays


def test_without_a_number_the_answer_is_kept_and_the_task_stays(world: World) -> None:
    (task,) = left(world, number=None)
    done = world.queue.answer_task(task.id, 7, "On Friday", now=world.now)
    assert (done.kind, done.reason) == ("refused", "prefix")
    (kept,) = world.queue.tasks(now=world.now)
    assert (kept.state, kept.answer, kept.stuck) == (TaskState.ANSWERED, "On Friday", True)
    assert world.queue.close_task(task.id, 7, "told", now=world.now)


def test_told_already_needs_no_call(world: World) -> None:
    (task,) = left(world)
    assert world.queue.answer_task(task.id, 7, "On Friday", call=False, told=True, now=world.now).kind == "done"
    assert state(world, task.id) == TaskState.CLOSED
    with world.queue.records.engine.connect() as conn:
        assert conn.execute(select(callbacks.c.id)).all() == []


def test_an_answer_at_night_is_brought_in_the_morning(world: World) -> None:
    (task,) = left(world)
    world.later(14 * 3600)  # two in the morning in Moscow
    done = world.queue.answer_task(task.id, 7, "On Friday", now=world.now)
    assert done.kind == "done"
    assert done.due_at == START + timedelta(hours=21)  # nine o'clock there


@pytest.mark.parametrize("gone", ["off", "page", "deactivated"])
def test_the_task_of_an_agent_who_is_off_is_anybodys(world: World, gone: str) -> None:
    (task,) = left(world)
    world.agent(8)
    assert world.queue.take_task(task.id, 7, now=world.now)
    assert not world.queue.take_task(task.id, 8, now=world.now)
    assert world.queue.tasks(8, now=world.now) == []
    if gone == "page":
        world.later(16, alive=(8,))
        world.tick()
    else:
        world.queue.set_status(7, AgentStatus.OFF, now=world.now)
    (seen,) = world.queue.tasks(8, now=world.now)
    assert (seen.owner, seen.free, seen.state) == (7, True, TaskState.OPEN)
    assert world.queue.take_task(task.id, 8, now=world.now)
    world.queue.set_status(7, AgentStatus.READY, now=world.now)
    assert world.queue.answer_task(task.id, 7, "Too late", now=world.now).kind == "late"
    assert world.queue.answer_task(task.id, 8, "On Friday", now=world.now).kind == "done"


def test_a_task_past_its_time_tells_its_owner_once_and_everybody_when_there_is_none(world: World) -> None:
    (task,) = left(world)
    world.later(4 * 3600 + 900, alive=(7,))
    assert world.tick().overdue == 1
    assert world.tick().overdue == 0
    assert ("agent:7", "task", {"task": task.id, "what": "overdue"}) in world.push.sent
    assert world.queue.task_counts(now=world.now).overdue == 1
    # Given more time, it is told again when that has passed too; its owner is off by then.
    assert world.queue.hand_over_task(task.id, 7, 7, world.now + timedelta(hours=1), now=world.now)
    world.queue.set_status(7, AgentStatus.OFF, now=world.now)
    world.later(3600)
    assert world.tick().overdue == 1
    assert ("desk", "task", {"task": task.id, "what": "overdue"}) in world.push.sent


def test_a_task_is_handed_over_by_its_owner_and_nobody_else(world: World) -> None:
    (task,) = left(world)
    world.agent(8)
    assert not world.queue.hand_over_task(task.id, 8, 8, now=world.now)
    assert world.queue.hand_over_task(task.id, 8, 8, force=True, now=world.now)
    assert ("agent:8", "task", {"task": task.id, "what": "given"}) not in world.push.sent  # they did it themselves
    assert world.queue.hand_over_task(task.id, 8, 7, now=world.now)
    assert ("agent:7", "task", {"task": task.id, "what": "given"}) in world.push.sent
    view = world.queue.task(task.id, now=world.now)
    assert view is not None
    assert (view.owner, view.due_at) == (7, task.due_at)


def test_the_answer_on_the_phone_ends_the_task(world: World) -> None:
    (task,) = left(world)
    assert world.queue.answer_question(task.question, 7, "On Friday", now=world.now)
    assert state(world, task.id) == TaskState.CLOSED


Act = Callable[[World, int], object]


@pytest.mark.parametrize(
    "act",
    [
        lambda world, task: world.queue.answer_task(task, 7, "On Friday", now=world.now).kind == "done",
        lambda world, task: world.queue.close_task(task, 7, "told", now=world.now),
    ],
)
def test_eight_clicks_are_one(world: World, act: Act) -> None:
    (task,) = left(world)
    assert sum(bool(each) for each in at_once(lambda: act(world, task.id))) == 1
    with world.queue.records.engine.connect() as conn:
        assert len(conn.execute(select(callbacks.c.id)).all()) <= 1
        assert len(conn.execute(select(tasks.c.id)).all()) == 1


# Messages.


def message(world: World, number: str | None = MOSCOW) -> int:
    request = MessageRequest("CA1:r1", "CA1", number, "ru", "complaint", "RE1", 12, "broken", "support")
    return world.queue.message(request, now=world.now)


def test_a_claimed_message_is_anybodys_again_when_its_agent_goes_off(world: World) -> None:
    world.agent(7)
    first = message(world)
    assert world.queue.claim_message(first, 7, now=world.now)
    world.later(16)
    world.tick()
    view = world.queue.message_view(first)
    assert view is not None
    assert (view.state, view.agent) == (MessageState.OPEN, None)
    assert world.queue.claim_message(first, 8, now=world.now)
    assert not world.queue.give_back_message(first, 7, now=world.now)
    assert world.queue.give_back_message(first, 8, now=world.now)


def test_a_message_is_closed_by_a_promise_to_call_back(world: World) -> None:
    world.agent(7)
    first = message(world)
    world.queue.claim_message(first, 7, now=world.now)
    assert world.queue.close_message(first, 8, "called_back", now=world.now).kind == "late"
    with world.queue.records.engine.connect() as conn:
        assert conn.execute(select(callbacks.c.id)).all() == []  # nothing of the loser's stays
    done = world.queue.close_message(first, 7, "called_back", "A new lamp is on its way", now=world.now)
    assert done.kind == "done"
    view = world.queue.message_view(first)
    assert view is not None
    assert (view.state, view.outcome) == (MessageState.CLOSED, "called_back")
    promised = world.queue.callback(view.callback or 0)
    assert promised is not None
    assert (promised.number, promised.summary) == (MOSCOW, "broken — A new lamp is on its way")
    assert [one.id for one in world.queue.messages_of(MOSCOW)] == [first]


def test_a_message_that_nobody_can_be_called_for_stays_open(world: World) -> None:
    first = message(world, number=None)
    assert world.queue.close_message(first, 7, "called_back", now=world.now).kind == "refused"
    view = world.queue.message_view(first)
    assert view is not None
    assert view.state == MessageState.OPEN
    assert world.queue.close_message(first, 7, "no_need", now=world.now).kind == "done"


def test_working_hours_are_counted_over_the_night() -> None:
    rules = Rules(opens=lambda queue, at: 6 <= at.hour < 18)
    evening = START.replace(hour=16, minute=5)
    assert after_working("support", evening, 4, rules) == evening.replace(hour=8, minute=15) + timedelta(days=1)
    never = Rules(opens=lambda queue, at: False)
    assert after_working("support", START, 4, never) > START + timedelta(days=13)
