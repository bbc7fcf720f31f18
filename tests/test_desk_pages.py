"""The desk's pages and acts with a real call queue behind them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from desk_world import World, shown, world

from callqueue.model import AgentStatus, CallbackRequest, MessageRequest, TicketState
from ivr.desk import customer
from ivr.shop.port import ShopFailed
from ivr.store import calls
from ivr.store.calls import Entry
from ivr.store.engine import engine

ROOT = Path(__file__).parent.parent


@pytest.fixture
def here(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(tmp_path, valkey_url, monkeypatch) as made:
        yield made


class Shop:
    """Stands for the shop: answers, or fails, as told."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def context(self, number: str, cards: bool = True) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def with_shop(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    monkeypatch.setattr(customer, "shop", lambda: Shop(answer))


MARIA = {
    "name": "Мария <script>alert(1)</script>",
    "language": "ru",
    "tier": "gold",
    "number": "+79161234567",
    "points": 1240,
    "orders": [
        {
            "number": "4812",
            "state": "on_the_way",
            "sum": "12490.50",
            "due": "2026-11-24",
            "items": [{"name": "Лампа <b>", "quantity": 2, "price": "2490.00"}],
        }
    ],
}


def test_ready_offer_accept_talk_wrap_up_closed(here: World) -> None:
    page = here.page()
    assert "off duty" in page.get("/desk").text
    assert "Ready for calls" in page.post("/desk/status", status="ready").text
    ticket = here.caller()
    here.queue.match()

    offered = page.get("/desk/panel/call").text
    assert "Incoming call" in offered
    assert "+7 916 123-45-67" in offered
    assert "Asked for a human" in offered
    assert "Order 4812" in offered

    offer = here.view(page.person).offer
    assert offer is not None
    accepted = page.post(f"/desk/offers/{offer.id}/accept")
    assert json.loads(accepted.headers["X-Desk-Events"])["accepted"] == {"offer": offer.id, "language": "ru"}
    assert "Connecting" in accepted.text

    here.queue.agent_joined(ticket, page.person.id, "leg")
    here.queue.caller_joined(ticket, "CA1")
    assert "Hang up" in page.get("/desk/panel/call").text
    page.post(f"/desk/tickets/{ticket}/notes", notes="wants it after six")
    page.post(f"/desk/tickets/{ticket}/questions", text="May I change the address?")
    assert "May I change" in page.get("/desk/panel/call").text

    page.post(f"/desk/tickets/{ticket}/hang-up")
    assert "How did the call end?" in page.get("/desk/panel/call").text
    assert "wants it after six" in page.get("/desk/panel/call").text
    page.post(f"/desk/tickets/{ticket}/wrap-up", outcome="resolved", notes="delivered")
    closed = here.queue.ticket(ticket)
    assert closed is not None
    assert (closed.state, closed.outcome, closed.notes) == (TicketState.CLOSED, "resolved", "delivered")
    assert "You are on the line" in page.get("/desk/panel/call").text


def test_two_agents_one_wins_and_the_other_is_told(here: World) -> None:
    anna, boris = here.page(), here.page("boris")
    offer = here.offered(anna)
    here.queue.decline(offer, anna.person.id)
    lost = anna.post(f"/desk/offers/{offer}/accept")
    assert lost.status_code == 200
    assert "no longer yours" in lost.text
    assert "accepted" not in lost.headers["X-Desk-Events"].replace("panels-changed", "")
    assert "no longer yours" in boris.post(f"/desk/offers/{offer}/accept").text


def test_a_double_click_accepts_once_and_is_no_loss(here: World) -> None:
    page = here.page()
    offer = here.offered(page)
    for _ in range(2):
        answer = page.post(f"/desk/offers/{offer}/accept")
        assert "no longer yours" not in answer.text
        assert json.loads(answer.headers["X-Desk-Events"])["accepted"]["offer"] == offer


def test_the_caller_who_hangs_up_takes_the_offer_away(here: World) -> None:
    page = here.page()
    offer = here.offered(page)
    here.queue.left("CA1", "hangup")
    assert "no longer yours" in page.post(f"/desk/offers/{offer}/accept").text
    assert "You are on the line" in page.get("/desk/panel/call").text


def test_declined_goes_back_to_the_line(here: World) -> None:
    page = here.page()
    offer = here.offered(page)
    assert "You are on the line" in page.post(f"/desk/offers/{offer}/decline").text
    assert "+7 916 123-45-67" in page.get("/desk/panel/waiting").text


