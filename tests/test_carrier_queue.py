"""The chain of a hand-off at the built-in carrier: queue, member update, conference, talk, hang-ups, and dialling."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from flask import Flask, Response, request
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from werkzeug.serving import make_server

from ivr.carriers.local.line import Line
from ivr.carriers.local.testing import free_port, running_carrier
from ivr.settings import DEMO_ACCOUNT, Settings

NUMBER = "+74950000000"
CALLER = "+79161234567"
TOKEN = "0123456789abcdef0123456789abcdef"

VOICE = '<Enqueue action="/left" waitUrl="/wait">support</Enqueue><Say>After the queue</Say>'
WAIT = '<Gather numDigits="1" timeout="1"><Say>You are number {position}</Say></Gather><Pause length="1"/>'
CONFERENCE = (
    '<Dial><Conference endConferenceOnExit="{ends}" participantLabel="{label}" statusCallback="/conference"'
    ' statusCallbackEvent="start end join leave hold mute" beep="false">ticket-1</Conference></Dial>'
)


def _wait(form: dict[str, str]) -> str:
    return "<Leave/>" if form.get("Digits") == "2" else WAIT.format(position=form["QueuePosition"])


class Web:
    """A threaded web application in Flask: documents by path, and what was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.documents: dict[str, str | Callable[[dict[str, str]], str]] = {
            "/twilio/voice": VOICE,
            "/wait": lambda form: (
                "<Leave/>" if form.get("Digits") == "2" else WAIT.format(position=form["QueuePosition"])
            ),
            "/left": lambda form: f"<Say>Left: {form['QueueResult']}</Say>",
            "/connect": CONFERENCE.format(ends="true", label="caller"),
            "/twilio/agent": CONFERENCE.format(ends="false", label="agent"),
        }
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._lock = threading.Lock()

    def forms(self, path: str) -> list[dict[str, str]]:
        return [form for asked, form in self.asked if asked == path]

    def events(self, name: str) -> list[dict[str, str]]:
        return [form for form in self.forms("/conference") if form["StatusCallbackEvent"] == name]

    def app(self) -> Flask:
        app = Flask("web")

        @app.post("/<path:path>")
        def view(path: str) -> Response:
            form = request.form.to_dict()
            with self._lock:
                self.asked.append((f"/{path}", form))
            answer = self.documents.get(f"/{path}", "")
            text = answer(form) if callable(answer) else answer
            return Response(f"<Response>{text}</Response>", content_type="text/xml")

        return app


