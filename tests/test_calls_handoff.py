"""To a human: the line, the wait lane, the conference, back in line; a callback; a message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import func, select
from twiml import CALLED, CALLER, Heard, Kit, Phone, kit

from callqueue.model import AgentStatus, TicketState
from callqueue.store import tickets
from ivr.calls import waiting
from ivr.store.calls import transcript
from ivr.store.engine import engine

QUEUE_SID = "QU" + "1" * 32


@pytest.fixture
def line(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kit]:
    with kit(redis, tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def agent(line: Kit) -> int:
    line.queue.register_agent(7, "Anna")
    line.queue.alive(7)
    line.queue.set_status(7, AgentStatus.READY)
    return 7


def parked(line: Kit, *, worked: bool = True) -> Phone:
    phone = line.phone()
    phone.dial()
    heard = phone.press("0")
    assert heard.verbs[-1] == "Enqueue"
    assert heard.verb("Enqueue").text == "support"
    if worked:
        line.work("changes")
    return phone


def wait(phone: Phone, url: str | None = None, **fields: str) -> Heard:
    address = url or str(phone.heard[-1].verb("Enqueue").get("waitUrl"))
    return phone.post(address, QueueSid=QUEUE_SID, QueuePosition="1", **fields)


def ticket_of(line: Kit, phone: Phone) -> int:
    view = line.queue.ticket_of_call(phone.call)
    assert view is not None
    return int(view.id)


def conference(phone: Phone, ticket: int, event: str, sequence: int, label: str = "", call: str = "") -> None:
    form = {
        "ConferenceSid": "CF" + "2" * 32,
        "FriendlyName": f"ticket-{ticket}",
        "StatusCallbackEvent": event,
        "SequenceNumber": str(sequence),
        "ParticipantLabel": label,
    }
    if call:
        form["CallSid"] = call
    assert phone.raw(f"/twilio/conference?ticket={ticket}", **form).status_code == 204


def test_the_whole_chain(line: Kit, agent: int) -> None:
    phone = parked(line)
    n = phone.n
    parked_at = phone.last
    held = wait(phone)
    assert "You are number 1." in held.said
    assert "For a call back, press one." in held.said
    assert held.verb("Gather").get("input") == "dtmf"
    assert (held.verb("Play").text or "").endswith("/audio/music.wav")
    ticket = ticket_of(line, phone)
    view = line.queue.ticket(ticket)
    assert view.number == CALLER
    assert view.context["name"] == "A Customer"
    line.queue.match()
    offer = line.queue.agent_view(agent).offer
    assert line.queue.accept(offer.id, agent)

    leg = Phone(line.app.test_client(), "CA" + "e" * 32, "client:agent-7")
    joined = leg.post("/twilio/agent", offer=str(offer.id))
    room = joined.verb("Conference")
    assert room.text == f"ticket-{ticket}"
    assert room.get("endConferenceOnExit") == "false"
    assert room.get("participantLabel") == "agent-7"
    conference(leg, ticket, "participant-join", 2, "agent-7")

    brought = phone.post(f"/twilio/connect/{ticket}")
    room = brought.verb("Conference")
    assert room.text == f"ticket-{ticket}"
    assert room.get("endConferenceOnExit") == "true"
    action = str(brought.verb("Dial").get("action"))
    same = phone.post(parked_at.following, QueueResult="redirected", QueueSid=QUEUE_SID)
    assert same.verb("Conference").text == f"ticket-{ticket}", "the queue's action moves nothing"
    assert same.verb("Dial").get("action") == action
    conference(phone, ticket, "participant-join", 3, "caller")
    assert line.queue.ticket(ticket).state is TicketState.CONNECTED
    assert f"/{n}#" in action

    # The agent's leg drops: a sentence, and the head of the line.
    conference(leg, ticket, "participant-leave", 4, "agent-7")
    back = phone.post(f"/twilio/requeue/{ticket}")
    assert back.verbs == ["Say", "Enqueue"]
    again = wait(phone, str(back.verb("Enqueue").get("waitUrl")))
    assert "first in line" in again.said or again.verbs

    # Over, with the caller still there: the flow goes on.
    assert "Goodbye." in phone.post(action, DialCallStatus="completed").said


def test_who_hung_up_while_talking_hears_nothing_more(line: Kit, agent: int) -> None:
    phone = parked(line)
    action = phone.heard[-1].following
    over = phone.post(action, DialCallStatus="completed", CallStatus="completed")
    assert over.verbs == ["Hangup"]
    phone.hang_up()
    line.work("journal")
    with engine().begin() as connection:
        kinds = [entry.kind for entry in transcript(connection, phone.call)]
    assert kinds[-2:] == ["handoff", "ended"]


def test_the_queues_action_told_late_moves_nothing(line: Kit, agent: int) -> None:
    """They have finished talking when it comes: the dial's action is what goes on with the flow."""
    phone = parked(line)
    action = phone.heard[-1].following
    line.queue.left(phone.call, "hangup")
    assert phone.post(action, QueueResult="redirected").verbs == ["Enqueue"]
    assert "Goodbye." in phone.post(action, DialCallStatus="completed").said


