"""The built-in carrier's REST API, driven by the official SDK, and what wrong requests get."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from quart import Quart, Response, request
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from ivr.carriers.local.line import Line
from ivr.carriers.local.testing import free_port, running_carrier, served
from ivr.settings import DEMO_ACCOUNT, Settings

NUMBER = "+74950000000"
CALLER = "+79161234567"
TOKEN = "0123456789abcdef0123456789abcdef"
ROOT = f"/2010-04-01/Accounts/{DEMO_ACCOUNT}"


class Here(TwilioHttpClient):
    """The SDK's own client, sent to the carrier."""

    def __init__(self, carrier: str) -> None:
        super().__init__(timeout=10)
        self._carrier = carrier

    def request(self, method: str, url: str, *args: Any, **named: Any) -> Any:
        return super().request(method, url.replace("https://api.twilio.com", self._carrier), *args, **named)


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def web(asked: list[str]) -> Iterator[str]:
    app, lock = Quart("web"), threading.Lock()

    @app.post("/<path:path>")
    async def view(path: str) -> Response:
        form = await request.form
        with lock:
            asked.append(path)
        body = "<Record timeout='30'/>" if path == "record" and "RecordingSid" not in form else "<Pause length='20'/>"
        return Response(f"<Response>{body}</Response>", content_type="text/xml")

    with served(app) as url:
        yield url


@pytest.fixture
def carrier(web: str, tmp_path: Path) -> Iterator[str]:
    settings = Settings(port=free_port() - 2, public_url=web, data_dir=tmp_path, twilio_auth_token=TOKEN)
    with running_carrier(settings) as url:
        yield url


@pytest.fixture
def rest(carrier: str) -> Client:
    return Client(DEMO_ACCOUNT, TOKEN, http_client=Here(carrier))


def test_account_and_credentials(carrier: str, rest: Client) -> None:
    assert rest.api.accounts(DEMO_ACCOUNT).fetch().status == "active"
    with pytest.raises(TwilioRestException) as wrong:
        Client(DEMO_ACCOUNT, "wrong", http_client=Here(carrier)).queues("QU1").fetch()
    assert (wrong.value.status, wrong.value.code) == (401, 20003)
    assert httpx.get(f"{carrier}{ROOT}/Calls.json").status_code == 401
    other = httpx.get(f"{carrier}/2010-04-01/Accounts/AC{'1' * 32}/Calls.json", auth=(DEMO_ACCOUNT, TOKEN))
    assert (other.status_code, other.json()["code"]) == (404, 20404)
    nowhere = httpx.get(f"{carrier}{ROOT}/Nothing.json", auth=(DEMO_ACCOUNT, TOKEN))
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, 20404)


def test_calls_are_listed_by_what_they_are(rest: Client, web: str) -> None:
    made = [rest.calls.create(to=f"+7916000000{n}", from_=NUMBER, url=f"{web}/hold", timeout=30) for n in range(3)]
    assert {call.sid for call in rest.calls.list()} == {call.sid for call in made}
    assert [call.sid for call in rest.calls.list(to="+79160000001", from_=NUMBER)] == [made[1].sid]
    assert rest.calls.list(status="completed") == []
    assert len(rest.calls.list(limit=2, page_size=1)) == 2
    soon = datetime.now(UTC) + timedelta(minutes=1)
    assert rest.calls.list(start_time_after=soon) == []
    assert len(rest.calls.list(start_time_before=soon)) == 3
    ended = rest.calls(made[0].sid).update(status="completed")
    assert ended.status in ("canceled", "completed")
    assert rest.calls(made[0].sid).fetch().end_time is not None


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"From": NUMBER, "Url": "http://x.example"}, 21201),
        ({"To": CALLER, "From": NUMBER}, 21205),
        ({"To": CALLER, "From": NUMBER, "Url": "gopher://x"}, 21205),
        ({"To": "office", "From": NUMBER, "Url": "http://x.example"}, 21211),
        ({"To": CALLER, "From": NUMBER, "Twiml": "x" * 4001}, 21624),
        ({"To": CALLER, "From": NUMBER, "Url": "http://x.example", "Timeout": "soon"}, 20001),
    ],
)
def test_a_wrong_call_is_refused_in_twilios_words(carrier: str, form: dict[str, str], code: int) -> None:
    answer = httpx.post(f"{carrier}{ROOT}/Calls.json", data=form, auth=(DEMO_ACCOUNT, TOKEN))
    body = answer.json()
    assert (answer.status_code, body["code"], body["status"]) == (400, code, 400)
    assert body["message"]


@pytest.mark.parametrize("what", ["calls", "queues", "conferences", "incoming_phone_numbers", "recordings"])
def test_what_is_not_there_is_404(rest: Client, what: str) -> None:
    with pytest.raises(TwilioRestException) as missing:
        getattr(rest, what)("XX" + "0" * 32).fetch()
    assert (missing.value.status, missing.value.code) == (404, 20404)


