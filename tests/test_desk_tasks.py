"""Tasks and messages on the desk: what is left open, who may touch it, and what its customer's next agent sees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desk_world import Page, World, shown, world

from callqueue.model import AgentStatus, CallbackState, MessageRequest, MessageState
from callqueue.task_model import TaskState, TaskView


@pytest.fixture
def here(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(tmp_path, valkey_url, monkeypatch) as made:
        yield made


def left(here: World, page: Page, text: str = "When is the refund?", call: str = "CA1") -> TaskView:
    """A call of this page's agent that left a question open; its task."""
    ticket = here.wrapping_up(page, call=call)
    page.post(f"/desk/tickets/{ticket}/questions", text=text)
    page.post(f"/desk/tickets/{ticket}/wrap-up", outcome="follow_up")
    return next(one for one in here.queue.tasks() if one.text == text)


def state(here: World, task: int) -> TaskState:
    view = here.queue.task(task)
    assert view is not None
    return view.state


def test_the_plan_made_in_wrap_up_is_kept_at_once(here: World) -> None:
    anna, boris = here.page(), here.page("boris")
    boris.get("/desk")
    ticket = here.wrapping_up(anna)
    anna.post(f"/desk/tickets/{ticket}/questions", text="When is the refund?")
    view = here.queue.ticket(ticket)
    assert view is not None
    (question,) = view.questions
    due = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    path = f"/desk/tickets/{ticket}/questions/{question.id}/plan"
    assert anna.post(path, owner=str(boris.person.id), due=due.isoformat()).status_code == 204
    # A reload shows what was chosen; the time for wrap-up then runs out.
    assert f'value="{boris.person.id}" selected' in anna.get("/desk/panel/call").text
    later = datetime.now(UTC) + timedelta(seconds=here.settings.wrap_up_seconds + 1)
    here.queue.alive(anna.person.id, now=later)
    here.queue.tick(now=later)
    (task,) = here.queue.tasks()
    assert (task.owner, task.due_at) == (boris.person.id, due)
    assert "When is the refund?" in boris.get("/desk/panel/tasks").text
    for owner, when in (("999", due.isoformat()), ("x", ""), (str(boris.person.id), "tomorrow"), ("0", "2026-11-25")):
        assert anna.post(path, owner=owner, due=when).status_code in (400, 404)


def test_the_answer_comes_to_whoever_calls_the_customer(here: World) -> None:
    anna, boris = here.page(), here.page("boris")
    task = left(here, anna)
    opened = anna.get(f"/desk/tasks/{task.id}").text
    assert "When is the refund?" in opened
    assert "+7 916 123-45-67" in opened
    assert "Write the answer" in anna.post(f"/desk/tasks/{task.id}/answer", answer=" ", how="call").text
    answered = anna.post(f"/desk/tasks/{task.id}/answer", answer="On Friday", how="call")
    assert "call back" in answered.text
    assert state(here, task.id) is TaskState.ANSWERED
    here.queue.set_status(anna.person.id, AgentStatus.BREAK)
    here.queue.register_agent(boris.person.id, boris.person.name)
    here.queue.set_status(boris.person.id, AgentStatus.READY)
    here.queue.tick()
    here.queue.match()
    offer = here.view(boris.person).offer
    assert offer is not None
    assert "When is the refund? — On Friday" in boris.get("/desk/panel/call").text
    story = boris.get(f"/desk/tickets/{offer.ticket.id}/story").text
    assert "Tell them: On Friday" in shown(story)
    assert boris.post(f"/desk/tickets/{offer.ticket.id}/told/{task.id}").status_code == 204
    assert state(here, task.id) is TaskState.CLOSED
    assert boris.post(f"/desk/tickets/{offer.ticket.id}/told/999").status_code == 404


def test_a_call_that_may_not_be_promised_says_why_and_keeps_the_answer(here: World) -> None:
    page = here.page()
    task = left(here, page)
    here.queue.opt_out("+79161234567")
    answered = page.post(f"/desk/tasks/{task.id}/answer", answer="On Friday", how="call")
    assert "asked not to be phoned" in answered.text
    assert "On Friday" in answered.text
    assert answered.headers["X-Not-Done"]
    assert "Answer not passed on" in page.get("/desk/panel/tasks").text
    assert "asked not to be phoned" in page.post(f"/desk/tasks/{task.id}/promise").text
    page.post(f"/desk/tasks/{task.id}/close", outcome="told")
    assert "No open questions" in page.get("/desk/panel/tasks").text