def test_a_repeated_hand_off_is_one_ticket(line: Kit, agent: int) -> None:
    phone = parked(line)
    phone.post(phone.heard[0].following, Digits="0")
    line.work("changes")
    with engine().begin() as connection:
        assert connection.execute(select(func.count()).select_from(tickets)).scalar_one() == 1


def test_out_of_order_conference_events(line: Kit, agent: int) -> None:
    phone = parked(line)
    ticket = ticket_of(line, phone)
    wait(phone)
    line.queue.match()
    offer = line.queue.agent_view(agent).offer
    line.queue.accept(offer.id, agent)
    leg = Phone(line.app.test_client(), "CA" + "e" * 32, "client:agent-7")
    leg.post("/twilio/agent", offer=str(offer.id))
    conference(leg, ticket, "participant-join", 1, "agent-7")
    conference(phone, ticket, "participant-join", 3, "caller")
    conference(leg, ticket, "participant-leave", 5, "agent-7")
    conference(leg, ticket, "participant-join", 1, "agent-7")
    conference(leg, ticket, "participant-join", 4, "agent-7")
    assert line.queue.ticket(ticket).agent is not None
    fields = line.redis.hgetall("conference:CF" + "2" * 32)
    assert fields[leg.call.encode()] == b"5"


def test_nobody_on_duty(line: Kit) -> None:
    phone = line.phone()
    phone.dial()
    heard = phone.press("0")
    assert "Nobody is free." in heard.said
    phone.press("1")
    line.work("changes")
    assert "We will call you back." in phone.go().said
    assert [one.number for one in line.queue.callbacks()] == [CALLER]


def test_the_callback_key_in_the_wait_loop(line: Kit, agent: int) -> None:
    phone = parked(line)
    held = wait(phone)
    pressed = wait(phone, str(held.verb("Gather").get("action")), Digits="5")
    assert "Play" in [verb.tag for verb in pressed.root.iter()], "another key only goes on with the music"
    left = wait(phone, str(held.verb("Gather").get("action")), Digits="1")
    assert left.verbs == ["Leave"]
    heard = phone.post(next(h for h in phone.heard if "Enqueue" in h.verbs).following, QueueResult="leave")
    assert heard.verbs[-1] == "Redirect"
    line.work("changes")
    assert "We will call you back." in phone.go().said
    (promised,) = line.queue.callbacks()
    assert promised.ticket == ticket_of(line, phone)