def test_a_number_is_pointed_elsewhere(rest: Client, web: str, carrier: str, asked: list[str]) -> None:
    number = rest.incoming_phone_numbers.list(phone_number=NUMBER)[0]
    assert number.voice_url.partition("#")[0] == f"{web}/twilio/voice"
    changed = number.update(
        voice_url=f"{web}/elsewhere",
        voice_method="POST",
        voice_fallback_url=f"{web}/fallback",
        status_callback=f"{web}/ended",
    )
    assert (changed.voice_url, changed.voice_fallback_url) == (f"{web}/elsewhere", f"{web}/fallback")
    assert rest.incoming_phone_numbers(number.sid).fetch().status_callback == f"{web}/ended"
    with pytest.raises(TwilioRestException) as wrong:
        rest.incoming_phone_numbers(number.sid).update(voice_url="ftp://x")
    assert wrong.value.code == 21402

    async def script() -> None:
        async with Line(carrier) as line:
            await line.dial(NUMBER, from_=CALLER)
            await line.answered()

    asyncio.run(script())
    assert asked[0] == "elsewhere"


def test_the_fallback_is_asked_when_the_application_fails(
    rest: Client, web: str, carrier: str, asked: list[str]
) -> None:
    number = rest.incoming_phone_numbers.list()[0]
    number.update(voice_url=f"http://127.0.0.1:{free_port()}/", voice_fallback_url=f"{web}/fallback")

    async def script() -> None:
        async with Line(carrier) as line:
            await line.dial(NUMBER, from_=CALLER)
            await line.answered()

    asyncio.run(script())
    assert asked[0] == "fallback"


def test_queues_and_conferences_by_rest(rest: Client, carrier: str) -> None:
    queue = rest.queues.create(friendly_name="support", max_size=7)
    assert (queue.max_size, queue.current_size) == (7, 0)
    assert rest.queues(queue.sid).members.list() == []
    with pytest.raises(TwilioRestException):
        rest.queues.create(friendly_name="support")

    async def script() -> None:
        async with Line(carrier) as phone:
            await phone.register(CALLER)
            make = rest.conferences("room").participants.create
            made = await asyncio.to_thread(make, to=CALLER, from_=NUMBER, label="first", end_conference_on_exit=True)
            await phone.incoming()
            await phone.answer()
            await phone.listening_or_music()
            conference = (await asyncio.to_thread(rest.conferences.list, friendly_name="room"))[0]
            people = rest.conferences(conference.sid).participants
            first = await asyncio.to_thread(people("first").fetch)
            assert (first.call_sid, first.end_conference_on_exit) == (made.call_sid, True)
            await asyncio.to_thread(people(made.call_sid).delete)
            assert await phone.ended() == "completed"
            over = await asyncio.to_thread(rest.conferences(conference.sid).fetch)
            assert over.status == "completed"

    asyncio.run(script())


def test_ending_a_conference_lets_the_calls_go_on(rest: Client, carrier: str) -> None:
    twiml = "<Response><Dial><Conference>room</Conference></Dial><Say>Goodbye</Say></Response>"

    async def script() -> None:
        async with Line(carrier) as phone:
            await phone.register(CALLER)
            await asyncio.to_thread(rest.calls.create, to=CALLER, from_=NUMBER, twiml=twiml)
            await phone.incoming()
            await phone.answer()
            await phone.listening_or_music()
            room = (await asyncio.to_thread(rest.conferences.list, status="init"))[0]
            await asyncio.to_thread(rest.conferences(room.sid).update, status="completed")
            await phone.hear("goodbye")

    asyncio.run(script())


def test_recordings_are_listed_fetched_and_deleted(rest: Client, web: str, carrier: str) -> None:
    async def script() -> None:
        async with Line(carrier) as phone:
            await phone.register(CALLER)
            await asyncio.to_thread(rest.calls.create, to=CALLER, from_=NUMBER, url=f"{web}/record")
            await phone.incoming()
            await phone.answer()
            await phone.listening()
            await phone.say("Жалоба на курьера")
            await asyncio.sleep(0.3)

    asyncio.run(script())
    kept = rest.recordings.list()[0]
    assert kept.status == "completed"
    media = httpx.get(f"{carrier}{ROOT}/Recordings/{kept.sid}.wav", auth=(DEMO_ACCOUNT, TOKEN))
    assert media.content.startswith(b"RIFF")
    assert httpx.get(f"{carrier}{ROOT}/Recordings/{kept.sid}.wav").status_code == 401
    assert rest.recordings(kept.sid).delete()
    assert rest.recordings.list() == []


def test_a_member_that_left_is_404(rest: Client, carrier: str) -> None:
    twiml = '<Response><Enqueue waitUrl="">line</Enqueue></Response>'

    async def script() -> None:
        async with Line(carrier) as phone:
            await phone.register(CALLER)
            call = await asyncio.to_thread(rest.calls.create, to=CALLER, from_=NUMBER, twiml=twiml)
            await phone.incoming()
            await phone.answer()
            await phone.answered()
            queue = (await asyncio.to_thread(rest.queues.list))[0]
            members = rest.queues(queue.sid).members
            assert (await asyncio.to_thread(members("Front").fetch)).call_sid == call.sid
            assert [one.position for one in await asyncio.to_thread(members.list)] == [1]
            await phone.hangup()
            await phone.ended()
            with pytest.raises(TwilioRestException) as gone:
                await asyncio.to_thread(members(call.sid).update, url="http://127.0.0.1:9/x")
            assert (gone.value.status, gone.value.code) == (404, 20404)

    asyncio.run(script())
