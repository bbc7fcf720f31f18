"""Our own call to a customer: who greets them, the key that says never again, and no silent line without an agent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import update
from twiml import CALLED, CALLER, Heard, Kit, Phone, kit

from callqueue.model import AttemptOutcome, CallbackRequest, CallbackState
from callqueue.store import attempts, callbacks, tickets
from ivr.store.engine import engine


@pytest.fixture
def line(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kit]:
    monkeypatch.setenv("HOURS", "open")
    with kit(redis, tmp_path, monkeypatch) as made:
        yield made


def ringing(line: Kit, origin: str = "asked") -> tuple[int, Phone]:
    """A promise whose first attempt is in the air, and the customer's leg; no agent is there."""
    request = CallbackRequest("k", "CA-asked", CALLER, "en", "support", "wants a call")
    callback = line.queue.promise(request).callback or 0
    with engine().begin() as conn:
        conn.execute(update(callbacks).values(state="dialing", attempt=1, origin=origin))
        conn.execute(
            attempts.insert().values(callback=callback, attempt=1, started_at=line.queue.callback(callback).created_at)
        )
    return callback, Phone(line.app.test_client(), "CA" + "5" * 32, CALLED)


def test_whoever_answers_hears_why_and_the_first_place_in_line(line: Kit) -> None:
    callback, leg = ringing(line)
    heard = leg.post(f"/twilio/callback/{callback}/1")
    assert "You asked us to call you back" in heard.said
    assert heard.verbs == ["Gather", "Enqueue"], "no agent is there: music, not a silent line"
    waiting = leg.post(str(heard.verb("Enqueue").get("waitUrl")), QueueSid="QU" + "1" * 32)
    assert "Play" in [verb.tag for verb in waiting.root.iter()]
    assert leg.post(f"/twilio/callback/{callback}/1").verbs == ["Gather", "Enqueue"], "the same webhook twice"


def left_alone(line: Kit, leg: Phone) -> Heard:
    """In line, dialled by us; a minute later nobody is on duty any more. What they hear."""
    parked = leg.heard[-1]
    url = str(parked.verb("Enqueue").get("waitUrl")).partition("#")[0]
    assert leg.post(f"{url}?round=1", QueueSid="QU1").verbs != ["Leave"], "somebody may come within the minute"
    assert leg.post(f"{url}?round=2", QueueSid="QU1").verbs == ["Leave"]
    heard = leg.post(str(parked.verb("Enqueue").get("action")), QueueResult="leave")
    line.work("changes")
    return heard


def test_dialled_and_then_left_alone_they_hear_that_we_call_again(line: Kit) -> None:
    callback, leg = ringing(line)
    leg.post(f"/twilio/callback/{callback}/1")
    heard = left_alone(line, leg)
    assert "nobody can come to the phone just now. We will call you again" in heard.said
    assert heard.verbs[-1] == "Hangup"
    view = line.queue.callback(callback)
    assert (view.state, view.last_outcome) == (CallbackState.DUE_LATER, AttemptOutcome.GONE)


def test_dialled_for_the_last_time_and_left_alone_they_leave_a_message(line: Kit) -> None:
    callback, leg = ringing(line)
    with engine().begin() as conn:
        conn.execute(update(callbacks).values(last_attempt=1))
    leg.post(f"/twilio/callback/{callback}/1")
    heard = left_alone(line, leg)
    assert "leave a message after the tone" in heard.said
    assert "Record" in heard.verbs
    assert line.queue.callback(callback).state is CallbackState.FAILED


def test_with_an_agent_there_they_are_put_together(line: Kit) -> None:
    callback, leg = ringing(line)
    with engine().begin() as conn:
        conn.execute(update(tickets).values(state="connecting", agent=7, agent_leg="CA-agent"))
    heard = leg.post(f"/twilio/callback/{callback}/1")
    assert heard.verbs[:2] == ["Gather", "Dial"]
    assert "press nine" in heard.said


def test_who_was_not_asked_hears_why_we_call(line: Kit) -> None:
    callback, leg = ringing(line, "abandoned")
    assert "we could not answer in time" in leg.post(f"/twilio/callback/{callback}/1").said


def test_nine_means_never_again(line: Kit) -> None:
    callback, leg = ringing(line)
    heard = leg.post(f"/twilio/callback/{callback}/1")
    action = str(heard.verb("Gather").get("action"))
    over = leg.post(action, Digits="9")
    assert over.verbs == ["Say", "Hangup"]
    assert "we will not call you again" in over.said
    assert leg.post(action, Digits="9").said == over.said, "told twice"
    view = line.queue.callback(callback)
    assert (view.state, view.reason) == (CallbackState.CANCELLED, "opt_out")
    assert line.queue.promise(CallbackRequest("k2", "CA-2", CALLER, "en", "support", "")).reason == "opt_out"


def test_another_key_goes_on_without_the_greeting(line: Kit) -> None:
    callback, leg = ringing(line)
    heard = leg.post(f"/twilio/callback/{callback}/1")
    assert leg.post(str(heard.verb("Gather").get("action")), Digits="5").verbs == ["Enqueue"]


def test_nine_in_a_call_that_is_over_refuses_nothing(line: Kit) -> None:
    callback, leg = ringing(line)
    assert "dealt with already" in leg.post(f"/twilio/callback/{callback}/2?heard=1", Digits="9").said
    assert line.queue.callback(callback).state is CallbackState.DIALING