def test_no_ticket_in_time_leaves_the_line(line: Kit, agent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = parked(line, worked=False)
    enqueued = phone.last
    assert wait(phone).verbs == ["Pause", "Redirect"]
    monkeypatch.setattr(waiting, "TICKET_SECONDS", 0.0)
    assert wait(phone, str(enqueued.verb("Enqueue").get("waitUrl"))).verbs == ["Leave"]
    heard = phone.post(enqueued.following, QueueResult="leave")
    assert "Nobody is free." in heard.said
    line.work("changes")
    assert line.queue.waiting(phone.call) is None, "and no ticket is made afterwards"


def test_the_last_place_went_to_another_caller_meanwhile(line: Kit, agent: int) -> None:
    phone = parked(line, worked=False)
    line.queue.records.rules = replace(line.queue.records.rules, queue_max=0)
    line.work("changes")
    assert line.queue.ticket_of_call(phone.call) is None
    enqueued = phone.last
    assert wait(phone).verbs == ["Leave"]
    heard = phone.post(enqueued.following, QueueResult="leave")
    assert "Nobody is free." in heard.said
    assert heard.verbs[-1] != "Enqueue"


@pytest.mark.parametrize("result", ["queue-full", "system-error", "error", "something-new"])
def test_every_other_queue_result_is_served(line: Kit, agent: int, result: str) -> None:
    phone = parked(line)
    heard = phone.go(QueueResult=result)
    assert "Nobody is free." in heard.said
    line.work("changes")
    assert line.queue.waiting(phone.call) is None


def test_a_hang_up_in_line_ends_the_ticket(line: Kit, agent: int) -> None:
    phone = parked(line)
    ticket = ticket_of(line, phone)
    phone.hang_up()
    phone.hang_up()
    line.work("changes")
    assert line.queue.ticket(ticket).state is TicketState.ABANDONED
    assert phone.go(QueueResult="hangup").verbs == ["Hangup"]


def test_a_hang_up_before_the_ticket_is_made(line: Kit, agent: int) -> None:
    phone = parked(line, worked=False)
    phone.hang_up()
    line.work("changes")
    assert line.queue.waiting(phone.call) is None
    with engine().begin() as connection:
        assert connection.execute(select(func.count()).select_from(tickets)).scalar_one() == 0


def test_redis_emptied_while_in_line(line: Kit, agent: int) -> None:
    phone = parked(line)
    enqueued = phone.last
    line.redis.flushall()
    assert "Play" in [verb.tag for verb in wait(phone, str(enqueued.verb("Enqueue").get("waitUrl"))).root.iter()]
    ticket = ticket_of(line, phone)
    assert phone.post(f"/twilio/connect/{ticket}").verb("Conference").text == f"ticket-{ticket}"
    assert phone.post(enqueued.following, QueueResult="bridged").verb("Conference").text == f"ticket-{ticket}"


def test_a_late_copy_of_an_earlier_turn_begins_no_second_call_for_one_in_line(line: Kit, agent: int) -> None:
    phone = parked(line)
    earlier = phone.heard[0].following
    line.redis.flushall()
    assert phone.post(earlier).verbs == ["Enqueue"], "were it no copy but the caller, their place is still theirs"
    line.work("changes")
    with engine().begin() as connection:
        assert connection.execute(select(func.count()).select_from(tickets)).scalar_one() == 1


def test_a_complaint_is_recorded_once(line: Kit) -> None:
    phone = line.phone()
    phone.dial()
    heard = phone.press("4")
    record = heard.verb("Record")
    assert "Speak after the tone." in heard.said
    status = str(record.get("recordingStatusCallback"))
    told = {"RecordingSid": "RE" + "3" * 32, "RecordingDuration": "7", "RecordingUrl": "https://x/y"}
    assert "noted" in phone.post(str(record.get("action")), **told).said
    assert phone.raw(status, RecordingStatus="completed", **told).status_code == 204
    line.work("changes")
    (message,) = line.queue.messages()
    assert (message.recording, message.seconds) == ("RE" + "3" * 32, 7)
    assert (message.purpose, message.number) == ("complaint", CALLER)


def test_a_caller_who_hangs_up_while_recording_left_a_message(line: Kit) -> None:
    phone = line.phone()
    phone.dial()
    status = str(phone.press("4").verb("Record").get("recordingStatusCallback"))
    phone.hang_up()
    phone.raw(status, RecordingStatus="completed", RecordingSid="RE" + "4" * 32, RecordingDuration="3")
    line.work("changes")
    (message,) = line.queue.messages()
    assert (message.summary, message.number) == ("A complaint", CALLER)


def test_an_empty_recording_is_no_message(line: Kit) -> None:
    phone = line.phone()
    phone.dial()
    heard = phone.press("4")
    assert "Order, one." in phone.post(str(heard.verb("Redirect").text)).said
    line.work("changes")
    assert line.queue.messages() == []


def test_an_agents_telephone(line: Kit) -> None:
    line.queue.register_agent(8, "Boris", phone="+79160000000")
    line.queue.alive(8)
    line.queue.set_status(8, AgentStatus.READY)
    phone = parked(line)
    wait(phone)
    line.queue.match()
    offer = line.queue.agent_view(8).offer
    leg = Phone(line.app.test_client(), "CA" + "8" * 32, CALLED)
    asked = leg.post(f"/twilio/agent/phone/{offer.id}?agent=8")
    assert "press one" in asked.said
    accepted = leg.press("1")
    assert accepted.verb("Conference").get("participantLabel") == "agent-8"
    late = Phone(line.app.test_client(), "CA" + "9" * 32, CALLED)
    refused = late.post("/twilio/agent/phone/999?agent=8", Digits="1")
    assert "taken or over" in refused.said
    assert refused.verbs[-1] == "Hangup"


def test_a_voicemail_takes_no_call(line: Kit) -> None:
    """It answers, listens to the question and presses nothing, or beeps something: hung up, and nothing is accepted."""
    line.queue.register_agent(8, "Boris", phone="+79160000000")
    line.queue.alive(8)
    line.queue.set_status(8, AgentStatus.READY)
    phone = parked(line)
    wait(phone)
    line.queue.match()
    offer = line.queue.agent_view(8).offer
    leg = Phone(line.app.test_client(), "CA" + "8" * 32, CALLED)
    asked = leg.post(f"/twilio/agent/phone/{offer.id}?agent=8")
    assert asked.verb("Gather").get("actionOnEmptyResult") is None, "silence goes on to the next verb"
    assert asked.verbs[-1] == "Hangup"
    beeped = leg.post(f"/twilio/agent/phone/{offer.id}?agent=8", Digits="5")
    assert beeped.verbs == ["Hangup"]
    view = line.queue.agent_view(8)
    assert view.state == "offered"
    assert view.offer.id == offer.id


@pytest.mark.parametrize("fields", [{"offer": "999"}, {"offer": "x"}, {}, {"offer": "1", "From": "client:nobody"}])
def test_an_offer_that_is_not_theirs(line: Kit, fields: dict[str, str]) -> None:
    leg = Phone(line.app.test_client(), "CA" + "e" * 32, fields.pop("From", "client:agent-7"))
    heard = leg.post("/twilio/agent", **fields)
    assert "taken or over" in heard.said
    assert heard.verbs[-1] == "Hangup"


def test_a_callback_that_is_over(line: Kit) -> None:
    leg = Phone(line.app.test_client(), "CA" + "c" * 32, CALLED)
    heard = leg.post("/twilio/callback/99/1")
    assert heard.verbs[-1] == "Hangup"
    assert "dealt with" in heard.said


def test_our_own_leg_back_in_line(line: Kit) -> None:
    leg = Phone(line.app.test_client(), "CA" + "c" * 32, CALLED)
    back = leg.post("/twilio/requeue/5")
    assert back.verbs == ["Say", "Enqueue"]
    assert "Вы первый в очереди" in back.said


def test_music_is_served(line: Kit) -> None:
    response = line.app.test_client().get("/audio/music.wav")
    assert response.status_code == 200
    assert response.data[:4] == b"RIFF"


def test_who_hangs_up_unserved_is_listed_and_who_leaves_a_message_is_not(line: Kit) -> None:
    phone = line.phone()
    phone.dial()
    phone.press("0")
    phone.hang_up()
    phone.hang_up()
    line.work("changes")
    (missed,) = line.queue.proposals()
    assert (missed.number, missed.origin, missed.summary) == (CALLER, "missed", "Asked for a human")
    assert line.queue.callbacks() == [], "listed, and promised to nobody"


def test_a_caller_in_line_is_no_missed_call(line: Kit, agent: int) -> None:
    phone = parked(line)
    phone.hang_up()
    line.work("changes")
    assert line.queue.proposals() == [], "gone within seconds"