@pytest.fixture
def web() -> Iterator[Web]:
    port = free_port()
    one = Web(f"http://127.0.0.1:{port}")
    server = make_server("127.0.0.1", port, one.app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield one
    server.shutdown()
    thread.join()


@pytest.fixture
def carrier(web: Web, tmp_path: Path) -> Iterator[str]:
    settings = Settings(
        port=free_port() - 2, public_url=web.url, data_dir=tmp_path, twilio_auth_token=TOKEN, phone_number=NUMBER
    )
    with running_carrier(settings) as url:
        yield url


@pytest.fixture
def rest(carrier: str) -> Client:
    return client(carrier)


def client(carrier: str, token: str = TOKEN) -> Client:
    """The official SDK, its base address set to the carrier."""
    from twilio.http.http_client import TwilioHttpClient

    class Here(TwilioHttpClient):
        def request(self, method: str, url: str, *args: Any, **named: Any) -> Any:
            return super().request(method, url.replace("https://api.twilio.com", carrier), *args, **named)

    return Client(DEMO_ACCOUNT, token, http_client=Here(timeout=10))


def run(script: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await script()

    asyncio.run(asyncio.wait_for(whole(), 60))


async def until(met: Callable[[], Any], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not met():
            await asyncio.sleep(0.02)


def token(agent: str) -> str:
    return jwt.encode({"sub": agent, "exp": int(time.time()) + 60}, TOKEN, algorithm="HS256")


async def waiting(caller: Line, number: str = CALLER) -> None:
    await caller.dial(NUMBER, from_=number)
    await caller.hear("you are number")


async def connected(caller: Line, agent: Line, web: Web, rest: Client) -> None:
    """The chain of the design: agent first, then the caller is moved out of the queue."""
    await waiting(caller)
    await agent.register(token=token("agent-7"))
    await agent.dial("", params={"offer": "5"})
    await until(lambda: web.events("participant-join"))
    queue = (await asyncio.to_thread(rest.queues.list))[0]
    member = await asyncio.to_thread(
        rest.queues(queue.sid).members(caller.sid).update, url=f"{web.url}/connect", method="POST"
    )
    assert member.position == 1
    await until(lambda: agent.ear is not None and caller.ear is not None)


def test_the_wait_loop_tells_the_place(web: Web, carrier: str, rest: Client) -> None:
    async def script() -> None:
        async with Line(carrier) as first, Line(carrier) as second:
            await waiting(first)
            await waiting(second, "+79160000002")
            await second.hear("number 2")
            assert (await asyncio.to_thread(rest.queues.list))[0].current_size == 2
            await first.hangup()
            await second.hear("number 1")
            await until(lambda: web.forms("/left"))

    run(script)
    form = web.forms("/wait")[0]
    assert set(form) >= {"QueueSid", "QueuePosition", "QueueTime", "AvgQueueTime", "CurrentQueueSize"}
    left = web.forms("/left")[0]
    assert (left["QueueResult"], left["CallStatus"]) == ("hangup", "completed")


def test_a_key_in_the_wait_loop_leaves(web: Web, carrier: str) -> None:
    async def script() -> None:
        async with Line(carrier) as caller:
            await waiting(caller)
            await caller.listening()
            await caller.press("2")
            await caller.hear("left: leave")
            assert await caller.ended() == "completed"

    run(script)
    assert int(web.forms("/left")[0]["QueueTime"]) >= 0


def test_a_wait_document_that_fails_is_an_error_result(web: Web, carrier: str) -> None:
    web.documents["/wait"] = "<Dial>+79160000001</Dial>"

    async def script() -> None:
        async with Line(carrier) as caller:
            await caller.dial(NUMBER, from_=CALLER)
            await caller.hear("left: error")

    run(script)


def test_a_full_queue(web: Web, carrier: str, rest: Client) -> None:
    rest.queues.create(friendly_name="support", max_size=0)

    async def script() -> None:
        async with Line(carrier) as caller:
            await caller.dial(NUMBER, from_=CALLER)
            await caller.hear("left: queue-full")

    run(script)


def test_caller_and_agent_meet_and_talk(web: Web, carrier: str, rest: Client) -> None:
    async def script() -> None:
        async with Line(carrier) as caller, Line(carrier) as agent:
            await connected(caller, agent, web, rest)
            await agent.say("Добрый день")
            await caller.hear("добрый день")
            await caller.say("Где заказ?")
            await agent.hear("где заказ")
            conference = (await asyncio.to_thread(rest.conferences.list, friendly_name="ticket-1"))[0]
            assert conference.status == "in-progress"
            people = rest.conferences(conference.sid).participants
            assert {one.label for one in await asyncio.to_thread(people.list)} == {"caller", "agent"}
            await asyncio.to_thread(people(caller.sid).update, hold=True)
            await until(lambda: caller.music)
            await agent.say("не слышно")
            await asyncio.to_thread(people(caller.sid).update, hold=False)
            await asyncio.to_thread(people(agent.sid).update, muted=True)
            await agent.say("и так не слышно")
            await asyncio.to_thread(people(agent.sid).update, muted=False)
            await agent.say("теперь слышно")
            await caller.hear("теперь слышно")
            assert "не слышно" not in caller.printed()
            await caller.hangup()
            assert await agent.ended(2) == "completed"
            await until(lambda: web.events("conference-end"))

    run(script)
    agent_form = web.forms("/twilio/agent")[0]
    assert (agent_form["From"], agent_form["offer"]) == ("client:agent-7", "5")
    events = web.forms("/conference")
    assert [int(form["SequenceNumber"]) for form in events] == list(range(1, len(events) + 1))
    names = [form["StatusCallbackEvent"] for form in events]
    assert names[:3] == ["participant-join", "participant-join", "conference-start"]
    assert names[-3:] == ["participant-leave", "participant-leave", "conference-end"]
    assert events[0]["ParticipantLabel"] == "agent"
    assert web.forms("/left")[0]["QueueResult"] == "redirected"


def test_only_the_first_move_of_a_member_counts(web: Web, carrier: str, rest: Client) -> None:
    async def script() -> None:
        async with Line(carrier) as caller, Line(carrier) as agent:
            await connected(caller, agent, web, rest)
            queue = (await asyncio.to_thread(rest.queues.list))[0]
            with pytest.raises(TwilioRestException) as refused:
                await asyncio.to_thread(rest.queues(queue.sid).members(caller.sid).update, url=f"{web.url}/connect")
            assert (refused.value.status, refused.value.code) == (404, 20404)

    run(script)
    assert len(web.forms("/connect")) == 1


def test_the_agent_goes_and_the_caller_is_moved_back(web: Web, carrier: str, rest: Client) -> None:
    web.documents["/requeue"] = "<Say>One moment</Say>" + VOICE

    async def script() -> None:
        async with Line(carrier) as caller, Line(carrier) as agent:
            await connected(caller, agent, web, rest)
            await agent.hangup()
            await agent.ended()
            await until(lambda: caller.music)  # alone in the conference
            await asyncio.to_thread(rest.calls(caller.sid).update, url=f"{web.url}/requeue", method="POST")
            await caller.hear("one moment")
            await caller.hear("you are number 1")

    run(script)


def test_an_agents_socket_dies(web: Web, carrier: str, rest: Client) -> None:
    async def script() -> None:
        async with Line(carrier) as caller:
            async with Line(carrier) as agent:
                await connected(caller, agent, web, rest)
            await until(lambda: web.events("participant-leave"))
            assert caller.reason is None

    run(script)


def test_a_call_back_rings_and_is_answered(web: Web, carrier: str, rest: Client) -> None:
    web.documents["/callback"] = '<Gather numDigits="1" action="/got"><Say>You asked us to call</Say></Gather>'

    async def script() -> None:
        async with Line(carrier) as phone:
            await phone.register(CALLER)
            call = await asyncio.to_thread(
                rest.calls.create,
                to=CALLER,
                from_=NUMBER,
                url=f"{web.url}/callback",
                status_callback=f"{web.url}/status",
                status_callback_event=["initiated", "ringing", "answered", "completed"],
                timeout=20,
            )
            assert call.status == "queued"
            ring = await phone.incoming()
            assert (ring["from"], ring["sid"]) == (NUMBER, call.sid)
            await phone.answer()
            await phone.hear("you asked us")
            await phone.listening()
            await phone.press("1")
            await phone.ended()
            await until(lambda: len(web.forms("/status")) == 4)
            assert (await asyncio.to_thread(rest.calls(call.sid).fetch)).status == "completed"

    run(script)
    forms = web.forms("/status")
    assert [form["CallStatus"] for form in forms] == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in forms] == ["0", "1", "2", "3"]
    assert forms[0]["Direction"] == "outbound-api"
    assert forms[3]["CallDuration"] == "1"


@pytest.mark.parametrize(("deed", "status"), [("decline", "busy"), ("nothing", "no-answer"), ("talk", "busy")])
def test_a_call_that_is_not_answered(web: Web, carrier: str, rest: Client, deed: str, status: str) -> None:
    async def script() -> None:
        async with Line(carrier) as phone:
            await phone.register(CALLER)
            if deed == "talk":
                await waiting(phone)
            create = {"to": CALLER, "from_": NUMBER, "url": f"{web.url}/callback", "timeout": 1}
            call = await asyncio.to_thread(rest.calls.create, **create)
            if deed == "decline":
                await phone.incoming()
                await phone.reject()
            found: list[str] = []
            while status not in found:
                found.append((await asyncio.to_thread(rest.calls(call.sid).fetch)).status)
                await asyncio.sleep(0.05)
            assert web.forms("/callback") == []

    run(script)


def test_an_answering_machine_and_a_cancelled_call(web: Web, carrier: str, rest: Client) -> None:
    web.documents["/callback"] = '<Pause length="5"/>'

    async def script() -> None:
        async with Line(carrier) as phone:
            await phone.register(CALLER)
            create: dict[str, Any] = {"to": CALLER, "from_": NUMBER, "url": f"{web.url}/callback"}
            await asyncio.to_thread(rest.calls.create, machine_detection="Enable", **create)
            await phone.incoming()
            await phone.answer(machine=True)
            await until(lambda: web.forms("/callback"))
            await phone.hangup()
            await phone.ended()
            call = await asyncio.to_thread(rest.calls.create, **create)
            await phone.incoming()
            await asyncio.to_thread(rest.calls(call.sid).update, status="canceled")
            assert await phone.ended() == "canceled"

    run(script)
    assert web.forms("/callback")[0]["AnsweredBy"] == "machine_start"


def test_dial_a_number(web: Web, carrier: str) -> None:
    web.documents["/twilio/voice"] = '<Dial action="/dialled" timeout="20"><Number>+79160000009</Number></Dial>'
    web.documents["/dialled"] = lambda form: f"<Say>It was {form['DialCallStatus']}</Say>"

    async def script() -> None:
        async with Line(carrier) as caller, Line(carrier) as other:
            await other.register("+79160000009")
            await caller.dial(NUMBER, from_=CALLER)
            assert (await other.incoming())["from"] == CALLER
            await other.answer()
            await other.listening()
            await caller.listening()
            await caller.say("алло")
            await other.hear("алло")
            await other.hangup()
            await caller.hear("it was completed")

    run(script)


def test_chaos_doubles_and_reorders_by_the_seed(web: Web, carrier: str) -> None:
    web.documents["/twilio/voice"] = '<Gather numDigits="1" action="/got"><Say>Press</Say></Gather>'
    web.documents["/got"] = "<Say>Thanks</Say>"

    async def script() -> None:
        for _ in range(2):
            async with Line(carrier) as line:
                await line.dial(NUMBER, from_=CALLER, chaos=["doubled", "late", "reordered"], seed=3)
                await line.listening()
                await line.press("1")
                await line.hear("thanks")
                await line.ended()
        await asyncio.sleep(3)

    run(script)
    first, second = [], []
    sids = list(dict.fromkeys(form["CallSid"] for _, form in web.asked))
    for path, form in web.asked:
        (first if form["CallSid"] == sids[0] else second).append(path)
    assert sorted(first) == sorted(second)
    assert first.count("/got") in (2, 3)
    assert first.count("/twilio/status") == 2


def test_the_carrier_tells_its_telephones_that_it_stops(web: Web, tmp_path: Path) -> None:
    settings = Settings(port=free_port() - 2, public_url=web.url, data_dir=tmp_path, twilio_auth_token=TOKEN)

    async def script() -> None:
        running = running_carrier(settings)
        url = running.__enter__()
        async with Line(url) as caller:
            await caller.dial(settings.phone_number, from_=CALLER)
            await caller.hear("you are number")
            stopping = asyncio.create_task(asyncio.to_thread(running.__exit__, None, None, None))
            assert await caller.ended() == "carrier stopped"
            await stopping

    run(script)
