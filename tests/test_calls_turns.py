"""Turns: the happy ways through a call, and the same webhook twice, at once, late and after the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from twiml import CALLER, Kit, Phone, kit

from ivr.calls.journal import drain
from ivr.calls.store import JOURNAL
from ivr.shop.port import Answer
from ivr.store.calls import call_by_id, transcript
from ivr.store.engine import engine

ON_THE_WAY = Answer("found", {"number": "4711", "state": "on the way"})


@pytest.fixture
def line(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kit]:
    with kit(redis, tmp_path, monkeypatch) as made:
        yield made


def test_a_delivery_by_keys(line: Kit) -> None:
    line.shop.answers["orders.status"] = ON_THE_WAY
    phone = line.phone()
    menu = phone.dial()
    assert "Order, one." in menu.said
    gather = menu.verb("Gather")
    assert gather.get("input") == "dtmf speech"
    assert gather.get("actionOnEmptyResult") == "true"
    assert gather.get("language") == "en-GB"
    assert "where is my order" in (gather.get("hints") or "")
    assert gather.find("Say") is not None, "the prompt is inside, so that keys interrupt it"
    assert menu.verbs == ["Gather", "Redirect"]
    assert (menu.verb("Redirect").text or "").partition("#")[0].endswith(f"/turn/{phone.call}/1")
    assert "#rc=" in menu.following
    assert "Order number?" in phone.press("1").said
    end = phone.press("4711")
    assert "Order 4711 is on the way." in end.said
    assert end.verbs[-1] == "Hangup"
    assert line.shop.asked[0][:2] == ("orders.status", {"number": "4711"})


def test_a_delivery_by_words(line: Kit) -> None:
    line.shop.answers["orders.status"] = ON_THE_WAY
    phone = line.phone()
    phone.dial()
    assert "Order number?" in phone.say("where is my order").said
    assert "on the way" in phone.say("four seven one one").said


def test_silence_is_an_answer(line: Kit) -> None:
    phone = line.phone()
    phone.dial()
    assert "I did not hear." in phone.go().said


def test_the_same_webhook_twice_gives_the_same_bytes(line: Kit) -> None:
    phone = line.phone()
    first = phone.dial()
    assert phone.dial().response.data == first.response.data
    address = first.following
    one = phone.post(address, Digits="1")
    other = phone.post(address, Digits="2")
    assert one.response.data == other.response.data, "the first commit wins, whatever the body"
    phone.press("4711")
    assert phone.post(address, Digits="3").response.data == one.response.data, "late as well"


def test_the_same_webhook_in_parallel(line: Kit) -> None:
    line.shop.answers["orders.confirm"] = Answer("found", {"number": "4711", "due": None})
    phone = line.phone()
    phone.dial()
    phone.press("2")
    phone.press("4711")
    address, bodies, gate = phone.last.following, [], threading.Barrier(8)

    def post() -> None:
        other = Phone(line.app.test_client(), phone.call)
        gate.wait()
        bodies.append(other.post(address, Digits="4567").response.data)

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(bodies)) == 1
    line.work("changes")
    assert len(line.shop.asked) == 1, "one effect"


def test_a_finished_call_stays_finished(line: Kit) -> None:
    phone = line.phone()
    phone.dial()
    address = phone.last.following
    assert phone.hang_up().status_code == 204
    assert phone.post(address, Digits="1").verbs == ["Hangup"]
    assert phone.post("/twilio/turn/" + phone.call + "/2", Digits="1").verbs == ["Hangup"]
    assert phone.hang_up().status_code == 204
    assert phone.dial().verbs == ["Gather", "Redirect"], "the stored reply of turn 0, which moves nothing"


def test_a_call_that_was_over_before_it_began(line: Kit) -> None:
    phone = line.phone()
    phone.hang_up()
    assert phone.dial().verbs == ["Hangup"]


def test_a_turn_from_the_future_goes_to_where_the_call_is(line: Kit) -> None:
    phone = line.phone()
    phone.dial()
    heard = phone.post(f"/twilio/turn/{phone.call}/7", Digits="1")
    assert heard.verbs == ["Redirect"]
    assert "/1#" in (heard.verb("Redirect").text or "")


def test_a_forgotten_call_starts_again_in_place(line: Kit) -> None:
    phone = line.phone()
    phone.dial()
    phone.press("1")
    line.redis.flushall()
    line.another_process()
    heard = phone.press("4711")
    assert "cut off" in heard.said
    assert "Order, one." in heard.said
    assert phone.n == 3
    assert "Order number?" in phone.press("1").said


def test_the_process_of_the_last_turn_goes_on_with_a_forgotten_call(line: Kit) -> None:
    line.shop.answers["orders.status"] = ON_THE_WAY
    phone = line.phone()
    phone.dial()
    phone.press("1")
    line.redis.flushall()
    assert "on the way" in phone.press("4711").said


def test_a_turn_taken_elsewhere_is_not_taken_again(line: Kit) -> None:
    phone = line.phone()
    phone.dial()
    here = line.app.extensions["hotline-twilio"]
    asked = phone.last.following
    line.another_process()
    there = phone.post(asked, Digits="1")
    line.app.extensions["hotline-twilio"] = here
    late = phone.post(asked, Digits="2")
    assert late.response.data == there.response.data
    assert "Order number?" in there.said
    assert phone.press("4711").response.status_code == 200
    assert phone.n == 3


def test_the_journal_reaches_the_records_once(line: Kit) -> None:
    line.shop.answers["orders.status"] = ON_THE_WAY
    phone = line.phone()
    phone.dial()
    phone.press("1")
    phone.press("4711")
    phone.hang_up()
    assert line.redis.xlen(JOURNAL) == 3, "one for each turn"
    line.work("journal")
    line.work("journal")
    with engine().begin() as connection:
        entries = transcript(connection, phone.call)
        call = call_by_id(connection, phone.call)
    assert line.redis.xlen(JOURNAL) == 0
    assert call is not None
    assert call.number == CALLER
    assert call.ended_at is not None
    kinds = [entry.kind for entry in entries]
    assert kinds[0] == "started"
    assert kinds.count("ended") == 1
    assert [entry.data["digits"] for entry in entries if entry.kind == "pressed"] == ["1", "4711"]
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))


def test_secrets_are_masked_before_they_are_written(line: Kit) -> None:
    line.shop.answers["cards.points"] = Answer("found", {"points": 120})
    phone = line.phone()
    phone.dial()
    phone.press("3")
    assert "secret=1" in phone.press("12345678#").following
    assert "120 points" in phone.press("9753").said
    line.work("journal")
    with engine().begin() as connection:
        written = repr(transcript(connection, phone.call))
    assert "9753" not in written
    assert "12345678" not in written
    stored = b"".join(value for value in line.redis.hgetall(f"call:{phone.call}").values())
    assert b"9753" not in stored
    assert line.shop.asked[0][1] == {"card": "12345678", "pin": "9753"}


@pytest.mark.parametrize("caller", ["anonymous", "+266696687", "Restricted", "", "+7378742833", "sip:x@y"])
def test_a_withheld_number(line: Kit, caller: str) -> None:
    phone = line.phone(caller)
    assert "Order, one." in phone.dial().said
    phone.hang_up()
    line.work("journal")
    with engine().begin() as connection:
        call = call_by_id(connection, phone.call)
    assert call is not None
    assert call.number is None


def test_a_flow_published_in_mid_call(line: Kit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "flow.yaml"
    assert line.settings.flow is not None
    text = line.settings.flow.read_text()
    path.write_text(text)
    line.settings.flow = path
    old = line.phone()
    old.dial()
    path.write_text(text.replace("Order number?", "Which order?"))
    new = line.phone()
    new.dial()
    assert "Which order?" in new.press("1").said
    assert "Order number?" in old.press("1").said
    # Another process, which has never seen the old revision, goes on with it too.
    line.another_process()
    line.shop.answers["orders.status"] = ON_THE_WAY
    assert "on the way" in old.press("4711").said
    path.write_text("flow: [broken")
    assert "Order, one." in line.phone().dial().said, "a wrong file is not served"


def test_a_journal_that_the_version_before_wrote_is_drained(line: Kit) -> None:
    at = "2026-03-02T12:00:00+00:00"
    for seq, kind in enumerate(("started", "said"), start=1):
        fields = {"call": "CAold", "seq": seq, "kind": kind, "at": at, "data": "{}"}
        line.redis.xadd(JOURNAL, fields)  # type: ignore[arg-type]
    assert drain() == 2
    with engine().begin() as connection:
        assert [(entry.seq, entry.kind) for entry in transcript(connection, "CAold")] == [(1, "started"), (2, "said")]


def test_a_session_of_another_version_reaches_a_human(line: Kit) -> None:
    phone = line.phone()
    phone.dial()
    line.redis.hset(f"call:{phone.call}", "session", '{"version": 1, "call": 3}')
    line.another_process()
    heard = phone.press("1")
    assert "Record" in heard.verbs or "Enqueue" in heard.verbs