def test_another_agents_task_is_read_and_not_touched(here: World) -> None:
    anna, boris, chief = here.page(), here.page("boris"), here.page("chief", "supervisor")
    for page in (boris, chief):
        page.get("/desk")
    task = left(here, anna)
    opened = boris.get(f"/desk/tasks/{task.id}").text
    assert "Another agent is on this" in opened
    for path, form in (("take", {}), ("answer", {"answer": "x", "how": "told"}), ("close", {"outcome": "told"})):
        assert "no longer yours" in boris.post(f"/desk/tasks/{task.id}/{path}", **form).text
    assert "no longer yours" in boris.post(f"/desk/tasks/{task.id}/owner", owner=str(boris.person.id), due="").text
    assert state(here, task.id) is TaskState.OPEN
    chief.post(f"/desk/tasks/{task.id}/owner", owner=str(boris.person.id), due="")
    assert "in hand" in boris.post(f"/desk/tasks/{task.id}/take").text
    # Off duty, what they had is anybody's.
    boris.post("/sign-out")
    assert "Write" in anna.post(f"/desk/tasks/{task.id}/answer", answer="", how="told").text
    anna.post(f"/desk/tasks/{task.id}/answer", answer="On Friday", how="told")
    assert state(here, task.id) is TaskState.CLOSED


def test_what_makes_no_sense_is_refused(here: World) -> None:
    page = here.page()
    task = left(here, page)
    assert page.get("/desk/tasks/999").status_code == 404
    assert page.post(f"/desk/tasks/{task.id}/close", outcome="called").status_code == 400
    assert page.post(f"/desk/tasks/{task.id}/answer", answer="x", how="shout").status_code == 400
    assert page.post(f"/desk/tasks/{task.id}/answer", answer="x", how="call", at="noon").status_code == 400
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    own = str(page.person.id)
    assert "has passed" in page.post(f"/desk/tasks/{task.id}/owner", owner=own, due=past).text
    assert state(here, task.id) is TaskState.OPEN


def test_the_story_of_a_task_is_read_by_any_agent_while_it_is_open(here: World) -> None:
    anna, boris = here.page(), here.page("boris")
    task = left(here, anna)
    assert boris.get(f"/desk/tickets/{task.ticket}/story").status_code == 200
    anna.post(f"/desk/tasks/{task.id}/close", outcome="no_need")
    assert boris.get(f"/desk/tickets/{task.ticket}/story").status_code == 404


def test_markup_in_questions_and_answers_is_inert(here: World) -> None:
    page = here.page()
    evil = "<script>alert(1)</script>"
    task = left(here, page, text=evil)
    page.post(f"/desk/tasks/{task.id}/answer", answer=evil, how="later")
    html = page.get(f"/desk/tasks/{task.id}").text + page.get("/desk/panel/tasks").text
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_message_opens_with_its_customer_and_earlier_calls(here: World) -> None:
    page = here.page()
    left(here, page)
    message = here.queue.message(
        MessageRequest("CA5:r", "CA5", "+79161234567", "ru", "message", "RE1", 37, "", "support")
    )
    assert "Take it" in page.get(f"/desk/messages/{message}").text
    story = page.get(f"/desk/messages/{message}/story").text
    assert "When is the refund?" in story
    assert "Follow-up needed" in story
    page.post(f"/desk/messages/{message}/claim")
    assert "Take it" in page.post(f"/desk/messages/{message}/give-back").text
    # The next call of that number shows the message, closed or not.
    ticket = here.talking(page, call="CA6")
    assert f"/desk/messages/{message}/audio" in page.get(f"/desk/tickets/{ticket}/story").text


def test_closing_a_message_with_a_call_promises_it(here: World) -> None:
    page = here.page()
    page.get("/desk")
    message = here.queue.message(
        MessageRequest("CA5:r", "CA5", "+79161234567", "ru", "message", "RE1", 37, "", "support")
    )
    here.queue.opt_out("+79161234567")
    page.post(f"/desk/messages/{message}/claim")
    refused = page.post(f"/desk/messages/{message}/close", outcome="called_back", note="will call")
    assert "asked not to be phoned" in refused.text
    view = here.queue.message_view(message)
    assert view is not None
    assert view.state is MessageState.CLAIMED
    page.post(f"/desk/messages/{message}/close", outcome="answered", note="wrote an e-mail")
    other = here.queue.message(MessageRequest("CA7:r", "CA7", "+79165550000", "ru", "message", "RE2", 5, "", "support"))
    page.post(f"/desk/messages/{other}/claim")
    page.post(f"/desk/messages/{other}/close", outcome="called_back", note="about the lamp")
    (promised,) = [one for one in here.queue.callbacks() if one.state is not CallbackState.CANCELLED]
    assert (promised.number, promised.summary) == ("+79165550000", "about the lamp")


def test_notes_saved_on_one_page_reach_the_other(here: World) -> None:
    page = here.page()
    ticket = here.talking(page)
    saved = page.post(f"/desk/tickets/{ticket}/notes", notes="after six")
    assert page.get(f"/desk/tickets/{ticket}/notes").get_json() == {
        "notes": "after six",
        "version": int(saved.headers["X-Notes-Version"]),
    }
    assert here.page("boris").get(f"/desk/tickets/{ticket}/notes").status_code == 404
