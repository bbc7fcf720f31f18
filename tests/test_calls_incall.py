"""During a call at the Twilio edge: consulted agents, numbers, supervisors and keys, and the way through a transfer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import insert
from test_calls_handoff import agent, conference, line, parked, ticket_of, wait  # noqa: F401 - fixtures among them
from twiml import CALLED, Kit, Phone, kit

from callqueue.incall_model import Target
from callqueue.model import AgentStatus, TicketState
from callqueue.store import keys
from ivr.store.engine import engine

ANNA, BORIS, VERA = 7, 8, 9
OUTSIDE = "+74959998877"


def leg(line: Kit, letter: str, agent: int) -> Phone:  # noqa: F811
    return Phone(line.app.test_client(), "CA" + letter * 32, f"client:agent-{agent}")


def talking(line: Kit) -> tuple[Phone, int, Phone]:  # noqa: F811
    """A caller in Anna's conference: their phone, the ticket, Anna's leg. Boris is ready."""
    phone = parked(line)
    ticket = ticket_of(line, phone)
    wait(phone)
    line.queue.match()
    offer = line.queue.agent_view(ANNA).offer
    line.queue.accept(offer.id, ANNA)
    anna = leg(line, "e", ANNA)
    anna.post("/twilio/agent", offer=str(offer.id))
    conference(anna, ticket, "participant-join", 2, "agent-7")
    conference(phone, ticket, "participant-join", 3, "caller")
    line.queue.register_agent(BORIS, "Boris")
    line.queue.alive(BORIS)
    line.queue.set_status(BORIS, AgentStatus.READY)
    return phone, ticket, anna


def state(line: Kit, ticket: int) -> Any:  # noqa: F811
    return line.queue.ticket(ticket).state


def test_a_consulted_agent_comes_into_the_same_conference_and_gets_the_caller(line: Kit, agent: int) -> None:  # noqa: F811
    phone, ticket, anna = talking(line)
    other = line.queue.transfer(ticket, ANNA, Target("agent", str(BORIS)), warm=True).ticket
    line.queue.match()
    offer = line.queue.agent_view(BORIS).offer
    assert offer.ticket.id == other
    line.queue.accept(offer.id, BORIS)
    boris = leg(line, "b", BORIS)
    room = boris.post("/twilio/agent", offer=str(offer.id)).verb("Conference")
    assert room.text == f"ticket-{ticket}"
    conference(boris, ticket, "participant-join", 4, "agent-8")
    assert state(line, other) is TicketState.CONNECTED
    assert line.queue.hand_over(ticket, ANNA)
    conference(anna, ticket, "participant-leave", 5, "agent-7")
    assert (state(line, ticket), state(line, other)) == (TicketState.WRAP_UP, TicketState.CONNECTED)
    # His line drops: the caller is returned to the line of his ticket, and hears so.
    conference(boris, ticket, "participant-leave", 6, "agent-8")
    back = phone.post(f"/twilio/requeue/{other}")
    assert back.verbs == ["Say", "Enqueue"]
    assert line.queue.waiting(phone.call).ticket == other


def test_a_caller_who_is_passed_on_is_told_so(line: Kit, agent: int) -> None:  # noqa: F811
    phone, ticket, _ = talking(line)
    line.queue.transfer(ticket, ANNA, Target("queue", "orders"), warm=False)
    back = phone.post(f"/twilio/requeue/{ticket}?transfer=1")
    assert "passing you on" in back.said
    assert "again" not in str(back.verb("Enqueue").get("waitUrl")), "nobody dropped"
    assert line.queue.waiting(phone.call).position == 1


def test_a_number_joins_by_the_record_and_too_late_not_at_all(line: Kit, agent: int) -> None:  # noqa: F811
    _, ticket, anna = talking(line)
    other = line.queue.transfer(ticket, ANNA, Target("number", OUTSIDE), warm=False).ticket
    called = Phone(line.app.test_client(), "CA" + "0" * 32, CALLED)
    called.raw(f"/twilio/status?outside={other}", CallStatus="ringing")
    room = called.post(f"/twilio/outside/{other}").verb("Conference")
    assert (room.text, room.get("participantLabel")) == (f"ticket-{ticket}", f"outside-{other}")
    conference(called, ticket, "participant-join", 4, f"outside-{other}")
    assert state(line, other) is TicketState.CONNECTED
    conference(called, ticket, "participant-leave", 5, f"outside-{other}")
    assert state(line, other) is TicketState.CLOSED
    late = called.post(f"/twilio/outside/{other}")
    assert "taken or over" in late.said
    assert late.verbs[-1] == "Hangup"
    assert anna.call


def test_a_number_that_does_not_answer(line: Kit, agent: int) -> None:  # noqa: F811
    _, ticket, _ = talking(line)
    other = line.queue.transfer(ticket, ANNA, Target("number", OUTSIDE), warm=True).ticket
    called = Phone(line.app.test_client(), "CA" + "0" * 32, CALLED)
    called.raw(f"/twilio/status?outside={other}", CallStatus="initiated")
    called.raw(f"/twilio/status?outside={other}", CallStatus="no-answer")
    assert (state(line, ticket), state(line, other)) == (TicketState.CONNECTED, TicketState.CLOSED)


@pytest.mark.parametrize(
    ("mode", "seat"),
    [
        ("listen", {"muted": "true", "coach": None}),
        ("whisper", {"muted": "false", "coach": "CA" + "e" * 32}),
        ("barge", {"muted": "false", "coach": None}),
    ],
)
def test_a_supervisor_comes_by_their_page(line: Kit, agent: int, mode: str, seat: dict[str, str | None]) -> None:  # noqa: F811
    phone, ticket, _ = talking(line)
    line.queue.register_agent(VERA, "Vera")
    supervision = line.queue.supervise(ticket, VERA, mode)
    vera = leg(line, "f", VERA)
    room = vera.post("/twilio/agent", supervision=str(supervision)).verb("Conference")
    assert (room.text, room.get("participantLabel")) == (f"ticket-{ticket}", f"supervisor-{supervision}")
    assert room.get("endConferenceOnExit") == "false"
    assert {name: room.get(name) for name in seat} == seat
    conference(vera, ticket, "participant-join", 4, f"supervisor-{supervision}")
    assert line.queue.in_call(VERA).supervising.state == "in"
    conference(vera, ticket, "participant-leave", 5, f"supervisor-{supervision}")
    assert line.queue.in_call(VERA).supervising is None
    assert state(line, ticket) is TicketState.CONNECTED
    other = leg(line, "d", ANNA).post("/twilio/agent", supervision=str(supervision))
    assert other.verbs[-1] == "Hangup", "over, and not hers"
    assert phone.call


def test_a_supervisors_telephone_presses_one(line: Kit, agent: int) -> None:  # noqa: F811
    _, ticket, _ = talking(line)
    line.queue.register_agent(VERA, "Vera", phone="+79160000009")
    supervision = line.queue.supervise(ticket, VERA, "listen")
    vera = Phone(line.app.test_client(), "CA" + "f" * 32, CALLED)
    asked = vera.post(f"/twilio/supervisor/phone/{supervision}?agent={VERA}")
    assert "press one" in asked.said
    assert vera.press("1").verb("Conference").get("muted") == "true"
    silent = vera.post(f"/twilio/supervisor/phone/{supervision}?agent={VERA}", Digits="2")
    assert silent.verbs == ["Hangup"]


def test_keys_are_in_the_reply_and_not_in_the_address(line: Kit) -> None:  # noqa: F811
    with engine().begin() as connection:
        row = {
            "ticket": 1,
            "leg": "CA1",
            "digits": "4812#",
            "made_at": datetime.now(UTC),
        }
        connection.execute(insert(keys).values(**row))
    phone = line.phone()
    assert phone.post("/twilio/keys/1").verb("Play").get("digits") == "4812#"
    assert phone.post("/twilio/keys/2").verbs == []


@pytest.fixture
def recording(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: Any) -> Iterator[Kit]:
    with kit(redis, tmp_path, monkeypatch, RECORD_CALLS=request.param) as made:
        made.queue.register_agent(ANNA, "Anna")
        made.queue.alive(ANNA)
        made.queue.set_status(ANNA, AgentStatus.READY)
        yield made


@pytest.mark.parametrize("recording", ["ask"], indirect=True)
def test_a_caller_hears_of_the_recording_and_may_refuse(recording: Kit) -> None:
    phone = parked(recording)
    ticket = ticket_of(recording, phone)
    parked_at = phone.last.following
    heard = phone.post(f"/twilio/connect/{ticket}")
    assert "press two" in heard.said
    assert heard.verbs[-1] == "Dial"
    same = phone.post(parked_at, QueueResult="redirected", QueueSid="QU" + "1" * 32)
    assert "press two" in same.said, "whichever of the two the carrier follows"
    joined = phone.post(str(heard.verb("Gather").get("action")), Digits="2")
    assert joined.verb("Conference").text == f"ticket-{ticket}"
    assert "press two" not in phone.post(f"/twilio/connect/{ticket}").said
    assert not recording.queue.notice_due(ticket)


@pytest.mark.parametrize("recording", ["on"], indirect=True)
def test_a_recording_that_is_there_is_kept_once(recording: Kit) -> None:
    phone, ticket, _ = talking(recording)
    assert recording.queue.in_call(ANNA).recording == "asked"
    assert "is recorded" not in phone.post(f"/twilio/connect/{ticket}").said, "they have heard it"
    form = {"RecordingSid": "RE" + "1" * 32, "RecordingStatus": "completed", "RecordingDuration": "42"}
    for _ in range(2):
        assert phone.raw("/twilio/recorded/1", **form).status_code == 204
    (kept,) = recording.queue.recordings()
    assert (kept.seconds, kept.ticket) == (42, ticket)
    other = parked(recording)
    assert "is recorded" in other.post(f"/twilio/connect/{ticket_of(recording, other)}").said
