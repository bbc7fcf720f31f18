"""Redis away, the records away, our own faults: a sentence, then a human or a message, never an error page."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy.exc import OperationalError
from twiml import CALLER, Kit, kit

from callqueue.model import AgentStatus
from ivr.calls import effects, waiting
from ivr.calls import loop as call_loop
from ivr.calls.store import JOURNAL
from ivr.carriers.twilio import agents
from ivr.store.calls import transcript
from ivr.store.engine import engine

FALLBACK = "+74957777777"


@pytest.fixture
def line(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kit]:
    with kit(redis, tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def covered(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kit]:
    """The same with a fallback number."""
    with kit(redis, tmp_path, monkeypatch, FALLBACK_NUMBER=FALLBACK) as made:
        yield made


def on_duty(line: Kit) -> None:
    line.queue.register_agent(7, "Anna")
    line.queue.alive(7)
    line.queue.set_status(7, AgentStatus.READY)


def test_redis_away_for_a_while(line: Kit) -> None:
    phone = line.phone()
    phone.dial()
    phone.press("1")
    with line.redis_away():
        began = time.monotonic()
        heard = phone.press("4711")
        assert time.monotonic() - began < 3
        assert heard.verbs[-2:] == ["Pause", "Redirect"]
        assert "One moment" in heard.said
        assert "down=1" in heard.following
        assert "4711" not in heard.following, "addresses are logged: no keys in them"
        assert "down=2" in phone.go().following
    heard = phone.go()
    assert "Order number?" in heard.said, "back: the last question again, and nothing counted against the caller"
    assert "is no such order" in phone.press("4711").said


def test_redis_away_at_the_beginning(line: Kit) -> None:
    phone = line.phone()
    with line.redis_away():
        heard = phone.dial()
        assert "Одну минуту" in heard.said
        assert "One moment" in heard.said
    assert "Order, one." in phone.go().said


def test_redis_away_for_good_without_a_fallback_number(line: Kit) -> None:
    phone = line.phone()
    with line.redis_away():
        phone.dial()
        for _ in range(5):
            heard = phone.go()
        assert "Record" in heard.verbs
        record = heard.verb("Record")
        told = {"RecordingSid": "RE" + "5" * 32, "RecordingDuration": "9"}
        assert "recorded" in phone.post(str(record.get("action")), **told).said
        status = str(record.get("recordingStatusCallback"))
        assert phone.raw(status, RecordingStatus="completed", **told).status_code == 204
    (message,) = line.queue.messages()
    assert message.seconds == 9


def test_redis_away_for_good_with_a_fallback_number(covered: Kit) -> None:
    phone = covered.phone()
    with covered.redis_away():
        phone.dial()
        for _ in range(5):
            heard = phone.go()
        assert heard.verb("Number").text == FALLBACK
        assert phone.go(DialCallStatus="completed").verbs[-1] == "Hangup"


def test_redis_away_in_line_keeps_the_music(line: Kit) -> None:
    on_duty(line)
    phone = line.phone()
    phone.dial()
    phone.press("0")
    line.work("changes")
    url = str(phone.last.verb("Enqueue").get("waitUrl"))
    action = phone.last.following
    with line.redis_away():
        assert "Play" in phone.post(url).verbs
        heard = phone.post(action, QueueResult="leave")
        assert "left=leave" in heard.following, "why the caller left survives the redirect"
    assert "Nobody is free." in phone.go().said


def test_who_got_in_line_while_redis_was_away_can_be_connected(line: Kit) -> None:
    on_duty(line)
    phone = line.phone()
    phone.dial()
    phone.press("0")
    url = str(phone.last.verb("Enqueue").get("waitUrl"))
    with line.redis_away():
        held = phone.post(url, QueueSid="QU77")
        assert held.verbs[-2:] == ["Pause", "Redirect"], "the ticket is still in the outbox: asked again soon"
        assert held.said
    line.work("changes")
    with line.redis_away():
        assert "Play" in phone.post(url, QueueSid="QU77").verbs
    waiting = line.queue.waiting(phone.call)
    assert waiting is not None
    assert waiting.queue_sid == "QU77"


def test_events_with_redis_away_are_asked_for_again(line: Kit) -> None:
    phone = line.phone()
    phone.dial()
    with line.redis_away():
        assert phone.hang_up().status_code == 503
    assert phone.hang_up().status_code == 204


def test_records_away_serves_what_needs_none(line: Kit) -> None:
    phone = line.phone()
    with line.records_away():
        phone.dial()
        phone.press("1")
        assert "no such order" in phone.press("4711").said
        line.work("journal")
        assert line.redis.xlen(JOURNAL) > 0, "what cannot be written stays"
    phone.hang_up()
    line.work("journal")
    assert line.redis.xlen(JOURNAL) == 0
    with engine().begin() as connection:
        assert len(transcript(connection, phone.call)) > 3


def test_records_away_at_a_hand_off_promises_nothing(line: Kit) -> None:
    phone = line.phone()
    with line.records_away():
        phone.dial()
        heard = phone.press("0")
        assert "Record" in heard.verbs
        assert "call back" not in heard.said.lower()
        told = {"RecordingSid": "RE" + "6" * 32, "RecordingDuration": "5"}
        assert phone.go(**told).verbs[-1] == "Hangup"
        line.work("changes")
    time.sleep(1.1)
    line.redis.delete("rq:queue:changes", *line.redis.keys("waiting:*"))
    from ivr.calls import outbox

    outbox.sweep()
    line.work("changes")
    (message,) = line.queue.messages()
    assert (message.number, message.seconds) == (CALLER, 5)


def test_records_away_at_a_hand_off_with_a_fallback_number(covered: Kit) -> None:
    phone = covered.phone()
    with covered.records_away():
        phone.dial()
        heard = phone.press("0")
        assert heard.verb("Number").text == FALLBACK
        again = phone.go(DialCallStatus="no-answer")
        assert "Record" in again.verbs


def test_records_away_while_in_line(line: Kit) -> None:
    on_duty(line)
    phone = line.phone()
    phone.dial()
    phone.press("0")
    line.work("changes")
    enqueued = phone.last
    heard = phone.post(str(enqueued.verb("Enqueue").get("waitUrl")), QueueSid="QU" + "1" * 32)
    with line.records_away():
        for _ in range(6):
            heard = phone.post(heard.following)
            if heard.verbs == ["Leave"]:
                break
        assert heard.verbs == ["Leave"]
        assert "Record" in phone.post(enqueued.following, QueueResult="leave").verbs


def test_events_with_the_records_away_are_told_later(line: Kit) -> None:
    on_duty(line)
    phone = line.phone()
    with line.records_away():
        form = {"ConferenceSid": "CF1", "StatusCallbackEvent": "conference-end", "SequenceNumber": "1"}
        assert phone.raw("/twilio/conference?ticket=5", **form).status_code == 204
        assert line.redis.zcard("outbox") == 1
    line.work("changes")
    assert line.redis.zcard("outbox") == 0


def test_an_event_whose_telling_was_cut_short_is_told_when_it_is_repeated(
    line: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []

    def tell(event: object) -> None:
        told.append(event)
        if len(told) == 1:
            raise SystemExit  # as if the process were killed between hearing and telling

    monkeypatch.setattr(effects, "tell", tell)
    phone = line.phone()
    form = {"ConferenceSid": "CF1", "StatusCallbackEvent": "conference-end", "SequenceNumber": "1"}
    with pytest.raises(SystemExit):
        phone.raw("/twilio/conference?ticket=5", **form)
    for _ in range(2):
        assert phone.raw("/twilio/conference?ticket=5", **form).status_code == 204
    assert len(told) == 2, "told once more, and not a third time"


def test_our_own_fault_leads_to_a_human(line: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    on_duty(line)
    phone = line.phone()
    phone.dial()

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(call_loop, "advance", broken)
    heard = phone.press("1")
    assert heard.verbs == ["Say", "Enqueue"]
    line.work("changes")
    assert line.queue.waiting(phone.call) is not None
    assert "Play" in phone.post(str(heard.verb("Enqueue").get("waitUrl"))).verbs
    assert "Record" in phone.post(heard.following, QueueResult="leave").verbs


def test_a_fault_in_a_view_is_no_error_page(line: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = line.phone()

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    phone.dial()
    with monkeypatch.context() as patched:
        patched.setattr(call_loop.CallLoop, "turn", broken)
        assert phone.press("1").verbs[-1] == "Redirect"
    assert "Order, one." in phone.go().said


def test_a_wait_document_that_stays_broken_lets_the_caller_out(line: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """The carrier takes no <Dial> and no <Record> there."""
    on_duty(line)
    phone = line.phone()
    phone.dial()
    enqueued = phone.press("0")
    line.work("changes")

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(waiting.WaitLane, "look", broken)
        heard = phone.post(str(enqueued.verb("Enqueue").get("waitUrl")))
        for _ in range(5):
            assert heard.verbs == ["Say", "Say", "Pause", "Redirect"]
            heard = phone.post(heard.following)
        assert heard.verbs == ["Leave"]
    assert "Nobody is free." in phone.post(enqueued.following, QueueResult="leave").said


def test_an_agents_leg_is_not_asked_for_a_message(line: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(agents, "callqueue", broken)
    leg = line.phone("client:agent-7")
    heard = leg.post("/twilio/agent", offer="1")
    for _ in range(5):
        heard = leg.post(heard.following)
    assert heard.verbs == ["Say", "Say", "Hangup"]


def test_an_agents_page_finds_its_offer_after_an_outage(line: Kit) -> None:
    on_duty(line)
    phone = line.phone()
    phone.dial()
    phone.press("0")
    line.work("changes")
    line.queue.match()
    offer = line.queue.agent_view(7).offer
    line.queue.accept(offer.id, 7)
    leg = line.phone("client:agent-7")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(agents, "callqueue", _records_away)
        moment = leg.post("/twilio/agent", offer=str(offer.id))
    assert "Conference" in [verb.tag for verb in leg.post(moment.following).root.iter()]


def _records_away() -> None:
    raise OperationalError("SELECT 1", {}, Exception("away"))


def test_the_fallback_address_goes_on_where_the_call_was(line: Kit) -> None:
    phone = line.phone()
    phone.dial()
    asked = phone.press("1")
    again = phone.post("/twilio/fallback", ErrorCode="11200", ErrorUrl="https://x")
    assert again.response.data == asked.response.data
    other = line.phone()
    assert "Order, one." in other.post("/twilio/fallback", ErrorCode="11205").said


def test_no_number_in_any_log_line(line: Kit, caplog: pytest.LogCaptureFixture) -> None:
    canary, card, pin = "+79998887766", "87654321", "2468"
    caplog.set_level(logging.DEBUG)

    def broken() -> None:
        raise RuntimeError("cannot")

    line.shop.answers["cards.points"] = broken
    phone = line.phone(canary)
    phone.dial()
    phone.press("3")
    phone.press(card + "#")
    phone.press(pin)
    phone.hang_up()
    with line.redis_away():
        phone.dial()
    line.work()
    for secret in (canary, canary[1:], card, pin):
        assert secret not in caplog.text