def test_a_panel_already_shown_is_not_sent_again(here: World) -> None:
    page = here.page()
    here.offered(page)
    html = page.get("/desk/panel/call").text
    found = re.search(r'data-shows="([^"]+)"', html)
    assert found
    have = found.group(1)
    assert page.get("/desk/panel/call", query_string={"have": have}).status_code == 204
    assert page.get("/desk/panel/call", query_string={"have": "idle"}).status_code == 200


def test_a_missed_call_pauses_and_ready_ends_the_pause(here: World) -> None:
    page = here.page()
    here.offered(page)
    later = _moment() + timedelta(seconds=here.settings.ring_seconds + 1)
    here.queue.alive(page.person.id, now=later)
    here.queue.tick(now=later)
    assert "You missed a call" in page.get("/desk/panel/status").text
    assert "Calls are paused" in page.get("/desk/panel/call").text
    assert "Ready for calls" in page.post("/desk/status", status="ready").text


def test_a_break_has_its_reason(here: World) -> None:
    page = here.page()
    assert "Lunch" in page.post("/desk/status", status="break", reason="lunch").text
    view = here.view(page.person)
    assert (view.status, view.reason) == (AgentStatus.BREAK, "lunch")
    page.post("/desk/status", status="break", reason="<script>")
    assert here.view(page.person).reason == "other"
    assert page.post("/desk/status", status="asleep").status_code == 400


def test_the_story_shows_what_was_said_and_never_what_was_secret(here: World) -> None:
    page = here.page()
    ticket = here.talking(page)
    told: list[tuple[str, dict[str, Any]]] = [
        ("entered", {"step": "main"}),
        ("said", {"text": "Здравствуйте", "language": "ru"}),
        ("pressed", {"digits": "1"}),
        ("entered", {"step": "begin"}),
        ("entered", {"step": "about_points"}),
        ("lookup", {"action": "orders.status", "outcome": "missing"}),
        ("trouble", {"step": "find_delivery", "what": "orders.status failed", "detail": {}}),
        ("trouble", {"step": "find_delivery", "what": "never heard of", "detail": {}}),
        ("pressed", {"digits": "••••"}),
        ("heard", {"text": "<script>alert(1)</script>", "confidence": 0.9}),
        ("heard", {"text": ""}),
    ]
    with engine().begin() as conn:
        calls.record_entries(conn, [Entry("CA1", n, kind, _moment(), data) for n, (kind, data) in enumerate(told)])
    html = page.get(f"/desk/tickets/{ticket}/story").text
    assert "Здравствуйте" in html
    assert "entered, hidden" in html
    assert "••••" not in html
    assert "<script>" not in html
    assert html.count('<li class="heard"') == 3
    text = shown(html)
    assert text.index("Main menu") < text.index("Points") < text.index("Order look-up: not found")
    assert "Order look-up: the shop did not answer" in text
    assert "Something failed for the robot" in text
    for raw in ("about_points", "begin", "orders.status", "never heard of"):
        assert raw not in text


def test_questions_left_open_come_back_with_the_next_call(here: World) -> None:
    page = here.page()
    first = here.wrapping_up(page)
    page.post(f"/desk/tickets/{first}/questions", text="When is the refund?")
    page.post(f"/desk/tickets/{first}/questions", text="Which card?")
    view = here.queue.ticket(first)
    assert view is not None
    card = next(one for one in view.questions if one.text == "Which card?")
    assert "Answered" in page.post(f"/desk/tickets/{first}/questions/{card.id}/answer").text
    page.post(f"/desk/tickets/{first}/wrap-up", outcome="follow_up", notes="promised to look")

    second = here.talking(page, call="CA2")
    html = page.get(f"/desk/tickets/{second}/story").text
    assert "When is the refund?" in shown(html).split("Earlier")[0]
    assert "Which card?" not in shown(html).split("Earlier")[0]
    assert "Which card?" in html  # among what earlier calls settled
    assert "1 open question" in html
    assert "promised to look" in html
    assert "Follow-up needed" in html
    refund = next(one for one in view.questions if one.text == "When is the refund?")
    page.post(f"/desk/tickets/{second}/questions/{refund.id}/answer", answer="on Friday")
    html = page.get(f"/desk/tickets/{second}/story").text
    assert "When is the refund?" not in shown(html).split("Earlier")[0]
    assert "When is the refund? — on Friday" in shown(html)
    assert here.queue.tasks() == []


def test_the_customer_with_orders_and_points(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with_shop(monkeypatch, MARIA)
    page = here.page()
    ticket = here.talking(page)
    html = page.get(f"/desk/tickets/{ticket}/customer").text
    assert "<script>" not in html
    assert "Лампа &lt;b&gt;" in html
    text = shown(html)
    assert "1240" in text
    assert "4812" in text
    assert "on the way" in text
    assert "12,490.50" in text
    assert "gold" in text


@pytest.mark.parametrize(
    ("answer", "words"),
    [(ShopFailed("slow"), "The shop does not answer"), (None, "does not know this number")],
)
def test_a_shop_that_fails_holds_up_nothing(
    here: World, monkeypatch: pytest.MonkeyPatch, answer: Any, words: str
) -> None:
    with_shop(monkeypatch, answer)
    page = here.page()
    ticket = here.talking(page)
    assert words in page.get(f"/desk/tickets/{ticket}/customer").text
    assert "Hang up" in page.get("/desk/panel/call").text


def test_a_slow_shop_is_not_waited_for(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    answer = threading.Event()

    class Slow:
        def context(self, number: str, cards: bool = True) -> None:
            answer.wait(10)

    monkeypatch.setattr(customer, "shop", Slow)
    monkeypatch.setattr(customer, "SECONDS", 0.1)
    page = here.page()
    ticket = here.talking(page)
    html = page.get(f"/desk/tickets/{ticket}/customer").text
    answer.set()
    assert "Try again" in html


def test_a_withheld_number_is_shown_as_such(here: World) -> None:
    page = here.page()
    ticket = here.talking(page, number=None)
    assert "Number withheld" in page.get("/desk/panel/call").text
    assert "withheld" in page.get(f"/desk/tickets/{ticket}/customer").text
    assert page.get(f"/desk/tickets/{ticket}/story").status_code == 200


def test_markup_in_what_people_wrote_is_inert(here: World) -> None:
    page = here.page()
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    ticket = here.talking(page, summary=evil)
    page.post(f"/desk/tickets/{ticket}/notes", notes=f"</textarea>{evil}")
    page.post(f"/desk/tickets/{ticket}/questions", text=evil)
    html = page.get("/desk").text + page.get("/desk/panel/call").text + page.get(f"/desk/tickets/{ticket}/story").text
    assert "<script>alert" not in html
    assert "<img" not in html


def test_what_belongs_to_another_agent_is_not_found(here: World) -> None:
    anna, boris = here.page(), here.page("boris")
    ticket = here.talking(anna)
    for path in ("customer", "story"):
        assert boris.get(f"/desk/tickets/{ticket}/{path}").status_code == 404
    for path in ("notes", "questions", "questions/1/answer", "hang-up"):
        assert boris.post(f"/desk/tickets/{ticket}/{path}", notes="mine", text="x").status_code == 404
    assert "closed already" in boris.post(f"/desk/tickets/{ticket}/wrap-up", outcome="resolved").text
    view = here.queue.ticket(ticket)
    assert view is not None
    assert view.notes == ""


def test_a_late_wrap_up_says_so_and_keeps_the_notes(here: World) -> None:
    page = here.page()
    ticket = here.wrapping_up(page)
    page.post(f"/desk/tickets/{ticket}/notes", notes="kept")
    assert "Choose an outcome" in page.post(f"/desk/tickets/{ticket}/wrap-up", outcome="nonsense").text
    page.post(f"/desk/tickets/{ticket}/wrap-up", outcome="other")
    assert "closed already" in page.post(f"/desk/tickets/{ticket}/wrap-up", outcome="resolved").text
    view = here.queue.ticket(ticket)
    assert view is not None
    assert (view.outcome, view.notes) == ("other", "kept")


def test_promises_are_listed_with_state_and_attempts(here: World) -> None:
    page = here.page()
    here.queue.promise(
        CallbackRequest(
            key="CA9:1:c1", call="CA9", number="+79161112233", language="ru", queue="support", summary="Card"
        )
    )
    html = page.get("/desk/panel/callbacks").text
    assert "+7 916 111-22-33" in html
    assert "Due now" in html


def test_a_message_is_taken_by_one_and_closed_by_them(here: World) -> None:
    anna, boris = here.page(), here.page("boris")
    here.queue.register_agent(anna.person.id, anna.person.name)
    message = here.queue.message(
        MessageRequest("CA5:1:r1", "CA5", "+79165554433", "ru", "complaint", "RE1", 37, "Courier was rude")
    )
    assert "Complaint" in anna.get("/desk/panel/messages").text
    assert "Yours" in anna.post(f"/desk/messages/{message}/claim").text
    assert "already taken" in boris.post(f"/desk/messages/{message}/claim").text
    assert "already taken" in boris.post(f"/desk/messages/{message}/close", outcome="answered").text
    assert "Choose an outcome" in anna.post(f"/desk/messages/{message}/close").text
    closed = anna.post(f"/desk/messages/{message}/close", outcome="called_back", note="A new one is on its way")
    assert "Call promised" in closed.text
    assert "No new messages" in anna.get("/desk/panel/messages").text
    assert "+7 916 555-44-33" in anna.get("/desk/panel/callbacks").text


def test_a_recording_is_fetched_from_the_carrier_only(here: World) -> None:
    page = here.page()
    elsewhere = here.queue.message(
        MessageRequest("CA6:1:r1", "CA6", None, "ru", "message", "http://169.254.169.254/secret.wav", 3)
    )
    assert page.get(f"/desk/messages/{elsewhere}/audio").status_code == 404
    unreachable = here.queue.message(MessageRequest("CA7:1:r1", "CA7", None, "ru", "message", "RE" + "0" * 32, 3))
    assert page.get(f"/desk/messages/{unreachable}/audio").status_code == 503
    assert page.get("/desk/messages/999/audio").status_code == 404


def test_the_phones_token_names_the_agent_and_ends(here: World) -> None:
    page = here.page()
    given = page.post("/desk/phone-token").get_json()
    claims = jwt.decode(given["token"], here.settings.auth_token, algorithms=["HS256"], options={"require": ["exp"]})
    assert claims["sub"] == f"agent-{page.person.id}"
    assert 0 < claims["exp"] - time.time() <= 600


def test_on_twilio_the_telephone_accepts(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    account = "AC" + "1" * 32
    with world(tmp_path, valkey_url, monkeypatch, TWILIO_ACCOUNT_SID=account, TWILIO_AUTH_TOKEN="t" * 32) as here:
        page = here.page()
        page.get("/desk")
        assert "may be dialled" in page.post("/desk/phone", phone="+1 900 555 0100").text
        assert "may be dialled" in page.post("/desk/phone", phone="nonsense").text
        page.post("/desk/phone", phone="+7 916 000-00-01")
        assert here.view(page.person).phone == "+79160000001"
        offer = here.offered(page)
        html = page.get("/desk/panel/call").text
        assert "Press 1" in html
        assert "/accept" not in html
        page.post(f"/desk/offers/{offer}/accept")
        assert here.view(page.person).offer is not None
        assert page.post("/desk/phone-token").status_code == 404


def test_signing_in_again_keeps_telephone_and_skills(here: World) -> None:
    person = here.person()
    here.queue.register_agent(person.id, person.name, ["support"], "+79160000001")
    _sign_in(here)
    view = here.view(person)
    assert (view.phone, view.skills) == ("+79160000001", {"support": 5})


def _sign_in(here: World) -> None:
    from desk_world import PASSWORD

    client = here.app.test_client()
    client.get("/sign-in")
    with client.session_transaction() as session:
        token = session["csrf_token"]
    answer = client.post("/sign-in", data={"login": "anna", "password": PASSWORD, "csrf_token": token})
    assert answer.status_code == 303


def _moment() -> Any:
    return datetime.now(UTC)


def test_the_page_listens_to_everything_that_its_agent_is_told() -> None:
    """An event that the stream does not name never reaches the page, and a button stays away until a reload."""
    told = set()
    for source in (ROOT / "queue" / "callqueue").rglob("*.py"):
        text = source.read_text("utf-8")
        told |= set(re.findall(r'\btx\.tell\(.*?, "(\w+)"', text)) | set(re.findall(r'\.push\("desk", "(\w+)"', text))
    stream = (ROOT / "ivr" / "static" / "desk" / "stream.js").read_text("utf-8")
    listed = re.search(r"for \(const name of \[(.*?)\]\)", stream)
    assert listed
    assert {"offer", "state", "controls", "line"} <= told
    assert told <= set(re.findall(r'"(\w+)"', listed.group(1)))
